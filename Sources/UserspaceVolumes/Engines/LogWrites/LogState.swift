internal import BlockIO
internal import DiskFormats

/// The log as far as it is written, and what waits for a flush.
struct LogState {
    let writer: LogWritesWriter
    /// Whether anything more is logged.
    private(set) var isLogging = true
    /// Whether anything was logged, or waits for a flush, and the log is not ended yet.
    var isBegun = false
    /// Why the log could not be written.
    var failure: BlockIOError?

    /// A place in the sequence of all entries that were ever held.
    struct Place: Equatable {
        var byte: UInt64 = 0
        var entry: UInt64 = 0
    }
    /// The entries that wait, each with its data, as the log will have them.
    private var held: AlignedBuffer
    private var spare: AlignedBuffer
    /// Where the first byte of `held` is.
    private var start = Place()
    /// Where what is held ends.
    private(set) var heldEnd = Place()
    /// Where what each of the flushes under way makes durable ends.
    private(set) var flushes: [Place] = []

    init(_ writer: LogWritesWriter, capacity: Int) {
        self.writer = writer
        held = AlignedBuffer(count: capacity)
        spare = AlignedBuffer(count: capacity)
        flushes.reserveCapacity(64)
    }

    /// Nothing more is logged, and nothing is held.
    mutating func stop() {
        isLogging = false
        start = heldEnd
        flushes = []
    }

    /// The log is to be ended; false when it was before, or never began.
    mutating func end() -> Bool {
        defer { isBegun = false }
        return isBegun
    }

    /// A flush begins, which makes durable what is held now.
    mutating func beginFlush() -> Place {
        isBegun = true
        flushes.append(heldEnd)
        return heldEnd
    }

    /// A flush that began at `place` has ended.
    mutating func endFlush(_ place: Place) {
        if let index = flushes.firstIndex(of: place) { flushes.remove(at: index) }
    }

    /// Writes an entry to the log, behind all that is there; false when it does not fit.
    func write(_ entry: LogWritesEntry, _ data: RawSpan) throws(BlockIOError) -> Bool {
        guard !writer.isFull else { return false }
        return try writer.append(entry, data)
    }

    /// Logs a flush that began at `place`, behind what it made durable.
    mutating func writeFlush(_ place: Place) throws(BlockIOError) {
        try writeHeld(upTo: place)
        _ = try write(LogWritesEntry(.flush), RawSpan())
    }

    /// Writes what is held before `place` to the log.
    mutating func writeHeld(upTo place: Place) throws(BlockIOError) {
        guard place.byte > start.byte else { return }
        let count = Int(place.byte - start.byte)
        let rest = Int(heldEnd.byte - place.byte)
        try held.withBytes { (bytes) throws(BlockIOError) in
            _ = try writer.append(encoded: bytes.extracting(0..<count), count: place.entry - start.entry)
            spare.withMutableBytes { $0.copy(from: bytes.extracting(count..<count + rest)) }
        }
        swap(&held, &spare)
        start = place
    }

    /// Keeps an entry for the next flush; false when that needs room which what waits for a flush under way has.
    mutating func hold(_ entry: LogWritesEntry, _ data: RawSpan) throws(BlockIOError) -> Bool {
        isBegun = true
        let used = Int(heldEnd.byte - start.byte)
        let count = writer.blockSize + data.byteCount
        if count > held.count - used {
            // What comes to the log before a flush under way has ended would seem to be a part of what it made durable.
            guard flushes.isEmpty else { return false }
            try writeHeld(upTo: heldEnd)
            guard count <= held.count else {
                _ = try write(entry, data)
                return true
            }
        }
        let place = Int(heldEnd.byte - start.byte)
        held.withMutableBytes { bytes in
            var block = bytes.part(place..<place + writer.blockSize)
            entry.encode(into: &block, blockSize: writer.blockSize)
            if data.byteCount > 0 {
                var room = bytes.part(place + writer.blockSize..<place + count)
                room.copy(from: data)
            }
        }
        heldEnd.byte += UInt64(count)
        heldEnd.entry += 1
        return true
    }
}
