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
    /// Whether `reported`, a target as a kernel prints it, is what that kernel makes of this one. A kernel leaves out defaults, fills in values
    /// that it chose, and forgets some words; devices are compared as they are, so both sides name them alike, best by their numbers.
    func isSatisfied(by reported: Self) -> Bool
    /// Words that were read and are written, but not understood: options of newer kernels, or slips of the pen.
    var unknownWords: [String] { get }

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

    /// None.
    public var unknownWords: [String] { [] }

    /// Whether `reported` is equal: the kernel prints most targets as they were loaded.
    public func isSatisfied(by reported: Self) -> Bool { self == reported }

    /// Whether `reported` is of the same type, and what a kernel makes of this target.
    public func isSatisfied(byAny reported: any Target) -> Bool { (reported as? Self).map { isSatisfied(by: $0) } ?? false }
}

/// What people are told about a target: the text of `devmap help TARGET`.
public struct TargetSyntax: Sendable {
    /// One sentence: what the target does.
    public var summary: String
    /// The arguments, as the kernel's documentation writes them.
    public var usage: String
    /// The words that may be added, as `usage` groups them.
    public var options: [Term]
    /// What an active device can be told.
    public var messages: [Term]
    /// The words of the status, in their order.
    public var status: [Term]
    /// Lines that parse and validate.
    public var examples: [Example]
    /// Messages that parse, one of each at least.
    public var messageExamples: [String]
    /// Statuses that parse, as kernels print them, without the blanks at their end.
    public var statusExamples: [String]

    /// Some words, and what they mean.
    public struct Term: Sendable {
        /// The words, with `<placeholders>`.
        public var words: String
        /// What they mean: units, range, default, and the first kernel that has them, if that is not old.
        public var meaning: String

        /// Words and what they mean.
        public init(_ words: String, _ meaning: String) {
            self.words = words
            self.meaning = meaning
        }
    }

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
    public init(
        summary: String, usage: String, options: [Term] = [], messages: [Term] = [], status: [Term] = [], examples: [Example],
        messageExamples: [String] = [], statusExamples: [String] = []
    ) {
        self.summary = summary
        self.usage = usage
        self.options = options
        self.messages = messages
        self.status = status
        self.examples = examples
        self.messageExamples = messageExamples
        self.statusExamples = statusExamples
    }
}
