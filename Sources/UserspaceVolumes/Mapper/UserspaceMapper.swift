internal import BlockIO
public import DeviceMapperTables
internal import Logging
public import StorageUnits

/// Mapped devices in this process, by their names: what `Mapper` says of the kernel's device mapper, without root and without Linux.
///
/// `/dev/mapper/NAME` in a table is another device of the mapper where it has one of that name, and so is a number that it gave out; all else is opened as
/// files are. A device that a table uses is open as often as tables use it, and is not removed meanwhile. A table that would lead back to its own device is
/// refused, one that would make a stack of more than 32 devices, and one whose device below is too short. Requests that come while a device is suspended wait; ``open(_:access:)`` gives something to send them to.
///
/// Calls may come from any thread. Those for one device that load, suspend, resume or remove take their turn, and take as long as the requests under way.
public final class UserspaceMapper: Mapper {
    /// The major number of all devices: the largest that there is, which no driver of Linux has.
    public static let major: UInt32 = 4095

    private let registry: DeviceRegistry
    private let files: DeviceOpener
    private let environment: VolumeEnvironment

    /// A mapper without devices, whose tables find in `files` what is not the mapper's own. Where `files` is for reading only, all devices are.
    public init(opening files: DeviceOpener = .files(.readWrite), environment: VolumeEnvironment = VolumeEnvironment()) {
        self.files = files
        self.environment = environment
        registry = DeviceRegistry(environment.logger)
    }

    deinit {
        // Nobody can resume a device any more, and what is above it would wait for that when it ends.
        for device in registry.suspendedDevices { device.resumeForGood() }
        do throws(MappingError) { try removeAll(deferred: true) } catch {
            environment.logger.error("the devices of a mapper were not removed, and the last writes may be lost: \(error)")
        }
    }

    // MARK: devices

    /// Makes a device without a table. Throws `exists` when the name or the uuid is taken.
    public func create(_ name: DeviceName, uuid: DeviceUUID? = nil, access: Access = .readWrite) throws(MappingError) -> MappedDeviceInfo {
        try create(name, uuid: uuid, access: access, minor: nil)
    }

    /// Makes a device without a table, with a minor number, 0 to 1048575, or one that the mapper chooses. Throws `exists` when the name, the uuid or the
    /// number is taken.
    public func create(
        _ name: DeviceName, uuid: DeviceUUID? = nil, access: Access = .readWrite, minor: UInt32?
    ) throws(MappingError) -> MappedDeviceInfo {
        try registry.add(name, uuid, files.access == .readOnly ? .readOnly : access, minor: minor)
    }

    /// Makes a device with a table, and puts it in force. When any step fails nothing of the device is left.
    @discardableResult
    public func createAndLoad(_ device: DeviceDefinition) throws(MappingError) -> MappedDeviceInfo {
        let id = MappedDeviceID.number(try create(device.name, uuid: device.uuid, access: device.access, minor: device.minor).number)
        do throws(MappingError) {
            _ = try load(device.table, into: id)
            return try resume(id)
        } catch {
            try? remove(id, deferred: true)
            var error = error
            error.device = device.name.description
            throw error
        }
    }

    /// Makes devices as they are described, one after the other, so that a table may name those before it. When one fails nothing of any is left,
    /// or, of those that somebody has opened meanwhile, once they are closed.
    @discardableResult
    public func createAndLoad(_ devices: [DeviceDefinition]) throws(MappingError) -> [MappedDeviceInfo] {
        var made: [MappedDeviceInfo] = []
        do throws(MappingError) {
            for device in devices { made.append(try createAndLoad(device)) }
            return made
        } catch {
            for device in made.reversed() { try? remove(.number(device.number), deferred: true) }
            throw error
        }
    }

    /// The devices, in the order of their names.
    public func devices() -> [ListedDevice] { registry.list }

    public func info(of device: MappedDeviceID) throws(MappingError) -> MappedDeviceInfo { try registry.info(of: device) }

    /// Throws `exists` when the name is taken, also by the device itself.
    public func rename(_ device: MappedDeviceID, to name: DeviceName) throws(MappingError) { try registry.rename(device, to: name) }

    /// Gives the device a uuid. Throws `exists` when it has one, or another device has it.
    public func setUUID(_ uuid: DeviceUUID, of device: MappedDeviceID) throws(MappingError) { try registry.setUUID(uuid, of: device) }

    /// Removes the device, when what was written to it is durable. Throws `busy` while it is open, unless `deferred`. What fails when the device ends is
    /// thrown, but the device is gone. What an engine writes in the end (the log of a mirror, or of writes) waits while the device that it goes to is suspended.
    public func remove(_ device: MappedDeviceID, deferred: Bool = false) throws(MappingError) {
        try registry.unlink(device, deferred: deferred)?.end()
    }

    /// Takes a deferred removal back, if there is one. The corresponding message is `@cancel_deferred_remove`.
    public func cancelDeferredRemoval(of device: MappedDeviceID) throws(MappingError) { try registry.cancelDeferredRemoval(of: device) }

    /// Removes all devices that nobody has open, also those that become so on the way; with `deferred`, the others later. Throws the first failure, after
    /// everything that can be is removed. Waits as ``remove(_:deferred:)`` does.
    public func removeAll(deferred: Bool = false) throws(MappingError) {
        var failure: MappingError?
        while let device = registry.unlinkAny(deferred: deferred) {
            do throws(MappingError) { try device.end() } catch { failure = failure ?? error }
        }
        if let failure { throw failure }
    }

    /// Opens a device to send requests to. It cannot be removed until the volume is closed or let go; then what was written is not flushed.
    ///
    /// Throws `notFound` when there is no such device or it has no table in force, and `readOnly` when it is to be written and cannot be.
    public func open(_ device: MappedDeviceID, access: Access = .readWrite) throws(MappingError) -> Volume {
        try registry.open(try registry.device(device), access, for: nil)
    }

    /// Opens a table that is no device of the mapper, but may name devices of it: they are open until the volume is closed, which throws what fails when one ends
    /// whose removal was put off until then. `messages` are as in ``Volume/init(_:opening:messages:environment:)``.
    public func open(
        _ table: MappingTable, access: Access = .readWrite, messages: [(sector: Sectors, message: any TargetMessage)] = []
    ) throws(MappingError) -> Volume {
        let below = DevicesBelow(of: nil, registry)
        return try Volume(table, opening: opener(access, below), messages: messages, environment: environment) {
            () throws(MappingError) in try below.close()
        }
    }

    // MARK: tables

    public func load(_ table: MappingTable, into device: MappedDeviceID) throws(MappingError) -> MappedDeviceInfo {
        let device = try registry.device(device)
        let below = DevicesBelow(of: device.minor, registry)
        try device.load(table, opener(device.access, below), environment) { () throws(MappingError) in try below.close() }
        return try registry.info(of: device)
    }

    public func clear(_ device: MappedDeviceID) throws(MappingError) -> MappedDeviceInfo {
        let device = try registry.device(device)
        try device.clear()
        return try registry.info(of: device)
    }

    public func suspend(_ device: MappedDeviceID, flush: Bool = true) throws(MappingError) -> MappedDeviceInfo {
        let device = try registry.device(device)
        try device.suspend(flush: flush)
        return try registry.info(of: device)
    }

    /// Makes the table of the inactive slot the active one, if there is any, and lets requests through. A device that is not suspended is meanwhile. When the
    /// table cannot serve, everything is as it was, and the table stays in the inactive slot.
    public func resume(_ device: MappedDeviceID) throws(MappingError) -> MappedDeviceInfo {
        let device = try registry.device(device)
        try device.resume()
        return try registry.info(of: device)
    }

    /// The table in a slot, with devices as it was loaded: the kernel has their numbers instead. Throws `notFound` when the slot is empty.
    public func table(of device: MappedDeviceID, in slot: TableSlot = .active) throws(MappingError) -> MappingTable {
        try registry.table(of: device, in: slot)
    }

    public func status(of device: MappedDeviceID, in slot: TableSlot = .active) throws(MappingError) -> [StatusLine] {
        try registry.device(device).status(in: slot)
    }

    /// The devices that the table in a slot uses, each once, as it names them. Throws `notFound` when the slot is empty.
    public func dependencies(of device: MappedDeviceID, in slot: TableSlot = .active) throws(MappingError) -> [DeviceReference] {
        var seen: Set<DeviceReference> = []
        return try table(of: device, in: slot).lines.flatMap(\.target.devices).filter { seen.insert($0).inserted }
    }

    /// Tells the target at a sector of the active table something, and returns what it answers. The mapper itself takes `@cancel_deferred_remove`; the kernel's
    /// other messages that begin with `@` are of its statistics.
    public func send(_ message: some TargetMessage, to device: MappedDeviceID, at sector: Sectors = 0) throws(MappingError) -> String? {
        let words = message.text().split(separator: " ")
        if let first = words.first, first.hasPrefix("@") {
            guard words.count == 1, first.lowercased() == "@cancel_deferred_remove" else {
                throw MappingError(.invalidMessage, message: "the mapper takes no message '\(first)' in user space")
            }
            try cancelDeferredRemoval(of: device)
            return nil
        }
        let device = try registry.device(device)
        guard device.front.appearance.table != nil else {
            throw MappingError(
                .invalidMessage, device: try registry.info(of: device).name.description, message: "the device has no active table")
        }
        return try device.front.visit { (table) throws(MappingError) in try table.send(message, at: sector) }
    }

    // MARK: events

    public func waitForEvent(
        of device: MappedDeviceID, after eventNumber: UInt32, until deadline: ContinuousClock.Instant? = nil
    ) throws(MappingError) -> MappedDeviceInfo? {
        try registry.waitForEvent(of: device, after: eventNumber, until: deadline)
    }

    public func events(of devices: Set<DeviceNumber>? = nil) -> MappedDeviceEvents { MappedDeviceEvents(registry, devices) }

    // MARK: devices below

    /// What opens the devices of a table.
    private func opener(_ access: Access, _ below: DevicesBelow) -> DeviceOpener {
        DeviceOpener(access: access) { [registry, files] (reference, access) throws(MappingError) in
            if let id = registry.identify(reference) {
                do throws(MappingError) { return try below.open(id, access) } catch {
                    var error = error
                    error.device = reference.description
                    throw error
                }
            }
            // What is only read is opened for writing all the same, where that can be: other devices of the mapper may write it.
            if access != files.access, let opened = try? files.open(reference, access: files.access) { return opened }
            return try files.open(reference, access: access)
        } identify: { [registry, files] (reference) throws(MappingError) in
            guard let id = registry.identify(reference) else { return try files.identity(of: reference) }
            return DevicesBelow.identity(of: try registry.device(id).minor)
        }
    }
}
