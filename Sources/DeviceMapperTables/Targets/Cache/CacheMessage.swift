public import StorageUnits

extension CacheTarget {
    /// What a cache can be told. One that is read-only or has failed refuses all of it.
    public enum Message: TargetMessage {
        /// Sets how many sectors are copied between the devices at a time, until the table is loaded again.
        case setMigrationThreshold(Sectors)
        /// Sets a key of the policy, until the table is loaded again. Policies that have none refuse it.
        case set(PolicyArgument)
        /// Drops blocks of the cache, none of the ranges being empty: with `passthrough` only.
        case invalidate([Range<UInt32>])

        private static let invalidateKeyword = "invalidate_cblocks"

        public init(parsing words: inout ArgumentReader) throws(TableError) {
            let key = try words.word("message")
            if ArgumentReader.isSame(key, Self.invalidateKeyword) {
                var ranges: [Range<UInt32>] = []
                while !words.isAtEnd { ranges.append(try words.cacheBlocks("cache blocks")) }
                self = .invalidate(ranges)
            } else if ArgumentReader.isSame(key, Policy.migrationThresholdKey) {
                self = .setMigrationThreshold(try words.sectors(Policy.migrationThresholdKey, in: 0...UInt64.max))
            } else {
                self = .set(.init(key, try words.word("value")))
            }
        }

        public func write(to words: inout ArgumentWriter) {
            switch self {
            case .setMigrationThreshold(let sectors):
                words.append(Policy.migrationThresholdKey)
                words.append(sectors)
            case .set(let argument):
                words.append(unverified: argument.key)
                words.append(unverified: argument.value)
            case .invalidate(let ranges):
                words.append(Self.invalidateKeyword)
                for range in ranges {
                    words.append(range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound)")
                }
            }
        }
    }
}

extension ArgumentReader {
    /// Reads a block, or the first of several and the one behind them. Of larger numbers the kernel forgets all but 32 bits.
    fileprivate mutating func cacheBlocks(_ name: String) throws(TableError) -> Range<UInt32> {
        let word = try word(name)
        let bounds = word.split(separator: "-", omittingEmptySubsequences: false).map { $0.isEmpty ? nil : Self.decimal($0) }
        guard (1...2).contains(bounds.count), let first = bounds[0], let last = bounds[bounds.count - 1] else {
            throw error(.invalidValue, "\(name): expected <block> or <first>-<end>, found \(lastWordQuoted)")
        }
        let end = bounds.count == 1 ? first.addingReportingOverflow(1).partialValue : last
        guard first < end, let first = UInt32(exactly: first), let end = UInt32(exactly: end) else {
            throw error(
                .outOfRange, "\(name): expected a first block before the end, which is at most \(UInt32.max), found \(lastWordQuoted)")
        }
        return first..<end
    }
}
