public import StorageUnits

/// What one line of a table maps its sectors to: the target's name and its arguments, typed.
///
/// A target is pure text: making, parsing and printing one touches no device. What it does lives elsewhere, in the kernel or in an engine.
public protocol Target: Hashable, Sendable {
    /// The name in tables, at most 15 bytes: `linear`.
    static var typeName: String { get }
    /// The name of this one: the type's, except for a target of a type that is not known.
    var typeName: String { get }
    /// What people are told about the target, with examples.
    static var syntax: TargetSyntax { get }

    /// Reads the arguments behind the target's name. Words that are left are the caller's to refuse.
    init(parsing arguments: inout ArgumentReader) throws(TableError)
    /// Writes the arguments, in the order in which the kernel prints them.
    func write(to arguments: inout ArgumentWriter)
    /// Replaces each device by what `transform` makes of it, in the order of the arguments.
    mutating func mapDevices(_ transform: (DeviceReference) -> DeviceReference)
    /// Throws unless the arguments make sense, and with a line of `length` sectors: the kernel's own rules.
    func validate(length: Sectors) throws(TableError)

    /// What the target tells of its state.
    associatedtype Status: TargetStatus = OpaqueStatus
    /// What it can be told while it is active.
    associatedtype Message: TargetMessage = OpaqueMessage
}

extension Target {
    /// The type's name.
    public var typeName: String { Self.typeName }

    /// The devices that the arguments name, in their order; one that is named twice is there twice.
    public var devices: [DeviceReference] {
        var devices: [DeviceReference] = []
        var copy = self
        copy.mapDevices {
            devices.append($0)
            return $0
        }
        return devices
    }

    /// Whether another target is of the same type with the same arguments.
    public func isEqual(to other: any Target) -> Bool { (other as? Self) == self }
}

/// What people are told about a target: the text of `devmap help TARGET`.
public struct TargetSyntax: Sendable {
    /// One sentence: what the target does.
    public var summary: String
    /// The arguments, as the kernel's documentation writes them.
    public var usage: String
    /// Lines that parse and validate.
    public var examples: [Example]

    /// The arguments of a table line, and a length that suits them.
    public struct Example: Sendable {
        /// The line's length.
        public var length: Sectors
        /// The words behind the target's name.
        public var arguments: String

        /// An example.
        public init(length: Sectors, _ arguments: String) {
            self.length = length
            self.arguments = arguments
        }
    }

    /// A description of a target.
    public init(summary: String, usage: String, examples: [Example]) {
        self.summary = summary
        self.usage = usage
        self.examples = examples
    }
}
