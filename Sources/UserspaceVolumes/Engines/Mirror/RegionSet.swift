/// Some of the regions of a mirror, or of the blocks of its log: a bit for each.
struct RegionSet: Sendable {
    let count: Int
    private var words: [UInt64]

    /// All of `count`, or none.
    init(count: Int, isFull: Bool = false) {
        self.count = count
        words = [UInt64](repeating: isFull ? .max : 0, count: (count + 63) / 64)
        if isFull, count % 64 != 0 { words[count / 64] = 1 << UInt64(count % 64) - 1 }
    }

    var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

    /// Those behind the last are never in it.
    subscript(_ index: Int) -> Bool {
        get { index < count && words[index / 64] & (1 << UInt64(index % 64)) != 0 }
        set {
            let bit: UInt64 = 1 << UInt64(index % 64)
            if newValue { words[index / 64] |= bit } else { words[index / 64] &= ~bit }
        }
    }

    /// Those from `64 * index` on, the lowest bit for the first.
    subscript(word index: Int) -> UInt64 {
        get { words[index] }
        set { words[index] = newValue }
    }

    /// How many words there are.
    var wordCount: Int { words.count }

    mutating func insert(_ range: ClosedRange<Int>) { Self.forEachWord(range) { words[$0] |= $1 } }
    mutating func remove(_ range: ClosedRange<Int>) { Self.forEachWord(range) { words[$0] &= ~$1 } }

    mutating func removeAll() {
        for index in words.indices { words[index] = 0 }
    }

    /// The first at `start` or behind.
    func first(from start: Int) -> Int? {
        guard start < count else { return nil }
        var index = start / 64
        var word = words[index] & (.max << UInt64(start % 64))
        while word == 0 {
            index += 1
            guard index < words.count else { return nil }
            word = words[index]
        }
        return index * 64 + word.trailingZeroBitCount
    }

    /// Calls `body` with the index of each word that has some of the range, and the bits of those.
    static func forEachWord(_ range: ClosedRange<Int>, _ body: (Int, UInt64) -> Void) {
        let (first, last) = (range.lowerBound / 64, range.upperBound / 64)
        for index in first...last {
            var mask = UInt64.max
            if index == first { mask &= .max << UInt64(range.lowerBound % 64) }
            if index == last { mask &= .max >> UInt64(63 - range.upperBound % 64) }
            body(index, mask)
        }
    }
}
