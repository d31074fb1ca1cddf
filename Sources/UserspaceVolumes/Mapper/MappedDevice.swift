internal import BlockIO
internal import DeviceMapperTables
internal import StorageUnits

/// A device of a mapper: its front, with the active table, and the inactive one.
///
/// What changes the tables is done one at a time, under a lock that is taken before the registry's and held while requests are waited for. A device takes the
/// locks of devices below it, when it closes them, and never the other way round.
final class MappedDevice: Sendable {
    let minor: UInt32
    let access: Access
    let front = DeviceFront(nil)
    private unowned let registry: DeviceRegistry

    private struct Slots: Sendable {
        var inactive: LoadedTable?
        var hasEnded = false
    }
    private let slots = Monitor(Slots())

    init(minor: UInt32, access: Access, _ registry: DeviceRegistry) {
        self.minor = minor
        self.access = access
        self.registry = registry
    }

    /// The number that the device has in tables and lists.
    static func number(_ minor: UInt32) -> DeviceNumber { DeviceNumber(major: UserspaceMapper.major, minor: minor) }

    /// Puts a table into the inactive slot, in place of what is there. `end` is called when the table is closed, also when it cannot be loaded.
    func load(
        _ table: MappingTable, _ opener: DeviceOpener, _ environment: VolumeEnvironment,
        end: @escaping @Sendable () throws(MappingError) -> Void
    ) throws(MappingError) {
        try operate { (slots) throws(MappingError) in
            // Whoever has the table has the registry and the device too, but the engines are not to keep them.
            let loaded = try LoadedTable(
                table, opener, environment, raiseEvent: { [weak registry, weak self] in if let self { registry?.raiseEvent(of: self) } },
                end: end)
            let before = slots.inactive
            slots.inactive = loaded
            registry.update(self) { $0.inactive = table }
            try before?.close()
        }
    }

    /// Empties the inactive slot.
    func clear() throws(MappingError) {
        try operate { (slots) throws(MappingError) in
            let before = slots.inactive
            slots.inactive = nil
            registry.update(self) { $0.inactive = nil }
            try before?.close()
        }
    }

    func suspend(flush: Bool) throws(MappingError) {
        try operate { (_) throws(MappingError) in
            try front.suspend(flush: flush)
            registry.update(self) { $0.isSuspended = true }
        }
    }

    func resume() throws(MappingError) {
        try operate { (slots) throws(MappingError) in
            guard let new = slots.inactive else {
                try front.resume()
                registry.update(self) { $0.isSuspended = false }
                return
            }
            let old: LoadedTable?
            do throws(MappingError) { old = try front.replace(with: new) } catch {
                registry.update(self) { [isSuspended = front.isSuspended] in $0.isSuspended = isSuspended }
                throw error
            }
            slots.inactive = nil
            registry.update(self) { entry in
                entry.isSuspended = false
                entry.active = new.table
                entry.inactive = nil
            }
            do throws(MappingError) { try old?.close() } catch {
                var error = error
                error.message = "the new table is in force, but the one before it did not end well: \(error.message)"
                throw error
            }
        }
    }

    /// Lets requests through, without the inactive table, when nobody is left who could.
    func resumeForGood() {
        // One that has ended meanwhile has no requests.
        try? operate { (_) throws(MappingError) in
            front.resumeForGood()
            registry.update(self) { $0.isSuspended = false }
        }
    }

    func status(in slot: TableSlot) throws(MappingError) -> [StatusLine] {
        if slot == .active { return try front.visit { (table) throws(MappingError) in table.status() } }
        var status: [StatusLine]?
        try operate { (slots) throws(MappingError) in status = slots.inactive?.status() }
        guard let status else { throw .emptySlot(.inactive, of: try registry.info(of: self).name) }
        return status
    }

    /// Closes everything, when the registry lists the device no longer: nobody has it open. Then another may have its number.
    func end() throws(MappingError) {
        try operate { (slots) throws(MappingError) in
            defer { registry.forget(self) }
            slots.hasEnded = true
            let inactive = slots.inactive
            slots.inactive = nil
            var failure: MappingError?
            do throws(MappingError) { try front.close() } catch { failure = error }
            do throws(MappingError) { try inactive?.close() } catch { failure = failure ?? error }
            if let failure { throw failure }
        }
    }

    private func operate(_ body: (inout Slots) throws(MappingError) -> Void) throws(MappingError) {
        try slots.withLock { (slots) throws(MappingError) in
            // Found before it was removed, and come to after.
            guard !slots.hasEnded else { throw .noSuchDevice() }
            try body(&slots)
        }
    }
}

extension MappingError {
    static func noSuchDevice(_ name: String? = nil) -> MappingError {
        MappingError(.notFound, device: name, message: "there is no such device")
    }

    static func emptySlot(_ slot: TableSlot, of name: DeviceName) -> MappingError {
        MappingError(.notFound, device: name.description, message: "the device has no \(slot == .active ? "" : "in")active table")
    }
}
