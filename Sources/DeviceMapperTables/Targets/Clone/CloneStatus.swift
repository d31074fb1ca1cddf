public import StorageUnits

/// How far a clone is: `8 6/2048 8 512/4096 1 0 4 hydration_threshold 1 hydration_batch_size 1 rw`.
public enum CloneStatus: TargetStatus {
    /// The state of a device that works.
    case working(Progress)
    /// The metadata are lost, and requests fail: `Fail`.
    case failed
    /// The metadata cannot be read: `Error`.
    case error

    /// What the metadata allow.
    public enum Mode: String, Hashable, Sendable, CaseIterable, CustomStringConvertible {
        /// Regions are copied.
        case readWrite = "rw"
        /// The metadata cannot be written; no region is copied any more.
        case readOnly = "ro"
        /// The metadata were lost while the status was made.
        case failed = "Fail"

        /// The word.
        public var description: String { rawValue }
    }

    /// How far a clone is.
    public struct Progress: Hashable, Sendable {
        /// The size of a block of the metadata.
        public var metadataBlockSize: Sectors
        /// How many of them are in use, of how many.
        public var metadataBlocks: Ratio
        /// The size of a region.
        public var regionSize: Sectors
        /// How many regions are in the destination, of how many.
        public var regions: Ratio
        /// How many are being copied.
        public var regionsInFlight: UInt32
        /// What it does not do now, whatever the table says.
        public var features: CloneFeatures
        /// How much is copied in the background now.
        public var hydration: CloneHydration
        /// What the metadata allow.
        public var mode: Mode

        /// So many regions of so many.
        public init(
            metadataBlockSize: Sectors = 8, metadataBlocks: Ratio, regionSize: Sectors, regions: Ratio, regionsInFlight: UInt32 = 0,
            features: CloneFeatures = CloneFeatures(), hydration: CloneHydration = CloneHydration(threshold: 1, batchSize: 1),
            mode: Mode = .readWrite
        ) {
            self.metadataBlockSize = metadataBlockSize
            self.metadataBlocks = metadataBlocks
            self.regionSize = regionSize
            self.regions = regions
            self.regionsInFlight = regionsInFlight
            self.features = features
            self.hydration = hydration
            self.mode = mode
        }
    }

    public init(parsing words: inout ArgumentReader) throws(TableError) {
        switch words.peek() {
        case "Fail": self = .failed
        case "Error": self = .error
        default:
            self = .working(
                Progress(
                    metadataBlockSize: try words.sectors("metadata block size", in: 1...UInt64(UInt32.max)),
                    metadataBlocks: try words.ratio("metadata blocks"), regionSize: try words.sectors("region size"),
                    regions: try words.ratio("regions"), regionsInFlight: try words.number32("regions in flight"),
                    features: try CloneFeatures(parsing: &words, isRequired: true),
                    hydration: try CloneHydration(parsing: &words, isRequired: true),
                    mode: try words.choice("mode", among: Mode.allCases)))
            return
        }
        _ = try words.word("state")
    }

    public func write(to words: inout ArgumentWriter) {
        switch self {
        case .working(let progress):
            words.append(progress.metadataBlockSize)
            words.append(progress.metadataBlocks)
            words.append(progress.regionSize)
            words.append(progress.regions)
            words.append(progress.regionsInFlight)
            words.append(counted: progress.features.words)
            words.append(counted: progress.hydration.words)
            words.append(progress.mode.rawValue)
        case .failed: words.append("Fail")
        case .error: words.append("Error")
        }
    }
}
