public import BlockIO
public import StorageUnits

/// A device over another that writes down what it is asked.
public final class RecordingDevice: BlockDevice {
    /// One call.
    public struct Call: Hashable, Sendable, CustomStringConvertible {
        /// What it was.
        public var kind: RequestKind
        /// Where it began; 0 for a flush.
        public var offset: UInt64
        /// How many bytes it was about; the limit of an `extent`.
        public var count: UInt64
        /// How many pieces of memory it had: 1 for a plain call, 0 where there is no memory.
        public var pieces: Int
        /// Whether it was to be durable on return.
        public var isDurable: Bool
        /// Whether zeroes might give storage back.
        public var mayUnmap: Bool

        /// A call.
        public init(
            _ kind: RequestKind, at offset: UInt64 = 0, count: UInt64 = 0, pieces: Int = 0, isDurable: Bool = false, mayUnmap: Bool = false
        ) {
            self.kind = kind
            self.offset = offset
            self.count = count
            self.pieces = pieces
            self.isDurable = isDurable
            self.mayUnmap = mayUnmap
        }

        /// `write 512+1024 in 2 pieces, durable`.
        public var description: String {
            var text = kind == .flush ? "flush" : "\(kind.rawValue) \(offset)+\(count)"
            if pieces > 1 { text += " in \(pieces) pieces" }
            if isDurable { text += ", durable" }
            if mayUnmap { text += ", may unmap" }
            return text
        }
    }

    private struct State: Sendable {
        var calls: [Call] = []
        var underWay = 0
        var mostUnderWay = 0
    }
    private let base: any BlockDevice
    private let state = Monitor(State())

    /// `base`, with its calls written down.
    public init(_ base: any BlockDevice) { self.base = base }

    /// The calls so far, in the order in which they came.
    public var calls: [Call] { state.withLock { $0.calls } }
    /// The calls since this was last asked.
    public func takeCalls() -> [Call] {
        state.withLock { state in
            defer { state.calls = [] }
            return state.calls
        }
    }
    /// The largest number of calls that were under way at one time.
    public var mostCallsAtOnce: Int { state.withLock { $0.mostUnderWay } }

    public var size: ByteCount { base.size }
    public var limits: BlockLimits { base.limits }
    public var tagSize: Int { base.tagSize }

    public func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(BlockIOError) {
        begin(Call(.read, at: offset, count: UInt64(buffer.byteCount), pieces: 1))
        defer { end() }
        try base.read(at: offset, into: &buffer)
    }

    public func read(at offset: UInt64, into buffer: inout MutableRawSpan, pieces: Span<Range<Int>>) throws(BlockIOError) {
        begin(Call(.read, at: offset, count: pieces.total, pieces: pieces.count))
        defer { end() }
        try base.read(at: offset, into: &buffer, pieces: pieces)
    }

    public func read(at offset: UInt64, into buffer: inout MutableRawSpan, tags: inout MutableRawSpan) throws(BlockIOError) {
        begin(Call(.read, at: offset, count: UInt64(buffer.byteCount), pieces: 1))
        defer { end() }
        try base.read(at: offset, into: &buffer, tags: &tags)
    }

    public func write(_ bytes: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        begin(
            Call(.write, at: offset, count: UInt64(bytes.byteCount), pieces: 1, isDurable: flags.contains(.forceUnitAccess)))
        defer { end() }
        try base.write(bytes, at: offset, flags: flags)
    }

    public func write(_ bytes: RawSpan, pieces: Span<Range<Int>>, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        begin(
            Call(.write, at: offset, count: pieces.total, pieces: pieces.count, isDurable: flags.contains(.forceUnitAccess)))
        defer { end() }
        try base.write(bytes, pieces: pieces, at: offset, flags: flags)
    }

    public func write(_ bytes: RawSpan, tags: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        begin(
            Call(.write, at: offset, count: UInt64(bytes.byteCount), pieces: 1, isDurable: flags.contains(.forceUnitAccess)))
        defer { end() }
        try base.write(bytes, tags: tags, at: offset, flags: flags)
    }

    public func flush() throws(BlockIOError) {
        begin(Call(.flush))
        defer { end() }
        try base.flush()
    }

    public func discard(at offset: UInt64, count: UInt64) throws(BlockIOError) {
        begin(Call(.discard, at: offset, count: count))
        defer { end() }
        try base.discard(at: offset, count: count)
    }

    public func writeZeroes(at offset: UInt64, count: UInt64, flags: ZeroFlags) throws(BlockIOError) {
        begin(
            Call(
                .writeZeroes, at: offset, count: count, isDurable: flags.contains(.forceUnitAccess),
                mayUnmap: flags.contains(.mayUnmap)))
        defer { end() }
        try base.writeZeroes(at: offset, count: count, flags: flags)
    }

    public func extent(at offset: UInt64, limit: UInt64) throws(BlockIOError) -> Extent {
        begin(Call(.extent, at: offset, count: limit))
        defer { end() }
        return try base.extent(at: offset, limit: limit)
    }

    private func begin(_ call: Call) {
        state.withLock { state in
            state.calls.append(call)
            state.underWay += 1
            state.mostUnderWay = max(state.mostUnderWay, state.underWay)
        }
    }

    private func end() { state.withLock { $0.underWay -= 1 } }
}
