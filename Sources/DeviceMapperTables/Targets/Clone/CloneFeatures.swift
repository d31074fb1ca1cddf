/// What a clone does not do: the words that tables and statuses count as features.
public struct CloneFeatures: Hashable, Sendable {
    /// Whether regions that nobody asks for are copied too, in the background; not with `no_hydration`. Messages change it.
    public var hydrates: Bool
    /// Whether discards are passed on to the destination; not with `no_discard_passdown`.
    public var passesDiscards: Bool
    /// Words of newer kernels, as they were read.
    public var unknown: [String]

    /// These features, both without arguments.
    public init(hydrates: Bool = true, passesDiscards: Bool = true, unknown: [String] = []) {
        self.hydrates = hydrates
        self.passesDiscards = passesDiscards
        self.unknown = unknown
    }

    /// The kernel counts to 2; newer ones may have more.
    private static let limit = 16
    private static let known = ["no_hydration", "no_discard_passdown"]

    init(parsing arguments: inout ArgumentReader, isRequired: Bool) throws(TableError) {
        self.init()
        var features = self
        try arguments.options("features", limit: Self.limit, isRequired: isRequired) { (words) throws(TableError) in
            let word = try words.word("feature")
            if ArgumentReader.isSame(word, Self.known[0]) {
                features.hydrates = false
            } else if ArgumentReader.isSame(word, Self.known[1]) {
                features.passesDiscards = false
            } else {
                features.unknown.append(word)
            }
        }
        self = features
    }

    var words: [String] { (hydrates ? [] : [Self.known[0]]) + (passesDiscards ? [] : [Self.known[1]]) + unknown }

    func validate() throws(TableError) {
        try unknown.expectWords("features", besides: Self.known, from: 9 + words.count - unknown.count)
        guard words.count <= Self.limit else {
            throw TableError(.outOfRange, word: 8, message: "number of features: expected 0 to \(Self.limit), found \(words.count)")
        }
    }
}
