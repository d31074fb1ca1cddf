public import StorageUnits

/// Reads as zeroes, and forgets what is written.
public struct ZeroTarget: Target {
    public static let typeName = "zero"
    public static let syntax = TargetSyntax(
        summary: "Reads as zeroes, and forgets what is written.", usage: "", examples: [.init(length: 2048, "")])

    /// Zeroes.
    public init() {}

    public init(parsing arguments: inout ArgumentReader) throws(TableError) {}

    public func write(to arguments: inout ArgumentWriter) {}

    public mutating func mapDevices(_ transform: (DeviceReference) -> DeviceReference) {}

    public func validate(length: Sectors) throws(TableError) {}
}
