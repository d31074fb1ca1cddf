public import DeviceMapperTables
public import StorageUnits

extension KernelMapper {
    /// Makes a device with a table, and puts it in force. When any step fails nothing of the device is left; where it cannot be removed,
    /// the error says so.
    @discardableResult
    public func createAndLoad(
        _ name: DeviceName, uuid: DeviceUUID? = nil, access: Access = .readWrite, minor: UInt32? = nil, table: MappingTable
    ) throws(MappingError) -> MappedDeviceInfo {
        try createAndLoad(DeviceDefinition(name: name, uuid: uuid, minor: minor, access: access, table: table))
    }

    /// Makes a device as it is described, and puts its table in force. When any step fails nothing of the device is left; where it cannot
    /// be removed, the error says so.
    @discardableResult
    public func createAndLoad(_ device: DeviceDefinition) throws(MappingError) -> MappedDeviceInfo {
        let created = try create(device.name, uuid: device.uuid, access: device.access, minor: device.minor)
        // By its number: the name may be another's by the time that something fails.
        let id = MappedDeviceID.number(created.number)
        do throws(MappingError) {
            _ = try load(device.table, into: id, access: device.access)
            return try putInForce(id)
        } catch {
            throw removing(id, device.name, after: error.about(device.name))
        }
    }

    /// Removes what a failure has left. Returns the failure, which tells when that cannot be.
    private func removing(_ device: MappedDeviceID, _ name: DeviceName, after failure: MappingError) -> MappingError {
        var failure = failure
        do throws(MappingError) { try remove(device) } catch {
            if error.code != .notFound { failure.message += "; '\(name)' is left, since removing it failed: \(error.message)" }
        }
        return failure
    }

    /// Makes devices as they are described, one after the other, so that a table may name those before it. When one fails nothing of any is
    /// left; where one cannot be removed, the error says so.
    @discardableResult
    public func createAndLoad(_ devices: [DeviceDefinition]) throws(MappingError) -> [MappedDeviceInfo] {
        var made: [MappedDeviceInfo] = []
        do throws(MappingError) {
            for device in devices { made.append(try createAndLoad(device)) }
            return made
        } catch {
            var failure = error
            for device in made.reversed() { failure = removing(.number(device.number), device.name, after: failure) }
            throw failure
        }
    }

    /// What ``ensure(_:)`` had to do.
    public enum Ensured: Hashable, Sendable {
        /// There was no such device.
        case created(MappedDeviceInfo)
        /// Its table was another one.
        case replaced(MappedDeviceInfo)
        /// It was suspended, with the right table.
        case resumed(MappedDeviceInfo)
        /// Nothing.
        case unchanged(MappedDeviceInfo)
    }

    /// Sees to it that there is a device as it is described, with the table in force. A device whose table means the same, also where the kernel prints
    /// it in other words, is left alone; another table is replaced while the device is in use.
    ///
    /// Throws `exists` when a device of that name has another uuid, another minor number or another access, none of which can be changed.
    /// When the new table cannot be put in force, the old one stays so, as with ``replaceTable(of:with:access:)``. When only the node
    /// cannot be made, `deviceUnavailable` is thrown, and the rest is done. The link of a device that is as it should be is left to udev,
    /// where udev runs.
    @discardableResult
    public func ensure(_ device: DeviceDefinition) throws(MappingError) -> Ensured {
        let found: MappedDeviceInfo
        do throws(MappingError) { found = try info(of: .name(device.name)) } catch {
            guard error.code == .notFound else { throw error }
            return .created(try createAndLoad(device))
        }
        try expect(found, toSuit: device)
        let id = MappedDeviceID.number(found.number)
        if found.hasActiveTable, !found.hasInactiveTable, try isInForce(device.table, on: id) {
            if found.isSuspended { return .resumed(try putInForce(id)) }
            // Whoever made it may have been killed before that. Where udev is at it, a node would lie in the way of its link.
            if !usesUdev { try makeNode(found.name.description, found.number) }
            return .unchanged(found)
        }
        do throws(MappingError) { return .replaced(try replaceTable(of: id, with: device.table, access: device.access)) } catch {
            throw error.about(device.name)
        }
    }

    /// Gives a device another table and puts it in force, also while the device is in use. The table is for reading where the device is, unless said
    /// otherwise.
    ///
    /// When the table is refused, nothing has changed. When it cannot be put in force, the one before stays so, the inactive slot is empty,
    /// and a device that was not suspended is not. When the new table is in force and one of its targets cannot begin, the device stays
    /// suspended with it. When only the node cannot be made, `deviceUnavailable` is thrown, and the rest is done.
    @discardableResult
    public func replaceTable(
        of device: MappedDeviceID, with table: MappingTable, access: Access? = nil
    ) throws(MappingError) -> MappedDeviceInfo {
        let before = try info(of: device)
        _ = try load(table, into: device, access: access ?? before.access)
        do throws(MappingError) { return try putInForce(device) } catch {
            throw lettingRunOn(device, as: before, now: try? clear(device), after: error)
        }
    }

    private func expect(_ found: MappedDeviceInfo, toSuit device: DeviceDefinition) throws(MappingError) {
        func refuse(_ what: String) -> MappingError {
            MappingError(.exists, device: device.name.description, message: "there is a device of that name with another \(what)")
        }
        if let uuid = device.uuid, found.uuid != uuid {
            throw refuse("uuid, \(found.uuid.map { "'\($0)'" } ?? "none")")
        }
        if let minor = device.minor, found.number.minor != minor { throw refuse("minor number, \(found.number.minor)") }
        // What has no table yet is what its first table makes it.
        if found.hasActiveTable, found.access != device.access { throw refuse("access") }
    }

    /// Whether the active table of a device means what `table` does.
    private func isInForce(_ table: MappingTable, on device: MappedDeviceID) throws(MappingError) -> Bool {
        let reported = try self.table(of: device)
        guard reported.lines.count == table.lines.count else { return false }
        do throws(TableError) { return try table.withDeviceNumbers().isSatisfied(by: reported) } catch { return false }
    }

    // MARK: stacks

    /// Removes a device and then those mapped devices below it that nobody else uses, from the top down: a LUKS volume and the raid that it is on.
    /// Returns the names of those that were removed. When one cannot be removed, it and those below it stay, and the reason is thrown; `body` was called
    /// with the name of each that is gone.
    @discardableResult
    public func removeStack(_ top: MappedDeviceID, forEach body: (String) -> Void = { _ in }) throws(MappingError) -> [String] {
        var removed: [String] = []
        var waiting = [try info(of: top).number]
        while let number = waiting.popLast() {
            let id = MappedDeviceID.number(number)
            let info: MappedDeviceInfo
            do throws(MappingError) { info = try self.info(of: id) } catch {
                // Not a mapped device, or gone already.
                if error.code == .notFound, !removed.isEmpty { continue }
                throw error
            }
            if !removed.isEmpty, info.openCount > 0 { continue }
            let below = info.hasActiveTable ? try dependencies(of: id) : []
            try remove(id)
            removed.append(info.name.description)
            body(info.name.description)
            for case .number(let number) in below where !waiting.contains(number) && number.major == info.number.major {
                waiting.append(number)
            }
        }
        return removed
    }
}

extension MappingTable {
    /// The table with the numbers of devices in place of paths that lead to one.
    func withDeviceNumbers() throws(TableError) -> MappingTable {
        try mappingDevices { device in
            guard case .path(let path) = device, let number = DeviceNodes.blockDevice(at: path) else { return device }
            return .number(number)
        }
    }
}

extension MappingError {
    /// The same error, about the device that the caller knows by that name.
    fileprivate func about(_ name: DeviceName) -> MappingError {
        var error = self
        error.device = name.description
        return error
    }
}
