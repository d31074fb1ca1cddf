extension WritecacheTarget {
    /// How full a cache is, and what it did.
    public struct Status: TargetStatus {
        /// 0 unless the cache has had an error.
        public var error: UInt64
        /// The blocks of the cache.
        public var blocks: UInt64
        /// Those that are free.
        public var freeBlocks: UInt64
        /// Those that are being written to the origin.
        public var writebackBlocks: UInt64
        /// What the cache did. Not in older kernels.
        public var counters: Counters?
        /// What newer kernels tell behind that.
        public var unknown: [String] = []

        /// What a cache did, in blocks, since it became active or got `clear_stats`.
        public struct Counters: Hashable, Sendable {
            /// Blocks read.
            public var reads: UInt64 = 0
            /// Blocks read that were in the cache.
            public var readHits: UInt64 = 0
            /// Blocks written.
            public var writes: UInt64 = 0
            /// Blocks written that were in the cache, and not committed.
            public var uncommittedWriteHits: UInt64 = 0
            /// Blocks written that were in the cache, and committed.
            public var committedWriteHits: UInt64 = 0
            /// Blocks written to the origin, past the cache.
            public var writesAround: UInt64 = 0
            /// Blocks written to new blocks of the cache.
            public var allocatingWrites: UInt64 = 0
            /// Blocks written after waiting for a free one.
            public var blockedWrites: UInt64 = 0
            /// Requests to flush.
            public var flushes: UInt64 = 0
            /// Blocks discarded.
            public var discards: UInt64 = 0

            /// Nothing happened.
            public init() {}
        }

        /// A state.
        public init(
            error: UInt64 = 0, blocks: UInt64, freeBlocks: UInt64, writebackBlocks: UInt64 = 0, counters: Counters? = Counters()
        ) {
            self.error = error
            self.blocks = blocks
            self.freeBlocks = freeBlocks
            self.writebackBlocks = writebackBlocks
            self.counters = counters
        }

        public init(parsing words: inout ArgumentReader) throws(TableError) {
            error = try words.number("error")
            blocks = try words.number("blocks")
            freeBlocks = try words.number("free blocks")
            writebackBlocks = try words.number("blocks under writeback")
            guard !words.isAtEnd else { return }
            counters = try Counters(parsing: &words)
            unknown = try words.rest("status")
        }

        public func write(to words: inout ArgumentWriter) {
            for number in [error, blocks, freeBlocks, writebackBlocks] { words.append(number) }
            guard let counters else { return }
            counters.write(to: &words)
            for word in unknown { words.append(unverified: word) }
        }
    }
}

extension WritecacheTarget.Status.Counters {
    fileprivate init(parsing words: inout ArgumentReader) throws(TableError) {
        reads = try words.number("reads")
        readHits = try words.number("read hits")
        writes = try words.number("writes")
        uncommittedWriteHits = try words.number("uncommitted write hits")
        committedWriteHits = try words.number("committed write hits")
        writesAround = try words.number("writes around")
        allocatingWrites = try words.number("allocating writes")
        blockedWrites = try words.number("blocked writes")
        flushes = try words.number("flushes")
        discards = try words.number("discards")
    }

    fileprivate func write(to words: inout ArgumentWriter) {
        let numbers = [
            reads, readHits, writes, uncommittedWriteHits, committedWriteHits, writesAround, allocatingWrites, blockedWrites, flushes,
            discards,
        ]
        for number in numbers { words.append(number) }
    }
}
