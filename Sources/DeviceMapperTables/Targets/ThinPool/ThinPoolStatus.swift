extension ThinPoolTarget {
    /// The state of a pool.
    public enum Status: TargetStatus {
        /// The pool works, as this tells.
        case working(State)
        /// The metadata could not be read or written; the pool does nothing any more: `Fail`.
        case failed
        /// The state could not be found out: `Error`.
        case error

        public init(parsing words: inout ArgumentReader) throws(TableError) {
            switch words.peek() {
            case "Fail": self = .failed
            case "Error": self = .error
            default:
                self = .working(try State(parsing: &words))
                return
            }
            _ = try words.word("status")
        }

        public func write(to words: inout ArgumentWriter) {
            switch self {
            case .working(let state): state.write(to: &words)
            case .failed: words.append("Fail")
            case .error: words.append("Error")
            }
        }
    }

    /// What a pool that works tells of itself. Older kernels tell less: from the first that is `nil` on, nothing is written.
    public struct State: Hashable, Sendable {
        /// The number that user space keeps in the metadata.
        public var transactionID: UInt64
        /// The blocks of the metadata, of 4096 bytes, that are used.
        public var metadataBlocks: Ratio
        /// The blocks of the data, of the pool's block size, that are used.
        public var dataBlocks: Ratio
        /// The metadata block where the copy that was reserved begins; `nil` without one.
        public var heldMetadataRoot: UInt64?
        /// Whether the pool takes writes.
        public var mode: Mode?
        /// What becomes of discards.
        public var discards: Discards?
        /// What becomes of writes when no block is free. Linux 3.14 and newer.
        public var whenFull: WhenFull?
        /// Whether the metadata has to be checked by `thin_check` first. Not in older kernels.
        public var needsCheck: Bool?
        /// Below how many free metadata blocks there is an event. Not in older kernels.
        public var metadataLowWaterMark: UInt64?
        /// What newer kernels tell behind that.
        public var unknown: [String] = []

        /// A state, as the oldest kernels tell it.
        public init(transactionID: UInt64, metadataBlocks: Ratio, dataBlocks: Ratio, heldMetadataRoot: UInt64? = nil) {
            self.transactionID = transactionID
            self.metadataBlocks = metadataBlocks
            self.dataBlocks = dataBlocks
            self.heldMetadataRoot = heldMetadataRoot
        }
    }

    /// Whether a pool takes writes.
    public enum Mode: String, CaseIterable, Sendable, CustomStringConvertible {
        /// It does.
        case readWrite = "rw"
        /// It does not: it was loaded so, its metadata could not be written, or has no room.
        case readOnly = "ro"
        /// No block is free: only writes to blocks that are there succeed.
        case outOfDataSpace = "out_of_data_space"

        /// The word in a status.
        public var description: String { rawValue }
    }

    /// What becomes of discards.
    public enum Discards: String, CaseIterable, Sendable, CustomStringConvertible {
        /// They free blocks, and the data device is told.
        case passedDown = "discard_passdown"
        /// They free blocks. Also where the data device takes no discards.
        case notPassedDown = "no_discard_passdown"
        /// Nothing.
        case ignored = "ignore_discard"

        /// The word in a status.
        public var description: String { rawValue }
    }

    /// What becomes of writes when no block is free.
    public enum WhenFull: String, CaseIterable, Sendable, CustomStringConvertible {
        /// They wait, for a minute if nobody chose another time.
        case queue = "queue_if_no_space"
        /// They fail.
        case error = "error_if_no_space"

        /// The word in a status.
        public var description: String { rawValue }
    }
}

extension ThinPoolTarget.State {
    fileprivate init(parsing words: inout ArgumentReader) throws(TableError) {
        transactionID = try words.number("transaction id")
        metadataBlocks = try words.ratio("metadata blocks")
        dataBlocks = try words.ratio("data blocks")
        heldMetadataRoot = try words.numberOrDash("held metadata root")
        guard !words.isAtEnd else { return }
        mode = try words.choice("mode", of: ThinPoolTarget.Mode.self)
        guard !words.isAtEnd else { return }
        discards = try words.choice("discards", of: ThinPoolTarget.Discards.self)
        guard !words.isAtEnd else { return }
        whenFull = try words.choice("what happens without space", of: ThinPoolTarget.WhenFull.self)
        guard !words.isAtEnd else { return }
        needsCheck = try words.choice("needs_check", among: ["needs_check", "-"]) == "needs_check"
        guard !words.isAtEnd else { return }
        metadataLowWaterMark = try words.number("metadata low water mark")
        unknown = try words.rest("status")
    }

    fileprivate func write(to words: inout ArgumentWriter) {
        words.append(transactionID)
        words.append(metadataBlocks)
        words.append(dataBlocks)
        words.append(orDash: heldMetadataRoot)
        guard let mode else { return }
        words.append(mode.description)
        guard let discards else { return }
        words.append(discards.description)
        guard let whenFull else { return }
        words.append(whenFull.description)
        guard let needsCheck else { return }
        words.append(needsCheck ? "needs_check" : "-")
        guard let metadataLowWaterMark else { return }
        words.append(metadataLowWaterMark)
        for word in unknown { words.append(unverified: word) }
    }
}
