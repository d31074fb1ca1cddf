/// What a target tells of its state: the words that `dmsetup status` prints behind the target's name.
public protocol TargetStatus: Hashable, Sendable {
    /// Reads the words. Words that are left are the caller's to refuse.
    init(parsing words: inout ArgumentReader) throws(TableError)
    /// Writes the words as the kernel does.
    func write(to words: inout ArgumentWriter)
}

/// A status as words, for targets that have none or whose words nobody reads.
public struct OpaqueStatus: TargetStatus {
    /// The words.
    public var words: [String]

    /// A status of these words.
    public init(_ words: [String] = []) { self.words = words }

    public init(parsing words: inout ArgumentReader) throws(TableError) {
        self.words = []
        while !words.isAtEnd { self.words.append(try words.word("status")) }
    }

    public func write(to words: inout ArgumentWriter) {
        for word in self.words { words.append(word) }
    }
}
