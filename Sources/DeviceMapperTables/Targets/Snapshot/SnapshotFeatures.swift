/// What a snapshot does beyond copying: the words behind the chunk size. Linux 5.3 and newer.
public struct SnapshotFeatures: Hashable, Sendable {
    /// What a discard of the snapshot's sectors does.
    public enum Discards: Hashable, Sendable {
        /// The device takes no discards.
        case unsupported
        /// The chunks are zeroed where they were copied to, so that they can be thin there: `discard_zeroes_cow`.
        case zeroCopies
        /// As well as that, the discard is passed on to the origin, which other snapshots must not share: `discard_passdown_origin`.
        case zeroCopiesAndPassDown
    }

    /// What a discard does.
    public var discards: Discards
    /// Words of newer kernels, as they were read.
    public var unknown: [String]

    /// These features, none without arguments.
    public init(discards: Discards = .unsupported, unknown: [String] = []) {
        self.discards = discards
        self.unknown = unknown
    }

    static let zeroes = "discard_zeroes_cow"
    static let passdown = "discard_passdown_origin"
    /// The kernel counts to 2; newer ones may have more.
    private static let limit = 16

    init(parsing arguments: inout ArgumentReader) throws(TableError) {
        var zeroes = false
        var passdown = false
        var unknown: [String] = []
        try arguments.options("features", limit: Self.limit) { (words) throws(TableError) in
            let word = try words.word("feature")
            if ArgumentReader.isSame(word, Self.zeroes) {
                zeroes = true
            } else if ArgumentReader.isSame(word, Self.passdown) {
                passdown = true
            } else {
                unknown.append(word)
            }
        }
        guard zeroes || !passdown else {
            throw arguments.error(.invalidValue, "features: expected \(Self.zeroes) beside \(Self.passdown)")
        }
        self.init(discards: passdown ? .zeroCopiesAndPassDown : zeroes ? .zeroCopies : .unsupported, unknown: unknown)
    }

    private var words: [String] {
        switch discards {
        case .unsupported: unknown
        case .zeroCopies: [Self.zeroes] + unknown
        case .zeroCopiesAndPassDown: [Self.zeroes, Self.passdown] + unknown
        }
    }

    func write(to arguments: inout ArgumentWriter) {
        let words = words
        if !words.isEmpty { arguments.append(counted: words) }
    }

    func validate() throws(TableError) {
        try unknown.expectWords("features", besides: [Self.zeroes, Self.passdown], from: 9 + words.count - unknown.count)
        guard words.count <= Self.limit else {
            throw TableError(.outOfRange, word: 8, message: "number of features: expected 0 to \(Self.limit), found \(words.count)")
        }
    }

    /// What users are told of the words.
    static let terms: [TargetSyntax.Term] = [
        .init(zeroes, "A discard zeroes the chunks where they were copied to. Linux 5.3 and newer."),
        .init(passdown, "A discard is passed on to the origin too; needs \(zeroes). Linux 5.3 and newer."),
    ]
}
