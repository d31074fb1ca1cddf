public import StorageUnits

/// Maps onto a device, and notes for each of its blocks when it was last written: in which era, a number that is counted up on request.
public struct EraTarget: Target {
    public static let typeName = "era"
    public static let syntax = TargetSyntax(
        summary: "Maps onto a device, and notes in which era each of its blocks was last written.",
        usage: "<metadata device> <origin> <block size>",
        messages: [
            .init("checkpoint", "Ends the current era, if anything was written in it, and begins the next."),
            .init("take_metadata_snap", "Holds the metadata as they are, so that they can be read while the device is in use."),
            .init("drop_metadata_snap", "Lets go of the metadata that are held."),
        ],
        status: [
            .init("<metadata block size>", "Sectors: 8."),
            .init("<used>/<total>", "Blocks of the metadata device."),
            .init("<era>", "The current one."),
            .init("<held root>", "The block of the metadata that are held, - when none are."),
            .init("Error", "Instead: the metadata cannot be read."),
        ],
        examples: [.init(length: 32768, "/dev/sdb /dev/sda 128"), .init(length: 1000, "8:16 8:0 24")],
        messageExamples: ["checkpoint", "take_metadata_snap", "drop_metadata_snap"],
        statusExamples: ["8 18/4096 3 -", "8 18/4096 3 89", "Error"])

    /// The device that holds the notes. Its first sector is zeroed for new ones.
    public var metadataDevice: DeviceReference
    /// The device that is mapped onto, from its first sector on.
    public var origin: DeviceReference
    /// The unit of the notes: a multiple of 8 sectors, up to 2^32 - 8. There can be 2^31 - 1 blocks.
    public var blockSize: Sectors

    /// Notes in `metadataDevice` about `origin`.
    public init(metadataDevice: DeviceReference, origin: DeviceReference, blockSize: Sectors) {
        self.metadataDevice = metadataDevice
        self.origin = origin
        self.blockSize = blockSize
    }

    public init(parsing arguments: inout ArgumentReader) throws(TableError) {
        metadataDevice = try arguments.device("metadata device")
        origin = try arguments.device("origin")
        blockSize = try arguments.sectors("block size", in: 0...UInt64(UInt32.max))
    }

    public func write(to arguments: inout ArgumentWriter) {
        arguments.append(metadataDevice)
        arguments.append(origin)
        arguments.append(blockSize)
    }

    public mutating func mapDevices(_ transform: (DeviceReference) -> DeviceReference) {
        metadataDevice = transform(metadataDevice)
        origin = transform(origin)
    }

    public func validate(length: Sectors) throws(TableError) {
        guard (8...UInt64(UInt32.max)).contains(blockSize.count), blockSize.isMultiple(of: 8) else {
            throw TableError(.outOfRange, word: 6, message: "block size: expected a multiple of 8 up to 4294967288, found \(blockSize)")
        }
        // The last block may be a part of one.
        guard length.count == 0 || (length.count - 1) / blockSize.count < UInt64(Int32.max) else {
            throw TableError(
                .invalidLength, word: 2, message: "length: \(length) sectors are more than \(Int32.max) blocks of \(blockSize)")
        }
    }

    /// How full the metadata are, and the era: `8 18/4096 3 -`.
    public enum Status: TargetStatus {
        /// The state of a device that works.
        case working(Usage)
        /// The metadata cannot be read.
        case error

        /// How full the metadata are, and the era.
        public struct Usage: Hashable, Sendable {
            /// The size of a block of the metadata.
            public var metadataBlockSize: Sectors
            /// How many of them are in use, of how many.
            public var metadataBlocks: Ratio
            /// The current era.
            public var era: UInt32
            /// The block where the metadata begin that are held, if there are any.
            public var heldRoot: UInt64?

            /// So many blocks of the metadata, in an era.
            public init(metadataBlockSize: Sectors = 8, metadataBlocks: Ratio, era: UInt32, heldRoot: UInt64? = nil) {
                self.metadataBlockSize = metadataBlockSize
                self.metadataBlocks = metadataBlocks
                self.era = era
                self.heldRoot = heldRoot
            }
        }

        public init(parsing words: inout ArgumentReader) throws(TableError) {
            if words.peek() == "Error" {
                _ = try words.word("state")
                self = .error
                return
            }
            self = .working(
                Usage(
                    metadataBlockSize: try words.sectors("metadata block size", in: 1...UInt64(UInt32.max)),
                    metadataBlocks: try words.ratio("metadata blocks"), era: try words.number32("era"),
                    heldRoot: try words.numberOrDash("held root")))
        }

        public func write(to words: inout ArgumentWriter) {
            switch self {
            case .working(let usage):
                words.append(usage.metadataBlockSize)
                words.append(usage.metadataBlocks)
                words.append(usage.era)
                words.append(orDash: usage.heldRoot)
            case .error: words.append("Error")
            }
        }
    }

    /// What an active device can be told.
    public enum Message: String, TargetMessage, CustomStringConvertible {
        /// Ends the current era, if anything was written in it, and begins the next.
        case checkpoint
        /// Holds the metadata as they are; refused when some are held already.
        case takeMetadataSnapshot = "take_metadata_snap"
        /// Lets go of the metadata that are held; refused when there are none.
        case dropMetadataSnapshot = "drop_metadata_snap"

        public init(parsing words: inout ArgumentReader) throws(TableError) {
            self = try words.choice("message", among: [.checkpoint, .takeMetadataSnapshot, .dropMetadataSnapshot], ignoringCase: true)
        }

        public func write(to words: inout ArgumentWriter) { words.append(rawValue) }

        /// The word.
        public var description: String { rawValue }
    }
}
