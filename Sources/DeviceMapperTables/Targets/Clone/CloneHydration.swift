/// How much is copied in the background: the words that tables and statuses count as core arguments.
public struct CloneHydration: Hashable, Sendable {
    /// How many regions may be copied at the same time; 0 stops it. `nil` is the kernel's 1.
    public var threshold: UInt32?
    /// How many regions that lie side by side are copied with one request. `nil` is the kernel's 1.
    public var batchSize: UInt32?
    /// Arguments of newer kernels, as they were read: names and values by turns.
    public var unknown: [String]

    /// So many regions.
    public init(threshold: UInt32? = nil, batchSize: UInt32? = nil, unknown: [String] = []) {
        self.threshold = threshold
        self.batchSize = batchSize
        self.unknown = unknown
    }

    /// The kernel counts to 4; newer ones may have more.
    private static let limit = 32
    private static let known = ["hydration_threshold", "hydration_batch_size"]

    init(parsing arguments: inout ArgumentReader, isRequired: Bool) throws(TableError) {
        self.init()
        var hydration = self
        try arguments.options("core arguments", limit: Self.limit, isRequired: isRequired) { (words) throws(TableError) in
            let name = try words.word("core argument")
            guard !words.isAtEnd else {
                throw words.error(.invalidValue, "core arguments: expected a value for \(words.lastWordQuoted) among those counted")
            }
            if ArgumentReader.isSame(name, Self.known[0]) {
                hydration.threshold = try words.number32("hydration_threshold")
            } else if ArgumentReader.isSame(name, Self.known[1]) {
                hydration.batchSize = try words.number32("hydration_batch_size")
            } else {
                hydration.unknown += [name, try words.word("value")]
            }
        }
        self = hydration
    }

    var words: [String] {
        (threshold.map { [Self.known[0], String($0)] } ?? []) + (batchSize.map { [Self.known[1], String($0)] } ?? []) + unknown
    }

    /// Throws unless these are written as words that read as these; their number is the word `place` of the line.
    func validate(place: Int) throws(TableError) {
        let names = unknown.indices.filter { $0.isMultiple(of: 2) }.map { unknown[$0] }
        let values = unknown.indices.filter { !$0.isMultiple(of: 2) }.map { unknown[$0] }
        let first = place + 1 + words.count - unknown.count
        try names.expectWords("core arguments", besides: Self.known, from: first, step: 2)
        try values.expectWords("core arguments", from: first + 1, step: 2)
        guard names.count == values.count else {
            throw TableError(.invalidValue, word: place, message: "core arguments: expected a value for each name")
        }
        guard words.count <= Self.limit else {
            throw TableError(
                .outOfRange, word: place, message: "number of core arguments: expected 0 to \(Self.limit), found \(words.count)")
        }
    }

    /// These, with the kernel's values where none are given.
    var effective: CloneHydration { CloneHydration(threshold: threshold ?? 1, batchSize: batchSize ?? 1, unknown: unknown) }
}
