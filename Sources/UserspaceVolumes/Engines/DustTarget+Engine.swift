internal import BlockIO
public import DeviceMapperTables
internal import Logging
internal import StorageUnits
internal import Synchronization

extension DustTarget: UserspaceTarget {
    public func makeEngine(in context: EngineContext) throws(MappingError) -> any TargetEngine {
        let part = try context.open(device, start: start)
        let block = part.device.limits.logicalBlockSize
        guard blockSize.count % UInt64(block) == 0 else {
            throw context.error(.invalidTable, "the block size is no multiple of the device's logical block size, \(block) bytes")
        }
        return DustEngine(self, part, context)
    }
}

/// Reads of bad blocks fail, and writes heal them. Source: the kernel's dm-dust, of which this keeps what it does at the edges:
///
/// - A request is taken apart where blocks end, counted from the beginning of the line, and a part meets the block of its first sector,
///   counted from the beginning of the device. The others of the request go on when one has failed, and the request fails in the end.
/// - A discard is one part, however long, and meets the block of its first sector as a write does.
/// - A flush is a write of no bytes to sector 0 of the table, wherever that would be on the device, and meets the block of it.
private final class DustEngine: TargetEngine {
    let size: ByteCount
    let limits: BlockLimits
    private let part: EngineContext.Part
    private let name: DeviceReference
    /// In bytes.
    private let blockSize: UInt64
    /// Where sector 0 of the table would be on the device, in bytes; none before its beginning.
    private let tableStart: UInt64?
    private let bad: Monitor<BadBlocks>
    /// Whether requests are to look at the blocks at all.
    private let areInTheWay = Atomic(false)
    private let context: EngineContext

    init(_ target: DustTarget, _ part: EngineContext.Part, _ context: EngineContext) {
        self.part = part
        self.context = context
        name = target.device
        blockSize = target.blockSize.count
        tableStart = context.start <= target.start ? Sectors(target.start.count - context.start.count).bytes?.count : nil
        size = ByteCount(part.count)
        limits = part.device.limits
        bad = Monitor(
            BadBlocks(
                last: part.device.size.count / target.blockSize.count, memory: context.shared.memory, budget: context.memoryBudget.count))
    }

    // MARK: requests

    func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(BlockIOError) {
        guard areInTheWay.load(ordering: .acquiring) else {
            return try located { () throws(BlockIOError) in try part.device.read(at: part.start + offset, into: &buffer) }
        }
        try forEachRun(offset, UInt64(buffer.byteCount), isWrite: false) { (run) throws(BlockIOError) in
            var piece = buffer.part(Int(run.lowerBound - offset)..<Int(run.upperBound - offset))
            try part.device.read(at: part.start + run.lowerBound, into: &piece)
        }
    }

    func write(_ bytes: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        guard areInTheWay.load(ordering: .acquiring) else {
            return try located { () throws(BlockIOError) in try part.device.write(bytes, at: part.start + offset, flags: flags) }
        }
        try expectGoodEnds(offset, UInt64(bytes.byteCount))
        try forEachRun(offset, UInt64(bytes.byteCount), isWrite: true) { (run) throws(BlockIOError) in
            let piece = bytes.extracting(Int(run.lowerBound - offset)..<Int(run.upperBound - offset))
            try part.device.write(piece, at: part.start + run.lowerBound, flags: flags)
        }
    }

    /// As bytes: the kernel's target takes no request that is only told of zeroes, so that zeroes are written as any bytes are.
    func writeZeroes(at offset: UInt64, count: UInt64, flags: ZeroFlags) throws(BlockIOError) {
        try expectGoodEnds(offset, count)
        try forEachRun(offset, count, isWrite: true) { (run) throws(BlockIOError) in
            try part.device.writeZeroes(at: part.start + run.lowerBound, count: UInt64(run.count), flags: flags)
        }
    }

    func discard(at offset: UInt64, count: UInt64) throws(BlockIOError) {
        try meet(at: part.start + offset, failing: offset, count)
        try located { () throws(BlockIOError) in try part.device.discard(at: part.start + offset, count: count) }
    }

    func flush() throws(BlockIOError) {
        if let tableStart { try meet(at: tableStart, failing: 0, 0) }
        try flushBelow()
    }

    func flushBelow() throws(BlockIOError) { try located { () throws(BlockIOError) in try part.device.flush() } }

    /// A hole of the device is none where reads fail.
    func extent(at offset: UInt64, limit: UInt64) throws(BlockIOError) -> Extent {
        var count = limit
        if areInTheWay.load(ordering: .acquiring) {
            let pass = bad.withLock { $0.pass(pieces(offset..<offset + limit), isWrite: false) }
            if pass.passing == 0 { return Extent(.data, count: pass.failing) }
            count = pass.passing
        }
        var extent = Extent(.data, count: count)
        try located { () throws(BlockIOError) in extent = try part.device.extent(at: part.start + offset, limit: count) }
        return extent
    }

    /// A part of a bad sector is not healed without the rest: whoever writes one would read the sector first, and fail.
    private func expectGoodEnds(_ offset: UInt64, _ count: UInt64) throws(BlockIOError) {
        let end = offset + count
        guard areInTheWay.load(ordering: .acquiring), (offset | end) % Sectors.bytesPerSector != 0 else { return }
        for place in [offset, end] where place % Sectors.bytesPerSector != 0 {
            let block = (part.start + place / Sectors.bytesPerSector * Sectors.bytesPerSector) / blockSize
            if bad.withLock({ $0.areInTheWay && $0.next(from: block) == block }) { throw failure(offset, count, block) }
        }
    }

    /// Calls `body` with what of a request meets no bad block, in as long runs as there are, and throws the first failure at the end.
    private func forEachRun(
        _ offset: UInt64, _ count: UInt64, isWrite: Bool, _ body: (Range<UInt64>) throws(BlockIOError) -> Void
    ) throws(BlockIOError) {
        let end = offset + count
        var failure: BlockIOError?
        var place = offset
        while place < end {
            let pass = bad.withLock { bad -> BadBlocks.Pass in
                guard bad.areInTheWay else { return BadBlocks.Pass(passing: end - place) }
                defer { noteChange(bad) }
                return bad.pass(pieces(place..<end), isWrite: isWrite)
            }
            tellOfHealed(pass)
            if pass.passing > 0 {
                do throws(BlockIOError) {
                    try located { () throws(BlockIOError) in try body(place..<place + pass.passing) }
                } catch {
                    failure = failure ?? error
                }
                place += pass.passing
            }
            if pass.failing > 0 {
                failure = failure ?? self.failure(place, pass.failing, (part.start + place) / blockSize)
                place += pass.failing
            }
        }
        if let failure { throw failure.extended(to: end) }
    }

    /// A request that is a write to the sector at a place of the device, for all that the blocks are concerned.
    private func meet(at place: UInt64, failing offset: UInt64, _ count: UInt64) throws(BlockIOError) {
        guard areInTheWay.load(ordering: .acquiring) else { return }
        let block = place / blockSize
        let pass = bad.withLock { bad -> BadBlocks.Pass in
            guard bad.areInTheWay, bad.next(from: block) == block else { return BadBlocks.Pass() }
            defer { noteChange(bad) }
            return bad.failsWrite(to: block) ? BadBlocks.Pass(failing: 1) : BadBlocks.Pass(healed: 1, firstHealed: block)
        }
        tellOfHealed(pass)
        if pass.failing > 0 { throw failure(offset, count, block) }
    }

    private func pieces(_ range: Range<UInt64>) -> BadBlocks.Pieces {
        BadBlocks.Pieces(range: range, start: part.start, blockSize: blockSize)
    }

    private func failure(_ offset: UInt64, _ count: UInt64, _ block: UInt64) -> BlockIOError {
        BlockIOError(.inputOutput, offset: offset, count: count, message: "block \(block) of '\(name)' is bad")
    }

    /// An error of the device in bytes of the line.
    private func located(_ body: () throws(BlockIOError) -> Void) throws(BlockIOError) {
        do throws(BlockIOError) { try body() } catch { throw error.moved(to: error.offset &- part.start, count: error.count) }
    }

    private func noteChange(_ bad: BadBlocks) { areInTheWay.store(bad.areInTheWay, ordering: .releasing) }

    private func tellOfHealed(_ pass: BadBlocks.Pass) {
        guard pass.healed > 0, context.logger.logLevel <= .info, !bad.withLock({ $0.isQuiet }) else { return }
        context.logger.info(
            "line \(context.line): \(pass.healed) of the bad blocks from \(pass.firstHealed) on are good again, as they were written")
    }

    // MARK: messages and status

    func status() -> String {
        let status = bad.withLock { DustTarget.Status(device: name, isEnabled: $0.isEnabled, isQuiet: $0.isQuiet) }
        var words = ArgumentWriter(keys: .redacted)
        status.write(to: &words)
        return words.string
    }

    func receive(_ message: inout ArgumentReader) throws(MappingError) -> String? {
        let message = try DustMessage(receiving: &message)
        return try bad.withLock { (bad) throws(MappingError) in
            defer { noteChange(bad) }
            return try bad.receive(message)
        }
    }
}

extension BadBlocks {
    /// Does what a message says, and answers in the kernel's words.
    fileprivate mutating func receive(_ message: DustMessage) throws(MappingError) -> String? {
        switch message {
        case .addBadBlock(let block, let failingWrites): try add(block, failingWrites: failingWrites)
        case .removeBadBlock(let block): try remove(block)
        case .queryBlock(let block):
            return "dust_query_block: block \(block) \(try contains(block) ? "found" : "not found") in badblocklist"
        case .countBadBlocks: return "countbadblocks: \(count) badblock(s) found"
        case .listBadBlocks:
            var text = ""
            forEach { text += "\($0)\n" }
            return text.isEmpty ? "No blocks in badblocklist" : text
        case .clearBadBlocks: return clear() ? "dust_clear_badblocks: badblocks cleared" : "dust_clear_badblocks: no badblocks found"
        case .enable: isEnabled = true
        case .disable: isEnabled = false
        case .toggleQuiet: isQuiet.toggle()
        }
        return nil
    }

    /// A part of a request, and where the line and its blocks are on the device; all in bytes.
    fileprivate struct Pieces {
        var range: Range<UInt64>
        var start: UInt64
        var blockSize: UInt64
    }

    /// What becomes of the beginning of a request.
    fileprivate struct Pass {
        /// So many bytes pass.
        var passing: UInt64 = 0
        /// So many behind them fail; none when the request ends before.
        var failing: UInt64 = 0
        /// How many blocks a write heals in what passes.
        var healed: UInt64 = 0
        /// The first of them.
        var firstHealed: UInt64 = 0
    }

    /// Looks for the first piece that fails. Pieces end at multiples of the block size in the line, and meet the block of the device in which
    /// they begin: where the line does not begin with a block that need not be the only one that they touch.
    fileprivate mutating func pass(_ pieces: Pieces, isWrite: Bool) -> Pass {
        let (range, size) = (pieces.range, pieces.blockSize)
        var pass = Pass()
        var place = range.lowerBound
        while place < range.upperBound {
            let block = (pieces.start + place) / size
            guard let next = next(from: block) else { break }
            let end = (place / size + 1) * size
            if next > block {
                // Pieces behind this one begin at a multiple of the block size: the one that begins in the bad block.
                place = max(end, (next - pieces.start / size) * size)
                continue
            }
            guard isWrite, !failsWrite(to: block) else {
                pass.passing = place - range.lowerBound
                pass.failing = min(end, range.upperBound) - place
                return pass
            }
            if pass.healed == 0 { pass.firstHealed = block }
            pass.healed += 1
            place = end
        }
        pass.passing = UInt64(range.count)
        return pass
    }
}
