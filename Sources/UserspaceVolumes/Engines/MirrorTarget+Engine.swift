internal import BlockIO
public import DeviceMapperTables
internal import Logging
internal import StorageUnits

extension MirrorTarget: UserspaceTarget {
    /// A log on a device, or a daemon's, is the kernel's and its tools': which regions differ would not be known here, and told there.
    public func makeEngine(in context: EngineContext) throws(MappingError) -> any TargetEngine {
        guard case .core(let regionSize, let sync) = log else {
            throw context.error(.unsupported, "a mirror can be opened in user space with a log of type core only")
        }
        guard unknown.isEmpty else { throw context.error(.unsupported, "mirror option '\(unknown[0])' is not known in user space") }
        let (whole, rest) = context.length.count.quotientAndRemainder(dividingBy: regionSize.count)
        let regions = whole + (rest > 0 ? 1 : 0)
        guard let count = Int(exactly: regions), count / 8 <= Int(clamping: context.memoryBudget.count) / 2 else {
            throw context.error(.outOfMemory, "\(regions) regions are more than the memory for caches holds, \(context.memoryBudget) bytes")
        }
        var parts: [EngineContext.Part] = []
        for leg in legs { parts.append(try context.open(leg.device, start: leg.start)) }
        let block = parts.reduce(1) { max($0, $1.device.limits.logicalBlockSize) }
        guard let size = regionSize.bytes, size.count % UInt64(block) == 0 else {
            throw context.error(.invalidTable, "the region size is no multiple of a device's logical block size, \(block) bytes")
        }
        let state = MirrorState(regionCount: count, isInSync: sync == .nothing)
        return MirrorEngine(self, parts, state, regionSize: size.count, context)
    }
}

/// Every write goes to all legs, and a read to the first good one. Source: the kernel's dm-raid1.
///
/// As long as a region may differ between the legs it is the first leg's: read from there, written there only, and copied to the others in
/// the background. With a log in memory that is every region of a line that is opened for writing, unless the table says `nosync`.
///
/// A leg that fails a write, or what is copied to it, has old bytes: it still gets writes, but is never read again. One that fails a read is
/// read when no other is left. The kernel holds a write that a leg fails until its daemon has put another leg in place; nobody would here,
/// so that a write has succeeded as soon as one good leg has it.
private final class MirrorEngine: TargetEngine {
    let size: ByteCount
    let limits: BlockLimits
    private let legs: [EngineContext.Part]
    private let names: [DeviceReference]
    private let state: MirrorState
    private let regionSize: UInt64
    private let context: EngineContext
    /// Taken by writes, so that two that overlap come to each leg in the same order, and by the copying.
    private let order = RangeLock()
    private let recovery = BackgroundTask()

    init(_ target: MirrorTarget, _ legs: [EngineContext.Part], _ state: MirrorState, regionSize: UInt64, _ context: EngineContext) {
        self.legs = legs
        self.state = state
        self.regionSize = regionSize
        self.context = context
        names = target.legs.map(\.device)
        size = ByteCount(legs[0].count)
        limits = legs.dropFirst().reduce(legs[0].device.limits) { $0.stacked(with: $1.device.limits) }
    }

    func resume(replacing old: (any TargetEngine)?) throws(MappingError) {
        guard !state.isRecovered, context.access == .readWrite else { return }
        guard recovery.start({ [self] isWanted in recover(while: isWanted) }) else {
            throw context.error(.outOfMemory, "the system has no thread to copy the regions of the mirror that differ")
        }
    }

    func suspend(flush: Bool) throws(MappingError) {
        recovery.stop()
        // What was copied since the front flushed.
        if flush, context.access == .readWrite {
            do throws(BlockIOError) { try self.flush() } catch { throw MappingError(error) }
        }
    }

    func status() -> String {
        let health = state.health
        let status = MirrorTarget.Status(
            legs: names.indices.map { .init(device: names[$0], health: health.letter(of: $0)) },
            regionsInSync: state.regionsInSync, log: .core)
        var words = ArgumentWriter(keys: .redacted)
        status.write(to: &words)
        return words.string
    }

    // MARK: reading

    func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(BlockIOError) {
        var done = 0
        while done < buffer.byteCount {
            let run = run(at: offset + UInt64(done), limit: UInt64(buffer.byteCount - done))
            var part = buffer.part(done..<done + Int(run.count))
            try fromGoodLeg(run) { (leg) throws(BlockIOError) in try leg.device.read(at: leg.start + run.start, into: &part) }
            done += Int(run.count)
        }
    }

    func extent(at offset: UInt64, limit: UInt64) throws(BlockIOError) -> Extent {
        let run = run(at: offset, limit: limit)
        var extent = Extent(.data, count: run.count)
        try fromGoodLeg(run) { (leg) throws(BlockIOError) in
            extent = try leg.device.extent(at: leg.start + run.start, limit: run.count)
        }
        return extent
    }

    /// Bytes that are read and written in one way.
    private struct Run {
        var start: UInt64
        var count: UInt64
        /// Whether they are the first leg's alone.
        var isFirstLegs: Bool
    }

    private func run(at start: UInt64, limit: UInt64) -> Run {
        guard !state.isRecovered else { return Run(start: start, count: limit, isFirstLegs: false) }
        var region = Int(start / regionSize)
        let isFirstLegs = state.differs(region)
        var count = min(limit, regionSize - start % regionSize)
        while count < limit, state.differs(region + 1) == isFirstLegs {
            region += 1
            count = min(limit, count + regionSize)
        }
        return Run(start: start, count: count, isFirstLegs: isFirstLegs)
    }

    /// Calls `body` with one leg after the other until it does not fail.
    private func fromGoodLeg(_ run: Run, _ body: (EngineContext.Part) throws(BlockIOError) -> Void) throws(BlockIOError) {
        if run.isFirstLegs {
            do throws(BlockIOError) { return try body(legs[0]) } catch {
                note(.read, of: 0, error)
                throw located(error, 0)
            }
        }
        var failure: BlockIOError?
        // As it was before this request: each leg is asked once.
        let health = state.health
        for isLastResort in [false, true] {
            for (index, leg) in legs.enumerated() where isLastResort ? health.hasOnlyReadErrors(index) : health.isGood(index) {
                do throws(BlockIOError) { return try body(leg) } catch {
                    note(.read, of: index, error)
                    failure = located(error, index)
                }
            }
        }
        throw failure ?? BlockIOError(.inputOutput, offset: run.start, count: run.count, message: "all devices of the mirror have failed")
    }

    // MARK: writing

    func write(_ bytes: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        try forEachRun(offset, UInt64(bytes.byteCount)) { (run) throws(BlockIOError) in
            let begin = Int(run.start - offset)
            let part = bytes.extracting(begin..<begin + Int(run.count))
            try change(run) { (leg) throws(BlockIOError) in try leg.device.write(part, at: leg.start + run.start, flags: flags) }
        }
    }

    func writeZeroes(at offset: UInt64, count: UInt64, flags: ZeroFlags) throws(BlockIOError) {
        try forEachRun(offset, count) { (run) throws(BlockIOError) in
            try change(run) { (leg) throws(BlockIOError) in
                try leg.device.writeZeroes(at: leg.start + run.start, count: run.count, flags: flags)
            }
        }
    }

    func flush() throws(BlockIOError) {
        try change(Run(start: 0, count: 0, isFirstLegs: false)) { (leg) throws(BlockIOError) in try leg.device.flush() }
    }

    /// To all legs, whatever they hold. A leg that fails it is none the worse, but the request has failed.
    func discard(at offset: UInt64, count: UInt64) throws(BlockIOError) {
        let ticket = order.acquire(offset..<offset + count, .exclusive)
        defer { order.release(ticket) }
        var failure: BlockIOError?
        for (index, leg) in legs.enumerated() {
            do throws(BlockIOError) { try leg.device.discard(at: leg.start + offset, count: count) } catch {
                failure = failure ?? located(error, index)
            }
        }
        if let failure { throw failure }
    }

    private func forEachRun(_ offset: UInt64, _ count: UInt64, _ body: (Run) throws(BlockIOError) -> Void) throws(BlockIOError) {
        let ticket = order.acquire(offset..<offset + count, .exclusive)
        defer { order.release(ticket) }
        var done: UInt64 = 0
        while done < count {
            let run = run(at: offset + done, limit: count - done)
            try body(run)
            done += run.count
        }
    }

    /// Calls `body` with every leg that is to have the change, and fails unless a leg that is good has it.
    private func change(_ run: Run, _ body: (EngineContext.Part) throws(BlockIOError) -> Void) throws(BlockIOError) {
        if run.isFirstLegs {
            do throws(BlockIOError) { return try body(legs[0]) } catch { throw located(error, 0) }
        }
        var failure: BlockIOError?
        var taken: UInt16 = 0
        for (index, leg) in legs.enumerated() {
            do throws(BlockIOError) {
                try body(leg)
                taken |= 1 << UInt16(index)
            } catch {
                note(.write, of: index, error)
                failure = failure ?? located(error, index)
            }
        }
        guard let failure else { return }
        if run.count > 0 { state.mark(Int(run.start / regionSize)...Int((run.start + run.count - 1) / regionSize)) }
        // As it is now: a leg that meanwhile failed another write is never read again.
        let health = state.health
        guard legs.indices.contains(where: { taken & (1 << UInt16($0)) != 0 && !health.hasOldBytes($0) }) else { throw failure }
    }

    // MARK: copying

    /// Copies region after region from the first leg to the others.
    private func recover(while isWanted: () -> Bool) {
        let buffer = AlignedBuffer(count: Int(min(regionSize, 1 << 20)))
        for region in 0..<state.regionCount where state.differs(region) {
            guard isWanted() else { return }
            let range = UInt64(region) * regionSize..<min(size.count, UInt64(region + 1) * regionSize)
            let ticket = order.acquire(range, .exclusive)
            defer { order.release(ticket) }
            if copy(range, buffer, while: isWanted) { state.setInSync(region) }
        }
        if state.finishRecovery() { context.raiseEvent() }
    }

    /// Whether all legs have the first one's bytes now.
    private func copy(_ range: Range<UInt64>, _ buffer: AlignedBuffer, while isWanted: () -> Bool) -> Bool {
        var isGood = true
        var place = range.lowerBound
        while place < range.upperBound {
            guard isWanted() else { return false }
            let extent: Extent
            do throws(BlockIOError) {
                extent = try legs[0].device.extent(at: legs[0].start + place, limit: range.upperBound - place)
                if extent.kind == .data {
                    let count = Int(min(extent.count, UInt64(buffer.count)))
                    try buffer.withMutableBytes { (bytes) throws(BlockIOError) in
                        var part = bytes.part(0..<count)
                        try legs[0].device.read(at: legs[0].start + place, into: &part)
                        isGood =
                            toOthers { (leg) throws(BlockIOError) in try leg.device.write(part.bytes, at: leg.start + place) } && isGood
                    }
                    place += UInt64(count)
                } else {
                    isGood =
                        toOthers { (leg) throws(BlockIOError) in
                            try leg.device.writeZeroes(at: leg.start + place, count: extent.count, flags: .mayUnmap)
                        } && isGood
                    place += extent.count
                }
            } catch {
                note(.sync, of: 0, error)
                return false
            }
        }
        return isGood
    }

    private func toOthers(_ body: (EngineContext.Part) throws(BlockIOError) -> Void) -> Bool {
        var isGood = true
        for index in legs.indices.dropFirst() {
            do throws(BlockIOError) { try body(legs[index]) } catch {
                note(.sync, of: index, error)
                isGood = false
            }
        }
        return isGood
    }

    // MARK: failures

    private func note(_ failure: MirrorHealth.Failure, of leg: Int, _ error: BlockIOError) {
        guard state.note(failure, of: leg) else { return }
        context.logger.warning("line \(context.line): device \(leg) of the mirror, '\(names[leg])', failed: \(error)")
        context.raiseEvent()
    }

    /// An error of a leg in bytes of the line.
    private func located(_ error: BlockIOError, _ leg: Int) -> BlockIOError {
        error.moved(to: error.offset &- legs[leg].start, count: error.count)
    }
}
