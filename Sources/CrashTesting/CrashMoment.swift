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

    init(_ reader: LogWritesReader, _ durable: OverlayDevice, _ first: LogWritesReader.Item) {
        self.reader = reader
        self.durable = durable
        last = first
    }

    /// Whether there are writes that may be lost.
    var hasUnflushed: Bool { since.contains { !$0.entry.isForced } }

    /// Goes on to the next entry.
    mutating func add(_ item: LogWritesReader.Item) throws(CrashTestError) {
        last = item
        // Before anything is made of its size: a log may say what it likes.
        do throws(BlockIOError) { try durable.checkRange(at: item.entry.offset, count: item.entry.count) } catch { throw .device(error) }
        if item.entry.flags.contains(.flush) {
            for item in since { try apply(item, to: durable) }
            since = []
        }
        if item.entry.count > 0 { since.append(item) }
        if let mark = item.entry.mark, mark != LogWritesEngine.endMark { marks.append(mark) }
    }

    /// What may be found after a crash now.
    func points(_ test: CrashTest) -> [CrashPoint] {
        var points = [CrashPoint(entry: last.number)]
        guard let losses = test.losses, hasUnflushed else { return points }
        points.append(CrashPoint(entry: last.number, survivors: .none))
        // One write that is whole or not at all is there or not.
        let unflushed = since.filter { !$0.entry.isForced }
        if unflushed.count > 1 || losses.canTear(unflushed[0].entry) {
            var random = CrashRandom(seed: test.seed ^ last.number &* 0x9e37_79b9_7f4a_7c15)
            for _ in 0..<losses.statesPerMoment {
                points.append(CrashPoint(entry: last.number, survivors: .some(seed: random.next())))
            }
        }
        return points
    }

    /// Makes a state.
    func state(_ point: CrashPoint, _ losses: CrashLosses?) throws(CrashTestError) -> CrashState {
        let device = OverlayDevice(size: durable.size, over: durable)
        var chance = CrashChance(point.survivors, among: since.count { !$0.entry.isForced }, atomicSize: losses?.atomicSize)
        for item in since {
            let parts = item.entry.isForced ? [0..<item.entry.count] : chance.surviving(of: item.entry)
            for part in parts { try apply(item, to: device, part) }
        }
        return CrashState(point: point, lastEntry: last.entry, marks: marks, device: device)
    }

    private func apply(_ item: LogWritesReader.Item, to device: OverlayDevice, _ part: Range<UInt64>? = nil) throws(CrashTestError) {
        let part = part ?? 0..<item.entry.count
        let count = part.upperBound - part.lowerBound
        if item.entry.flags.contains(.discard) {
            do throws(BlockIOError) {
                return try device.writeZeroes(at: item.entry.offset + part.lowerBound, count: count, flags: .mayUnmap)
            } catch {
                throw .device(error)
            }
        }
        let buffer = AlignedBuffer(count: Int(min(count, 1 << 20)))
        var done = part.lowerBound
        while done < part.upperBound {
            let count = Int(min(part.upperBound - done, UInt64(buffer.count)))
            try buffer.withMutableBytes { (bytes) throws(CrashTestError) in
                var bytes = bytes.part(0..<count)
                do throws(FormatError) { try reader.read(at: done, of: item, into: &bytes) } catch { throw .log(error) }
                do throws(BlockIOError) { try device.write(bytes.bytes, at: item.entry.offset + done) } catch { throw .device(error) }
            }
            done += UInt64(count)
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
