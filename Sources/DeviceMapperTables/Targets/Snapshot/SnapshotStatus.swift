public import StorageUnits

/// What a snapshot, or one that is merged, tells of itself: `2080/32768 32`, or what became of it.
public enum SnapshotStatus: TargetStatus {
    /// It works.
    case working(Usage)
    /// It lost chunks, because its device failed or was full; it cannot be read any more.
    case invalid
    /// Its device was full, and the store is `PO`; it cannot be read any more.
    case overflow
    /// A chunk could not be written back to the origin. What was not merged is still in the store.
    case mergeFailed
    /// Its store counts nothing.
    case unknown

    /// How full the store is.
    public struct Usage: Hashable, Sendable {
        /// What is in use of the device, metadata included. Equal to `metadata` when nothing is left to merge.
        public var allocated: Sectors
        /// The size of the device.
        public var total: Sectors
        /// What is in use for metadata; `nil` from kernels before Linux 2.6.33, which do not tell.
        public var metadata: Sectors?

        /// So many sectors of so many.
        public init(allocated: Sectors, total: Sectors, metadata: Sectors?) {
            self.allocated = allocated
            self.total = total
            self.metadata = metadata
        }
    }

    public init(parsing words: inout ArgumentReader) throws(TableError) {
        switch words.peek() {
        case "Invalid": self = .invalid
        case "Overflow": self = .overflow
        case "Unknown": self = .unknown
        case "Merge":
            _ = try words.word("state")
            _ = try words.choice("state behind 'Merge'", among: ["failed"])
            self = .mergeFailed
            return
        default:
            let sectors = try words.ratio("allocated sectors")
            let metadata = words.isAtEnd ? nil : try words.sectors("metadata sectors", in: 0...UInt64.max)
            self = .working(Usage(allocated: Sectors(sectors.part), total: Sectors(sectors.whole), metadata: metadata))
            return
        }
        _ = try words.word("state")
    }

    public func write(to words: inout ArgumentWriter) {
        switch self {
        case .working(let usage):
            words.append(Ratio(usage.allocated.count, of: usage.total.count))
            if let metadata = usage.metadata { words.append(metadata) }
        case .invalid: words.append("Invalid")
        case .overflow: words.append("Overflow")
        case .mergeFailed:
            words.append("Merge")
            words.append("failed")
        case .unknown: words.append("Unknown")
        }
    }

    /// What users are told of the words.
    static let terms: [TargetSyntax.Term] = [
        .init("<allocated>/<total>", "Sectors of the store that are in use, of all."),
        .init("<metadata>", "Those of them that are metadata; all of them once a merge is complete. Not before Linux 2.6.33."),
        .init("Invalid", "Instead: chunks were lost, and the snapshot cannot be read."),
        .init("Overflow", "Instead: the store was full, and is PO."),
        .init("Merge failed", "Instead: a chunk could not be written back to the origin."),
        .init("Unknown", "Instead: the store counts nothing."),
    ]
    /// Statuses of a persistent store.
    static let examples = ["2080/32768 32", "288/32768", "Invalid", "Overflow", "Merge failed", "Unknown"]
}
