/// A set of block numbers that can be asked for the next of them in a fixed number of steps, however many there are.
///
/// A tree of words of 64 bits: each bit of a word above says whether a word below has any bit set, and words without bits are not kept. What
/// the set needs follows from how many blocks are in it, not from how large a device is.
struct BlockSet: Sendable {
    /// The words that are not zero by their place, from the blocks' own up to the one word at the top.
    private var levels: [[UInt64: UInt64]]

    /// The set without blocks; it takes those up to `last`.
    init(last: UInt64) {
        var count = 1
        while count < 11, last >> (6 * UInt64(count)) > 0 { count += 1 }
        levels = Array(repeating: [:], count: count)
    }

    var isEmpty: Bool { levels[0].isEmpty }

    /// How many words are kept.
    var wordCount: Int { levels.reduce(0) { $0 + $1.count } }

    /// How many words a block may need that is not there yet.
    var mostWordsForOne: Int { levels.count }

    func contains(_ block: UInt64) -> Bool { (levels[0][block >> 6] ?? 0) & Self.bit(block) != 0 }

    /// Adds a block; false when it is there already.
    mutating func insert(_ block: UInt64) -> Bool {
        guard !contains(block) else { return false }
        var place = block
        for level in levels.indices {
            let word = levels[level][place >> 6] ?? 0
            levels[level][place >> 6] = word | Self.bit(place)
            if word != 0 { break }
            place >>= 6
        }
        return true
    }

    /// Takes a block out; false when it is not there.
    mutating func remove(_ block: UInt64) -> Bool {
        guard contains(block) else { return false }
        var place = block
        for level in levels.indices {
            let rest = (levels[level][place >> 6] ?? 0) & ~Self.bit(place)
            guard rest == 0 else {
                levels[level][place >> 6] = rest
                break
            }
            levels[level][place >> 6] = nil
            place >>= 6
        }
        return true
    }

    /// The first block that is not before `block`.
    func next(from block: UInt64) -> UInt64? {
        var place = block
        for level in levels.indices {
            let rest = (levels[level][place >> 6] ?? 0) & (UInt64.max << (place & 63))
            if rest != 0 {
                var found = place & ~63 | UInt64(rest.trailingZeroBitCount)
                for lower in (0..<level).reversed() {
                    found = found << 6 | UInt64((levels[lower][found] ?? 0).trailingZeroBitCount)
                }
                return found
            }
            // The words behind this one are for the word above to tell.
            place = place >> 6 + 1
        }
        return nil
    }

    private static func bit(_ place: UInt64) -> UInt64 { 1 << (place & 63) }
}
