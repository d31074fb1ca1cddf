internal import StorageUnits

/// Copies one device to another: several pieces at once, holes as holes.
///
/// Memory is bounded by the number of workers and the size of a piece, whatever the devices' size.
public struct DeviceCopy: Sendable {
    /// What is known of the destination before the copy.
    public enum Destination: Sendable {
        /// Anything: what is a hole in the source is zeroed.
        case holdsAnything
        /// It reads as zeroes everywhere, as a new file does: holes are passed over, and so are blocks of zeroes in the source's data.
        case readsAsZeroes
    }

    /// How far a copy is.
    public struct Progress: Hashable, Sendable {
        /// The bytes that are done, holes included.
        public var done: UInt64
        /// The bytes that there are.
        public var total: UInt64
        /// The bytes that were written to the destination.
        public var written: UInt64
    }

    /// Why a copy ended early.
    public struct Failure: Error, Sendable, CustomStringConvertible {
        /// What failed.
        public enum Side: Sendable {
            /// Reading.
            case source
            /// Writing.
            case destination
        }
        /// Where it failed.
        public var side: Side
        /// The request that failed.
        public var error: BlockIOError
        /// The bytes from 0 to here are copied; behind them some may be. They are durable only after a flush of the destination.
        public var copied: UInt64

        /// What failed, and what is copied.
        public var description: String {
            "\(side == .source ? "reading the source" : "writing the destination") failed: \(error); the first \(copied) bytes are copied"
        }
    }

    /// The largest request, in bytes.
    public static let pieceSize = 1 << 20
    /// The unit in which zeroes are looked for, in bytes: what a file system can leave out.
    public static let zeroUnit = 4096

    private let source: any BlockDevice
    private let target: any BlockDevice
    private let destination: Destination

    /// A copy of all of `source` to the start of `target`, which is no shorter.
    public init(from source: any BlockDevice, to target: any BlockDevice, _ destination: Destination) throws(BlockIOError) {
        guard target.size >= source.size else {
            throw BlockIOError(
                .outOfRange, message: "the destination has \(target.size) bytes, the source \(source.size): nothing was copied")
        }
        self.source = source
        self.target = target
        self.destination = destination
    }

    /// A copy of all of `source` to a file that is made for it, in place of what a file at `path` held; or to the start of a block device
    /// there, which is no shorter. Throws what ``FileDevice/create(path:size:locking:)`` does.
    public init(from source: any BlockDevice, creating path: String, locking: FileDevice.Locking = .enforced) throws(BlockIOError) {
        let file = try FileDevice.create(path: path, size: source.size, locking: locking)
        // A block device is not emptied.
        if case .blockDevice = file.identity {
            try self.init(from: source, to: file, .holdsAnything)
        } else {
            try self.init(from: source, to: file, .readsAsZeroes)
        }
    }

    /// Copies everything and flushes the destination. `progress` is called now and then, from any of the threads.
    public func run(workers: Workers = Workers(), progress: @Sendable (Progress) -> Void = { _ in }) throws(Failure) {
        let state = Monitor(State(total: source.size.count))
        workers.perform(workers.count) { _ in
            let buffer = AlignedBuffer(count: Self.pieceSize)
            while let piece = next(state) {
                let result = copy(piece, buffer)
                let now = state.withLock { state -> Progress in
                    switch result {
                    case .success(let written):
                        state.done += piece.count
                        state.written += written
                    case .failure(let failure):
                        // Pieces are handed out in order and each that was is finished: before the first failure all is copied.
                        if failure.copied < state.failure?.copied ?? .max { state.failure = failure }
                    }
                    return Progress(done: state.done, total: state.total, written: state.written)
                }
                progress(now)
            }
        }
        if let failure = state.withLock({ $0.failure }) { throw failure }
        do throws(BlockIOError) {
            try target.flush()
        } catch {
            throw Failure(side: .destination, error: error, copied: 0)
        }
    }

    private struct State {
        var total: UInt64
        var position: UInt64 = 0
        /// What is left of the extent that pieces are taken from.
        var extent = Extent(.hole, count: 0)
        var done: UInt64 = 0
        var written: UInt64 = 0
        var failure: Failure?
    }

    private struct Piece {
        var offset: UInt64
        var count: UInt64
        var kind: Extent.Kind
    }

    /// The next piece to copy; `nil` at the end and after a failure.
    private func next(_ state: Monitor<State>) -> Piece? {
        state.withLock { state in
            guard state.position < state.total, state.failure == nil else { return nil }
            if state.extent.count == 0 {
                do throws(BlockIOError) {
                    state.extent = try source.extent(at: state.position, limit: state.total - state.position)
                } catch {
                    state.failure = Failure(side: .source, error: error, copied: state.position)
                    return nil
                }
            }
            // A hole is one request whatever its size, within what a progress bar bears.
            let limit = state.extent.kind == .hole ? UInt64(1) << 30 : UInt64(Self.pieceSize)
            // Pieces end at multiples of their size, so that neighbours never share a block of the destination.
            let count = min(state.extent.count, limit - state.position % limit)
            let piece = Piece(offset: state.position, count: count, kind: state.extent.kind)
            state.position += count
            state.extent.count -= count
            return piece
        }
    }

    /// Copies a piece, and returns how many bytes were written.
    private func copy(_ piece: Piece, _ buffer: AlignedBuffer) -> Result<UInt64, Failure> {
        var side = Failure.Side.destination
        do throws(BlockIOError) {
            if piece.kind == .hole {
                if case .readsAsZeroes = destination { return .success(0) }
                try target.writeZeroes(at: piece.offset, count: piece.count, flags: .mayUnmap)
                return .success(piece.count)
            }
            side = .source
            return .success(
                try buffer.withMutableBytes { (room) throws(BlockIOError) in
                    var bytes = room.part(0..<Int(piece.count))
                    try source.read(at: piece.offset, into: &bytes)
                    side = .destination
                    return try write(bytes.bytes, at: piece.offset)
                })
        } catch {
            return .failure(Failure(side: side, error: error, copied: max(piece.offset, min(error.offset, piece.offset + piece.count))))
        }
    }

    /// Writes what has to be written of `bytes`.
    private func write(_ bytes: RawSpan, at offset: UInt64) throws(BlockIOError) -> UInt64 {
        guard case .readsAsZeroes = destination else {
            try target.write(bytes, at: offset, flags: [])
            return UInt64(bytes.byteCount)
        }
        var written: UInt64 = 0
        var start = 0
        while start < bytes.byteCount {
            let isZero = Self.isZero(bytes, start)
            var end = min(start + Self.zeroUnit, bytes.byteCount)
            while end < bytes.byteCount, Self.isZero(bytes, end) == isZero { end = min(end + Self.zeroUnit, bytes.byteCount) }
            if !isZero {
                try target.write(bytes.extracting(start..<end), at: offset + UInt64(start), flags: [])
                written += UInt64(end - start)
            }
            start = end
        }
        return written
    }

    /// Whether the unit that begins at `start` is all zeroes.
    private static func isZero(_ bytes: RawSpan, _ start: Int) -> Bool {
        let unit = bytes.extracting(start..<min(start + zeroUnit, bytes.byteCount))
        return ZeroBytes.withBytes(count: unit.byteCount) { $0.isEqual(to: unit) }
    }
}
