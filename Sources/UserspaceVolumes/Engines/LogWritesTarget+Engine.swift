package import BlockIO
public import DeviceMapperTables
internal import DiskFormats
internal import Logging
package import StorageUnits

extension LogWritesTarget: UserspaceTarget {
    /// The log is made in blocks of the device's own size, as the kernel does; where that is less than a sector, in sectors.
    ///
    /// A line that begins at a sector of the table maps to the same sector of the device, as in the kernel, whose target has no start.
    public func makeEngine(in context: EngineContext) throws(MappingError) -> any TargetEngine {
        let part = try context.open(device, start: context.start)
        do throws(MappingError) {
            let opened = try context.opener.open(device, access: context.access)
            let log = try context.opener.open(logDevice, access: context.access)
            guard log.identity != opened.identity else {
                throw MappingError(.invalidTable, device: logDevice.description, message: "the log is the device that is logged")
            }
            let user = try context.shared.resource(for: UsedLog(identity: log.identity)) { () throws(MappingError) in
                LogUser(line: context.line)
            }
            guard user.line == context.line else {
                throw MappingError(.invalidTable, device: logDevice.description, message: "the log is that of line \(user.line)")
            }
            let block = max(part.device.limits.logicalBlockSize, LogWritesSuperblock.blockSizes.lowerBound)
            guard block <= LogWritesSuperblock.blockSizes.upperBound, log.device.limits.logicalBlockSize <= block else {
                throw MappingError(
                    .invalidTable, device: logDevice.description,
                    message:
                        "a log in blocks of \(block) bytes cannot be written to a device with blocks of \(log.device.limits.logicalBlockSize)"
                )
            }
            let line = context.line
            let logger = context.logger
            return LogWritesEngine(
                part.device, from: part.start, size: ByteCount(part.count), log: log.device, logIdentity: log.identity, blockSize: block,
                order: .asTheKernel,
                isReadOnly: context.access == .readOnly, memory: ByteCount(context.takeMemory(upTo: context.memoryBudget.count / 2)),
                report: { logger.error("line \(line): nothing more is logged: \($0)") })
        } catch {
            throw error.inLine(context.line)
        }
    }
}

/// A log of a table.
private struct UsedLog: Hashable {
    var identity: DeviceIdentity
}

/// Which line writes it: of two lines that did, each would overwrite what the other wrote.
private final class LogUser: Sendable {
    let line: Int
    init(line: Int) { self.line = line }
}

/// Maps onto a device, and logs what is written to it. Source: the kernel's dm-log-writes, and logs that it wrote.
///
/// A write, a discard or zeroes are logged once the device has them, or has failed them, but only when a flush comes: an entry that says
/// so follows what the flush made durable. A write with forced unit access is logged at once, and a mark, too: both come before writes that no
/// flush has reached yet. With such a write, and with a mark, the superblock is written; with a flush it is not.
///
/// What waits for its flush is kept as the log will have it. When there is no room for more, the oldest goes to the log early: what was not
/// flushed then stands before a later mark, and before a later write with forced unit access, which the kernel, that has all memory, puts first.
///
/// A log that was there stays until there is something to log: nobody loses one by a request, a message or a table that is refused.
///
/// When the log is full, or fails, logging stops and the device goes on.
package final class LogWritesEngine: TargetEngine {
    /// Where writes with forced unit access, and marks, come.
    package enum Order: Sendable {
        /// Before what no flush has reached yet. Replayed, such a write is lost when it overwrites one of those.
        case asTheKernel
        /// Where they were made.
        case asMade
    }

    package let size: ByteCount
    package let limits: BlockLimits
    private let device: any BlockDevice
    /// Where the line begins on the device, and in the log's counting.
    private let start: UInt64
    private let log: any BlockDevice
    private let logIdentity: DeviceIdentity?
    private let blockSize: Int
    private let order: Order
    private let report: @Sendable (String) -> Void
    private let state: Monitor<LogState>
    /// What the status shows, apart from the state, which is held while the log is written.
    private let figures: Monitor<LogWritesTarget.Status>

    /// `size` bytes of `device` from `start` on, with a log in blocks of `blockSize` bytes. What waits for a flush has room in `memory`.
    ///
    /// `report` is told once, when logging stops, why.
    package init(
        _ device: any BlockDevice, from start: UInt64 = 0, size: ByteCount, log: any BlockDevice, logIdentity: DeviceIdentity? = nil,
        blockSize: Int, order: Order, isReadOnly: Bool = false, memory: ByteCount,
        report: @escaping @Sendable (String) -> Void
    ) {
        self.device = device
        self.start = start
        self.size = size
        self.log = log
        self.logIdentity = logIdentity
        self.blockSize = blockSize
        self.order = order
        self.report = report
        var limits = device.limits
        limits.logicalBlockSize = max(limits.logicalBlockSize, blockSize)
        limits.preferredSize = max(limits.preferredSize, blockSize)
        limits.isReadOnly = limits.isReadOnly || isReadOnly
        limits.canDiscard = true  // a discard that the device does not take is logged all the same
        self.limits = limits
        // Two buffers.
        let capacity = min(Int(clamping: memory.count / 2), 1 << 30)
        state = Monitor(LogState(LogWritesWriter(log, blockSize: blockSize), capacity: max(capacity, 4 * blockSize)))
        figures = Monitor(LogWritesTarget.Status(entries: 0, lastSector: Sectors(UInt64(blockSize) / Sectors.bytesPerSector - 1)))
    }

    package func status() -> String {
        var words = ArgumentWriter(keys: .redacted)
        figures.withLock { $0 }.write(to: &words)
        return words.string
    }

    /// How far the log is.
    package var progress: LogWritesTarget.Status { figures.withLock { $0 } }

    package func receive(_ message: inout ArgumentReader) throws(MappingError) -> String? {
        switch try LogWritesTarget.Message(receiving: &message) {
        case .mark(let text):
            guard !limits.isReadOnly else { throw MappingError(.readOnly, message: "the volume is read-only: no mark can be made") }
            mark(text)
        }
        return nil
    }

    /// Begins the log, in place of the one that was there, although there is nothing to log yet.
    package func begin() { state.withLock { $0.isBegun = true } }

    /// Puts a mark into the log.
    package func mark(_ text: String) { append(urgent: .mark(text, blockSize: blockSize), RawSpan()) }

    // MARK: requests

    package func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(BlockIOError) {
        do throws(BlockIOError) { try device.read(at: start + offset, into: &buffer) } catch { throw located(error) }
    }

    package func extent(at offset: UInt64, limit: UInt64) throws(BlockIOError) -> Extent {
        do throws(BlockIOError) { return try device.extent(at: start + offset, limit: limit) } catch { throw located(error) }
    }

    package func write(_ bytes: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        let failure = failure { () throws(BlockIOError) in try device.write(bytes, at: start + offset, flags: flags) }
        append(offset, bytes, isForced: flags.contains(.forceUnitAccess))
        if let failure { throw located(failure) }
    }

    /// The log has the zeroes, as in the kernel, which writes them as data: in entries of up to 1 MiB, as the kernel's.
    package func writeZeroes(at offset: UInt64, count: UInt64, flags: ZeroFlags) throws(BlockIOError) {
        let failure = failure { () throws(BlockIOError) in try device.writeZeroes(at: start + offset, count: count, flags: flags) }
        var done: UInt64 = 0
        while done < count, isLogging {
            let piece = min(count - done, UInt64(ZeroBytes.count))
            ZeroBytes.withBytes(count: Int(piece)) { append(offset + done, $0, isForced: flags.contains(.forceUnitAccess)) }
            done += piece
        }
        if let failure { throw located(failure) }
    }

    package func discard(at offset: UInt64, count: UInt64) throws(BlockIOError) {
        let failure = failure { () throws(BlockIOError) in
            if device.limits.canDiscard { try device.discard(at: start + offset, count: count) }
        }
        append(held: LogWritesEntry(.discard, offset: start + offset, count: count), RawSpan())
        if let failure { throw located(failure) }
    }

    package func flush() throws(BlockIOError) {
        let begin = state.withLock { $0.isLogging ? $0.beginFlush() : nil }
        let failure = failure { () throws(BlockIOError) in try device.flush() }
        if let begin {
            logging { state throws(BlockIOError) in
                state.endFlush(begin)
                try state.writeFlush(begin)
            }
        }
        if let failure { throw failure }
    }

    /// Nothing of it is logged: the kernel makes none when a device is suspended.
    package func flushBelow() throws(BlockIOError) { try device.flush() }

    /// Flushes a volume over this engine, and logs it although it may be a flush of that kind, of a volume further up.
    package func flush(_ volume: Volume) throws(BlockIOError) {
        let reason = PassingFlush.$current.withValue(nil) { failure { () throws(BlockIOError) in try volume.flush() } }
        if let reason { throw reason }
    }

    /// An engine before with the same log ends it first: the log begins anew, and what the kernel's writes to it when its table goes would be in the
    /// way. When this table does not come into force after all, that engine goes on with its log, behind the mark.
    package func resume(replacing old: (any TargetEngine)?) throws(MappingError) {
        if let old = old as? LogWritesEngine, old.log === log || logIdentity != nil && old.logIdentity == logIdentity {
            // What fails is that table's, which has ended; this one begins with a log of its own.
            if let failure = old.end() { old.report("\(failure)") }
        }
    }

    /// Writes what no flush has reached, and a mark, as the kernel does; nothing where nothing was logged, where the kernel marks even the
    /// end of that.
    package func close() throws(MappingError) { if let failure = end() { throw MappingError(failure) } }

    /// The same; returns what failed, now or before. Ending again does nothing.
    private func end() -> BlockIOError? {
        guard !limits.isReadOnly, state.withLock({ $0.end() }) else { return nil }
        logging { state throws(BlockIOError) in
            try state.writeHeld(upTo: state.heldEnd)
            if try state.write(.mark(Self.endMark, blockSize: blockSize), RawSpan()) { try state.writer.writeSuperblock() }
        }
        return failure { () throws(BlockIOError) in try log.flush() } ?? state.withLock { $0.failure }
    }

    /// The text of the mark that ends a log.
    package static let endMark = "dm-log-writes-end"

    // MARK: the log

    private var isLogging: Bool { figures.withLock { $0.isLogging } }

    private func append(_ offset: UInt64, _ bytes: RawSpan, isForced: Bool) {
        let entry = LogWritesEntry(isForced ? .forceUnitAccess : [], offset: start + offset, count: UInt64(bytes.byteCount))
        if isForced { append(urgent: entry, bytes) } else { append(held: entry, bytes) }
    }

    /// Logs something that waits for no flush; behind those that are under way, where the order is that of requests: what no flush of these has
    /// reached is not to stand before one that comes later.
    private func append(urgent entry: LogWritesEntry, _ data: RawSpan) {
        var isDone = false
        while !isDone, isLogging {
            logging { state throws(BlockIOError) in
                if case .asMade = order {
                    guard state.flushes.isEmpty else { return }
                    try state.writeHeld(upTo: state.heldEnd)
                }
                isDone = true
                state.isBegun = true
                // Not even the entries before are counted anew when this one does not fit.
                if try state.write(entry, data) { try state.writer.writeSuperblock() }
            }
            if !isDone { state.wait { $0.flushes.isEmpty || !$0.isLogging ? () : nil } }
        }
    }

    /// Keeps an entry for the next flush; waits while there is room for it only behind a flush that is under way.
    private func append(held entry: LogWritesEntry, _ data: RawSpan) {
        var isDone = false
        while !isDone, isLogging {
            logging { state throws(BlockIOError) in isDone = try state.hold(entry, data) }
            if !isDone { state.wait { $0.flushes.isEmpty || !$0.isLogging ? () : nil } }
        }
    }

    /// Calls `body`, unless logging has stopped, and stops it when the log is full or fails.
    private func logging(_ body: (inout LogState) throws(BlockIOError) -> Void) {
        let reason: String? = state.withLock { state in
            guard state.isLogging else { return nil }
            var reason: String?
            do throws(BlockIOError) {
                try body(&state)
            } catch {
                state.failure = error
                reason = "\(error)"
            }
            if state.writer.isFull { reason = "the log is full" }
            if reason != nil { state.stop() }
            let now = LogWritesTarget.Status(
                entries: state.writer.entryCount, lastSector: Sectors(state.writer.end / Sectors.bytesPerSector - 1),
                isLogging: state.isLogging)
            figures.withLock { $0 = now }
            return reason
        }
        if let reason { report(reason) }
    }

    /// An error of the device as one of the line.
    private func located(_ error: BlockIOError) -> BlockIOError { error.moved(to: error.offset &- start, count: error.count) }

    private func failure(_ request: () throws(BlockIOError) -> Void) -> BlockIOError? {
        do throws(BlockIOError) {
            try request()
            return nil
        } catch {
            return error
        }
    }
}
