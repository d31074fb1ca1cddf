public import StorageUnits

/// A target of a type that the parser does not know: its words are kept as they are, so that a table of a newer kernel survives.
public struct UnknownTarget: Target {
    public static let typeName = ""
    public static let syntax = TargetSyntax(summary: "A target of a type that is not known.", usage: "[<argument>...]", examples: [])

    public let typeName: String
    /// The words behind the name.
    public var arguments: [String]

    /// A target of the type `typeName`, with arguments of which nothing is known.
    public init(typeName: String, arguments: [String]) {
        self.typeName = typeName
        self.arguments = arguments
    }

    public init(parsing arguments: inout ArgumentReader) throws(TableError) {
        try self.init(typeName: "", parsing: &arguments)
    }

    init(typeName: String, parsing arguments: inout ArgumentReader) throws(TableError) {
        self.typeName = typeName
        self.arguments = []
        while !arguments.isAtEnd { self.arguments.append(try arguments.word("argument")) }
    }

    public func write(to arguments: inout ArgumentWriter) {
        for argument in self.arguments { arguments.append(unverified: argument) }
    }

    /// All of them.
    public var unknownWords: [String] { arguments }

    /// Does nothing: which words are devices is not known.
    public mutating func mapDevices(_ transform: (DeviceReference) -> DeviceReference) {}

    /// Accepts whatever can be written as words: the rules are not known.
    public func validate(length: Sectors) throws(TableError) {
        for (index, argument) in arguments.enumerated() where argument.isEmpty || argument.utf8.contains(0) {
            throw TableError(.invalidText, word: 4 + index, message: "an argument is empty or has a NUL character")
        }
    }
}
