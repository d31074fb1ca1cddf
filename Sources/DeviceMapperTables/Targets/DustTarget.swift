public import StorageUnits

/// Maps onto a run of a device, and fails reads of blocks that it was told are bad, as a worn drive does.
public struct DustTarget: Target {
    public static let typeName = "dust"
    public static let syntax = TargetSyntax(
        summary: "Maps onto a run of a device, and fails reads of blocks that it was told are bad.",
        usage: "<device> <start sector> <block size in bytes>",
        messages: [
            .init("addbadblock <block> [<failing writes>]", "The block is bad until it is written; so many writes fail before, 0 to 255."),
            .init("removebadblock <block>", "The block is good again."),
            .init("queryblock <block>", "Answers whether the block is bad."),
            .init("countbadblocks", "Answers how many blocks are bad."),
            .init("listbadblocks", "Answers which blocks are bad."),
            .init("clearbadblocks", "All blocks are good again; answers whether any were bad."),
            .init("enable", "Requests to bad blocks fail from now on."),
            .init("disable", "Requests to bad blocks no longer fail."),
            .init("quiet", "The kernel's log tells of no block, or does again."),
        ],
        status: [
            .init("<device>", "The device, by its number."),
            .init("fail_read_on_bad_block|bypass", "Whether requests to bad blocks fail."),
            .init("verbose|quiet", "Whether the kernel's log tells of blocks."),
        ],
        examples: [.init(length: 32768, "/dev/sda 0 512"), .init(length: 32768, "8:0 2048 4096")],
        messageExamples: [
            "addbadblock 60", "addbadblock 67 4", "removebadblock 60", "queryblock 67", "countbadblocks", "listbadblocks", "clearbadblocks",
            "enable", "disable", "quiet",
        ],
        statusExamples: ["8:0 bypass verbose", "8:0 fail_read_on_bad_block quiet"])

    /// The device.
    public var device: DeviceReference
    /// Where the run begins on it.
    public var start: Sectors
    /// The size of a block: a power of two from 512 bytes to 1 GiB, not larger than the line. Blocks count from the beginning of the device,
    /// not of the run.
    public var blockSize: ByteCount

    /// A run of `device` from `start` on, as long as the line.
    public init(device: DeviceReference, start: Sectors = 0, blockSize: ByteCount = ByteCount(512)) {
        self.device = device
        self.start = start
        self.blockSize = blockSize
    }

    public init(parsing arguments: inout ArgumentReader) throws(TableError) {
        device = try arguments.device("device")
        start = try arguments.sectors("start sector")
        blockSize = ByteCount(try arguments.number("block size"))
    }

    public func write(to arguments: inout ArgumentWriter) {
        arguments.append(device)
        arguments.append(start)
        arguments.append(blockSize.count)
    }

    public mutating func mapDevices(_ transform: (DeviceReference) -> DeviceReference) { device = transform(device) }

    public func validate(length: Sectors) throws(TableError) {
        let size = blockSize.count
        guard (512...1 << 30).contains(size), size & (size - 1) == 0 else {
            throw TableError(
                .outOfRange, word: 6, message: "block size: expected a power of two from 512 to 1073741824 bytes, found \(size)")
        }
        guard Sectors(wholeSectorsIn: blockSize) <= length else {
            throw TableError(.invalidLength, word: 2, message: "length: \(length) sectors are less than a block of \(size) bytes")
        }
        guard let end = start.adding(length), end <= Sectors.max else {
            throw TableError(
                .outOfRange, word: 5, message: "start sector: the line's end is more than \(Sectors.max) sectors into the device")
        }
    }

    /// What becomes of requests to bad blocks: `8:0 bypass verbose`.
    public struct Status: TargetStatus {
        /// The device.
        public var device: DeviceReference
        /// Whether requests to bad blocks fail.
        public var isEnabled: Bool
        /// Whether the kernel's log tells of no block.
        public var isQuiet: Bool

        /// A state.
        public init(device: DeviceReference, isEnabled: Bool = false, isQuiet: Bool = false) {
            self.device = device
            self.isEnabled = isEnabled
            self.isQuiet = isQuiet
        }

        public init(parsing words: inout ArgumentReader) throws(TableError) {
            device = try words.device("device")
            isEnabled = try words.choice("mode", among: ["fail_read_on_bad_block", "bypass"]) == "fail_read_on_bad_block"
            isQuiet = try words.choice("log", among: ["quiet", "verbose"]) == "quiet"
        }

        public func write(to words: inout ArgumentWriter) {
            words.append(device)
            words.append(isEnabled ? "fail_read_on_bad_block" : "bypass")
            words.append(isQuiet ? "quiet" : "verbose")
        }
    }

    /// What an active device can be told.
    public typealias Message = DustMessage
}
