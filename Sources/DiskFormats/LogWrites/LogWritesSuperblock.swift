internal import BlockIO

/// The first block of a log of dm-log-writes: what it is, and how many entries it has.
///
/// It has a block of the log's own size, in whose first 28 bytes are, least significant byte first:
///
/// | offset | size | field |
/// |---|---|---|
/// | 0 | 8 | magic, `0x6a736677736872` |
/// | 8 | 8 | version, 1 |
/// | 16 | 8 | number of entries |
/// | 24 | 4 | size of a block in bytes: the logical block size of the device that is logged |
///
/// Source: the kernel's dm-log-writes (`struct log_write_super`), and logs that it wrote.
public struct LogWritesSuperblock: Hashable, Sendable {
    /// What the first eight bytes are. The kernel's `WRITE_LOG_MAGIC`.
    public static let magic: UInt64 = 0x6a_7366_7773_6872
    /// The only version that there is. The kernel's `WRITE_LOG_VERSION`.
    public static let version: UInt64 = 1
    /// The bytes that have a meaning.
    static let byteCount = 28
    /// The sizes that a block can have, in bytes: powers of two in this range.
    public static let blockSizes = 512...65536

    /// How many entries are behind it.
    ///
    /// The kernel writes the superblock after each entry with the flag of forced unit access and after each mark; after a flush it does not. What
    /// came after the last of them is in the log, but not counted.
    public var entryCount: UInt64
    /// The size of a block in bytes, in which all of the log is counted.
    public var blockSize: Int

    /// `entryCount` entries, in blocks of `blockSize` bytes.
    public init(entryCount: UInt64, blockSize: Int) {
        precondition(Self.isBlockSize(blockSize))
        self.entryCount = entryCount
        self.blockSize = blockSize
    }

    /// Whether a block can have that size.
    static func isBlockSize(_ size: Int) -> Bool { blockSizes.contains(size) && size & (size - 1) == 0 }

    /// Reads a superblock from the bytes at the start of a log.
    ///
    /// Throws `truncated` when there are fewer than 28 bytes, `wrongMagic`, `unsupportedVersion`, and `invalidField` for a block size.
    public init(decoding bytes: RawSpan) throws(FormatError) {
        guard bytes.byteCount >= Self.byteCount else {
            throw FormatError(
                .truncated, at: UInt64(bytes.byteCount),
                "a log has a superblock of \(Self.byteCount) bytes, here it ends after \(bytes.byteCount)")
        }
        guard bytes.littleEndian(at: 0, as: UInt64.self) == Self.magic else {
            throw FormatError(.wrongMagic, at: 0, "no log of log-writes: the magic number is missing")
        }
        let version = bytes.littleEndian(at: 8, as: UInt64.self)
        guard version == Self.version else {
            throw FormatError(.unsupportedVersion, at: 8, "the log has version \(version), known is \(Self.version)")
        }
        entryCount = bytes.littleEndian(at: 16, as: UInt64.self)
        let size = bytes.littleEndian(at: 24, as: UInt32.self)
        guard let size = Int(exactly: size), Self.isBlockSize(size) else {
            throw FormatError(.invalidField, at: 24, "a block has 512 to 65536 bytes, a power of two, not \(size)")
        }
        blockSize = size
    }

    /// Writes the superblock to the start of `block`, and zeroes behind it. `block` has at least 28 bytes.
    public func encode(into block: inout MutableRawSpan) {
        block.fillWithZeroes()
        block.storeLittleEndian(Self.magic, at: 0)
        block.storeLittleEndian(Self.version, at: 8)
        block.storeLittleEndian(entryCount, at: 16)
        block.storeLittleEndian(UInt32(blockSize), at: 24)
    }
}
