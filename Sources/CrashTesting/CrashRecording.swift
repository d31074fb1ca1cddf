public import BlockIO
internal import DiskFormats
public import StorageUnits

/// A log of dm-log-writes, and what the device held before: all that is needed to make any state that a crash could have left.
///
/// ``CrashTest/record(to:_:)`` makes one. A log that the kernel wrote serves as well; in it writes with forced unit access stand before those that
/// no flush had reached.
public struct CrashRecording: Sendable {
    /// The log.
    public let log: any BlockDevice
    /// The size of the device that is logged.
    public let size: ByteCount
    /// What the device held before; zeroes without.
    public let initial: (any BlockDevice)?

    /// A log of a device of `size` bytes, which held what `initial` does, in blocks of up to 4096 bytes and no shorter; zeroes without.
    public init(log: any BlockDevice, size: ByteCount, initial: (any BlockDevice)? = nil) {
        precondition(initial.map { $0.size >= size && $0.limits.logicalBlockSize <= Int(OverlayDevice.blockSize) } ?? true)
        self.log = log
        self.size = size
        self.initial = initial
    }

    /// Has states that a crash may have left checked, which ones the test says. `check` throws when it does not like one.
    @discardableResult
    public func check(_ test: CrashTest, _ check: (CrashState) throws -> Void) throws(CrashTestError) -> CrashTest.Report {
        var report = CrashTest.Report()
        do throws(FormatError) { report.entries = try LogWritesReader(log).superblock.entryCount } catch { throw .log(error) }
        var failures: [CrashTestError.FailingState] = []
        let isAbsent = try forEachMoment(test.only == nil ? test.moments : .afterEveryEntry) { (moment) throws(CrashTestError) in
            if let only = test.only, only.entry != moment.last.number { return true }
            let points = test.only.map { [$0] } ?? moment.points(test)
            if !points.isEmpty { report.moments += 1 }
            for point in points {
                let state = try moment.state(point, test.losses)
                report.states += 1
                do { try check(state) } catch {
                    failures.append(.init(point: point, lastEntry: state.lastEntry, error: error))
                    if failures.count >= max(1, test.failureLimit) { throw .failingStates(failures) }
                }
            }
            return test.only == nil
        }
        if let only = test.only, isAbsent { throw .noSuchPoint(only) }
        if !failures.isEmpty { throw .failingStates(failures) }
        return report
    }

    /// Makes one state again, and lends it. `losses` are those of the test.
    ///
    /// Throws what `body` throws, and a ``CrashTestError`` when there is no such state.
    public func withState<Value>(
        at point: CrashPoint, losses: CrashLosses?, _ body: (CrashState) throws -> Value
    ) throws -> Value {
        var state: CrashState?
        _ = try forEachMoment(.afterEveryEntry) { (moment) throws(CrashTestError) in
            guard moment.last.number == point.entry else { return true }
            state = try moment.state(point, losses)
            return false
        }
        guard let state else { throw CrashTestError.noSuchPoint(point) }
        return try body(state)
    }

    /// Calls `body` with each moment until it returns false; whether it never did.
    private func forEachMoment(
        _ wanted: CrashMoments, _ body: (CrashMoment) throws(CrashTestError) -> Bool
    ) throws(CrashTestError) -> Bool {
        let reader: LogWritesReader
        do throws(FormatError) { reader = try LogWritesReader(log) } catch { throw .log(error) }
        var moment: CrashMoment?
        var isSeen = true
        while true {
            let next: LogWritesReader.Item?
            do throws(FormatError) { next = try reader.next() } catch { throw .log(error) }
            let isBeforeFlush = next?.entry.flags.contains(.flush) ?? true
            if let moment, !isSeen, isBeforeFlush, wanted.contains(.beforeFlushes), moment.hasUnflushed {
                guard try body(moment) else { return false }
            }
            guard let next else { return true }
            if moment == nil { moment = CrashMoment(reader, OverlayDevice(size: size, over: initial), next) }
            try moment?.add(next)
            if wanted.contains(.duringForcedWrites), let moment, moment.isUnderWay, try !body(moment) { return false }
            moment?.acknowledge()
            isSeen = next.entry.isMoment(wanted)
            if isSeen, let moment, try !body(moment) { return false }
        }
    }
}

extension LogWritesEntry {
    /// Whether a crash comes after it.
    fileprivate func isMoment(_ wanted: CrashMoments) -> Bool {
        wanted.contains(.afterEveryEntry)
            || wanted.contains(.afterFlushes) && flags.contains(.flush)
            || wanted.contains(.afterForcedWrites) && flags.contains(.forceUnitAccess)
            || wanted.contains(.afterMarks) && flags.contains(.mark)
    }
}
