public import BlockIO
internal import StorageUnits

/// Reads a log of dm-log-writes, one entry after the other: the kernel's, or a volume's.
///
/// Nothing in the log is trusted: whatever its bytes are, an entry either lies within the log or an error tells where it does not. Of the
/// log one block is in memory at a time; data is read by whoever wants it, with ``read(at:of:into:)``.
public final class LogWritesReader {
    /// What the log says of itself.
    public let superblock: LogWritesSuperblock
    /// The number of the entry that comes next, from 0.
    public private(set) var number: UInt64 = 0
    /// Where that entry begins, in bytes of the log.
    public private(set) var place: UInt64
    private let log: any BlockDevice
    private let block: AlignedBuffer

    /// An entry with its place.
    public struct Item: Hashable, Sendable {
        /// The entry's number, from 0.
        public let number: UInt64
        /// Where its block begins, in bytes of the log; its data begins a block later.
        public let place: UInt64
        /// What it says.
        public let entry: LogWritesEntry
        fileprivate let dataPlace: UInt64
    }

    /// Reads the superblock of a log.
    ///
    /// Throws what the decoding of the superblock throws, and `invalidField` when the log has no room for the entries that it counts.
    public init(_ log: any BlockDevice) throws(FormatError) {
        let first = max(LogWritesSuperblock.blockSizes.lowerBound, log.limits.logicalBlockSize)
        guard log.size.count >= UInt64(first) else {
            throw FormatError(.truncated, at: log.size.count, "a log begins with a block of at least \(first) bytes, here are \(log.size)")
        }
        superblock = try AlignedBuffer(count: first).withMutableBytes { (bytes) throws(FormatError) in
            try Self.read(log, at: 0, "the superblock", &bytes)
            return try LogWritesSuperblock(decoding: bytes.bytes)
        }
        let size = superblock.blockSize
        guard size % log.limits.logicalBlockSize == 0 else {
            throw FormatError(
                .invalidField, at: 24,
                "a block of the log has \(size) bytes, which is no multiple of the device's logical block size, \(log.limits.logicalBlockSize)"
            )
        }
        guard superblock.entryCount < max(1, log.size.count / UInt64(size)) else {
            throw FormatError(
                .invalidField, at: 16, "\(superblock.entryCount) entries do not fit into a log of \(log.size.count / UInt64(size)) blocks")
        }
        self.log = log
        block = AlignedBuffer(count: size)
        place = UInt64(size)
    }

    /// The next entry; `nil` behind the last one that the superblock counts.
    ///
    /// Throws `invalidField` for what no entry has, and `truncated` when the entry or its data reaches past the end of the log. The reader
    /// stays where it was.
    public func next() throws(FormatError) -> Item? {
        guard number < superblock.entryCount else { return nil }
        let size = UInt64(superblock.blockSize)
        guard place + size <= log.size.count else {
            throw FormatError(.truncated, at: place, "the log ends before entry \(number) of \(superblock.entryCount)")
        }
        let entry = try block.withMutableBytes { (bytes) throws(FormatError) in
            try Self.read(log, at: place, "entry \(number)", &bytes)
            do throws(FormatError) {
                return try LogWritesEntry(decoding: bytes.bytes, blockSize: superblock.blockSize, at: place)
            } catch {
                throw FormatError(error.code, at: error.offset, "entry \(number): \(error.message)")
            }
        }
        let dataPlace = place + size
        guard entry.dataCount <= log.size.count - dataPlace else {
            throw FormatError(
                .truncated, at: dataPlace,
                "the log ends before the data of entry \(number), which has \(entry.dataCount) bytes; there are \(log.size.count - dataPlace)"
            )
        }
        let item = Item(number: number, place: place, entry: entry, dataPlace: dataPlace)
        number += 1
        place = dataPlace + entry.dataCount
        return item
    }

    /// Reads what an entry wrote: the data from `offset` on, within its ``LogWritesEntry/dataCount``. Both are whole blocks of the log.
    public func read(at offset: UInt64, of item: Item, into buffer: inout MutableRawSpan) throws(FormatError) {
        precondition(offset <= item.entry.dataCount && UInt64(buffer.byteCount) <= item.entry.dataCount - offset)
        try Self.read(log, at: item.dataPlace + offset, "the data of entry \(item.number)", &buffer)
    }

    private static func read(
        _ log: any BlockDevice, at offset: UInt64, _ what: String, _ buffer: inout MutableRawSpan
    ) throws(FormatError) {
        do throws(BlockIOError) { try log.read(at: offset, into: &buffer) } catch { throw FormatError(error, reading: what) }
    }
}
