internal import BlockIO
internal import DiskFormats
internal import StorageUnits
internal import UserspaceVolumes

/// A log up to an entry: what is durable, and what no flush has reached.
struct CrashMoment {
    private let reader: LogWritesReader
    /// What the last flush made durable.
    private let durable: OverlayDevice
    /// What was written since, in its order; those with forced unit access, too, for they come behind what they overwrite.
    private var since: [LogWritesReader.Item] = []
    private var marks: [String] = []
    private(set) var last: LogWritesReader.Item
    /// Whether that is a write with forced unit access which has not returned yet.
    private(set) var isUnderWay = false

    init(_ reader: LogWritesReader, _ durable: OverlayDevice, _ first: LogWritesReader.Item) {
        self.reader = reader
        self.durable = durable
        last = first
    }

    /// Whether there are writes that may be lost, once the last one has returned.
    var hasUnflushed: Bool { since.contains { mayBeLost($0, isUnderWay: false) } }

    private func mayBeLost(_ item: LogWritesReader.Item, isUnderWay: Bool) -> Bool {
        !item.entry.isForced || isUnderWay && item.number == last.number
    }

    /// Goes on to the next entry. A write with forced unit access is under way until `acknowledge()`.
    mutating func add(_ item: LogWritesReader.Item) throws(CrashTestError) {
        last = item
        // Before anything is made of its size: a log may say what it likes.
        do throws(BlockIOError) { try durable.checkRange(at: item.entry.offset, count: item.entry.count) } catch { throw .device(error) }
        if item.entry.flags.contains(.flush) {
            for item in since { try apply(item, to: durable) }
            since = []
        }
        if item.entry.count > 0 { since.append(item) }
        isUnderWay = item.entry.isForced && item.entry.count > 0
        if let mark = item.entry.mark, mark != LogWritesEngine.endMark { marks.append(mark) }
    }

    /// The last write has returned.
    mutating func acknowledge() { isUnderWay = false }

    /// What may be found after a crash now.
    func points(_ test: CrashTest) -> [CrashPoint] {
        // With all that a write under way makes durable it is what is found once it has returned.
        var points = isUnderWay ? [] : [CrashPoint(entry: last.number)]
        let unflushed = since.filter { mayBeLost($0, isUnderWay: isUnderWay) }
        guard let losses = test.losses, !unflushed.isEmpty else { return points }
        var point = CrashPoint(entry: last.number, isUnderWay: isUnderWay, survivors: .none)
        points.append(point)
        // One write that is whole or not at all is there or not.
        if unflushed.count > 1 || losses.canTear(unflushed[0].entry) {
            var random = CrashRandom(seed: test.seed ^ last.number &* 0x9e37_79b9_7f4a_7c15)
            for _ in 0..<losses.statesPerMoment {
                point.survivors = .some(seed: random.next())
                points.append(point)
            }
        }
        return points
    }

    /// Makes a state.
    func state(_ point: CrashPoint, _ losses: CrashLosses?) throws(CrashTestError) -> CrashState {
        let device = OverlayDevice(size: durable.size, over: durable)
        let unflushed = since.count { mayBeLost($0, isUnderWay: point.isUnderWay) }
        var chance = CrashChance(point.survivors, among: unflushed, atomicSize: losses?.atomicSize)
        for item in since {
            let parts = mayBeLost(item, isUnderWay: point.isUnderWay) ? chance.surviving(of: item.entry) : [0..<item.entry.count]
            for part in parts { try apply(item, to: device, part) }
        }
        return CrashState(point: point, lastEntry: last.entry, marks: marks, device: device)
    }

    private func apply(_ item: LogWritesReader.Item, to device: OverlayDevice, _ part: Range<UInt64>? = nil) throws(CrashTestError) {
        let part = part ?? 0..<item.entry.count
        if item.entry.flags.contains(.discard) {
            let count = part.upperBound - part.lowerBound
            do throws(BlockIOError) {
                return try device.writeZeroes(at: item.entry.offset + part.lowerBound, count: count, flags: .mayUnmap)
            } catch {
                throw .device(error)
            }
        }
        // Of the log whole blocks are read, whatever part of them survives.
        let block = UInt64(reader.superblock.blockSize)
        let end = (part.upperBound + block - 1) / block * block
        var done = part.lowerBound / block * block
        let buffer = AlignedBuffer(count: Int(min(end - done, 1 << 20)))
        while done < end {
            let count = min(end - done, UInt64(buffer.count))
            let kept = part.clamped(to: done..<done + count)
            try buffer.withMutableBytes { (bytes) throws(CrashTestError) in
                var bytes = bytes.part(0..<Int(count))
                do throws(FormatError) { try reader.read(at: done, of: item, into: &bytes) } catch { throw .log(error) }
                let survivors = Int(kept.lowerBound - done)..<Int(kept.upperBound - done)
                try write(bytes.bytes.extracting(survivors), at: item.entry.offset + kept.lowerBound, to: device)
            }
            done += count
        }
    }

    private func write(_ bytes: RawSpan, at offset: UInt64, to device: OverlayDevice) throws(CrashTestError) {
        do throws(BlockIOError) {
            // A log has zeroes as data; here they take no memory.
            if ZeroBytes.withBytes(count: bytes.byteCount, { $0.isEqual(to: bytes) }) {
                try device.writeZeroes(at: offset, count: UInt64(bytes.byteCount), flags: .mayUnmap)
            } else {
                try device.write(bytes, at: offset)
            }
        } catch {
            throw .device(error)
        }
    }
}

extension LogWritesEntry {
    /// Whether it is durable without a flush.
    var isForced: Bool { flags.contains(.forceUnitAccess) }
}

extension CrashLosses {
    /// Whether a part of a write may survive.
    func canTear(_ entry: LogWritesEntry) -> Bool { atomicSize.map { entry.count > UInt64($0) } ?? false }
}
