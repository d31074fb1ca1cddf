public import StorageUnits

/// Maps onto a device that has snapshots: what a write would change for them is copied to their stores first.
public struct SnapshotOriginTarget: Target {
    public static let typeName = "snapshot-origin"
    public static let syntax = TargetSyntax(
        summary: "Maps onto a device that has snapshots, and copies what a write would change for them first.",
        usage: "<device>",
        examples: [.init(length: 32768, "/dev/mapper/origin"), .init(length: 32768, "8:0")])

    /// The device that the snapshots are of.
    public var device: DeviceReference

    /// The origin of the snapshots of `device`.
    public init(device: DeviceReference) { self.device = device }

    public init(parsing arguments: inout ArgumentReader) throws(TableError) { device = try arguments.device("device") }

    public func write(to arguments: inout ArgumentWriter) { arguments.append(device) }

    public mutating func mapDevices(_ transform: (DeviceReference) -> DeviceReference) { device = transform(device) }

    public func validate(length: Sectors) throws(TableError) {}
}
