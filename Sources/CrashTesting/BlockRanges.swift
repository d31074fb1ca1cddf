/// Blocks, as ranges of their numbers: as many as there are gaps between them, and each found in O(log n) for n ranges.
struct BlockRanges {
    /// In their order; they neither overlap nor touch.
    private var ranges: [Range<UInt64>] = []

    /// Adds blocks, of which there is at least one.
    mutating func insert(_ blocks: Range<UInt64>) {
        // Those that overlap or touch them become one range with them.
        let first = index { $0.upperBound >= blocks.lowerBound }
        let end = index { $0.lowerBound > blocks.upperBound }
        var merged = blocks
        if first < end {
            merged = min(blocks.lowerBound, ranges[first].lowerBound)..<max(blocks.upperBound, ranges[end - 1].upperBound)
        }
        ranges.replaceSubrange(first..<end, with: CollectionOfOne(merged))
    }

    func contains(_ block: UInt64) -> Bool { run(from: block).isInside }

    /// Whether a block is inside, and the first one behind it of which the opposite is true; `nil` when there is none.
    func run(from block: UInt64) -> (isInside: Bool, end: UInt64?) {
        let index = index { $0.upperBound > block }
        guard index < ranges.count else { return (false, nil) }
        let next = ranges[index]
        if next.lowerBound <= block { return (true, next.upperBound) }
        return (false, next.lowerBound)
    }

    /// The index of the first range of which something is true that is true of all behind it as well.
    private func index(where isTrue: (Range<UInt64>) -> Bool) -> Int {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if isTrue(ranges[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
