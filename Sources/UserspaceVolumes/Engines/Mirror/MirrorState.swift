internal import BlockIO
internal import DeviceMapperTables
internal import DiskFormats
internal import StorageUnits
internal import Synchronization

/// Which regions differ between the legs, what failed of legs and log, and what the log says.
///
/// All of it is under one lock, which is held for a moment only. What requests ask each time is in atomic numbers beside it.
final class MirrorState: Sendable {
    let regionCount: Int
    let regionSize: UInt64
    private let sync: MirrorTarget.Sync
    private let handling: MirrorTarget.ErrorHandling
    let log: MirrorLogDevice?

    private struct State: Sendable {
        /// Regions that only the leader has for sure; without room while there is none.
        var outOfSync = RegionSet(count: 0)
        var health: MirrorHealth
        var marks: LogMarks?
        /// Nobody knows which regions a leg has that failed a flush: none that is written is marked clean any more.
        var hasFailedFlush = false
        var logHealth = MirrorTarget.Status.LogHealth.alive
        /// The first region that the copying has not come to; `nil` while nothing is copied.
        var copyingPlace: Int?
        var isCleaning = false
        var cleanerIsWanted = false
    }
    private let state: Monitor<State>
    private let outOfSyncCount: Atomic<Int>
    private let healthBits: Atomic<UInt64>

    /// What happens that somebody should know of.
    struct Observer: Sendable {
        /// The kernel's event of the device.
        var raiseEvent: @Sendable () -> Void
        var warn: @Sendable (String) -> Void
    }
    private let observer: Observer

    init(
        legCount: Int, regionCount: Int, regionSize: UInt64, sync: MirrorTarget.Sync, handling: MirrorTarget.ErrorHandling,
        log: MirrorLogDevice?, observer: Observer
    ) {
        self.regionCount = regionCount
        self.regionSize = regionSize
        self.sync = sync
        self.handling = handling
        self.log = log
        self.observer = observer
        let health = MirrorHealth(legCount: legCount, wasInSync: sync == .nothing)
        var initial = State(health: health)
        if sync != .nothing { initial.outOfSync = RegionSet(count: regionCount, isFull: true) }
        state = Monitor(initial)
        outOfSyncCount = Atomic(sync == .nothing ? 0 : regionCount)
        healthBits = Atomic(health.bits)
    }

    // MARK: what is known

    var health: MirrorHealth { MirrorHealth(bits: healthBits.load(ordering: .acquiring)) }
    var logHealth: MirrorTarget.Status.LogHealth { state.withLock { $0.logHealth } }
    /// Whether all legs have all regions.
    var isInSync: Bool { outOfSyncCount.load(ordering: .acquiring) == 0 }
    var regionsInSync: Ratio {
        Ratio(UInt64(regionCount - outOfSyncCount.load(ordering: .acquiring)), of: UInt64(regionCount))
    }

    func isInSync(_ region: Int) -> Bool { isInSync || state.withLock { !$0.outOfSync[region] } }

    /// The first region at `start` or behind that is to be copied.
    func firstOutOfSync(from start: Int) -> Int? { isInSync ? nil : state.withLock { $0.outOfSync.first(from: start) } }

    /// Bytes that are read or written in one way.
    struct Run {
        var range: Range<UInt64>
        /// Whether all legs have them.
        var isInSync: Bool
    }

    /// What can be read in one way from `start` on, up to `limit` bytes.
    func run(at start: UInt64, limit: UInt64) -> Run {
        isInSync ? Run(range: start..<start + limit, isInSync: true) : state.withLock { run($0, start, limit) }
    }

    private func run(_ state: State, _ start: UInt64, _ limit: UInt64) -> Run {
        var region = Int(start / regionSize)
        let isOutOfSync = state.outOfSync[region]
        var count = min(limit, regionSize - start % regionSize)
        while count < limit, state.outOfSync[region + 1] == isOutOfSync {
            region += 1
            count = min(limit, count + regionSize)
        }
        return Run(range: start..<start + count, isInSync: !isOutOfSync)
    }

    /// The first byte behind the region of a byte.
    func regionEnd(behind place: UInt64) -> UInt64 { (place / regionSize + 1) * regionSize }

    /// The regions of a range that is not empty.
    func regions(of range: Range<UInt64>) -> ClosedRange<Int> {
        Int(range.lowerBound / regionSize)...Int((range.upperBound - 1) / regionSize)
    }

    // MARK: writes

    /// What can be written in one way from `start` on, and the attempt to write the log that brings its marks to the device; 0 when they are there. What is in
    /// sync is under way from now on, until `endWrite`.
    func beginWrite(at start: UInt64, limit: UInt64) -> (run: Run, attempt: UInt64) {
        if log == nil, isInSync { return (Run(range: start..<start + limit, isInSync: true), 0) }
        return state.withLock { state in
            let run = run(state, start, limit)
            return (run, run.isInSync ? state.marks?.begin(regions(of: run.range)) ?? 0 : 0)
        }
    }

    /// What was in sync has been written, or not.
    func endWrite(_ run: Run) {
        guard log != nil else { return }
        state.withLock { state in
            let (outOfSync, cleans) = (state.outOfSync, !state.hasFailedFlush)
            state.marks?.end(regions(of: run.range)) { cleans && !outOfSync[$0] }
        }
    }

    // MARK: failures

    /// Changes what failed, under the lock; tells whoever listens when `isEvent` says so.
    private func change(_ body: (inout State) -> Bool) {
        let isEvent = state.withLock { state in
            defer { healthBits.store(state.health.bits, ordering: .releasing) }
            return body(&state)
        }
        if isEvent { observer.raiseEvent() }
    }

    /// Something of a leg failed. A range that it could not write is the leader's alone from now on. Returns whether such a thing fails for the first time.
    @discardableResult
    func fail(_ leg: Int, _ failure: MirrorHealth.Failure, notWritten range: Range<UInt64>? = nil) -> Bool {
        var isNew = false
        change { state in
            isNew = state.health.fail(leg, failure, handling)
            if let range {
                for region in regions(of: range) where !state.outOfSync[region] {
                    if state.outOfSync.count == 0 { state.outOfSync = RegionSet(count: regionCount) }
                    state.outOfSync[region] = true
                    outOfSyncCount.wrappingAdd(1, ordering: .acquiringAndReleasing)
                }
            }
            return isNew && handling != .ignore
        }
        return isNew
    }

    /// A write has failed on a leg, or was not tried for one had failed before; after what failed of the legs was told.
    func failWrite() {
        change { state in
            state.health.wasInSync = false
            return false
        }
    }

    /// A flush has failed on a leg: what was written since the one before is not known to be there, and its regions stay marked.
    func failFlush() {
        change { state in
            state.health.wasInSync = false
            state.hasFailedFlush = true
            state.marks?.forgetIdle()
            return false
        }
    }

    /// Forgets what failed, once all regions are in sync. The kernel looks whenever its thread wakes up.
    func settle() {
        guard !health.wasInSync, isInSync else { return }
        change { state in
            guard !state.health.wasInSync, isInSync else { return false }
            state.health.settle()
            return true
        }
    }

    // MARK: copying

    /// The copying has come to a region; `nil` when it is over.
    func setCopyingPlace(_ region: Int?) { state.withLock { $0.copyingPlace = region } }

    /// Whether the copying will still come to the region.
    func isToBeCopied(_ region: Int) -> Bool { state.withLock { state in state.copyingPlace.map { $0 <= region } ?? false } }

    /// Waits until the copying has done with the region, or is over.
    func waitUntilCopied(_ region: Int) { state.wait { state in state.copyingPlace.map { $0 <= region } ?? false ? nil : () } }

    /// A region counts as in sync: it was copied to all legs, or, where errors are ignored, that was tried. Only in the first case may it be marked clean before it is
    /// written again; the kernel, too, trusts it afterwards.
    func setInSync(_ region: Int, isCopied: Bool) {
        state.withLock { state in
            guard state.outOfSync[region] else { return }
            state.outOfSync[region] = false
            if isCopied, !state.hasFailedFlush { state.marks?.setIdle(region) }
            if outOfSyncCount.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == 0 { state.outOfSync = RegionSet(count: 0) }
        }
    }

    // MARK: the log

    /// Reads the log, and writes it as it is to be from now on; unless it may not be written.
    ///
    /// A log that cannot be read knows nothing: all regions are out of sync, unless the table says `nosync`.
    func loadLog(access: Access) {
        guard let log else { return }
        var found = MirrorLog(regionCount: regionCount, isClean: sync == .nothing)
        var failure: LogFailure?
        do throws(LogFailure) {
            let old = try log.read(regionCount: regionCount)
            if sync == .asLogged { found = old }
        } catch {
            // What is no log becomes one, and so does whatever is not to be believed.
            if error.code == nil || error.code == .unsupportedVersion && sync == .asLogged { failure = error }
        }
        log.setHeader(of: found, keepingVersion: failure?.code == .unsupportedVersion)
        state.withLock { state in
            var outOfSync = RegionSet(count: regionCount, isFull: true)
            var count = 0
            for index in 0..<found.wordCount {
                outOfSync[word: index] &= ~found[word: index]
                count += outOfSync[word: index].nonzeroBitCount
            }
            state.outOfSync = count == 0 ? RegionSet(count: 0) : outOfSync
            outOfSyncCount.store(count, ordering: .releasing)
            state.marks = LogMarks(
                found, blockSize: log.blockSize, blockCount: log.blockCount, neverCleans: state.marks?.neverCleans ?? false)
        }
        if let failure { failLog(.failed, failure.message) }
        if access == .readWrite { _ = writeLog() }
    }

    /// Waits until an attempt to write the log is over, and makes it if nobody else does; `nil` is for all that is marked now. Returns whether the marks are on
    /// the device.
    func writeLog(_ attempt: UInt64? = nil) -> Bool {
        guard let log, attempt != 0 else { return true }
        var needed = attempt
        let turn = state.wait { state -> LogMarks.Turn? in
            guard let turn = state.marks?.turn(&needed), turn != .wait else { return nil }
            if turn == .write { log.withImage { state.marks?.startWriting(&$0) } }
            return turn
        }
        if case .isOver(let isDurable) = turn { return isDurable }
        var failure: BlockIOError?
        var isFlush = false
        do throws(BlockIOError) {
            var place = 0
            while let run = state.withLock({ $0.marks?.nextRun(from: place) }) {
                try log.write(run)
                place = run.upperBound
            }
            if state.withLock({ $0.marks?.isToBeFlushed ?? false }) {
                isFlush = true
                try log.flush()
            }
        } catch { failure = error }
        state.withLock { $0.marks?.finishWriting(failure == nil) }
        if let failure {
            failLog(isFlush ? .flushFailed : .failed, isFlush ? "cannot be flushed: \(failure)" : "cannot be written: \(failure)")
        }
        return failure == nil
    }

    /// Writes what an attempt before could not write. Returns whether nothing is behind.
    func retryLog() -> Bool { state.withLock { $0.marks?.isBehind ?? false } ? writeLog() : true }

    private func failLog(_ health: MirrorTarget.Status.LogHealth, _ message: String) {
        let isNew = state.withLock { state in
            defer { if state.logHealth != .flushFailed { state.logHealth = health } }
            return state.logHealth == .alive
        }
        guard isNew else { return }
        if let log { observer.warn("the log of the mirror, '\(log.name)', \(message)") }
        observer.raiseEvent()
    }

    /// A region could not be marked before it was to be written: where errors are handled nothing that is in sync is written any more.
    func failMark() {
        change { state in
            state.health.hasFailedLog = true
            return false
        }
    }

    // MARK: cleaning

    /// Marks regions clean that all legs have: those that nobody has written for a while, or all to which no write is under way. `flushLegs` returns whether it
    /// could; with `always` it is called even if there is none.
    func clean(all: Bool, always: Bool = false, flushLegs: () -> Bool) {
        guard log != nil else { return }
        // One at a time.
        state.wait { state -> Void? in
            guard !state.isCleaning else { return nil }
            state.isCleaning = true
        }
        defer { state.withLock { $0.isCleaning = false } }
        guard state.withLock({ $0.marks?.startCleaning(all: all) ?? false }) || always else { return }
        let isFlushed = flushLegs()
        let isChanged = state.withLock { state in
            if isFlushed { state.marks?.finishCleaning() } else { state.marks?.failCleaning() }
            return state.marks?.isChanged ?? false
        }
        if isChanged { _ = writeLog() }
    }

    /// Waits until there may be something to clean; false when nobody is to wait any more.
    func waitForIdleRegions() -> Bool {
        state.wait { !$0.cleanerIsWanted ? false : $0.marks?.hasIdle == true ? true : nil }
    }

    /// Whether somebody is to wait for regions to clean.
    func setCleanerIsWanted(_ isWanted: Bool) { state.withLock { $0.cleanerIsWanted = isWanted } }
}
