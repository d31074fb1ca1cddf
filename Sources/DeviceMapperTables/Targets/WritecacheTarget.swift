public import StorageUnits

/// Takes writes on persistent memory or a fast device, and writes them to a slow one later. Reads are not cached.
public struct WritecacheTarget: Target {
    public static let typeName = "writecache"
    public static let syntax = TargetSyntax(
        summary: "Takes writes on persistent memory or a fast device, and writes them to a slow one later.",
        usage: "<p|s> <origin device> <cache device> <block size> <number of words> <option>...",
        options: [
            .init("p|s", "The cache is persistent memory, or a device like an SSD."),
            .init("start_sector <sector>", "Where the cache begins on its device; 0 by default."),
            .init("high_watermark <percent>", "When so much of the cache is used, it is written back; 0 to 100, 50 by default."),
            .init("low_watermark <percent>", "Until so much is used; not more than high_watermark, 45 by default."),
            .init(
                "writeback_jobs <number>",
                "How many blocks are written back at a time at most; 0 is no limit, and the default depends on the memory."),
            .init("autocommit_blocks <number>", "Commits once so many blocks are written; 65536 by default, 64 with persistent memory."),
            .init("autocommit_time <ms>", "Commits after so many milliseconds; 0 to 3600000, 1000 by default."),
            .init("max_age <ms>", "Writes back what is older; 0 to 86400000 milliseconds. Without, nothing is. Not in older kernels."),
            .init("cleaner", "Takes nothing new, and writes everything back. Not in older kernels."),
            .init("fua|nofua", "With persistent memory: writes back with forced unit access, the default, or flushes after it."),
            .init("metadata_only", "Takes writes of file systems' metadata only. Not in older kernels."),
            .init(
                "pause_writeback <ms>",
                "With an SSD: rests so long after a request to the origin; 0 to 60000, 3000 by default. Not in older kernels."),
        ],
        messages: [
            .init("flush", "Writes the cache back now."),
            .init("flush_on_suspend", "Writes the cache back when the device is suspended next."),
            .init("cleaner", "Takes nothing new from now on, and writes everything back. Not in older kernels."),
            .init("clear_stats", "Begins to count again. Not in older kernels."),
        ],
        status: [
            .init("<error>", "0 unless the cache has had an error."),
            .init("<blocks> <free blocks>", "Blocks of the cache."),
            .init("<blocks under writeback>", "Blocks that are being written to the origin."),
            .init(
                "<reads> <read hits>",
                "Blocks read, and how many of them were in the cache. Older kernels tell neither this nor what follows."),
            .init("<writes> <hits uncommitted> <hits committed>", "Blocks written, and how many were in the cache, committed or not."),
            .init("<around> <allocated> <blocked>", "Blocks written to the origin, to new blocks, and after waiting for one."),
            .init("<flushes> <discards>", "Requests to flush, and blocks discarded."),
        ],
        examples: [
            .init(length: 2_097_152, "s /dev/sda /dev/nvme0n1 4096 0"),
            .init(length: 2_097_152, "p 8:0 259:0 4096 1 nofua"),
            .init(length: 2_097_152, "p 8:0 259:0 512 3 start_sector 8 fua"),
            .init(
                length: 2_097_152,
                "s 8:0 8:16 1024 18 start_sector 2048 high_watermark 60 low_watermark 40 writeback_jobs 64 autocommit_blocks 1024 "
                    + "autocommit_time 500 max_age 60000 cleaner metadata_only pause_writeback 0"),
        ],
        messageExamples: ["flush", "flush_on_suspend", "cleaner", "clear_stats"],
        statusExamples: ["0 4080 4080 0 256 256 256 0 0 0 256 0 1 0", "1 2040 0 16 0 0 0 0 0 0 0 0 0 0", "0 4080 4070 10"])

    /// The sizes of a block in bytes.
    static let blockSizes: [UInt64] = [512, 1024, 2048, 4096]

    /// What the cache is on.
    public var medium: Medium
    /// The slow device.
    public var originDevice: DeviceReference
    /// The device of the cache. If its first block is zeroes, a new cache is made on it.
    public var cacheDevice: DeviceReference
    /// The size of a block: 512, 1024, 2048 or 4096 bytes, and not less than the logical block of either device. The line's length is a
    /// multiple of it.
    public var blockSize: ByteCount
    /// The rest.
    public var options: Options

    /// What a cache is on, with what only one of them takes.
    public enum Medium: Hashable, Sendable {
        /// A device like an SSD. After a request to the origin, writeback rests for so many milliseconds: 0 to 60000; `nil` is the default,
        /// 3000.
        case ssd(pauseWriteback: UInt32? = nil)
        /// Persistent memory. Whether writeback is with forced unit access, or flushes after it; `nil` is the default, `true`.
        case persistentMemory(fua: Bool? = nil)
    }

    /// What a cache on any medium takes. Of whatever is `nil` the kernel has a default.
    public struct Options: Hashable, Sendable {
        /// Where the cache begins on its device; 0 by default.
        public var startSector: Sectors?
        /// When so many percent of the cache are used, it is written back; 0 to 100, 50 by default.
        public var highWatermark: UInt32?
        /// Until so many percent are used; not more than the high watermark, 45 by default.
        public var lowWatermark: UInt32?
        /// How many blocks are written back at a time at most; 0 is no limit, and the default depends on the memory.
        public var writebackJobs: UInt32?
        /// A commit follows once so many blocks are written; 65536 by default, 64 with persistent memory.
        public var autocommitBlocks: UInt32?
        /// A commit follows after so many milliseconds; 0 to 3600000, 1000 by default.
        public var autocommitTime: UInt32?
        /// What is older, in milliseconds, is written back; 0 to 86400000, and nothing by default. Not in older kernels.
        public var maxAge: UInt32?
        /// Nothing new is taken, and everything is written back. Not in older kernels.
        public var cleaner = false
        /// Only writes of file systems' metadata are taken. Not in older kernels.
        public var metadataOnly = false
        /// Options of newer kernels, as they were read.
        public var unknown: [String] = []

        /// No options.
        public init() {}
    }

    /// A cache for `originDevice` on `cacheDevice`.
    public init(
        medium: Medium = .ssd(), originDevice: DeviceReference, cacheDevice: DeviceReference, blockSize: ByteCount = ByteCount(4096),
        options: Options = Options()
    ) {
        self.medium = medium
        self.originDevice = originDevice
        self.cacheDevice = cacheDevice
        self.blockSize = blockSize
        self.options = options
    }

    public init(parsing arguments: inout ArgumentReader) throws(TableError) {
        var medium: Medium =
            try arguments.choice("medium", among: ["p", "s"], ignoringCase: true) == "p" ? .persistentMemory() : .ssd()
        originDevice = try arguments.device("origin device")
        cacheDevice = try arguments.device("cache device")
        blockSize = ByteCount(try arguments.number("block size"))
        guard Self.blockSizes.contains(blockSize.count) else { throw arguments.error(.outOfRange, Self.refusal(of: blockSize)) }
        var options = Options()
        try arguments.options("words of options", limit: Options.limit, isRequired: true) { (words) throws(TableError) in
            try options.read(&words, medium: &medium)
        }
        self.medium = medium
        self.options = options
    }

    public func write(to arguments: inout ArgumentWriter) {
        arguments.append(medium.letter)
        arguments.append(originDevice)
        arguments.append(cacheDevice)
        arguments.append(blockSize.count)
        arguments.append(counted: options.words(medium: medium))
    }

    public mutating func mapDevices(_ transform: (DeviceReference) -> DeviceReference) {
        originDevice = transform(originDevice)
        cacheDevice = transform(cacheDevice)
    }

    public var unknownWords: [String] { options.unknown }

    public func validate(length: Sectors) throws(TableError) {
        guard Self.blockSizes.contains(blockSize.count), let block = Sectors(exactly: blockSize) else {
            throw TableError(.outOfRange, word: 7, message: Self.refusal(of: blockSize))
        }
        guard length.isMultiple(of: block) else {
            throw TableError(.invalidLength, word: 2, message: "length: \(length) is not a multiple of the block size, \(block) sectors")
        }
        try options.validate(medium: medium)
    }

    private static func refusal(of blockSize: ByteCount) -> String {
        "block size: expected 512, 1024, 2048 or 4096, found \(blockSize.count)"
    }
}
