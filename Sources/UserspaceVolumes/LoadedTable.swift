internal import BlockIO
internal import DeviceMapperTables
internal import StorageUnits

/// A table with an engine for each line: all devices open, or there is no such object.
///
/// It serves between `resume` and `suspend`, which its ``DeviceFront`` calls one at a time; requests come only in between. `close` comes last, suspended.
final class LoadedTable: Sendable {
    /// The table.
    let table: MappingTable
    let size: ByteCount
    let limits: BlockLimits

    struct Line: Sendable {
        let engine: any TargetEngine
        let blockSize: UInt64
        let end: UInt64
    }
    /// Where each line begins, in bytes: apart from the rest, for a search that touches little memory.
    let starts: [UInt64]
    let lines: [Line]
    /// Taken by requests to lines whose block is larger than a byte. In bytes of the volume.
    let blockLock = RangeLock()
    /// Memory for one block each, where any line's block is larger than a byte. As much as there are requests that need one: a device that hangs keeps
    /// none from others.
    let blocks: ResourcePool<AlignedBuffer>?
    private let end: @Sendable () throws(MappingError) -> Void
    private let shared: SharedResources

    /// Opens the devices of a table and makes its engines. Nothing is written, and nothing served.
    ///
    /// Throws `unsupported` when a target has no engine here, and whatever keeps a device from being opened, each with the table's line. `end` is called last of
    /// all in `close`, and also when this throws.
    init(
        _ table: MappingTable, _ opener: DeviceOpener, _ environment: VolumeEnvironment, raiseEvent: @escaping @Sendable () -> Void = {},
        end: @escaping @Sendable () throws(MappingError) -> Void = {}
    ) throws(MappingError) {
        let shared = SharedResources(memory: environment.memoryBudget)
        var lines: [Line] = []
        var starts: [UInt64] = []
        lines.reserveCapacity(table.lines.count)
        starts.reserveCapacity(table.lines.count)
        var limits = BlockLimits(isReadOnly: opener.access == .readOnly)
        var largestBlock = 1
        do throws(MappingError) {
            for line in table.lines {
                let context = EngineContext(
                    line: line.number, start: line.range.start, length: line.range.length, opener: opener, access: opener.access,
                    environment: environment,
                    raiseEvent: raiseEvent, shared: shared)
                guard let target = line.target as? any UserspaceTarget else {
                    throw context.error(.unsupported, "target '\(line.target.typeName)' cannot be opened in user space")
                }
                guard let start = line.range.start.bytes, let end = line.range.end.bytes else {
                    throw context.error(.invalidTable, "the line ends behind the largest byte")
                }
                let engine: any TargetEngine
                do throws(MappingError) { engine = try target.makeEngine(in: context) } catch { throw error.inLine(line.number) }
                starts.append(start.count)
                lines.append(Line(engine: engine, blockSize: UInt64(engine.limits.logicalBlockSize), end: end.count))
                let block = engine.limits.logicalBlockSize
                guard start.count % UInt64(block) == 0, end.count % UInt64(block) == 0 else {
                    throw context.error(.invalidTable, "start and length are no multiples of the line's block size, \(block) bytes")
                }
                largestBlock = max(largestBlock, block)
                limits.preferredSize = max(limits.preferredSize, engine.limits.preferredSize)
            }
        } catch {
            for line in lines { try? line.engine.close() }
            try? end()
            throw error
        }
        limits.canDiscard = lines.contains { $0.engine.limits.canDiscard }
        self.table = table
        self.lines = lines
        self.starts = starts
        self.limits = limits
        self.end = end
        self.shared = shared
        size = ByteCount(lines.last?.end ?? 0)
        let blockSize = largestBlock
        blocks =
            blockSize == 1
            ? nil : ResourcePool(limit: .max, first: AlignedBuffer(count: blockSize), make: { AlignedBuffer(count: blockSize) })
    }

    /// Begins to serve, in place of `old`, or goes on. When an engine fails those before it are suspended again.
    func resume(replacing old: LoadedTable?, isInForce: Bool = false) throws(MappingError) {
        // A table that serves already goes on, and requests to what is not there any more fail.
        if !isInForce { try shared.checkSizes() }
        for (index, line) in lines.enumerated() {
            do throws(MappingError) {
                try line.engine.resume(replacing: old?.engine(beginningAt: starts[index]))
            } catch {
                for line in lines[..<index].reversed() { try? line.engine.suspend(flush: false) }
                throw error.inLine(table.lines[index].number)
            }
        }
    }

    /// Lets requests go that engines hold.
    func prepareToSuspend(flush: Bool) {
        for line in lines { line.engine.prepareToSuspend(flush: flush) }
    }

    /// Stops serving. With `flush` everything written is durable afterwards, but for what devices below have that are suspended; when that fails, the first
    /// failure is thrown, and all engines are suspended nevertheless. A table where something is not durable is suspended once more to be flushed. Returns
    /// whether everything is durable.
    func suspend(flush: Bool) throws(MappingError) -> Bool {
        var isFlushed = flush
        try forEachLine { (line) throws(MappingError) in
            let failure = PassingFlush.run { passing -> MappingError? in
                defer { isFlushed = isFlushed && !passing.hasMissed }
                var failure: MappingError?
                if flush, !limits.isReadOnly {
                    do throws(BlockIOError) { try line.engine.flushBelow() } catch { failure = MappingError(error) }
                }
                do throws(MappingError) { try line.engine.suspend(flush: flush) } catch { failure = failure ?? error }
                return failure
            }
            if let failure { throw failure }
        }
        return isFlushed
    }

    /// Ends all engines. Throws the first failure, after everything is closed.
    func close() throws(MappingError) {
        var failure: MappingError?
        do throws(MappingError) { try forEachLine { (line) throws(MappingError) in try line.engine.close() } } catch { failure = error }
        do throws(MappingError) { try end() } catch { failure = failure ?? error }
        if let failure { throw failure }
    }

    /// What `dmsetup status` prints of the table.
    func status() -> [StatusLine] {
        zip(table.lines, lines).map { StatusLine(range: $0.range, typeName: $0.target.typeName, text: $1.engine.status()) }
    }

    /// Tells the target at `sector` something.
    func send(_ message: some TargetMessage, at sector: Sectors) throws(MappingError) -> String? {
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

    /// The index of the line that holds the byte at `offset`, which lies within the table.
    func lineIndex(at offset: UInt64) -> Int {
        var low = 0
        var high = starts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= offset { low = middle } else { high = middle }
        }
        return low
    }

    private func engine(beginningAt start: UInt64) -> (any TargetEngine)? {
        guard start < size.count else { return nil }
        let index = lineIndex(at: start)
        return starts[index] == start ? lines[index].engine : nil
    }

    /// Calls `body` with every line, whatever fails, and then throws the first failure with its line.
    private func forEachLine(_ body: (Line) throws(MappingError) -> Void) throws(MappingError) {
        var failure: MappingError?
        for (index, line) in lines.enumerated() {
            do throws(MappingError) { try body(line) } catch { failure = failure ?? error.inLine(table.lines[index].number) }
        }
        if let failure { throw failure }
    }
}
