/// Something that an active target can be told: `dmsetup message`.
public protocol TargetMessage: Hashable, Sendable {
    /// What the target answers.
    associatedtype Reply: Hashable & Sendable = NoReply
    /// Reads the words of a message. Words that are left are the caller's to refuse.
    init(parsing words: inout ArgumentReader) throws(TableError)
    /// Writes the words of the message.
    func write(to words: inout ArgumentWriter)
    /// Reads the answer to this message; `nil` is none.
    func reply(parsing text: String?) throws(TableError) -> Reply
}

/// The answer of a message that has none.
public struct NoReply: Hashable, Sendable {
    /// No answer.
    public init() {}
}

extension TargetMessage {
    /// Reads a message, all of `text`.
    public init(_ text: some StringProtocol) throws(TableError) {
        var words = try ArgumentReader(text)
        try self.init(parsing: &words)
        try words.expectEnd(after: "the message")
    }

    /// The words of the message. With `.shown`, keys are in a string that nobody wipes.
    public func text(keys: ArgumentWriter.Keys = .redacted) -> String {
        var writer = ArgumentWriter(keys: keys)
        write(to: &writer)
        return writer.string
    }
}

extension TargetMessage where Reply == NoReply {
    /// Whatever came is no answer.
    public func reply(parsing text: String?) throws(TableError) -> NoReply { NoReply() }
}

/// A message as words, with whatever answer comes.
public struct OpaqueMessage: TargetMessage {
    /// The words.
    public var words: [String]

    /// A message of these words.
    public init(_ words: [String]) { self.words = words }

    public init(parsing words: inout ArgumentReader) throws(TableError) {
        self.words = []
        while !words.isAtEnd { self.words.append(try words.word("message")) }
    }

    public func write(to words: inout ArgumentWriter) {
        for word in self.words { words.append(unverified: word) }
    }

    /// The answer as it came.
    public func reply(parsing text: String?) throws(TableError) -> String? { text }
}
