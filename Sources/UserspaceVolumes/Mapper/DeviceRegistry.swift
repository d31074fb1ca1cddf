internal import BlockIO
internal import DeviceMapperTables
internal import Logging
internal import StorageUnits

/// What the devices of a mapper are called, who has them open, and what happens to them. Nothing here waits for a device.
final class DeviceRegistry: Sendable {
    /// What is known of a device.
    struct Entry: Sendable {
        let device: MappedDevice
        var name: DeviceName
        var uuid: DeviceUUID?
        var openCount = 0
        var isRemovalDeferred = false
        var eventNumber: UInt32 = 0
        var isSuspended = false
        var active: MappingTable?
        var inactive: MappingTable?
        /// The devices that its tables have open, and how many of its tables each.
        var below: [UInt32: Int] = [:]
        /// The devices whose tables have it open, and how many of their tables.
        var above: [UInt32: Int] = [:]
    }

    /// How many devices there may be on the way from the top of a stack to its bottom. A request takes up to 9 KiB of its thread's stack at each (a delay's, without
    /// optimization), and threads may have no more than 512 KiB.
    static let mostLevels = 32

    fileprivate struct State: Sendable {
        var entries: [UInt32: Entry] = [:]
        var minors: [DeviceName: UInt32] = [:]
        var minorsByUUID: [DeviceUUID: UInt32] = [:]
        /// The numbers of devices that are removed, but have not ended.
        var ending: Set<UInt32> = []
        /// Numbers that were used and are free again, and the first that none has had.
        var released: Set<UInt32> = []
        var next: UInt32 = 0
        var listeners: [ObjectIdentifier: Listener] = [:]
    }
    fileprivate struct Listener: Sendable {
        let mailbox: Mailbox<DeviceEvent, MappingError>
        let wanted: Set<DeviceNumber>?
    }
    private let state = Monitor(State())
    private let logger: Logger

    init(_ logger: Logger) { self.logger = logger }

    // MARK: names

    func add(_ name: DeviceName, _ uuid: DeviceUUID?, _ access: Access, minor: UInt32?) throws(MappingError) -> MappedDeviceInfo {
        try state.withLock { (state) throws(MappingError) in
            guard state.minors[name] == nil else { throw .taken(name, "name") }
            if let uuid, state.minorsByUUID[uuid] != nil { throw .taken(name, "uuid") }
            let minor = try state.take(minor, for: name)
            let entry = Entry(device: MappedDevice(minor: minor, access: access, self), name: name, uuid: uuid)
            state.entries[minor] = entry
            state.minors[name] = minor
            if let uuid { state.minorsByUUID[uuid] = minor }
            state.tell(.added, entry)
            return entry.info
        }
    }

    func rename(_ id: MappedDeviceID, to name: DeviceName) throws(MappingError) {
        try state.withLock { (state) throws(MappingError) in
            guard state.minors[name] == nil else { throw .taken(name, "name") }
            var entry = try state.entry(id)
            state.minors[entry.name] = nil
            state.minors[name] = entry.device.minor
            entry.name = name
            entry.eventNumber &+= entry.active == nil ? 0 : 1
            state.entries[entry.device.minor] = entry
            state.tell(.changed, entry)
        }
    }

    func setUUID(_ uuid: DeviceUUID, of id: MappedDeviceID) throws(MappingError) {
        try state.withLock { (state) throws(MappingError) in
            var entry = try state.entry(id)
            if let old = entry.uuid {
                throw MappingError(.exists, device: entry.name.description, message: "the device has a uuid already, '\(old)'")
            }
            guard state.minorsByUUID[uuid] == nil else { throw .taken(entry.name, "uuid") }
            state.minorsByUUID[uuid] = entry.device.minor
            entry.uuid = uuid
            entry.eventNumber &+= entry.active == nil ? 0 : 1
            state.entries[entry.device.minor] = entry
            state.tell(.changed, entry)
        }
    }

    /// The device that a table means, if it is one of the mapper's.
    func identify(_ reference: DeviceReference) -> MappedDeviceID? {
        switch reference {
        case .number(let number): return number.major == UserspaceMapper.major ? .number(number) : nil
        case .path(let path):
            let directory = "/dev/mapper/"
            guard path.hasPrefix(directory) else { return nil }
            let text = String(path.dropFirst(directory.count))
            // As it is, and as libdevmapper would have made it or as people would call it.
            for spelling in [text, try? NameMangling.auto.mangle(text), try? NameMangling.auto.unmangle(text)] {
                guard let spelling, let name = try? DeviceName(spelling) else { continue }
                if state.withLock({ $0.minors[name] != nil }) { return .name(name) }
            }
            return nil
        }
    }

    // MARK: what is known

    var list: [ListedDevice] {
        state.withLock { state in state.entries.values.map(\.listed) }.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    func device(_ id: MappedDeviceID) throws(MappingError) -> MappedDevice { try entry(id).device }

    func info(of id: MappedDeviceID) throws(MappingError) -> MappedDeviceInfo { try entry(id).info }

    func info(of device: MappedDevice) throws(MappingError) -> MappedDeviceInfo {
        try state.withLock { (state) throws(MappingError) in
            guard let entry = state.entry(of: device) else { throw .noSuchDevice() }
            return entry.info
        }
    }

    func table(of id: MappedDeviceID, in slot: TableSlot) throws(MappingError) -> MappingTable {
        let entry = try entry(id)
        guard let table = slot == .active ? entry.active : entry.inactive else { throw .emptySlot(slot, of: entry.name) }
        return table
    }

    /// The devices that are suspended, those below others first.
    var suspendedDevices: [MappedDevice] {
        state.withLock { state in
            var levels: [UInt32: Int] = [:]
            return state.entries.values.filter(\.isSuspended)
                .map { (device: $0.device, levels: state.levels(from: $0.device.minor, along: \.below, &levels)) }
                .sorted { $0.levels < $1.levels }.map(\.device)
        }
    }

    func update(_ device: MappedDevice, _ change: (inout Entry) -> Void) {
        state.withLock { state in
            guard var entry = state.entry(of: device) else { return }
            let before = entry.active
            change(&entry)
            state.entries[device.minor] = entry
            if before != entry.active { state.tell(.changed, entry) }
        }
    }

    private func entry(_ id: MappedDeviceID) throws(MappingError) -> Entry {
        try state.withLock { (state) throws(MappingError) in try state.entry(id) }
    }

    // MARK: opening

    /// A way to a device, which is open until it is closed; `user` is the device whose table opens it. Throws `invalidTable` when that device is below the one
    /// that it opens, as its requests would come back to it, and where the stack would have more than ``mostLevels``.
    func open(_ device: MappedDevice, _ access: Access, for user: UInt32?) throws(MappingError) -> Volume {
        try state.withLock { (state) throws(MappingError) in
            guard let entry = state.entry(of: device) else { throw .noSuchDevice() }
            let minor = device.minor
            if let user {
                if let path = state.path(from: minor, to: user) {
                    throw MappingError(
                        .invalidTable, message: "the table would lead back to its own device: \(path.joined(separator: " > "))")
                }
                let levels = state.levels(from: user, along: \.above) + state.levels(from: minor, along: \.below)
                guard levels <= Self.mostLevels else {
                    throw MappingError(
                        .invalidTable,
                        message: "the table would make a stack of \(levels) devices, each on the one before, "
                            + "and \(Self.mostLevels) are the most")
                }
            }
            guard let table = entry.active else { throw .emptySlot(.active, of: entry.name) }
            if access == .readWrite, entry.device.access == .readOnly {
                throw MappingError(.readOnly, device: entry.name.description, message: "the device is read-only")
            }
            state.entries[minor]?.openCount += 1
            if let user {
                state.entries[user]?.below[minor, default: 0] += 1
                state.entries[minor]?.above[user, default: 0] += 1
            }
            return Volume(device.front, table, access, logger) { [self] () throws(MappingError) in try close(device, for: user) }
        }
    }

    /// `user` keeps its number until all its tables are closed.
    private func close(_ device: MappedDevice, for user: UInt32?) throws(MappingError) {
        let isLast = state.withLock { state in
            let minor = device.minor
            guard var entry = state.entry(of: device) else { return false }
            if let user {
                if let count = state.entries[user]?.below[minor] { state.entries[user]?.below[minor] = count > 1 ? count - 1 : nil }
                if let count = entry.above[user] { entry.above[user] = count > 1 ? count - 1 : nil }
            }
            entry.openCount -= 1
            state.entries[minor] = entry
            guard entry.openCount == 0, entry.isRemovalDeferred else { return false }
            state.remove(entry)
            return true
        }
        if isLast { try device.end() }
    }

    // MARK: removing

    /// Takes a device out, which is then to be ended; with `deferred`, one that is open later.
    func unlink(_ id: MappedDeviceID, deferred: Bool) throws(MappingError) -> MappedDevice? {
        try state.withLock { (state) throws(MappingError) in
            let entry = try state.entry(id)
            guard entry.openCount == 0 else {
                guard deferred else { throw MappingError(.busy, device: entry.name.description, message: "the device is in use") }
                state.entries[entry.device.minor]?.isRemovalDeferred = true
                return nil
            }
            state.remove(entry)
            return entry.device
        }
    }

    /// Takes out any device that nobody has open; with `deferred`, the others go when that is so of them.
    func unlinkAny(deferred: Bool) -> MappedDevice? {
        state.withLock { state in
            guard let entry = state.entries.values.first(where: { $0.openCount == 0 }) else {
                if deferred { for minor in state.entries.keys { state.entries[minor]?.isRemovalDeferred = true } }
                return nil
            }
            state.remove(entry)
            return entry.device
        }
    }

    /// Gives the number of a device back, which was taken out and has ended.
    func forget(_ device: MappedDevice) {
        state.withLock { state in
            guard state.ending.remove(device.minor) != nil, device.minor < state.next else { return }
            state.released.insert(device.minor)
        }
    }

    func cancelDeferredRemoval(of id: MappedDeviceID) throws(MappingError) {
        try state.withLock { (state) throws(MappingError) in
            let entry = try state.entry(id)
            state.entries[entry.device.minor]?.isRemovalDeferred = false
        }
    }

    // MARK: events

    func raiseEvent(of device: MappedDevice) {
        state.withLock { state in
            guard var entry = state.entry(of: device) else { return }
            entry.eventNumber &+= 1
            state.entries[device.minor] = entry
            state.tell(.changed, entry)
        }
    }

    func waitForEvent(
        of id: MappedDeviceID, after eventNumber: UInt32, until deadline: ContinuousClock.Instant?
    ) throws(MappingError) -> MappedDeviceInfo? {
        let device = try device(id)
        func look(_ state: inout State) -> Result<MappedDeviceInfo, MappingError>? {
            guard let entry = state.entry(of: device) else { return .failure(.noSuchDevice()) }
            return entry.eventNumber == eventNumber ? nil : .success(entry.info)
        }
        let found = deadline.map { state.wait(for: $0 - .now, until: look) } ?? state.wait(until: look)
        return try found?.get()
    }

    /// From now on a mailbox gets the events of devices.
    func tell(_ mailbox: Mailbox<DeviceEvent, MappingError>, of wanted: Set<DeviceNumber>?) {
        state.withLock { $0.listeners[ObjectIdentifier(mailbox)] = Listener(mailbox: mailbox, wanted: wanted) }
    }

    func stopTelling(_ mailbox: Mailbox<DeviceEvent, MappingError>) {
        state.withLock { $0.listeners[ObjectIdentifier(mailbox)] = nil }
    }
}

extension DeviceRegistry.State {
    fileprivate func entry(_ id: MappedDeviceID) throws(MappingError) -> DeviceRegistry.Entry {
        let (minor, name): (UInt32?, String) =
            switch id {
            case .name(let name): (minors[name], name.description)
            case .uuid(let uuid): (minorsByUUID[uuid], uuid.description)
            case .number(let number): (number.major == UserspaceMapper.major ? number.minor : nil, number.description)
            }
        guard let minor, let entry = entries[minor] else { throw .noSuchDevice(name) }
        return entry
    }

    /// What is known of a device, unless it is gone: then another may have its number.
    fileprivate func entry(of device: MappedDevice) -> DeviceRegistry.Entry? {
        guard let entry = entries[device.minor], entry.device === device else { return nil }
        return entry
    }

    private func isTaken(_ minor: UInt32) -> Bool { entries[minor] != nil || ending.contains(minor) }

    /// A minor number for a new device: the one that is wanted, or any.
    fileprivate mutating func take(_ wanted: UInt32?, for name: DeviceName) throws(MappingError) -> UInt32 {
        if let wanted {
            guard wanted <= DeviceDefinition.largestMinor else {
                throw MappingError(
                    .invalidName, device: name.description,
                    message: "a minor number is 0 to \(DeviceDefinition.largestMinor), not \(wanted)")
            }
            guard !isTaken(wanted) else { throw .taken(name, "number") }
            released.remove(wanted)
            return wanted
        }
        // Numbers that somebody wanted are met again in both places.
        if let minor = released.popFirst() { return minor }
        while isTaken(next) { next += 1 }
        guard next <= DeviceDefinition.largestMinor else {
            throw MappingError(.outOfMemory, device: name.description, message: "there are no more numbers for devices")
        }
        defer { next += 1 }
        return next
    }

    fileprivate mutating func remove(_ entry: DeviceRegistry.Entry) {
        let minor = entry.device.minor
        entries[minor] = nil
        minors[entry.name] = nil
        if let uuid = entry.uuid { minorsByUUID[uuid] = nil }
        ending.insert(minor)
        tell(.removed, entry)
    }

    fileprivate func tell(_ kind: DeviceEvent.Kind, _ entry: DeviceRegistry.Entry) {
        let event = DeviceEvent(kind: kind, device: entry.listed)
        for listener in listeners.values where listener.wanted?.contains(event.device.number) ?? true {
            listener.mailbox.change { event.add(to: &$0) }
        }
    }

    /// How many devices the longest way up or down from one has, that one included.
    fileprivate func levels(from minor: UInt32, along ways: KeyPath<DeviceRegistry.Entry, [UInt32: Int]>) -> Int {
        var known: [UInt32: Int] = [:]
        return levels(from: minor, along: ways, &known)
    }

    fileprivate func levels(
        from minor: UInt32, along ways: KeyPath<DeviceRegistry.Entry, [UInt32: Int]>, _ known: inout [UInt32: Int]
    ) -> Int {
        if let levels = known[minor] { return levels }
        var levels = 1
        for next in entries[minor]?[keyPath: ways].keys ?? [:].keys {
            levels = max(levels, 1 + self.levels(from: next, along: ways, &known))
        }
        known[minor] = levels
        return levels
    }

    /// The names of the devices on the way from one to one below it, if that is below it at all.
    fileprivate func path(from start: UInt32, to end: UInt32) -> [String]? {
        var cameFrom: [UInt32: UInt32] = [start: start]
        var waiting = [start]
        while let minor = waiting.popLast() {
            if minor == end {
                var path: [String] = []
                var place = minor
                while true {
                    path.append(entries[place]?.name.description ?? "?")
                    guard let previous = cameFrom[place], previous != place else { break }
                    place = previous
                }
                return [path[0]] + path.reversed()
            }
            for next in entries[minor]?.below.keys ?? [:].keys where cameFrom[next] == nil {
                cameFrom[next] = minor
                waiting.append(next)
            }
        }
        return nil
    }
}

extension DeviceRegistry.Entry {
    fileprivate var listed: ListedDevice {
        ListedDevice(
            name: name.description, number: MappedDevice.number(device.minor), eventNumber: eventNumber, uuid: uuid?.description)
    }

    fileprivate var info: MappedDeviceInfo {
        // A device that uses it counts once, as in the kernel, though each of its two tables has it open.
        let openCount = above.values.reduce(openCount) { $0 - ($1 - 1) }
        return MappedDeviceInfo(
            name: name, uuid: uuid, number: MappedDevice.number(device.minor), access: device.access, isSuspended: isSuspended,
            hasActiveTable: active != nil, hasInactiveTable: inactive != nil, openCount: openCount, targetCount: active?.lines.count ?? 0,
            eventNumber: eventNumber, isRemovalDeferred: isRemovalDeferred)
    }
}

extension MappingError {
    fileprivate static func taken(_ name: DeviceName, _ what: String) -> MappingError {
        MappingError(.exists, device: name.description, message: "a device of that \(what) exists")
    }
}
