public import StorageUnits

/// A mapped device as a whole: what it is called, and its table.
public struct DeviceDefinition: Equatable, Sendable {
    /// The name.
    public var name: DeviceName
    /// The uuid, if it has one.
    public var uuid: DeviceUUID?
    /// The minor number that it is to have, 0 to 1048575; without, the kernel chooses.
    public var minor: UInt32?
    /// Whether it can be written.
    public var access: Access
    /// The table.
    public var table: MappingTable

    /// The largest minor number: 20 bits.
    public static let largestMinor: UInt32 = (1 << 20) - 1

    /// A device with `table`.
    public init(name: DeviceName, uuid: DeviceUUID? = nil, minor: UInt32? = nil, access: Access = .readWrite, table: MappingTable) {
        self.name = name
        self.uuid = uuid
        self.minor = minor
        self.access = access
        self.table = table
    }
}
