public import StorageUnits

/// Keeps a tag beside each block, a checksum of its own or whatever the device above stores there. The kernel's `dm-integrity`.
///
/// The line is its table's only one. A device whose first sectors are zeroes is formatted when the table is loaded.
public struct IntegrityTarget: Target {
    public static let typeName = "integrity"
    public static let syntax = TargetSyntax(
        summary: "Keeps a tag beside each block: a checksum of its own, or what the device above stores there.",
        usage: "<device> <reserved sectors> <tag size|-> <J|B|D|R|I> <number of options> [<option>...]",
        options: [
            .init("meta_device:<device>", "Tags and journal are on that device; the other holds data alone."),
            .init("block_size:<bytes>", "The unit of the tags: 512 (default), 1024, 2048 or 4096."),
            .init("recalculate", "Tags are made for blocks that have none yet. With internal_hash."),
            .init("reset_recalculate", "Tags are made for all blocks anew. Linux 5.13 and newer."),
            .init("allow_discards", "Discards are passed on; what is discarded has no checksum. With internal_hash."),
            .init(
                "allow_discards_keyed",
                "The same with proof that it was discarded; for good. With a key in internal_hash. Linux 6.12 and newer."),
            .init("journal_sectors:<sectors>", "The size of the journal when the device is formatted; it is rounded."),
            .init("interleave_sectors:<sectors>", "How many data sectors stand between tags when it is formatted; a power of two."),
            .init("buffer_sectors:<sectors>", "The size of a buffer of tags; a power of two."),
            .init("journal_watermark:<percent>", "How full the journal is when it is written back: 0 to 100, default 50. Mode J."),
            .init("commit_time:<milliseconds>", "How long a write waits for others in the journal, default 10000. Mode J."),
            .init("sectors_per_bit:<sectors>", "How many sectors a bit of the bitmap covers; a power of two. Mode B."),
            .init("bitmap_flush_interval:<milliseconds>", "How long a bit stays set behind a write, default 10000. Mode B."),
            .init("fix_padding", "Tags take less room when the device is formatted. Linux 5.7 and newer."),
            .init("fix_hmac", "Keyed hashes protect the superblock and the places too when it is formatted. Linux 5.11 and newer."),
            .init("legacy_recalculate", "Tags may be made anew with a key, though that may hide a change. Linux 5.11 and newer."),
            .init("internal_hash:<algorithm>[:<key>]", "The tags are checksums that are kept and checked here."),
            .init("journal_crypt:<algorithm>:<key>", "The journal is encrypted."),
            .init("journal_mac:<algorithm>[:<key>]", "The journal has checksums."),
        ],
        status: [
            .init("<mismatches>", "How many blocks did not have their checksum."),
            .init("<provided sectors>", "How many sectors of data the device has."),
            .init("<sector>|-", "How far tags are made anew, - when they are not."),
        ],
        examples: [
            .init(length: 8192, "/dev/sda 0 - J 1 internal_hash:crc32c"),
            .init(
                length: 32328,
                "8:0 8 4 J 9 block_size:4096 recalculate reset_recalculate allow_discards journal_sectors:176 interleave_sectors:32768 "
                    + "buffer_sectors:128 fix_padding internal_hash:crc32c"),
            .init(
                length: 8192,
                "disk.img 0 32 J 9 meta_device:tags.img allow_discards_keyed journal_watermark:50 commit_time:10000 fix_hmac "
                    + "legacy_recalculate internal_hash:hmac(sha256):000102030405060708090a0b0c0d0e0f "
                    + "journal_crypt:ctr(aes):101112131415161718191a1b1c1d1e1f journal_mac:hmac(sha256):202122232425262728292a2b2c2d2e2f"),
            .init(length: 8192, "/dev/sda 0 4 B 3 sectors_per_bit:32768 bitmap_flush_interval:10000 internal_hash:crc32c"),
            .init(length: 8192, "/dev/sda 32768 32 D 0"),
            .init(length: 8192, "/dev/sda 0 4 R 1 internal_hash:crc32c"),
            .init(length: 8192, "/dev/nvme0n1 0 32 I 1 internal_hash:sha256"),
        ],
        statusExamples: ["0 32328 -", "17 15944 15936", "0", "3 32328"])

    /// How tags and data become consistent, with what only that has.
    public enum Mode: Hashable, Sendable {
        /// `J`: both go through a journal first, which is written back when it is `watermarkPercent` full (0 to 100, default 50); a write
        /// waits `commitMilliseconds` (default 10000) for others.
        case journal(watermarkPercent: UInt32? = nil, commitMilliseconds: UInt32? = nil)
        /// `B`: a bitmap tells which tags are made anew after a crash. Each bit covers `sectorsPerBit` (rounded down to a power of two, and
        /// up until the bitmap fits), and is cleared `flushMilliseconds` (default 10000) behind a write. Linux 5.2 and newer.
        case bitmap(sectorsPerBit: Sectors? = nil, flushMilliseconds: UInt32? = nil)
        /// `D`: tags are written beside data, and may not fit it after a crash.
        case direct
        /// `R`: nothing is checked, and nothing written.
        case recovery
        /// `I`: tags are in the sectors of a device that has room for them. Linux 6.11 and newer.
        case inline
    }

    /// The device with the data.
    public var device: DeviceReference
    /// How many sectors before the superblock are somebody else's.
    public var reserved: Sectors
    /// The size of a tag: 1 to 255 bytes; `nil` (`-`) is that of the checksum.
    public var tagSize: ByteCount?
    /// How tags and data become consistent.
    public var mode: Mode
    /// The rest.
    public var options: Options

    /// Tags for the blocks of `device`.
    public init(
        device: DeviceReference, reserved: Sectors = 0, tagSize: ByteCount? = nil, mode: Mode = .journal(), options: Options = Options()
    ) {
        self.device = device
        self.reserved = reserved
        self.tagSize = tagSize
        self.mode = mode
        self.options = options
    }

    public init(parsing arguments: inout ArgumentReader) throws(TableError) {
        device = try arguments.device("device")
        reserved = try arguments.sectors("reserved sectors")
        tagSize = nil
        if let size = try arguments.numberOrDash("tag size") { tagSize = ByteCount(size) }
        mode = try arguments.choice("mode", among: Mode.all)
        options = Options()
        var reader = OptionReader(mode)
        try arguments.options("options", limit: 32, isRequired: true) { (words) throws(TableError) in try reader.read(&words) }
        mode = reader.mode
        options = reader.options
        do throws(OptionError) {
            try checkOptions()
        } catch {
            throw reader.places.error(error, arguments)
        }
    }

    public func write(to arguments: inout ArgumentWriter) {
        arguments.append(unverified: device)
        arguments.append(reserved)
        arguments.append(orDash: tagSize?.count)
        arguments.append(mode.description)
        options.write(mode, to: &arguments)
    }

    public var unknownWords: [String] { options.unknown }

    public mutating func mapDevices(_ transform: (DeviceReference) -> DeviceReference) {
        device = transform(device)
        if let meta = options.metaDevice { options.metaDevice = transform(meta) }
    }

    /// What was found: `0 32328 -`.
    public struct Status: TargetStatus {
        /// How far tags are made anew.
        public enum Recalculation: Hashable, Sendable {
            /// They are not: `-`.
            case none
            /// Up to that sector.
            case until(Sectors)
        }
        /// What is told besides the mismatches by Linux 4.19 and newer.
        public struct Progress: Hashable, Sendable {
            /// How many sectors of data the device has.
            public var provided: Sectors
            /// How far tags are made anew; `nil` of kernels that do not tell.
            public var recalculation: Recalculation?

            /// The sectors that there are, and those whose tags were made anew.
            public init(provided: Sectors, recalculation: Recalculation? = Recalculation.none) {
                self.provided = provided
                self.recalculation = recalculation
            }
        }
        /// How many blocks did not have their checksum since the table became active.
        public var mismatches: UInt64
        /// What newer kernels tell.
        public var progress: Progress?

        /// A state.
        public init(mismatches: UInt64, progress: Progress? = nil) {
            self.mismatches = mismatches
            self.progress = progress
        }

        public init(parsing words: inout ArgumentReader) throws(TableError) {
            mismatches = try words.number("mismatches")
            guard !words.isAtEnd else { return }
            var progress = Progress(provided: try words.sectors("provided sectors", in: 0...UInt64.max), recalculation: nil)
            if !words.isAtEnd {
                progress.recalculation = try words.numberOrDash("recalculated sectors").map { .until(Sectors($0)) } ?? Recalculation.none
            }
            self.progress = progress
        }

        public func write(to words: inout ArgumentWriter) {
            words.append(mismatches)
            guard let progress else { return }
            words.append(progress.provided)
            switch progress.recalculation {
            case nil: break
            case .some(.none): words.append("-")
            case .until(let sector): words.append(sector)
            }
        }
    }
}

extension IntegrityTarget.Mode: CustomStringConvertible {
    fileprivate static let all: [Self] = [.journal(), .bitmap(), .direct, .recovery, .inline]

    /// The letter that tables have.
    public var description: String {
        switch self {
        case .journal: "J"
        case .bitmap: "B"
        case .direct: "D"
        case .recovery: "R"
        case .inline: "I"
        }
    }
}
