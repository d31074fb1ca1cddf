public import DeviceMapperTables
public import StorageUnits
internal import SystemPackage

extension KernelMapper {
    // MARK: the kernel

    /// The version of the kernel's control interface. The corresponding command is `DM_VERSION`.
    public func version() throws(MappingError) -> DriverVersion { try perform(makeRequest(.version)).version }

    /// The targets whose modules are loaded, and their versions. The corresponding command is `DM_LIST_VERSIONS`.
    public func targetVersions() throws(MappingError) -> [TargetVersion] {
        try Self.decoding(try perform(makeRequest(.listVersions))) { (reply) throws(ReplyError) in try reply.targetVersions() }
    }

    /// The version of a target, whose module is loaded if need be; `nil` when the kernel has no such target. The corresponding command is
    /// `DM_GET_TARGET_VERSION`; kernels before Linux 5.4 only tell of modules that are loaded.
    public func targetVersion(of typeName: String) throws(MappingError) -> DriverVersion? {
        var request = makeRequest(.targetVersion)
        request.name = typeName
        do throws(MappingError) {
            let versions = try Self.decoding(try perform(request)) { (reply) throws(ReplyError) in try reply.targetVersions() }
            return versions.first { $0.typeName == typeName }?.version
        } catch {
            if error.code == .unsupported { return try targetVersions().first { $0.typeName == typeName }?.version }
            guard error.errno == Errno.invalidArgument.rawValue || error.code == .notFound else { throw error }
            return nil
        }
    }

    // MARK: devices

    /// All mapped devices, or those whose name and uuid begin with something, byte by byte. From Linux 5.13 on the kernel looks for them
    /// itself; before, it lists no uuids, and with a `uuidPrefix` each device is asked for its own. The corresponding command is
    /// `DM_LIST_DEVICES`.
    public func devices(namePrefix: String = "", uuidPrefix: String = "") throws(MappingError) -> [ListedDevice] {
        // What is longer than any name begins none.
        guard namePrefix.utf8.count <= ControlRequest.longestName, uuidPrefix.utf8.count <= ControlRequest.longestUUID else { return [] }
        var request = makeRequest(.listDevices)
        request.name = namePrefix
        request.uuid = uuidPrefix
        request.flags = .uuid
        let listed: (devices: [ListedDevice], version: DriverVersion)
        do throws(MappingError) { listed = try list(request) } catch {
            // Before 4.19 nobody knew the flag, and uuids of lists came with 4.45, which ignores what it does not know.
            guard error.code == .unsupported else { throw error }
            listed = try list(makeRequest(.listDevices))
        }
        var devices = listed.devices.filter { $0.name.utf8.starts(with: namePrefix.utf8) }
        guard !uuidPrefix.isEmpty else { return devices }
        if listed.version < ControlReply.firstWithUUIDs { try addUUIDs(to: &devices) }
        return devices.filter { $0.uuid?.utf8.starts(with: uuidPrefix.utf8) ?? false }
    }

    private func list(_ request: consuming ControlRequest) throws(MappingError) -> (devices: [ListedDevice], version: DriverVersion) {
        try Self.decoding(try perform(request)) { (reply) throws(ReplyError) in
            (devices: try reply.devices(), version: reply.version)
        }
    }

    /// Asks for the uuid of each device.
    private func addUUIDs(to devices: inout [ListedDevice]) throws(MappingError) {
        for index in devices.indices {
            do throws(MappingError) {
                let info = try info(of: .number(devices[index].number))
                devices[index].uuid = info.uuid?.description
            } catch {
                // It went away since.
                guard error.code == .notFound else { throw error }
            }
        }
    }

    /// The corresponding command is `DM_DEV_STATUS`.
    public func info(of device: MappedDeviceID) throws(MappingError) -> MappedDeviceInfo {
        MappedDeviceInfo(try perform(makeRequest(.info, device)))
    }

    /// Makes a device without a table; its node is made when it is resumed. The corresponding command is `DM_DEV_CREATE`.
    public func create(_ name: DeviceName, uuid: DeviceUUID?, access: Access) throws(MappingError) -> MappedDeviceInfo {
        try create(name, uuid: uuid, access: access, minor: nil)
    }

    /// Makes a device without a table, with a minor number, 0 to 1048575, or one that the kernel chooses. Throws `exists` when the name, the uuid or
    /// the number is taken.
    public func create(
        _ name: DeviceName, uuid: DeviceUUID? = nil, access: Access = .readWrite, minor: UInt32?
    ) throws(MappingError) -> MappedDeviceInfo {
        var request = makeRequest(.create, .name(name), flags: access == .readOnly ? .readOnly : [])
        request.uuid = uuid?.description ?? ""
        if let minor {
            guard minor <= DeviceDefinition.largestMinor else {
                throw MappingError(
                    .invalidName, device: name.description, message: "a minor number is 0 to \(DeviceDefinition.largestMinor), not \(minor)"
                )
            }
            request.number = DeviceNumber(major: 0, minor: minor)
            request.flags.insert(.persistentDevice)
        }
        return MappedDeviceInfo(try perform(request))
    }

    /// Removes the device, and its node. A device that somebody has open is tried again until ``Options/busyDeadline``; with `deferred`, the kernel
    /// removes it when nobody has it open any more (interface 4.27, Linux 3.13). The corresponding command is `DM_DEV_REMOVE`.
    public func remove(_ device: MappedDeviceID, deferred: Bool = false) throws(MappingError) {
        try remove(device, deferred: deferred, until: .now + options.busyDeadline)
    }

    /// Removes the device; while somebody has it open, until the deadline, which may have passed: then it is tried once.
    public func remove(_ device: MappedDeviceID, deferred: Bool = false, until deadline: ContinuousClock.Instant) throws(MappingError) {
        var pause = Duration.milliseconds(5)
        while true {
            do throws(MappingError) {
                _ = try change(makeRequest(.remove, device, flags: deferred ? .deferredRemove : [])) { (reply) throws(Errno) in
                    // Of a device that goes later, nobody would take the node away but udev, which made a link.
                    if !reply.name.isEmpty { try nodes.remove(reply.name, alsoLink: !reply.flags.contains(.deferredRemove)) }
                }
                return
            } catch {
                guard error.code == .busy, ContinuousClock.Instant.now + pause < deadline else { throw error }
                Pause.wait(pause)
                pause = min(pause * 2, .milliseconds(200))
            }
        }
    }

    /// Takes a deferred removal back, if there is one. The corresponding message is `@cancel_deferred_remove`.
    public func cancelDeferredRemoval(of device: MappedDeviceID) throws(MappingError) {
        _ = try send(OpaqueMessage(["@cancel_deferred_remove"]), to: device, at: 0)
        let info = try info(of: device)
        if info.hasActiveTable { try makeNode(info.name.description, info.number) }
    }

    /// Removes all devices that nobody has open, those that other programs have made, too; with `deferred`, the others later. Udev is not
    /// waited for: it takes its links away when it is told. The corresponding command is `DM_REMOVE_ALL`.
    public func removeAll(deferred: Bool = false) throws(MappingError) {
        let before = try devices()
        _ = try perform(makeRequest(.removeAll, flags: deferred ? .deferredRemove : []))
        let left = try devices()
        let names = Set(left.map(\.name))
        for device in before where !names.contains(device.name) { try? nodes.remove(device.name) }
        for device in left where deferred {
            do throws(MappingError) {
                // Of a device that goes later, nobody would take the node away but udev, which made a link.
                if try info(of: .number(device.number)).isRemovalDeferred { try? nodes.remove(device.name, alsoLink: false) }
            } catch {
                // It went in between.
                if error.code == .notFound { try? nodes.remove(device.name) }
            }
        }
    }

    /// Gives the device, and its node, another name. The corresponding command is `DM_DEV_RENAME`.
    public func rename(_ device: MappedDeviceID, to name: DeviceName) throws(MappingError) {
        var request = makeRequest(.rename, try nameForRenaming(device))
        request.appendText(name.description)
        _ = try change(request) { (reply) throws(Errno) in
            // The answer has the name that it had.
            if !reply.name.isEmpty, reply.name != name.description { try nodes.remove(reply.name) }
            // A device that was never resumed has no node yet.
            if reply.flags.contains(.hasActiveTable) { try nodes.make(name.description, reply.number) }
        }
    }

    /// The kernel looks for the device of this one command by its name alone (`dm_hash_rename`).
    private func nameForRenaming(_ device: MappedDeviceID) throws(MappingError) -> MappedDeviceID {
        if case .name = device { return device }
        return .name(try info(of: device).name)
    }

    /// Gives a device a uuid, which has none: it is for good. The corresponding command is `DM_DEV_RENAME` with `DM_UUID_FLAG` (interface 4.19).
    public func setUUID(_ uuid: DeviceUUID, of device: MappedDeviceID) throws(MappingError) {
        var request = makeRequest(.rename, try nameForRenaming(device), flags: .uuid)
        request.appendText(uuid.description)
        _ = try change(request) { (_) throws(Errno) in }
    }

    /// What a disk of old says of its shape, for programs that ask: up to 65535 cylinders, 255 heads, 255 sectors a track, and where it begins on the
    /// disk. The device needs a table. The corresponding command is `DM_DEV_SET_GEOMETRY`.
    public func setGeometry(
        of device: MappedDeviceID, cylinders: UInt16, heads: UInt8, sectorsPerTrack: UInt8, start: Sectors
    ) throws(MappingError) {
        var request = makeRequest(.setGeometry, device)
        request.appendText("\(cylinders) \(heads) \(sectorsPerTrack) \(start)")
        _ = try perform(request)
    }

    func makeNode(_ name: String, _ number: DeviceNumber) throws(MappingError) {
        do throws(Errno) { try nodes.make(name, number) } catch {
            throw MappingError(
                .deviceUnavailable, device: name, errno: error.rawValue, message: "the node in /dev/mapper cannot be made: \(error)")
        }
    }

    static func decoding<Result>(
        _ reply: consuming ControlReply, _ body: (borrowing ControlReply) throws(ReplyError) -> Result
    ) throws(MappingError) -> Result {
        let command = reply.command
        do throws(ReplyError) { return try body(reply) } catch {
            throw MappingError(.kernel, command: command.name, message: error.description)
        }
    }
}

extension MappedDeviceInfo {
    /// What the header of an answer tells.
    package init(_ reply: borrowing ControlReply) {
        self.init(
            name: DeviceName(ofKernel: reply.name), uuid: reply.uuid.isEmpty ? nil : DeviceUUID(ofKernel: reply.uuid), number: reply.number,
            access: reply.flags.contains(.readOnly) ? .readOnly : .readWrite, isSuspended: reply.flags.contains(.suspend),
            hasActiveTable: reply.flags.contains(.hasActiveTable), hasInactiveTable: reply.flags.contains(.hasInactiveTable),
            openCount: reply.openCount, targetCount: reply.targetCount, eventNumber: reply.eventNumber,
            isRemovalDeferred: reply.flags.contains(.deferredRemove))
    }
}
