internal import BlockIO
public import DeviceMapperTables
internal import StorageUnits

extension FlakeyTarget: UserspaceTarget {
    public func makeEngine(in context: EngineContext) throws(MappingError) -> any TargetEngine {
        guard faults.unknown.isEmpty else {
            throw context.error(.unsupported, "flakey option '\(faults.unknown[0])' is not known in user space")
        }
        return FlakeyEngine(self, try context.open(device, start: start), context)
    }
}

/// Up and down in turns, in whole seconds from when the table was loaded. Source: the kernel's dm-flakey, as of Linux 6.12.
///
/// A request is down as it begins. Flushes and discards fail and are forgotten as writes are. The Nth byte is that of a request as it comes to the line:
/// requests are split at lines, and nowhere else.
private final class FlakeyEngine: TargetEngine {
    let size: ByteCount
    let limits: BlockLimits
    private let part: EngineContext.Part
    private let context: EngineContext
    private let faults: FlakeyTarget.Faults
    /// In seconds.
    private let up: UInt64
    private let period: UInt64
    private let beginning: Duration
    /// Memory for the bytes around one that is changed, as callers keep theirs. As much as there are requests that need it.
    private let scratch: ResourcePool<AlignedBuffer>
    private let scratchSize: UInt64

    /// What the kernel takes a probability for one in.
    private static let probabilityBase: UInt64 = 1_000_000_000

    init(_ target: FlakeyTarget, _ part: EngineContext.Part, _ context: EngineContext) {
        self.part = part
        self.context = context
        faults = target.faults == FlakeyTarget.Faults() ? .failAll : target.faults
        up = UInt64(target.upSeconds)
        period = up + UInt64(target.downSeconds)
        beginning = context.clock.now
        size = ByteCount(part.count)
        limits = part.device.limits
        let count = max(4096, limits.logicalBlockSize)
        scratchSize = UInt64(count)
        scratch = ResourcePool(limit: .max, first: AlignedBuffer(count: count), make: { AlignedBuffer(count: count) })
    }

    private var isDown: Bool { UInt64(clamping: (context.clock.now - beginning).components.seconds) % period >= up }

    // MARK: reading

    func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(BlockIOError) {
        let isDown = isDown
        if isDown, faults.failsReads { throw failure("reads", offset, UInt64(buffer.byteCount)) }
        try located { () throws(BlockIOError) in try part.device.read(at: part.start + offset, into: &buffer) }
        if isDown { readChanges(UInt64(buffer.byteCount)).apply(to: &buffer, from: 0) }
    }

    /// Holes are told while reads find them.
    func extent(at offset: UInt64, limit: UInt64) throws(BlockIOError) -> Extent {
        var extent = Extent(.data, count: limit)
        if isDown, faults.failsReads || faults.changesReads { return extent }
        try located { () throws(BlockIOError) in extent = try part.device.extent(at: part.start + offset, limit: limit) }
        return extent
    }

    private func readChanges(_ count: UInt64) -> ByteChanges {
        var changes = ByteChanges()
        if case .corruptReads(let corruption, _) = faults.change { changes.append(corruption, to: .synchronous, count) }
        addRandomChange(faults.randomReadCorruption, count, &changes)
        return changes
    }

    // MARK: writing

    func write(_ bytes: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        let count = UInt64(bytes.byteCount)
        switch try fate("writes", offset, count) {
        case .forgotten: return
        case .passes: try located { () throws(BlockIOError) in try part.device.write(bytes, at: part.start + offset, flags: flags) }
        case .mayChange:
            let bioFlags: RequestFlags =
                flags.contains(.forceUnitAccess) ? [.write, .synchronous, .idle, .forceUnitAccess] : [.write, .synchronous, .idle]
            try write(count, at: offset, writeChanges(bioFlags, count), flags) { (range) throws(BlockIOError) in
                try part.device.write(bytes.extracting(range), at: part.start + offset + UInt64(range.lowerBound), flags: flags)
            } fill: { (part, range) in
                part.copy(from: bytes.extracting(range))
            }
        }
    }

    /// As bytes, of which one may change: the kernel's target takes no request that is only told of zeroes.
    func writeZeroes(at offset: UInt64, count: UInt64, flags: ZeroFlags) throws(BlockIOError) {
        switch try fate("writes", offset, count) {
        case .forgotten: return
        case .passes:
            try located { () throws(BlockIOError) in try part.device.writeZeroes(at: part.start + offset, count: count, flags: flags) }
        case .mayChange:
            let writeFlags: WriteFlags = flags.contains(.forceUnitAccess) ? .forceUnitAccess : []
            let changes = writeChanges(
                flags.contains(.forceUnitAccess) ? [.write, .synchronous, .forceUnitAccess] : [.write, .synchronous], count)
            try write(count, at: offset, changes, writeFlags) { (range) throws(BlockIOError) in
                try part.device.writeZeroes(at: part.start + offset + UInt64(range.lowerBound), count: UInt64(range.count), flags: flags)
            } fill: { (part, _) in
                part.fillWithZeroes()
            }
        }
    }

    func discard(at offset: UInt64, count: UInt64) throws(BlockIOError) {
        if try fate("discards", offset, count) == .forgotten { return }
        try located { () throws(BlockIOError) in try part.device.discard(at: part.start + offset, count: count) }
    }

    func flush() throws(BlockIOError) {
        if try fate("flushes", 0, 0) == .forgotten { return }
        try flushBelow()
    }

    func flushBelow() throws(BlockIOError) { try located { () throws(BlockIOError) in try part.device.flush() } }

    private enum Fate {
        case passes
        case mayChange
        case forgotten
    }

    /// What becomes of a request that is no read. Throws when it fails.
    private func fate(_ kind: String, _ offset: UInt64, _ count: UInt64) throws(BlockIOError) -> Fate {
        guard isDown else { return .passes }
        switch faults.change {
        case .writes(.drop), .corruptReads(_, .drop): return .forgotten
        case .writes(.fail), .corruptReads(_, .fail): throw failure(kind, offset, count)
        case .writes(.pass), .corruptReads(_, .pass): return faults.randomWriteCorruption > 0 ? .mayChange : .passes
        case .corruptWrites: return .mayChange
        }
    }

    private func writeChanges(_ flags: RequestFlags, _ count: UInt64) -> ByteChanges {
        var changes = ByteChanges()
        if case .corruptWrites(let corruption) = faults.change { changes.append(corruption, to: flags, count) }
        addRandomChange(faults.randomWriteCorruption, count, &changes)
        return changes
    }

    /// Writes a request with changes: what is around a byte that changes from memory of the engine's, which `fill` fills, all else with `write`.
    private func write(
        _ count: UInt64, at offset: UInt64, _ changes: ByteChanges, _ flags: WriteFlags,
        _ write: (Range<Int>) throws(BlockIOError) -> Void, fill: (inout MutableRawSpan, Range<Int>) -> Void
    ) throws(BlockIOError) {
        do throws(BlockIOError) {
            try located { () throws(BlockIOError) in
                var done: UInt64 = 0
                while done < count {
                    let place = changes.first(from: done).map { $0 / scratchSize * scratchSize } ?? count
                    if place > done { try write(Int(done)..<Int(place)) }
                    guard place < count else { return }
                    let end = min(count, place + scratchSize)
                    try scratch.withResource { (buffer) throws(BlockIOError) in
                        try buffer.withMutableBytes { (bytes) throws(BlockIOError) in
                            var piece = bytes.part(0..<Int(end - place))
                            fill(&piece, Int(place)..<Int(end))
                            changes.apply(to: &piece, from: place)
                            try part.device.write(piece.bytes, at: part.start + offset + place, flags: flags)
                        }
                    }
                    done = end
                }
            }
        } catch {
            throw error.extended(to: offset + count)
        }
    }

    // MARK: both

    private func addRandomChange(_ chance: UInt32, _ count: UInt64, _ changes: inout ByteChanges) {
        guard chance > 0, context.random() % Self.probabilityBase < chance else { return }
        changes.append(at: context.random() % count, UInt8(truncatingIfNeeded: context.random()))
    }

    private func failure(_ kind: String, _ offset: UInt64, _ count: UInt64) -> BlockIOError {
        BlockIOError(.inputOutput, offset: offset, count: count, message: "the flakey device is down, and fails \(kind)")
    }

    /// An error of the device in bytes of the line.
    private func located(_ body: () throws(BlockIOError) -> Void) throws(BlockIOError) {
        do throws(BlockIOError) { try body() } catch { throw error.moved(to: error.offset &- part.start, count: error.count) }
    }
}

extension FlakeyTarget.Faults {
    fileprivate var changesReads: Bool {
        if case .corruptReads = change { return true }
        return randomReadCorruption > 0
    }
}

extension ByteChanges {
    /// The change that a table names, of a request with these flags and so many bytes, if it has all flags and the byte.
    fileprivate mutating func append(_ corruption: FlakeyTarget.Corruption, to flags: RequestFlags, _ count: UInt64) {
        guard flags.isSuperset(of: RequestFlags(rawValue: corruption.flags)), corruption.byte > 0, UInt64(corruption.byte) <= count else {
            return
        }
        append(at: UInt64(corruption.byte) - 1, corruption.value)
    }
}
