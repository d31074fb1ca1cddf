extension CacheTarget {
    /// How a cache works.
    public struct Features: Hashable, Sendable {
        /// The words that have a meaning.
        static let known = ["metadata2", "writeback", "writethrough", "passthrough", "no_discard_passdown"]
        /// How many a kernel takes at once.
        static let limit = 3

        /// When writes reach the origin; `nil` is the default, `.writeback`.
        public var mode: Mode?
        /// The metadata keeps which blocks are dirty apart, which is faster. Not in older kernels.
        public var metadata2: Bool
        /// The origin is not told of discards. Not in older kernels.
        public var noDiscardPassdown: Bool
        /// Features of newer kernels, as they were read.
        public var unknown: [String] = []

        /// These features.
        public init(mode: Mode? = .writeback, metadata2: Bool = false, noDiscardPassdown: Bool = false) {
            self.mode = mode
            self.metadata2 = metadata2
            self.noDiscardPassdown = noDiscardPassdown
        }
    }

    /// When writes reach the origin.
    public enum Mode: String, CaseIterable, Sendable, CustomStringConvertible {
        /// Later, if the block is in the cache.
        case writeback
        /// At once.
        case writethrough
        /// At once, and the block leaves the cache, which is not read either. The cache must not be dirty.
        case passthrough

        /// The word in a table.
        public var description: String { rawValue }
    }
}

extension CacheTarget.Features {
    /// Reads the features, with their number before them.
    init(parsing words: inout ArgumentReader, limit: Int) throws(TableError) {
        var features = Self(mode: nil)
        try words.options("features", limit: limit, isRequired: true) { (words) throws(TableError) in try features.read(&words) }
        self = features
    }

    /// Reads one feature. The kernel does not look at the case.
    private mutating func read(_ words: inout ArgumentReader) throws(TableError) {
        let feature = try words.word("feature")
        switch ArgumentReader.lowercased(feature) {
        case "metadata2": metadata2 = true
        case "no_discard_passdown": noDiscardPassdown = true
        case "writeback": try set(.writeback, words)
        case "writethrough": try set(.writethrough, words)
        case "passthrough": try set(.passthrough, words)
        default: unknown.append(feature)
        }
    }

    private mutating func set(_ mode: CacheTarget.Mode, _ words: borrowing ArgumentReader) throws(TableError) {
        if let before = self.mode {
            throw words.error(.invalidValue, "feature: expected only one mode, found \(words.lastWordQuoted) beside '\(before)'")
        }
        self.mode = mode
    }

    /// Writes the features in the order of the kernel's status, with their number before them.
    func write(to words: inout ArgumentWriter) { words.append(counted: self.words) }

    func validate() throws(TableError) {
        guard words.count <= Self.limit else {
            throw TableError(.outOfRange, word: 8, message: "number of features: expected 0 to \(Self.limit), found \(words.count)")
        }
        try unknown.expectWords("feature", besides: Self.known)
    }

    private var words: [String] {
        (metadata2 ? ["metadata2"] : []) + (mode.map { [$0.description] } ?? []) + (noDiscardPassdown ? ["no_discard_passdown"] : [])
            + unknown
    }
}
