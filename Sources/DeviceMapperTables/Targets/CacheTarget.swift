public import StorageUnits

/// Keeps the blocks of a slow device that are used most on a fast one.
public struct CacheTarget: Target {
    public static let typeName = "cache"
    public static let syntax = TargetSyntax(
        summary: "Keeps the blocks of a slow device that are used most on a fast one.",
        usage: "<metadata device> <cache device> <origin device> <block size> <number of features> <feature>... <policy> "
            + "<number of words> [<key> <value>]...",
        options: [
            .init("writeback", "Writes to cached blocks reach the origin later. The default."),
            .init("writethrough", "Writes reach the origin at once."),
            .init("passthrough", "Everything goes to the origin, and written blocks leave the cache, which must not be dirty."),
            .init("metadata2", "The metadata keeps which blocks are dirty apart, which is faster. Not in older kernels."),
            .init("no_discard_passdown", "The origin is not told of discards. Not in older kernels."),
            .init(
                "smq|mq|cleaner|default",
                "The policy: smq, which default stands for, and mq in newer kernels; cleaner writes all back."),
            .init("migration_threshold <sectors>", "How much is copied between the devices at a time; 2048 by default, 0 is nothing."),
            .init("random_threshold <n>", "A key of mq without effect in newer kernels."),
            .init("sequential_threshold <n>", "A key of mq without effect in newer kernels."),
            .init("discard_promote_adjustment <n>", "A key of mq without effect in newer kernels."),
            .init("read_promote_adjustment <n>", "A key of mq without effect in newer kernels."),
            .init("write_promote_adjustment <n>", "A key of mq without effect in newer kernels."),
        ],
        messages: [
            .init("<key> <value>", "Sets migration_threshold or a key of the policy, until the table is loaded again."),
            .init(
                "invalidate_cblocks <block>|<first>-<end>...", "Drops blocks of the cache, the last not included; with passthrough only."),
        ],
        status: [
            .init("<metadata block size>", "In sectors."),
            .init("<used>/<total>", "Blocks of metadata."),
            .init("<block size>", "In sectors."),
            .init("<used>/<total>", "Blocks of the cache."),
            .init("<read hits> <read misses> <write hits> <write misses>", "Requests that the cache had the block for, or not."),
            .init("<demotions> <promotions>", "Blocks that left the cache, and that came."),
            .init("<dirty>", "Blocks of the cache that are not on the origin yet."),
            .init(
                "<number of features> <feature>...", "What is in effect; no_discard_passdown also where the origin takes no discards."),
            .init("<number of words> [<key> <value>]...", "The keys of the cache: migration_threshold."),
            .init("<policy> <number of words> [<key> <value>]...", "The policy in effect and its keys."),
            .init("ro|rw", "Whether the metadata is written. Not in older kernels."),
            .init("needs_check|-", "Whether the metadata has to be checked by cache_check first. Not in older kernels."),
            .init("Fail", "The metadata could not be read or written."),
            .init("Error", "The state could not be found out."),
        ],
        examples: [
            .init(length: 41_943_040, "/dev/mapper/metadata /dev/mapper/ssd /dev/mapper/origin 512 1 writeback default 0"),
            .init(length: 41_943_040, "253:0 253:1 253:2 192 3 metadata2 writethrough no_discard_passdown smq 2 migration_threshold 4096"),
            .init(length: 41_943_040, "253:0 253:1 253:2 64 1 passthrough cleaner 0"),
            .init(
                length: 41_943_040,
                "253:0 253:1 253:2 2097152 0 mq 10 random_threshold 4 sequential_threshold 512 discard_promote_adjustment 1 "
                    + "read_promote_adjustment 4 write_promote_adjustment 8"),
        ],
        messageExamples: ["migration_threshold 8192", "sequential_threshold 1024", "invalidate_cblocks 2345 3456-4567 5678-6789"],
        statusExamples: [
            "8 7/2048 128 16/256 16 0 0 0 0 16 16 1 writeback 2 migration_threshold 2048 smq 0 rw -",
            "8 9/2048 192 0/85 0 16 0 16 0 0 0 3 metadata2 writethrough no_discard_passdown 2 migration_threshold 100 mq 10 "
                + "random_threshold 0 sequential_threshold 0 discard_promote_adjustment 0 read_promote_adjustment 0 "
                + "write_promote_adjustment 0 ro needs_check",
            "8 7/2048 128 0/128 0 0 0 0 0 0 0 1 passthrough 2 migration_threshold 2048 cleaner 0 rw",
            "8 27/4096 512 4/1024 1 2 3 4 5 6 0 1 writeback 2 migration_threshold 2048 cleaner 0", "Fail", "Error",
        ])

    /// The sizes of a block in sectors.
    static let blockSizes: ClosedRange<UInt64> = 64...2_097_152
    /// What every size of a block is a multiple of, in sectors.
    static let blockSizeUnit: Sectors = 64

    /// The device that holds the metadata. One whose first 4096 bytes are zeroes is formatted.
    public var metadataDevice: DeviceReference
    /// The fast device.
    public var cacheDevice: DeviceReference
    /// The slow device, at least as long as the line.
    public var originDevice: DeviceReference
    /// The size of a block: 64 to 2097152 sectors (32 KiB to 1 GiB), a multiple of 64.
    public var blockSize: Sectors
    /// How the cache works.
    public var features: Features
    /// Which blocks are kept.
    public var policy: Policy

    /// A cache for `originDevice` on `cacheDevice`.
    public init(
        metadataDevice: DeviceReference, cacheDevice: DeviceReference, originDevice: DeviceReference, blockSize: Sectors = 512,
        features: Features = Features(), policy: Policy = Policy()
    ) {
        self.metadataDevice = metadataDevice
        self.cacheDevice = cacheDevice
        self.originDevice = originDevice
        self.blockSize = blockSize
        self.features = features
        self.policy = policy
    }

    public init(parsing arguments: inout ArgumentReader) throws(TableError) {
        metadataDevice = try arguments.device("metadata device")
        cacheDevice = try arguments.device("cache device")
        originDevice = try arguments.device("origin device")
        blockSize = try arguments.sectors("block size", in: Self.blockSizes)
        features = try Features(parsing: &arguments, limit: Features.limit)
        policy = try Policy(parsing: &arguments)
    }

    /// Writes the arguments. The kernel prints the words behind the devices as they were loaded; these are in the order of its status.
    public func write(to arguments: inout ArgumentWriter) {
        arguments.append(metadataDevice)
        arguments.append(cacheDevice)
        arguments.append(originDevice)
        arguments.append(blockSize)
        features.write(to: &arguments)
        policy.write(to: &arguments)
    }

    public mutating func mapDevices(_ transform: (DeviceReference) -> DeviceReference) {
        metadataDevice = transform(metadataDevice)
        cacheDevice = transform(cacheDevice)
        originDevice = transform(originDevice)
    }

    public var unknownWords: [String] { features.unknown }

    public func validate(length: Sectors) throws(TableError) {
        try blockSize.expectBlockSize(in: Self.blockSizes, multipleOf: Self.blockSizeUnit, word: 7)
        try features.validate()
        try policy.validate()
    }

    /// A kernel prints the words as they were loaded, and what is not there is the default.
    public func isSatisfied(by reported: CacheTarget) -> Bool { withDefaults == reported.withDefaults }

    private var withDefaults: CacheTarget {
        var target = self
        target.features.mode = features.mode ?? .writeback
        target.policy.migrationThreshold = policy.migrationThreshold ?? Policy.defaultMigrationThreshold
        return target
    }
}
