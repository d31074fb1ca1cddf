public import StorageUnits

/// What maps devices: the kernel's device mapper, or this process in user space. A program runs the same steps on either.
public protocol Mapper: Sendable {
    /// Makes a device without a table. Requests to it fail until a table is loaded and the device is resumed.
    func create(_ name: DeviceName, uuid: DeviceUUID?, access: Access) throws(MappingError) -> MappedDeviceInfo
    /// Puts a table into the device's inactive slot, in place of what is there.
    func load(_ table: MappingTable, into device: MappedDeviceID) throws(MappingError) -> MappedDeviceInfo
    /// Empties the inactive slot.
    func clear(_ device: MappedDeviceID) throws(MappingError) -> MappedDeviceInfo
    /// Holds back new requests and waits for those under way; with `flush`, all that was written is durable afterwards.
    func suspend(_ device: MappedDeviceID, flush: Bool) throws(MappingError) -> MappedDeviceInfo
    /// Makes the table of the inactive slot the active one, if there is any, and lets requests through.
    func resume(_ device: MappedDeviceID) throws(MappingError) -> MappedDeviceInfo
    /// Gives the device another name.
    func rename(_ device: MappedDeviceID, to name: DeviceName) throws(MappingError)
    /// Removes the device; with `deferred`, as soon as nobody has it open.
    func remove(_ device: MappedDeviceID, deferred: Bool) throws(MappingError)
    /// What is known of a device.
    func info(of device: MappedDeviceID) throws(MappingError) -> MappedDeviceInfo
    /// The table in a slot; empty slots throw `notFound`.
    func table(of device: MappedDeviceID, in slot: TableSlot) throws(MappingError) -> MappingTable
    /// What each line of the table in a slot tells of its state.
    func status(of device: MappedDeviceID, in slot: TableSlot) throws(MappingError) -> [StatusLine]
    /// The devices that the table in a slot uses.
    func dependencies(of device: MappedDeviceID, in slot: TableSlot) throws(MappingError) -> [DeviceReference]
    /// Tells something to the target at a sector, and returns what it answers.
    func send(_ message: some TargetMessage, to device: MappedDeviceID, at sector: Sectors) throws(MappingError) -> String?
    /// Waits until the device's number of events is another than `eventNumber`, and returns what is known of it then; `nil` when the
    /// deadline came first.
    func waitForEvent(
        of device: MappedDeviceID, after eventNumber: UInt32, until deadline: ContinuousClock.Instant?
    ) throws(MappingError) -> MappedDeviceInfo?
    /// The events of all devices, or of some, from now on, until the task that asks for them is cancelled.
    func events(of devices: Set<DeviceNumber>?) throws(MappingError) -> Events
    /// How events are given.
    associatedtype Events: AsyncSequence<DeviceEvent, MappingError> & Sendable
}

/// How a mapped device is named in a call.
public enum MappedDeviceID: Hashable, Sendable {
    /// By its name.
    case name(DeviceName)
    /// By its uuid.
    case uuid(DeviceUUID)
    /// By its number.
    case number(DeviceNumber)
}

/// The two tables of a mapped device.
public enum TableSlot: Hashable, Sendable {
    /// The one in force.
    case active
    /// The one that the next resume puts in force.
    case inactive
}

/// What is known of a mapped device: the fields of the kernel's `dm_ioctl`.
public struct MappedDeviceInfo: Hashable, Sendable {
    /// The name.
    public var name: DeviceName
    /// The uuid, where it has one.
    public var uuid: DeviceUUID?
    /// The number.
    public var number: DeviceNumber
    /// Whether it can be written.
    public var access: Access
    /// Whether requests are held back.
    public var isSuspended: Bool
    /// Whether the active slot has a table.
    public var hasActiveTable: Bool
    /// Whether the inactive slot has one.
    public var hasInactiveTable: Bool
    /// How often it is open.
    public var openCount: Int
    /// The number of lines of the active table.
    public var targetCount: Int
    /// How many events there were.
    public var eventNumber: UInt32
    /// Whether it is removed as soon as nobody has it open.
    public var isRemovalDeferred: Bool

    /// All that is known of a device.
    public init(
        name: DeviceName, uuid: DeviceUUID?, number: DeviceNumber, access: Access, isSuspended: Bool, hasActiveTable: Bool,
        hasInactiveTable: Bool, openCount: Int, targetCount: Int, eventNumber: UInt32, isRemovalDeferred: Bool = false
    ) {
        self.name = name
        self.uuid = uuid
        self.number = number
        self.access = access
        self.isSuspended = isSuspended
        self.hasActiveTable = hasActiveTable
        self.hasInactiveTable = hasInactiveTable
        self.openCount = openCount
        self.targetCount = targetCount
        self.eventNumber = eventNumber
        self.isRemovalDeferred = isRemovalDeferred
    }
}

/// One line of `dmsetup status`.
public struct StatusLine: Hashable, Sendable {
    /// The sectors of the table's line.
    public var range: SectorRange
    /// The target's name.
    public var typeName: String
    /// The words behind it, as the target printed them.
    public var text: String

    /// A line of status.
    public init(range: SectorRange, typeName: String, text: String) {
        self.range = range
        self.typeName = typeName
        self.text = text
    }

    /// The words as the status of a type of target. Words too many are an error.
    public func status<T: Target>(of target: T.Type) throws(TableError) -> T.Status {
        var words = try ArgumentReader(text)
        let status = try T.Status(parsing: &words)
        try words.expectEnd(after: "the status of \(T.typeName)")
        return status
    }
}

extension StatusLine: CustomStringConvertible {
    /// `0 2048 striped 2 8:0 8:16 1 AA`: where the line begins, how long it is, the target's name, and its words.
    public var description: String { "\(range.start) \(range.length) \(typeName)" + (text.isEmpty ? "" : " \(text)") }
}
