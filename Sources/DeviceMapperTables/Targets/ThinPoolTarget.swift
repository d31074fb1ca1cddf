public import StorageUnits

/// Shares the blocks of a data device among thin devices, which take them as they are written. Alone in its table.
public struct ThinPoolTarget: Target {
    public static let typeName = "thin-pool"
    public static let syntax = TargetSyntax(
        summary: "Shares the blocks of a data device among thin devices, which take them as they are written.",
        usage: "<metadata device> <data device> <block size> <low water mark> [<number of features> <feature>...]",
        options: [
            .init("skip_block_zeroing", "New blocks are not zeroed: a thin device may show what was on the data device before."),
            .init("ignore_discard", "Discards free no blocks."),
            .init("no_discard_passdown", "Discards free blocks, and the data device is not told."),
            .init("read_only", "Nothing is written: neither blocks nor metadata, which must have been there before."),
            .init("error_if_no_space", "Writes fail when no block is free; without, they wait for a minute."),
        ],
        messages: [
            .init("create_thin <id>", "Makes an empty thin device; 0 to 16777215."),
            .init("create_snap <id> <origin>", "Makes a snapshot of a thin device, which is to be suspended if it is active."),
            .init("delete <id>", "Deletes a thin device that is not active."),
            .init(
                "set_transaction_id <current> <new>", "Changes the number that user space keeps in the metadata, if it is <current>."),
            .init("reserve_metadata_snap", "Keeps a copy of the metadata for tools to read."),
            .init("release_metadata_snap", "Gives that copy up."),
        ],
        status: [
            .init("<transaction id>", "The number that user space keeps in the metadata."),
            .init("<used>/<total>", "Blocks of metadata, of 4096 bytes each."),
            .init("<used>/<total>", "Blocks of data, of the pool's block size."),
            .init("<held root>", "The metadata block where the copy that was reserved begins, or - without one."),
            .init("rw|ro|out_of_data_space", "Whether the pool takes writes: all, none, or only those to blocks that are there."),
            .init(
                "discard_passdown|no_discard_passdown|ignore_discard",
                "What becomes of discards; not passed down where the data device takes none."),
            .init("queue_if_no_space|error_if_no_space", "What becomes of writes when no block is free. Linux 3.14 and newer."),
            .init("needs_check|-", "Whether the metadata has to be checked by thin_check first. Not in older kernels."),
            .init("<low water>", "Below how many free metadata blocks there is an event. Not in older kernels."),
            .init("Fail", "The metadata could not be read or written; the pool does nothing any more."),
            .init("Error", "The state could not be found out."),
        ],
        examples: [
            .init(length: 20_971_520, "/dev/sdb /dev/sdc 128 32768 0"),
            .init(length: 20_971_520, "253:1 253:2 1024 0 1 skip_block_zeroing"),
            .init(length: 20_971_520, "253:1 253:2 384 0 4 skip_block_zeroing ignore_discard no_discard_passdown error_if_no_space"),
            .init(length: 20_971_520, "/dev/vg/meta /dev/vg/data 2097152 1 1 read_only"),
        ],
        messageExamples: [
            "create_thin 0", "create_snap 16777215 0", "delete 1", "set_transaction_id 0 18446744073709551615", "reserve_metadata_snap",
            "release_metadata_snap",
        ],
        statusExamples: [
            "0 215/2048 32/256 - rw discard_passdown queue_if_no_space - 512",
            "5 217/2048 0/128 36 rw no_discard_passdown error_if_no_space - 512",
            "0 1204/2048 256/256 - out_of_data_space ignore_discard error_if_no_space - 512",
            "7 1204/2048 12/256 - ro discard_passdown queue_if_no_space needs_check",
            "1 20/1024 0/2048 - rw discard_passdown queue_if_no_space", "1 20/1024 0/2048 - ro no_discard_passdown", "1 20/1024 0/2048 -",
            "Fail", "Error",
        ])

    /// The sizes of a block in sectors.
    static let blockSizes: ClosedRange<UInt64> = 128...2_097_152
    /// What every size of a block is a multiple of, in sectors.
    static let blockSizeUnit: Sectors = 128

    /// The device that holds the metadata. One whose first 4096 bytes are zeroes is formatted.
    public var metadataDevice: DeviceReference
    /// The device that holds the blocks. Not the metadata device.
    public var dataDevice: DeviceReference
    /// The size of a block: 128 to 2097152 sectors (64 KiB to 1 GiB), a multiple of 128.
    public var blockSize: Sectors
    /// Below how many free blocks there is an event.
    public var lowWaterMark: UInt64
    /// The rest. A line that ends before it, `nil`, says the same as no features, and the kernel prints it so.
    public var features: Features?

    /// Whatever may be added to a pool's line.
    public struct Features: Hashable, Sendable {
        /// The words that have a meaning.
        static let known = ["skip_block_zeroing", "ignore_discard", "no_discard_passdown", "read_only", "error_if_no_space"]
        /// How many there may be at once: all but one.
        static let limit = 4

        /// New blocks are not zeroed: a thin device may show what was on the data device before.
        public var skipBlockZeroing: Bool
        /// Discards free no blocks.
        public var ignoreDiscard: Bool
        /// Discards free blocks, and the data device is not told. Without effect beside `ignoreDiscard`.
        public var noDiscardPassdown: Bool
        /// Nothing is written, neither blocks nor metadata.
        public var readOnly: Bool
        /// Writes fail when no block is free, instead of waiting for a minute.
        public var errorIfNoSpace: Bool
        /// Features of newer kernels, as they were read.
        public var unknown: [String] = []

        /// These features, of which a kernel takes four at most.
        public init(
            skipBlockZeroing: Bool = false, ignoreDiscard: Bool = false, noDiscardPassdown: Bool = false, readOnly: Bool = false,
            errorIfNoSpace: Bool = false
        ) {
            self.skipBlockZeroing = skipBlockZeroing
            self.ignoreDiscard = ignoreDiscard
            self.noDiscardPassdown = noDiscardPassdown
            self.readOnly = readOnly
            self.errorIfNoSpace = errorIfNoSpace
        }
    }

    /// A pool of the blocks of `dataDevice`.
    public init(
        metadataDevice: DeviceReference, dataDevice: DeviceReference, blockSize: Sectors = 128, lowWaterMark: UInt64 = 0,
        features: Features? = Features()
    ) {
        self.metadataDevice = metadataDevice
        self.dataDevice = dataDevice
        self.blockSize = blockSize
        self.lowWaterMark = lowWaterMark
        self.features = features
    }

    public init(parsing arguments: inout ArgumentReader) throws(TableError) {
        metadataDevice = try arguments.device("metadata device")
        dataDevice = try arguments.device("data device")
        blockSize = try arguments.sectors("block size", in: Self.blockSizes)
        lowWaterMark = try arguments.number("low water mark")
        guard !arguments.isAtEnd else { return }
        var features = Features()
        try arguments.options("features", limit: Features.limit) { (words) throws(TableError) in try features.read(&words) }
        self.features = features
    }

    public func write(to arguments: inout ArgumentWriter) {
        arguments.append(metadataDevice)
        arguments.append(dataDevice)
        arguments.append(blockSize)
        arguments.append(lowWaterMark)
        if let features { arguments.append(counted: features.words) }
    }

    public mutating func mapDevices(_ transform: (DeviceReference) -> DeviceReference) {
        metadataDevice = transform(metadataDevice)
        dataDevice = transform(dataDevice)
    }

    public var unknownWords: [String] { features?.unknown ?? [] }

    public func validate(length: Sectors) throws(TableError) {
        guard metadataDevice != dataDevice else {
            throw TableError(
                .invalidValue, word: 5,
                message: "data device: expected another than the metadata device, found \(quoteForMessage(dataDevice.description)) again")
        }
        try blockSize.expectBlockSize(in: Self.blockSizes, multipleOf: Self.blockSizeUnit, word: 6)
        guard let features else { return }
        let count = features.words.count
        guard count <= Features.limit else {
            throw TableError(.outOfRange, word: 8, message: "number of features: expected 0 to \(Features.limit), found \(count)")
        }
        try features.unknown.expectWords("feature", besides: Features.known)
    }

    /// A kernel always prints the number of features.
    public func isSatisfied(by reported: ThinPoolTarget) -> Bool {
        var expected = self
        expected.features = features ?? Features()
        return expected == reported
    }
}

extension ThinPoolTarget.Features {
    /// Reads one feature. The kernel does not look at the case.
    fileprivate mutating func read(_ words: inout ArgumentReader) throws(TableError) {
        let feature = try words.word("feature")
        switch ArgumentReader.lowercased(feature) {
        case "skip_block_zeroing": skipBlockZeroing = true
        case "ignore_discard": ignoreDiscard = true
        case "no_discard_passdown": noDiscardPassdown = true
        case "read_only": readOnly = true
        case "error_if_no_space": errorIfNoSpace = true
        default: unknown.append(feature)
        }
    }

    /// The features in the order in which the kernel prints them.
    fileprivate var words: [String] {
        let isSet = [skipBlockZeroing, ignoreDiscard, noDiscardPassdown, readOnly, errorIfNoSpace]
        return zip(Self.known, isSet).filter { $0.1 }.map(\.0) + unknown
    }
}
