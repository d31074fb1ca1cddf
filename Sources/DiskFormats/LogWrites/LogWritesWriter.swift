public import BlockIO
internal import StorageUnits

/// Writes a log of dm-log-writes, byte for byte as the kernel does.
///
/// As in the kernel, the last block of the log stays unused: an entry that would end there, or behind it, is not written, and none after it.
/// Nothing is flushed; that is up to whoever owns the device.
public final class LogWritesWriter {
    /// The size of a block of the log, in bytes.
    public let blockSize: Int
    /// How many entries were written.
    public private(set) var entryCount: UInt64 = 0
    /// The first byte of the log behind the last entry; behind the one that did not fit, once one did not.
    public private(set) var end: UInt64
    /// Whether an entry did not fit.
    public private(set) var isFull = false
    private let log: any BlockDevice
    private let capacity: UInt64
    private let block: AlignedBuffer

    /// Begins a new log in `log`. What the device holds stays until the first entry or the superblock is written.
    ///
    /// `blockSize` is one of ``LogWritesSuperblock/blockSizes`` and a multiple of the device's logical block size.
    public init(_ log: any BlockDevice, blockSize: Int) {
        precondition(LogWritesSuperblock.isBlockSize(blockSize) && blockSize % log.limits.logicalBlockSize == 0)
        self.log = log
        self.blockSize = blockSize
        capacity = log.size.count / Sectors.bytesPerSector * Sectors.bytesPerSector
        block = AlignedBuffer(count: blockSize)
        end = UInt64(blockSize)
    }

    /// Writes an entry with its data, `entry.dataCount` bytes. Returns false when it does not fit: then the log is full.
    public func append(_ entry: LogWritesEntry, _ data: RawSpan) throws(BlockIOError) -> Bool {
        precondition(UInt64(data.byteCount) == entry.dataCount)
        let place = end
        guard makeRoom(UInt64(blockSize) + entry.dataCount) else { return false }
        entryCount += 1
        try block.withMutableBytes { (bytes) throws(BlockIOError) in
            entry.encode(into: &bytes, blockSize: blockSize)
            try log.write(bytes.bytes, at: place)
        }
        if data.byteCount > 0 { try log.write(data, at: place + UInt64(blockSize)) }
        return true
    }

    /// Writes entries that were encoded before, each followed by its data, without a gap between them: in one piece, or as many as fit.
    /// Returns false when not all fit: then the log is full.
    ///
    /// `count` is how many entries there are.
    public func append(encoded entries: RawSpan, count: UInt64) throws(BlockIOError) -> Bool {
        var fitting = entries.byteCount
        let place = end
        if !isFull, UInt64(entries.byteCount) < capacity - min(capacity, end) {
            end += UInt64(entries.byteCount)
            entryCount += count
        } else {
            fitting = 0
            while fitting < entries.byteCount {
                let header = entries.extracting(fitting..<fitting + blockSize)
                guard let entry = try? LogWritesEntry(decoding: header, blockSize: blockSize, at: 0),
                    makeRoom(UInt64(blockSize) + entry.dataCount)
                else { break }
                entryCount += 1
                fitting += blockSize + Int(entry.dataCount)
            }
        }
        if fitting > 0 { try log.write(entries.extracting(0..<fitting), at: place) }
        return fitting == entries.byteCount
    }

    /// Writes the superblock, which counts the entries so far.
    public func writeSuperblock() throws(BlockIOError) {
        try block.withMutableBytes { (bytes) throws(BlockIOError) in
            LogWritesSuperblock(entryCount: entryCount, blockSize: blockSize).encode(into: &bytes)
            try log.write(bytes.bytes, at: 0)
        }
    }

    private func makeRoom(_ count: UInt64) -> Bool {
        guard !isFull else { return false }
        let (next, overflow) = end.addingReportingOverflow(count)
        guard !overflow else {
            isFull = true
            return false
        }
        end = next
        isFull = next >= capacity
        return !isFull
    }
}
