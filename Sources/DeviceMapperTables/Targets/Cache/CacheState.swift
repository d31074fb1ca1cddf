public import StorageUnits

extension CacheTarget {
    /// What a cache that works tells of itself. Older kernels tell less: from the first that is `nil` on, nothing is written.
    public struct State: Hashable, Sendable {
        /// The size of a block of metadata.
        public var metadataBlockSize: Sectors
        /// The blocks of metadata that are used.
        public var metadataBlocks: Ratio
        /// The size of a block of the cache.
        public var blockSize: Sectors
        /// The blocks of the cache that are used.
        public var cacheBlocks: Ratio
        /// How requests fared.
        public var counters: Counters
        /// The blocks of the cache that are not on the origin yet.
        public var dirtyBlocks: UInt64
        /// The features in effect; the origin may be one that takes no discards.
        public var features: Features
        /// How many sectors are copied between the devices at a time.
        public var migrationThreshold: Sectors?
        /// Other keys of the cache, in newer kernels.
        public var coreArguments: [PolicyArgument] = []
        /// The policy in effect: `smq` where `default` was loaded.
        public var policy: PolicyName
        /// Its keys.
        public var policyArguments: [PolicyArgument]
        /// Whether the metadata is written. Not in older kernels.
        public var metadataMode: MetadataMode?
        /// Whether the metadata has to be checked by `cache_check` first. Not in older kernels.
        public var needsCheck: Bool?
        /// What newer kernels tell behind that.
        public var unknown: [String] = []

        /// A state.
        public init(
            metadataBlockSize: Sectors = 8, metadataBlocks: Ratio, blockSize: Sectors, cacheBlocks: Ratio, counters: Counters = Counters(),
            dirtyBlocks: UInt64 = 0, features: Features = Features(), migrationThreshold: Sectors? = 2048,
            policy: PolicyName = .smq, policyArguments: [PolicyArgument] = [], metadataMode: MetadataMode? = .readWrite,
            needsCheck: Bool? = false
        ) {
            self.metadataBlockSize = metadataBlockSize
            self.metadataBlocks = metadataBlocks
            self.blockSize = blockSize
            self.cacheBlocks = cacheBlocks
            self.counters = counters
            self.dirtyBlocks = dirtyBlocks
            self.features = features
            self.migrationThreshold = migrationThreshold
            self.policy = policy
            self.policyArguments = policyArguments
            self.metadataMode = metadataMode
            self.needsCheck = needsCheck
        }
    }

    /// How requests fared; each number begins again at 0 after 2^32 - 1.
    public struct Counters: Hashable, Sendable {
        /// Reads that the cache had the block for.
        public var readHits: UInt32 = 0
        /// Reads that it had not.
        public var readMisses: UInt32 = 0
        /// Writes that the cache had the block for.
        public var writeHits: UInt32 = 0
        /// Writes that it had not.
        public var writeMisses: UInt32 = 0
        /// Blocks that left the cache.
        public var demotions: UInt32 = 0
        /// Blocks that came.
        public var promotions: UInt32 = 0

        /// Nothing happened.
        public init() {}
    }

    /// Whether metadata is written.
    public enum MetadataMode: String, CaseIterable, Sendable, CustomStringConvertible {
        /// It is.
        case readWrite = "rw"
        /// It is not, after an error.
        case readOnly = "ro"

        /// The word in a status.
        public var description: String { rawValue }
    }
}

extension CacheTarget.State {
    init(parsing words: inout ArgumentReader) throws(TableError) {
        metadataBlockSize = try words.sectors("metadata block size")
        metadataBlocks = try words.ratio("metadata blocks")
        blockSize = try words.sectors("block size")
        cacheBlocks = try words.ratio("cache blocks")
        counters = try CacheTarget.Counters(parsing: &words)
        dirtyBlocks = try words.number("dirty blocks")
        features = try CacheTarget.Features(parsing: &words, limit: 32)
        coreArguments = try words.pairs("core arguments")
        if let last = coreArguments.last(where: \.isMigrationThreshold) {
            guard let threshold = ArgumentReader.decimal(last.value) else {
                throw words.error(.notANumber, "migration_threshold: \(quoteForMessage(last.value)) is not a number")
            }
            migrationThreshold = Sectors(threshold)
            coreArguments.removeAll(where: \.isMigrationThreshold)
        }
        policy = CacheTarget.PolicyName(try words.word("policy"))
        policyArguments = try words.pairs("policy arguments")
        guard !words.isAtEnd else { return }
        metadataMode = try words.choice("metadata mode", of: CacheTarget.MetadataMode.self)
        guard !words.isAtEnd else { return }
        needsCheck = try words.choice("needs_check", among: ["needs_check", "-"]) == "needs_check"
        unknown = try words.rest("status")
    }

    func write(to words: inout ArgumentWriter) {
        words.append(metadataBlockSize)
        words.append(metadataBlocks)
        words.append(blockSize)
        words.append(cacheBlocks)
        counters.write(to: &words)
        words.append(dirtyBlocks)
        features.write(to: &words)
        words.append(counted: coreArguments.words(migrationThreshold: migrationThreshold))
        words.append(unverified: policy.description)
        words.append(counted: policyArguments.words(migrationThreshold: nil))
        guard let metadataMode else { return }
        words.append(metadataMode.description)
        guard let needsCheck else { return }
        words.append(needsCheck ? "needs_check" : "-")
        for word in unknown { words.append(unverified: word) }
    }
}

extension CacheTarget.Counters {
    fileprivate init(parsing words: inout ArgumentReader) throws(TableError) {
        readHits = try words.number32("read hits")
        readMisses = try words.number32("read misses")
        writeHits = try words.number32("write hits")
        writeMisses = try words.number32("write misses")
        demotions = try words.number32("demotions")
        promotions = try words.number32("promotions")
    }

    fileprivate func write(to words: inout ArgumentWriter) {
        for number in [readHits, readMisses, writeHits, writeMisses, demotions, promotions] { words.append(number) }
    }
}

extension CacheTarget.PolicyArgument {
    fileprivate var isMigrationThreshold: Bool { key == CacheTarget.Policy.migrationThresholdKey }
}

extension ArgumentReader {
    /// Reads keys and values, with the number of their words before them.
    fileprivate mutating func pairs(_ name: String) throws(TableError) -> [CacheTarget.PolicyArgument] {
        var pairs: [CacheTarget.PolicyArgument] = []
        try options(name, limit: CacheTarget.Policy.limit, isRequired: true) { (words) throws(TableError) in
            let key = try words.word(name)
            guard !words.isAtEnd else { throw words.error(.invalidValue, "\(name): \(quoteForMessage(key)) has no value") }
            pairs.append(.init(key, try words.word(name)))
        }
        return pairs
    }
}
