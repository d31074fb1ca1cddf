internal import StorageUnits

extension Sectors {
    /// Throws unless this is a size of blocks that is within `range` and a multiple of `unit`. `word` is where it stands in the line.
    func expectBlockSize(in range: ClosedRange<UInt64>, multipleOf unit: Sectors, word: Int) throws(TableError) {
        guard range.contains(count), isMultiple(of: unit) else {
            throw TableError(
                .outOfRange, word: word,
                message: "block size: expected a multiple of \(unit), \(range.lowerBound) to \(range.upperBound), found \(self)")
        }
    }
}
