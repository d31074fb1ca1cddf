public import StorageUnits

/// Maps onto a run of another device.
public struct LinearTarget: Target {
    public static let typeName = "linear"
    public static let syntax = TargetSyntax(
        summary: "Maps onto a run of another device.",
        usage: "<device> <start sector>",
        examples: [
            .init(length: 2048, "/dev/sda 0"),
            .init(length: 8, "8:16 123456789"),
            .init(length: 16, #"/images/my\ disk.img 2048"#),
        ])

    /// The device.
    public var device: DeviceReference
    /// Where the run begins on it.
    public var start: Sectors

    /// A run of `device` from `start` on, as long as the line.
    public init(device: DeviceReference, start: Sectors = 0) {
        self.device = device
        self.start = start
    }

    public init(parsing arguments: inout ArgumentReader) throws(TableError) {
        device = try arguments.device("device")
        start = try arguments.sectors("start sector")
    }

    public func write(to arguments: inout ArgumentWriter) {
        arguments.append(device)
        arguments.append(start)
    }

    public mutating func mapDevices(_ transform: (DeviceReference) -> DeviceReference) { device = transform(device) }

    public func validate(length: Sectors) throws(TableError) { try start.expectRoom(for: length, word: 5, "start sector") }
}
