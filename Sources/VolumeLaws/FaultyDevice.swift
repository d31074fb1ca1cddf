public import BlockIO
public import StorageUnits

/// A device over another that fails as it is told to.
public final class FaultyDevice: BlockDevice {
    /// Which requests fail, and how.
    public struct Fault: Sendable {
        /// The kinds of request that it is about.
        public var kinds: Set<RequestKind>
        /// The bytes it is about: requests that touch none of them pass. `nil` is about every request; flushes touch no bytes.
        public var range: Range<UInt64>?
        /// How many such requests pass before the first that fails.
        public var after: Int
        /// How many fail from there on; the others pass.
        public var times: Int
        /// How many bytes of a write are written before it fails, if it has more: a torn write.
        public var written: UInt64
        /// What the error is, but for its range: from the first byte that was not written to the end of the request.
        public var error: BlockIOError

        /// A fault: by default, of any request that moves or changes bytes or makes them durable, once.
        public init(
            _ kinds: Set<RequestKind> = [.read, .write, .flush, .discard, .writeZeroes], range: Range<UInt64>? = nil, after: Int = 0,
            times: Int = 1, written: UInt64 = 0, error: BlockIOError = BlockIOError(.inputOutput, errno: nil, message: "made to fail")
        ) {
            self.kinds = kinds
            self.range = range
            self.after = after
            self.times = times
            self.written = written
            self.error = error
        }
    }

    /// The faults to come. Devices that share a plan count their requests together: the third request fails, whichever device it comes to.
    public final class Plan: Sendable {
        private struct State: Sendable {
            var faults: [Fault]
            var requests = 0
            var failed = 0
        }
        private let state: Monitor<State>

        /// A plan of these faults.
        public init(_ faults: [Fault] = []) { state = Monitor(State(faults: faults)) }

        /// Adds a fault, which counts requests from now on.
        public func add(_ fault: Fault) { state.withLock { $0.faults.append(fault) } }
        /// Forgets all faults.
        public func clear() { state.withLock { $0.faults = [] } }
        /// How many requests have come, but for `extent`, which changes nothing and moves no bytes.
        public var requests: Int { state.withLock { $0.requests } }
        /// How many of them have failed.
        public var failures: Int { state.withLock { $0.failed } }

        /// The fault that a request meets, if any.
        fileprivate func meet(_ kind: RequestKind, _ offset: UInt64, _ count: UInt64) -> Fault? {
            state.withLock { state in
                if kind != .extent { state.requests += 1 }
                var met: Fault?
                for index in state.faults.indices {
                    guard state.faults[index].isAbout(kind, offset, count) else { continue }
                    if state.faults[index].after > 0 {
                        state.faults[index].after -= 1
                    } else if state.faults[index].times > 0, met == nil {
                        state.faults[index].times -= 1
                        met = state.faults[index]
                    }
                }
                if met != nil { state.failed += 1 }
                return met
            }
        }
    }

    /// The faults.
    public let plan: Plan
    private let base: any BlockDevice

    /// `base`, with the faults of a plan.
    public init(_ base: any BlockDevice, _ plan: Plan = Plan()) {
        self.base = base
        self.plan = plan
    }

    public var size: ByteCount { base.size }
    public var limits: BlockLimits { base.limits }
    public var tagSize: Int { base.tagSize }

    public func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(BlockIOError) {
        try meet(.read, offset, UInt64(buffer.byteCount))
        try base.read(at: offset, into: &buffer)
    }

    public func read(at offset: UInt64, into buffer: inout MutableRawSpan, pieces: Span<Range<Int>>) throws(BlockIOError) {
        try meet(.read, offset, pieces.total)
        try base.read(at: offset, into: &buffer, pieces: pieces)
    }

    public func read(at offset: UInt64, into buffer: inout MutableRawSpan, tags: inout MutableRawSpan) throws(BlockIOError) {
        try meet(.read, offset, UInt64(buffer.byteCount))
        try base.read(at: offset, into: &buffer, tags: &tags)
    }

    public func write(_ bytes: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        let count = UInt64(bytes.byteCount)
        if let fault = plan.meet(.write, offset, count) {
            let written = min(fault.written, count)
            if written > 0 { try base.write(bytes.extracting(0..<Int(written)), at: offset, flags: flags) }
            throw fault.error.moved(to: offset + written, count: count - written)
        }
        try base.write(bytes, at: offset, flags: flags)
    }

    public func write(_ bytes: RawSpan, pieces: Span<Range<Int>>, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        let count = pieces.total
        if let fault = plan.meet(.write, offset, count) {
            let written = min(fault.written, count)
            var done: UInt64 = 0
            for index in pieces.indices where done < written {
                let start = pieces[index].lowerBound
                let part = start..<start + Int(min(written - done, UInt64(pieces[index].count)))
                try base.write(bytes.extracting(part), at: offset + done, flags: flags)
                done += UInt64(part.count)
            }
            throw fault.error.moved(to: offset + written, count: count - written)
        }
        try base.write(bytes, pieces: pieces, at: offset, flags: flags)
    }

    public func write(_ bytes: RawSpan, tags: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        try meet(.write, offset, UInt64(bytes.byteCount))
        try base.write(bytes, tags: tags, at: offset, flags: flags)
    }

    public func flush() throws(BlockIOError) {
        try meet(.flush, 0, 0)
        try base.flush()
    }

    public func discard(at offset: UInt64, count: UInt64) throws(BlockIOError) {
        try meet(.discard, offset, count)
        try base.discard(at: offset, count: count)
    }

    public func writeZeroes(at offset: UInt64, count: UInt64, flags: ZeroFlags) throws(BlockIOError) {
        try meet(.writeZeroes, offset, count)
        try base.writeZeroes(at: offset, count: count, flags: flags)
    }

    public func extent(at offset: UInt64, limit: UInt64) throws(BlockIOError) -> Extent {
        try meet(.extent, offset, limit)
        return try base.extent(at: offset, limit: limit)
    }

    private func meet(_ kind: RequestKind, _ offset: UInt64, _ count: UInt64) throws(BlockIOError) {
        if let fault = plan.meet(kind, offset, count) { throw fault.error.moved(to: offset, count: count) }
    }
}

extension FaultyDevice.Fault {
    fileprivate func isAbout(_ kind: RequestKind, _ offset: UInt64, _ count: UInt64) -> Bool {
        kinds.contains(kind) && (range.map { $0.overlaps(offset..<offset + count) } ?? true)
    }
}
