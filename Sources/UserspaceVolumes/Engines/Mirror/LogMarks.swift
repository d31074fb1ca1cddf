internal import BlockIO
internal import DiskFormats

/// What the log of a mirror says, what of that has come to its device, and which regions may be marked clean.
///
/// A region is marked dirty, durably, before any leg is written: `begin` tells which attempt to write the log its mark needs, and one attempt takes the marks of
/// all who wait. It is marked clean, not durably, when no write to it is under way and the legs have been flushed since: `startCleaning`, flush, `finishCleaning`.
/// A region that stays dirty costs its writes nothing.
struct LogMarks: Sendable {
    private var log: MirrorLog
    /// The size of the pieces in which the log is written, a multiple of 512 bytes.
    private let blockSize: Int
    /// The blocks that are to be written, and those of the attempt that is under way.
    private var changed: RegionSet
    private var writing: RegionSet
    /// Whether what is to be written marks anything dirty, and is to be flushed.
    private var needsFlush = false
    private var flushes = false

    /// Attempts to write the log have numbers. This one takes what is marked now; `attempt` is under way, if `isWriting`; all up to `finished` are over, and all
    /// marks for those up to `durable` are on the device.
    private var next: UInt64 = 1
    private var attempt: UInt64 = 0
    private var finished: UInt64 = 0
    private var durable: UInt64 = 0
    private var isWriting = false
    /// An attempt failed, and none has succeeded since.
    private(set) var isBehind = false

    /// The regions of each write that is under way.
    private var underWay: [ClosedRange<Int>] = []
    private struct Mark: Sendable {
        var regions: ClosedRange<Int>
        var attempt: UInt64
    }
    /// Marks that are on their way to the device.
    private var marks: [Mark] = []

    /// Regions that were written and are dirty for no reason any more, those of them that were so when regions were last cleaned, and those that are being cleaned.
    private var idle: RegionSet
    private var aged: RegionSet
    private var cleaning: RegionSet
    /// Whether there may be idle regions.
    private(set) var hasIdle = false
    /// A leg failed to be flushed: which writes it has nobody knows, and no region is ever marked clean again.
    private(set) var neverCleans = false

    /// A log as it is to be written, all of it.
    init(_ log: MirrorLog, blockSize: Int, blockCount: Int, neverCleans: Bool) {
        self.log = log
        self.blockSize = blockSize
        self.neverCleans = neverCleans
        changed = RegionSet(count: blockCount, isFull: true)
        writing = RegionSet(count: blockCount)
        idle = RegionSet(count: log.regionCount)
        aged = idle
        cleaning = idle
        needsFlush = true
        underWay.reserveCapacity(64)
        marks.reserveCapacity(64)
    }

    private func block(ofWord index: Int) -> Int { (MirrorLog.bitsOffset + index * 8) / blockSize }

    // MARK: writes

    /// A write to regions that are in sync is about to begin. Returns the attempt that brings its mark to the device, 0 when it is there.
    mutating func begin(_ regions: ClosedRange<Int>) -> UInt64 {
        underWay.append(regions)
        idle.remove(regions)
        aged.remove(regions)
        cleaning.remove(regions)
        var isNew = false
        RegionSet.forEachWord(regions) { index, mask in
            guard log[word: index] & mask != 0 else { return }
            log[word: index] &= ~mask
            changed[block(ofWord: index)] = true
            isNew = true
        }
        if isNew {
            needsFlush = true
            marks.append(Mark(regions: regions, attempt: next))
        }
        if isNew || isBehind { return next }
        var needed: UInt64 = 0
        for mark in marks where mark.regions.overlaps(regions) { needed = max(needed, mark.attempt) }
        return needed
    }

    /// A write that began is over. `isIdle` tells of each of its regions, unless another write is under way there, whether it may be marked clean.
    mutating func end(_ regions: ClosedRange<Int>, isIdle: (Int) -> Bool) {
        if let index = underWay.firstIndex(of: regions) { underWay.swapAt(index, underWay.count - 1) }
        underWay.removeLast()
        for region in regions where isIdle(region) && !underWay.contains(where: { $0.contains(region) }) { setIdle(region) }
    }

    /// A region is dirty, and the same on all legs.
    mutating func setIdle(_ region: Int) {
        idle[region] = true
        hasIdle = true
    }

    /// What was idle is not known to be the same on all legs.
    mutating func forgetIdle() {
        idle.removeAll()
        aged.removeAll()
        cleaning.removeAll()
        hasIdle = false
    }

    // MARK: attempts to write

    /// What somebody does who needs an attempt to be over.
    enum Turn: Equatable {
        case isOver(isDurable: Bool)
        /// Another thread writes.
        case wait
        /// It is theirs to write now.
        case write
    }

    /// Whose turn it is, for somebody who needs that attempt; `nil` needs all that is marked now.
    mutating func turn(_ needed: inout UInt64?) -> Turn {
        let number = needed ?? next
        needed = number
        if durable >= number { return .isOver(isDurable: true) }
        if finished >= number { return .isOver(isDurable: false) }
        return isWriting ? .wait : .write
    }

    /// Begins an attempt: puts into `image`, the bytes of the log, what is to be written.
    mutating func startWriting(_ image: inout MutableRawSpan) {
        isWriting = true
        attempt = next
        next += 1
        flushes = needsFlush
        needsFlush = false
        swap(&changed, &writing)
        var place = 0
        while let run = nextRun(from: place) {
            log.encodeBits(in: run, into: &image)
            place = run.upperBound
        }
    }

    /// The bytes to be written at `offset` or behind, as many as lie together.
    func nextRun(from offset: Int) -> Range<Int>? {
        guard let first = writing.first(from: offset / blockSize) else { return nil }
        var end = first + 1
        while writing[end] { end += 1 }
        return first * blockSize..<end * blockSize
    }

    /// Whether the attempt marks anything dirty.
    var isToBeFlushed: Bool { flushes }

    /// The attempt is over. What failed is to be written again.
    mutating func finishWriting(_ isWritten: Bool) {
        isWriting = false
        finished = attempt
        if isWritten {
            durable = attempt
            isBehind = false
        } else {
            isBehind = true
            needsFlush = needsFlush || flushes
            for index in 0..<writing.wordCount { changed[word: index] |= writing[word: index] }
        }
        writing.removeAll()
        marks.removeAll { $0.attempt <= attempt }
    }

    /// Whether there is anything to write.
    var isChanged: Bool { needsFlush || !changed.isEmpty }

    // MARK: cleaning

    /// Chooses the idle regions, or those that were so already when this was last called; false when there is none. The legs are to be flushed next.
    mutating func startCleaning(all: Bool) -> Bool {
        guard hasIdle, !neverCleans else {
            hasIdle = false
            return false
        }
        cleaning = all ? idle : aged
        aged = idle
        hasIdle = !idle.isEmpty
        return !cleaning.isEmpty
    }

    /// The legs are flushed: marks those regions clean that were chosen and have not been written since.
    mutating func finishCleaning() {
        for index in 0..<cleaning.wordCount where cleaning[word: index] != 0 {
            log[word: index] |= cleaning[word: index]
            idle[word: index] &= ~cleaning[word: index]
            aged[word: index] &= ~cleaning[word: index]
            changed[block(ofWord: index)] = true
        }
        cleaning.removeAll()
    }

    /// A leg could not be flushed: all regions are dirty from now on, as none is known to be the same on all legs.
    mutating func failCleaning() {
        neverCleans = true
        log = MirrorLog(regionCount: log.regionCount, isClean: false)
        for block in block(ofWord: 0)...block(ofWord: log.wordCount - 1) { changed[block] = true }
        needsFlush = true
        // In memory they are dirty at once: a write that comes before they are on the device is to wait for that.
        marks.append(Mark(regions: 0...log.regionCount - 1, attempt: next))
        forgetIdle()
    }
}
