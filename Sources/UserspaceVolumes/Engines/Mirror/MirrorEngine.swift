internal import BlockIO
internal import DeviceMapperTables
internal import Logging
internal import StorageUnits
internal import Synchronization

/// Every write goes to all legs, and a read to one that has everything. Source: the kernel's dm-raid1, dm-region-hash and dm-log.
///
/// One leg leads, at first the first one. A region that may differ between the legs is the leader's: read there, written there only, and copied to the others in
/// the background. With a log in memory that is every region of a line that is opened for writing, unless the table says `nosync`. With a log on a device it is
/// what the log says: a region is marked there, durably, before it is written, and stays marked until the legs have been flushed.
///
/// A leg that fails anything is read only when no other has all regions; it still gets writes. A region that a leg could not write differs from then on. What
/// becomes of the write is the table's to say. Errors are ignored: it has succeeded if any leg is good. With `handle_errors` it waits until the mirror is suspended,
/// so that somebody can replace the leg; so does every write while a region cannot be marked in the log. With `keep_log` it has succeeded, and fails where
/// the log has failed. A leader that fails is replaced by a good leg where errors are handled, if all regions were in sync; with `keep_log` in any case.
///
/// Beside the kernel:
/// - Regions that nobody writes are marked clean after one to two seconds, not at once: whoever writes there again meanwhile waits for no log.
/// - What of a region cannot be read while it is copied is not written to the other legs. The kernel, where it ignores errors, writes what its memory held before.
/// - When a flush has failed, later writes still go to all legs. The kernel writes a region that was written since to the leader alone, and reads any leg.
/// - A write that would wait for a suspension as a leg has failed, but whose region is about to be copied, waits for that instead.
/// - What was written before a flush failed stays marked, too, as the regions were not flushed at once.
/// - A flush on the way to a suspension does not fail for a leg that could not be written before: what it lacks is marked. The kernel flushes nothing then.
///
/// Locks, in this order: the order of writes, the turn to clean, the turn to write the log, the state's. A request that waits for a suspension holds none.
final class MirrorEngine: TargetEngine {
    let size: ByteCount
    let limits: BlockLimits
    let legs: [EngineContext.Part]
    private let names: [DeviceReference]
    let state: MirrorState
    let handling: MirrorTarget.ErrorHandling
    let context: EngineContext
    /// Taken by writes, so that two that overlap come to each leg in the same order, and by the copying.
    let order = RangeLock()
    private let held = HeldRequests()
    /// A bit for each leg whose last flush failed: a device that has failed one fails all, and that is told once.
    private let flushFailures = Atomic<UInt64>(0)
    private let recovery = BackgroundTask()
    private let cleaner = BackgroundTask()
    let cleanerIsStopped = Interruption()

    init(_ target: MirrorTarget, _ legs: [EngineContext.Part], _ state: MirrorState, _ context: EngineContext) {
        self.legs = legs
        self.state = state
        self.context = context
        handling = target.errorHandling
        names = target.legs.map(\.device)
        size = ByteCount(legs[0].count)
        limits = legs.dropFirst().reduce(legs[0].device.limits) { $0.stacked(with: $1.device.limits) }
    }

    // MARK: the life of the mirror

    func resume(replacing old: (any TargetEngine)?) throws(MappingError) {
        held.begin()
        state.loadLog(access: context.access)
        state.settle()
        guard context.access == .readWrite else { return }
        if !state.isInSync {
            state.setCopyingPlace(0)
            guard recovery.start({ [self] isWanted in recover(while: isWanted) }) else {
                state.setCopyingPlace(nil)
                throw context.error(.outOfMemory, "the system has no thread to copy the regions of the mirror that differ")
            }
        }
        if state.log != nil {
            cleanerIsStopped.clear()
            state.setCleanerIsWanted(true)
            guard cleaner.start({ [self] isWanted in cleanIdleRegions(while: isWanted) }) else {
                recovery.stop()
                throw context.error(.outOfMemory, "the system has no thread to mark regions of the mirror clean")
            }
        }
    }

    func prepareToSuspend(flush: Bool) {
        held.release(flush: flush)
        recovery.stop()
    }

    func suspend(flush: Bool) throws(MappingError) {
        recovery.stop()
        // Whoever flushes from now on has nobody to ask, and nothing to give back: it is the end.
        held.release(flush: true)
        state.setCleanerIsWanted(false)
        cleanerIsStopped.raise()
        cleaner.stop()
        guard context.access == .readWrite else { return }
        state.clean(all: true, flushLegs: flushLegs)
        _ = state.retryLog()
        // What was copied since the front flushed.
        if flush {
            do throws(BlockIOError) { try flushBelow() } catch { throw MappingError(error) }
        }
    }

    func status() -> String {
        let health = state.health
        let status = MirrorTarget.Status(
            legs: names.indices.map { .init(device: names[$0], health: health.letter(of: $0)) },
            regionsInSync: state.regionsInSync, log: state.log.map { .disk($0.name, state.logHealth) } ?? .core)
        var words = ArgumentWriter(keys: .redacted)
        status.write(to: &words)
        return words.string
    }

    // MARK: reading

    func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(BlockIOError) {
        var done = 0
        while done < buffer.byteCount {
            let run = state.run(at: offset + UInt64(done), limit: UInt64(buffer.byteCount - done))
            let count = run.range.count
            var part = buffer.part(done..<done + count)
            try read(run, into: &part)
            done += count
        }
    }

    private func read(_ run: MirrorState.Run, into buffer: inout MutableRawSpan) throws(BlockIOError) {
        if !run.isInSync { state.settle() }
        let health = state.health
        let first = run.isInSync ? health.readingLeg : health.isGood(health.leader) ? health.leader : nil
        guard let first else { throw allHaveFailed(run.range) }
        var failure: BlockIOError
        do throws(BlockIOError) {
            return try legs[first].device.read(at: legs[first].start + run.range.lowerBound, into: &buffer)
        } catch { failure = error }
        guard run.isInSync, state.regions(of: run.range).count > 1 else {
            return try readElsewhere(run.range, first, failure, into: &buffer)
        }
        // As if each region had been a request: only those that this leg cannot read are another's.
        let failed = failedPlace(failure, first, in: run.range)
        var place = run.range.lowerBound
        while place < run.range.upperBound {
            let range = place..<min(run.range.upperBound, state.regionEnd(behind: place))
            let start = Int(place - run.range.lowerBound)
            var part = buffer.part(start..<start + range.count)
            var isRead = false
            if !range.contains(failed) {
                do throws(BlockIOError) {
                    try legs[first].device.read(at: legs[first].start + place, into: &part)
                    isRead = true
                } catch { failure = error }
            }
            if !isRead { try readElsewhere(range, first, failure, into: &part) }
            place = range.upperBound
        }
    }

    /// Reads a region, or a part of one, from one leg after the other, after `leg` has failed to read it.
    private func readElsewhere(
        _ range: Range<UInt64>, _ leg: Int, _ error: BlockIOError, into buffer: inout MutableRawSpan
    ) throws(BlockIOError) {
        var (leg, error) = (leg, error)
        while true {
            note(.read, of: leg, error)
            state.settle()
            let health = state.health
            let isInSync = state.isInSync(Int(range.lowerBound / state.regionSize))
            guard let next = isInSync ? health.readingLeg : health.isGood(health.leader) ? health.leader : nil else {
                throw located(error, leg)
            }
            leg = next
            do throws(BlockIOError) { return try legs[leg].device.read(at: legs[leg].start + range.lowerBound, into: &buffer) } catch let
                other
            {
                error = other
            }
        }
    }

    /// Of what cannot be told nothing is known: it is data.
    func extent(at offset: UInt64, limit: UInt64) throws(BlockIOError) -> Extent {
        let run = state.run(at: offset, limit: limit)
        let count = UInt64(run.range.count)
        let health = state.health
        guard let leg = run.isInSync ? health.readingLeg : health.leader else { return Extent(.data, count: count) }
        return extent(legs[leg], run.range)
    }

    func extent(_ leg: EngineContext.Part, _ range: Range<UInt64>) -> Extent {
        do throws(BlockIOError) {
            return try leg.device.extent(at: leg.start + range.lowerBound, limit: UInt64(range.count))
        } catch {
            return Extent(.data, count: UInt64(range.count))
        }
    }

    // MARK: writing

    func write(_ bytes: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        try change(offset, UInt64(bytes.byteCount)) { (leg, range) throws(BlockIOError) in
            let begin = Int(range.lowerBound - offset)
            try leg.device.write(bytes.extracting(begin..<begin + range.count), at: leg.start + range.lowerBound, flags: flags)
        }
    }

    func writeZeroes(at offset: UInt64, count: UInt64, flags: ZeroFlags) throws(BlockIOError) {
        try change(offset, count) { (leg, range) throws(BlockIOError) in
            try leg.device.writeZeroes(at: leg.start + range.lowerBound, count: UInt64(range.count), flags: flags)
        }
    }

    /// What becomes of a request, or of a part of one.
    private enum Outcome {
        case done
        case failed(BlockIOError)
        case held
        /// The copying is to come to that region first.
        case early(Int)

        /// That of both parts.
        mutating func join(_ other: Outcome) {
            switch (self, other) {
            case (.done, _), (.failed, .held), (.failed, .early), (.held, .early): self = other
            default: break
            }
        }
    }

    /// Calls `body` with each leg that is to have a part of the change.
    private func change(
        _ offset: UInt64, _ count: UInt64, _ body: (EngineContext.Part, Range<UInt64>) throws(BlockIOError) -> Void
    ) throws(BlockIOError) {
        state.settle()
        while true {
            let outcome = changeInOrder(offset, count, body)
            guard case .early(let region) = outcome else { return try finish(outcome, offset, count) }
            state.waitUntilCopied(region)
        }
    }

    private func changeInOrder(
        _ offset: UInt64, _ count: UInt64, _ body: (EngineContext.Part, Range<UInt64>) throws(BlockIOError) -> Void
    ) -> Outcome {
        let ticket = order.acquire(offset..<offset + count, .exclusive)
        defer { order.release(ticket) }
        var outcome = Outcome.done
        var place = offset
        // To the end, whatever fails: the kernel's requests for each region know nothing of each other.
        while place < offset + count {
            let (run, attempt) = state.beginWrite(at: place, limit: offset + count - place)
            outcome.join(run.isInSync ? toAll(run, attempt, body) : toLeader(run.range, body))
            place = run.range.upperBound
        }
        return outcome
    }

    private func finish(_ outcome: Outcome, _ offset: UInt64, _ count: UInt64) throws(BlockIOError) {
        switch outcome {
        case .done: return
        case .failed(let error): throw error
        case .held, .early: throw held.hold(offset: offset, count: count)
        }
    }

    /// What the leader has alone.
    private func toLeader(_ range: Range<UInt64>, _ body: (EngineContext.Part, Range<UInt64>) throws(BlockIOError) -> Void) -> Outcome {
        let health = state.health
        if health.hasFailedLeg, handling == .leaveOut {
            let region = Int(range.lowerBound / state.regionSize)
            if state.isToBeCopied(region) { return .early(region) }
            state.failWrite()
            return health.firstGoodLeg == nil ? .failed(allHaveFailed(range)) : .held
        }
        let leader = health.leader
        do throws(BlockIOError) { try body(legs[leader], range) } catch { return .failed(located(error, leader)) }
        return .done
    }

    private func toAll(
        _ run: MirrorState.Run, _ attempt: UInt64, _ body: (EngineContext.Part, Range<UInt64>) throws(BlockIOError) -> Void
    ) -> Outcome {
        defer { state.endWrite(run) }
        if !state.writeLog(attempt) { state.failMark() }
        if let outcome = refusalOfLog(run.range) { return outcome }
        var failure: BlockIOError?
        for (index, leg) in legs.enumerated() {
            do throws(BlockIOError) { try body(leg, run.range) } catch {
                failure = failure ?? located(error, index)
                failWrite(run.range, index, error, body)
            }
        }
        guard let failure else { return .done }
        state.failWrite()
        return outcome(of: failure)
    }

    /// What becomes of a request that some leg has failed.
    private func outcome(of failure: BlockIOError) -> Outcome {
        state.health.firstGoodLeg == nil ? .failed(failure) : handling == .leaveOut ? .held : .done
    }

    /// What becomes of requests to the legs once the log has failed, if anything.
    private func refusalOfLog(_ range: Range<UInt64>) -> Outcome? {
        let health = state.health
        guard health.hasFailedLog, handling != .ignore else { return nil }
        guard handling == .leaveOut, health.firstGoodLeg != nil else {
            return .failed(
                BlockIOError(
                    .inputOutput, offset: range.lowerBound, count: UInt64(range.count), message: "the log of the mirror has failed"))
        }
        return .held
    }

    /// A leg could not write a range, at least not from some byte on. The region of that byte differs now; those behind are written as if each had been a request.
    private func failWrite(
        _ range: Range<UInt64>, _ leg: Int, _ error: BlockIOError,
        _ body: (EngineContext.Part, Range<UInt64>) throws(BlockIOError) -> Void
    ) {
        var error = error
        var place = failedPlace(error, leg, in: range)
        while true {
            let end = min(range.upperBound, state.regionEnd(behind: place))
            note(.write, of: leg, error, notWritten: place..<end)
            place = end
            var isWritten = true
            while place < range.upperBound, isWritten {
                let part = place..<min(range.upperBound, place + state.regionSize)
                do throws(BlockIOError) {
                    try body(legs[leg], part)
                    place = part.upperBound
                } catch let other {
                    error = other
                    isWritten = false
                }
            }
            if isWritten { return }
        }
    }

    func flush() throws(BlockIOError) { try flush(isRequest: true) }

    func flushBelow() throws(BlockIOError) { try flush(isRequest: false) }

    /// Flushes all legs, for a request or for nobody.
    private func flush(isRequest: Bool) throws(BlockIOError) {
        state.settle()
        if !state.retryLog() { state.failMark() }
        if isRequest, let outcome = refusalOfLog(0..<0) { return try finish(outcome, 0, 0) }
        let before = state.health
        var failure: BlockIOError?
        var isNew = false
        for (index, leg) in legs.enumerated() {
            do throws(BlockIOError) { try leg.device.flush() } catch {
                failure = failure ?? located(error, index)
                let wasKnown = flushFailures.bitwiseOr(1 << UInt64(index), ordering: .relaxed).oldValue & 1 << UInt64(index) != 0
                isNew = isNew || !wasKnown && !before.lacksWrites(index)
                note(.write, of: index, error)
                continue
            }
            if flushFailures.load(ordering: .relaxed) != 0 { flushFailures.bitwiseAnd(~(1 << UInt64(index)), ordering: .relaxed) }
        }
        guard let failure else { return }
        state.failFlush()
        let outcome = outcome(of: failure)
        if isRequest { return try finish(outcome, 0, 0) }
        switch outcome {
        case .done: return
        case .held where !isNew: return
        default: throw failure
        }
    }

    /// To all legs, whatever they hold. A leg that fails it is none the worse, but the request has failed.
    func discard(at offset: UInt64, count: UInt64) throws(BlockIOError) {
        state.settle()
        if !state.retryLog() { state.failMark() }
        if let outcome = refusalOfLog(offset..<offset + count) { return try finish(outcome, offset, count) }
        let ticket = order.acquire(offset..<offset + count, .exclusive)
        defer { order.release(ticket) }
        var failure: BlockIOError?
        for (index, leg) in legs.enumerated() {
            do throws(BlockIOError) { try leg.device.discard(at: leg.start + offset, count: count) } catch {
                failure = failure ?? located(error, index)
            }
        }
        guard var failure else { return }
        failure.code = .unsupported  // as the kernel says: whoever discards is not to take it for a failure of the storage
        throw failure
    }

    /// Flushes all legs, so that regions can be marked clean. Returns whether all have done it; one that is suspended is not waited for.
    func flushLegs() -> Bool {
        PassingFlush.run { flush in
            var isFlushed = true
            for (index, leg) in legs.enumerated() {
                do throws(BlockIOError) { try leg.device.flush() } catch {
                    note(.flush, of: index, error)
                    isFlushed = false
                }
            }
            return isFlushed && !flush.hasMissed
        }
    }

    // MARK: failures

    func note(_ failure: MirrorHealth.Failure, of leg: Int, _ error: BlockIOError, notWritten range: Range<UInt64>? = nil) {
        guard state.fail(leg, failure, notWritten: range) else { return }
        // What one device cannot read another does; in all else that one is behind from now on.
        let level: Logger.Level = failure == .read ? .warning : .error
        context.logger.log(level: level, "line \(context.line): device \(leg) of the mirror, '\(names[leg])', failed: \(error)")
    }

    private func allHaveFailed(_ range: Range<UInt64>) -> BlockIOError {
        BlockIOError(
            .inputOutput, offset: range.lowerBound, count: UInt64(range.count), message: "all devices of the mirror have failed")
    }

    /// The first byte of a range that a request to a leg has not come to.
    private func failedPlace(_ error: BlockIOError, _ leg: Int, in range: Range<UInt64>) -> UInt64 {
        let place = error.offset &- legs[leg].start
        return range.contains(place) ? place : range.lowerBound
    }

    /// An error of a leg in bytes of the line.
    private func located(_ error: BlockIOError, _ leg: Int) -> BlockIOError {
        error.moved(to: error.offset &- legs[leg].start, count: error.count)
    }
}
