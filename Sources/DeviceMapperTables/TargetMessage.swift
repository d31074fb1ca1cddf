/// Something that an active target can be told: `dmsetup message`.
public protocol TargetMessage: Hashable, Sendable {
    /// What the target answers.
    associatedtype Reply: Hashable & Sendable = NoReply
    /// Writes the words of the message.
    func write(to words: inout ArgumentWriter)
    /// Reads the answer; `nil` is none.
    static func reply(parsing text: String?) throws(TableError) -> Reply
}

/// The answer of a message that has none.
public struct NoReply: Hashable, Sendable {
    /// No answer.
    public init() {}
}

extension TargetMessage where Reply == NoReply {
    /// Whatever came is no answer.
    public static func reply(parsing text: String?) throws(TableError) -> NoReply { NoReply() }
}

/// A message as words, with whatever answer comes.
public struct OpaqueMessage: TargetMessage {
    /// The words.
    public var words: [String]

    /// A message of these words.
    public init(_ words: [String]) { self.words = words }

    public func write(to words: inout ArgumentWriter) {
        for word in self.words { words.append(word) }
    }

    /// The answer as it came.
    public static func reply(parsing text: String?) throws(TableError) -> String? { text }
}
