internal import BlockIO
public import DeviceMapperTables
internal import StorageUnits

extension DelayTarget: UserspaceTarget {
    public func makeEngine(in context: EngineContext) throws(MappingError) -> any TargetEngine {
        let (reads, writes, flushes) =
            switch paths {
            case .all(let path): (path, path, path)
            case .separateWrites(let reads, let writes): (reads, writes, writes)
            case .separateFlushes(let reads, let writes, let flushes): (reads, writes, flushes)
            }
        var locks: [ObjectIdentifier: RangeLock] = [:]
        func branch(_ path: Path) throws(MappingError) -> DelayEngine.Branch {
            let part = try context.open(path.device, start: path.start)
            let lock = locks[ObjectIdentifier(part.device)] ?? RangeLock()
            locks[ObjectIdentifier(part.device)] = lock
            return DelayEngine.Branch(part: part, delay: .milliseconds(Int64(path.milliseconds)), lock: lock)
        }
        return DelayEngine(
            reads: try branch(reads), writes: try branch(writes), flushes: try branch(flushes), DelayQueue(clock: context.clock))
    }
}

/// Reads, writes and flushes each wait for a time of their own, and then go to a device of their own. Source: the kernel's dm-delay.
///
/// Discards and zeroes wait as writes do. A flush reaches the flushes' device only: where writes go to another one nothing of them is durable afterwards, as in
/// the kernel. A suspended device delays nothing: what waits goes at once.
private final class DelayEngine: TargetEngine {
    /// Where requests of a kind go.
    struct Branch: Sendable {
        var part: EngineContext.Part
        var delay: Duration
        /// One for each device.
        var lock: RangeLock
    }

    let size: ByteCount
    let limits: BlockLimits
    private let reads: Branch
    private let writes: Branch
    private let flushes: Branch
    private let queue: DelayQueue

    init(reads: Branch, writes: Branch, flushes: Branch, _ queue: DelayQueue) {
        self.reads = reads
        self.writes = writes
        self.flushes = flushes
        self.queue = queue
        size = ByteCount(reads.part.count)
        var limits = reads.part.device.limits.stacked(with: writes.part.device.limits).stacked(with: flushes.part.device.limits)
        limits.canDiscard = writes.part.device.limits.canDiscard
        self.limits = limits
    }

    func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(BlockIOError) {
        try perform(.read, reads, offset, UInt64(buffer.byteCount)) { (device, place) throws(BlockIOError) in
            try device.read(at: place, into: &buffer)
        }
    }

    func write(_ bytes: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        try perform(.write, writes, offset, UInt64(bytes.byteCount)) { (device, place) throws(BlockIOError) in
            try device.write(bytes, at: place, flags: flags)
        }
    }

    func discard(at offset: UInt64, count: UInt64) throws(BlockIOError) {
        try perform(.write, writes, offset, count) { (device, place) throws(BlockIOError) in try device.discard(at: place, count: count) }
    }

    func writeZeroes(at offset: UInt64, count: UInt64, flags: ZeroFlags) throws(BlockIOError) {
        try perform(.write, writes, offset, count) { (device, place) throws(BlockIOError) in
            try device.writeZeroes(at: place, count: count, flags: flags)
        }
    }

    func flush() throws(BlockIOError) {
        try perform(.flush, flushes, 0, 0) { (device, _) throws(BlockIOError) in try device.flush() }
    }

    /// All that was written: those who suspend a device rely on it.
    func flushBelow() throws(BlockIOError) {
        try located(writes) { () throws(BlockIOError) in try writes.part.device.flush() }
        if flushes.lock !== writes.lock { try located(flushes) { () throws(BlockIOError) in try flushes.part.device.flush() } }
    }

    /// At once: this is no request of the kernel's.
    func extent(at offset: UInt64, limit: UInt64) throws(BlockIOError) -> Extent {
        var extent = Extent(.data, count: limit)
        try located(reads) { () throws(BlockIOError) in
            extent = try reads.part.device.extent(at: reads.part.start + offset, limit: limit)
        }
        return extent
    }

    private func perform(
        _ kind: DelayQueue.Kind, _ branch: Branch, _ offset: UInt64, _ count: UInt64,
        _ body: (any BlockDevice, UInt64) throws(BlockIOError) -> Void
    ) throws(BlockIOError) {
        let place = branch.part.start + offset
        let touch =
            count == 0 ? nil : DelayQueue.Touch(lock: branch.lock, range: place..<place + count, mode: kind == .read ? .shared : .exclusive)
        try queue.perform(kind, after: branch.delay, touching: touch) { () throws(BlockIOError) in
            try located(branch) { () throws(BlockIOError) in try body(branch.part.device, place) }
        }
    }

    /// An error of a device in bytes of the line.
    private func located(_ branch: Branch, _ body: () throws(BlockIOError) -> Void) throws(BlockIOError) {
        do throws(BlockIOError) { try body() } catch { throw error.moved(to: error.offset &- branch.part.start, count: error.count) }
    }

    func prepareToSuspend(flush: Bool) { queue.letGo() }

    func resume(replacing old: (any TargetEngine)?) throws(MappingError) { queue.delay() }

    func status() -> String {
        let (reads, writes, flushes) = queue.counts
        let status = DelayTarget.Status(reads: UInt64(reads), writes: UInt64(writes), flushes: UInt64(flushes))
        var words = ArgumentWriter(keys: .redacted)
        status.write(to: &words)
        return words.string
    }
}
