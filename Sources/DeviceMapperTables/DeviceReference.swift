public import StorageUnits

/// A device as a table names it. Nothing is looked up: whether there is such a device is found when the table is used.
public enum DeviceReference: Hashable, Sendable {
    /// A path: `/dev/sda1`, `disk.img`, `/dev/mapper/name`. Relative paths begin at the directory of the process that opens them.
    case path(String)
    /// A device number, as the kernel prints every device.
    case number(DeviceNumber)

    /// Reads a word of a table: `major:minor` is a number, anything else a path.
    public init(parsing word: String) {
        self = DeviceNumber(parsing: word).map { .number($0) } ?? .path(word)
    }
}

extension DeviceReference: CustomStringConvertible {
    /// The word that reads as this reference: a file called `7:0` is `./7:0`.
    public var description: String {
        switch self {
        case .number(let number): number.description
        case .path(let path): DeviceNumber(parsing: path) == nil ? path : "./" + path
        }
    }
}

extension DeviceReference: ExpressibleByStringLiteral {
    /// Reads a word of a table.
    public init(stringLiteral value: String) { self.init(parsing: value) }
}
