public import BlockIO
public import DeviceMapperTables
public import Logging
public import StorageUnits

/// A table, opened in this process: read and written with the bytes that the kernel's device mapper would read and write.
///
/// Any range of bytes can be read and written, from any number of threads. A request that covers a part of a block (a sector of an encrypted
/// volume) is read, modified and written as a whole, alone on its blocks; requests that overlap take their turn. Requests are split at
/// lines; within a line an engine gives each member one call.
///
/// A write is durable after the next `flush()`, or on return with `.forceUnitAccess`. Close the volume to learn whether the last writes
/// have come to the disk; a volume that is let go without is flushed too, but then only the logger hears of a failure.
public final class Volume: BlockDevice, @unchecked Sendable {  // `lines` and `shared` change once, in `close`, when the gate has drained
    public let size: ByteCount
    public let limits: BlockLimits
    /// The table.
    public let table: MappingTable

    struct Line: Sendable {
        let engine: any TargetEngine
        let blockSize: UInt64
        let end: UInt64
    }
    /// Where each line begins, in bytes: apart from the rest, for a search that touches little memory.
    let starts: [UInt64]
    private(set) var lines: [Line]
    let gate = RequestGate()
    /// Taken by requests to lines whose block is larger than a byte. In bytes of the volume.
    let blockLock = RangeLock()
    /// Memory for one block each, where any line's block is larger than a byte.
    let blocks: ResourcePool<AlignedBuffer>?
    private let logger: Logger

    /// Opens the devices of a table: all of them, or none stays open.
    ///
    /// Throws `unsupported` when a target has no engine here, and whatever keeps a device from being opened, each with the table's line.
    public convenience init(_ table: MappingTable, opening opener: DeviceOpener = .files(.readWrite)) throws(MappingError) {
        try self.init(table, opening: opener, logger: Logger(label: "volume") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Opens the devices of a table, with everything that engines take from outside.
    public init(
        _ table: MappingTable, opening opener: DeviceOpener, logger: Logger, workers: Workers = Workers(),
        memoryBudget: ByteCount = .mebibytes(32), clock: any Clock<Duration> = ContinuousClock(),
        random: @escaping @Sendable () -> UInt64 = {
            var generator = SystemRandomNumberGenerator()
            return generator.next()
        }
    ) throws(MappingError) {
        let shared = SharedResources()
        var lines: [Line] = []
        var starts: [UInt64] = []
        lines.reserveCapacity(table.lines.count)
        starts.reserveCapacity(table.lines.count)
        var limits = BlockLimits(isReadOnly: opener.access == .readOnly)
        var largestBlock = 1
        do throws(MappingError) {
            for line in table.lines {
                let context = EngineContext(
                    line: line.number, length: line.range.length, opener: opener, access: opener.access, clock: clock, random: random,
                    logger: logger, workers: workers, memoryBudget: memoryBudget, raiseEvent: {}, shared: shared)
                guard let target = line.target as? any UserspaceTarget else {
                    throw context.error(.unsupported, "target '\(line.target.typeName)' cannot be opened in user space")
                }
                guard let start = line.range.start.bytes, let end = line.range.end.bytes else {
                    throw context.error(.invalidTable, "the line ends behind the largest byte")
                }
                let engine: any TargetEngine
                do throws(MappingError) { engine = try target.makeEngine(in: context) } catch { throw error.inLine(line.number) }
                let block = engine.limits.logicalBlockSize
                guard start.count % UInt64(block) == 0, end.count % UInt64(block) == 0 else {
                    throw context.error(.invalidTable, "start and length are no multiples of the line's block size, \(block) bytes")
                }
                starts.append(start.count)
                lines.append(Line(engine: engine, blockSize: UInt64(block), end: end.count))
                largestBlock = max(largestBlock, block)
                limits.preferredSize = max(limits.preferredSize, engine.limits.preferredSize)
            }
            for (index, line) in lines.enumerated() {
                do throws(MappingError) { try line.engine.resume(replacing: nil) } catch { throw error.inLine(table.lines[index].number) }
            }
        } catch {
            for line in lines { try? line.engine.close() }
            throw error
        }
        limits.canDiscard = lines.contains { $0.engine.limits.canDiscard }
        self.table = table
        self.lines = lines
        self.starts = starts
        self.limits = limits
        self.logger = logger
        size = ByteCount(lines.last?.end ?? 0)
        let blockSize = largestBlock
        blocks =
            blockSize == 1
            ? nil : ResourcePool(limit: 64, first: AlignedBuffer(count: blockSize), make: { AlignedBuffer(count: blockSize) })
    }

    deinit {
        do throws(MappingError) {
            try close()
        } catch {
            logger.error("a volume was not closed, and its last writes may be lost: \(error)")
        }
    }

    /// Waits for the requests under way, makes all writes durable, and closes the devices. Requests that come later throw `closed`; closing
    /// again does nothing. Throws the first failure, after everything is closed: then any write since the last flush may be lost.
    public func close() throws(MappingError) {
        guard gate.close() else { return }
        var failure: MappingError?
        for (index, line) in lines.enumerated() {
            let number = table.lines[index].number
            if !limits.isReadOnly {
                do throws(BlockIOError) { try line.engine.flush() } catch { failure = failure ?? MappingError(error).inLine(number) }
            }
            do throws(MappingError) { try line.engine.close() } catch { failure = failure ?? error.inLine(number) }
        }
        lines = []
        if let failure { throw failure }
    }

    /// What `dmsetup status` would print of the volume.
    public func status() throws(MappingError) -> [StatusLine] {
        guard gate.enter() else { throw MappingError(.closed, message: "the volume is closed") }
        defer { gate.leave() }
        return zip(table.lines, lines).map { StatusLine(range: $0.range, typeName: $0.target.typeName, text: $1.engine.status()) }
    }

    /// Tells the target at `sector` something: `dmsetup message`. Returns what it answers.
    ///
    /// Throws `invalidMessage` when the target does not take it, `unsupported` when it takes none, and `notFound` when no line has the sector.
    public func send(_ message: some TargetMessage, at sector: Sectors = 0) throws(MappingError) -> String? {
        guard gate.enter() else { throw MappingError(.closed, message: "the volume is closed") }
        defer { gate.leave() }
        guard let offset = sector.bytes, offset < size else {
            throw MappingError(.notFound, message: "sector \(sector) is behind the end of the volume, which has \(table.length) sectors")
        }
        let index = lineIndex(at: offset.count)
        let number = table.lines[index].number
        var words: ArgumentReader
        do throws(TableError) { words = try ArgumentReader(message.text(keys: .shown)) } catch {
            throw MappingError(.invalidMessage, line: number, message: error.message)
        }
        do throws(MappingError) { return try lines[index].engine.receive(&words) } catch { throw error.inLine(number) }
    }

    /// What requests each line takes best; none once the volume is closed.
    public var lineLimits: [BlockLimits] {
        guard gate.enter() else { return [] }
        defer { gate.leave() }
        return lines.map(\.engine.limits)
    }

    /// The index of the line that holds the byte at `offset`, which lies within the volume.
    func lineIndex(at offset: UInt64) -> Int {
        var low = 0
        var high = starts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= offset { low = middle } else { high = middle }
        }
        return low
    }
}
