internal import BlockIO

/// The log that a mirror keeps on a device: which regions are the same on all legs.
///
/// It is at the start of the device, least significant byte first:
///
/// | offset | size | field |
/// |---|---|---|
/// | 0 | 4 | magic, `0x4d695272` |
/// | 4 | 4 | version, 2; 1 is the same but for machines with the most significant byte first |
/// | 8 | 8 | number of regions |
/// | 1024 | 8 for every 64 regions | a bit for each region, the lowest of the first byte for the first: set when it is clean |
///
/// What is between the header and the bits has no meaning, and stays as it is. Bits behind those of the last region are clear, up to a multiple of 64.
///
/// Source: the kernel's dm-log (`struct log_header_disk`, `MIRROR_MAGIC`, `MIRROR_DISK_VERSION`, `LOG_OFFSET`), and logs that it wrote.
public struct MirrorLog: Hashable, Sendable {
    /// What the first four bytes are. The kernel's `MIRROR_MAGIC`.
    public static let magic: UInt32 = 0x4d69_5272
    /// The version that is written. The kernel's `MIRROR_DISK_VERSION`.
    public static let version: UInt32 = 2
    /// Where the bits begin, in bytes. The kernel's `LOG_OFFSET`, which counts sectors.
    public static let bitsOffset = 1024
    /// The bytes of the header that have a meaning.
    static let headerSize = 16

    /// The number of regions.
    public let regionCount: Int
    /// A bit for each region; those behind the last are clear.
    private var words: [UInt64]

    /// How many bytes a log of so many regions has: at most 2^32, the most that a mirror has.
    public static func byteCount(regionCount: Int) -> Int { bitsOffset + (regionCount + 63) / 64 * 8 }

    /// The byte of a log that has the bit of a region.
    public static func byteOffset(ofRegion region: Int) -> Int { bitsOffset + region / 8 }

    /// A new log, of regions that are all clean, or all dirty.
    public init(regionCount: Int, isClean: Bool) {
        self.regionCount = regionCount
        words = [UInt64](repeating: isClean ? .max : 0, count: (regionCount + 63) / 64)
        trim()
    }

    /// Reads a log for a mirror of `regionCount` regions, 1 to 2^32, from the bytes at the start of its device.
    ///
    /// A log that was written for fewer regions knows nothing of the others: they are dirty. Of one that was written for more the first count.
    ///
    /// Throws `truncated` when there are fewer bytes than a log of that size has, `wrongMagic` when there is no log, and `unsupportedVersion`.
    public init(decoding bytes: RawSpan, regionCount: Int) throws(FormatError) {
        let size = Self.byteCount(regionCount: regionCount)
        guard bytes.byteCount >= size else {
            throw FormatError(
                .truncated, at: UInt64(bytes.byteCount),
                "the log of a mirror of \(regionCount) regions has \(size) bytes, here it ends after \(bytes.byteCount)")
        }
        guard bytes.littleEndian(at: 0, as: UInt32.self) == Self.magic else {
            throw FormatError(.wrongMagic, at: 0, "no log of a mirror: the magic number is missing")
        }
        let version = bytes.littleEndian(at: 4, as: UInt32.self)
        guard version == 1 || version == Self.version else {
            throw FormatError(.unsupportedVersion, at: 4, "the log has version \(version), known are 1 and \(Self.version)")
        }
        let logged = Int(clamping: bytes.littleEndian(at: 8, as: UInt64.self))
        self.regionCount = regionCount
        words = []
        words.reserveCapacity((regionCount + 63) / 64)
        for first in stride(from: 0, to: regionCount, by: 64) {
            let word = first < logged ? bytes.littleEndian(at: Self.byteOffset(ofRegion: first), as: UInt64.self) : 0
            words.append(word & Self.mask(of: logged - first))
        }
        trim()
    }

    /// Whether the region is the same on all legs, as far as the log knows. The region is one of the log's.
    public subscript(isClean region: Int) -> Bool {
        get { words[region / 64] & (1 << UInt64(region % 64)) != 0 }
        set {
            let bit: UInt64 = 1 << UInt64(region % 64)
            if newValue { words[region / 64] |= bit } else { words[region / 64] &= ~bit }
        }
    }

    /// The bits of the regions from `64 * index` on, the lowest for the first; those behind the last region are clear. There are as many as it takes.
    public subscript(word index: Int) -> UInt64 {
        get { words[index] }
        set { words[index] = newValue & Self.mask(of: regionCount - index * 64) }
    }

    /// How many words the bits have.
    public var wordCount: Int { words.count }

    /// Writes the header to the start of `bytes`, 16 or more, and leaves the others as they are.
    public func encodeHeader(into bytes: inout MutableRawSpan) {
        bytes.storeLittleEndian(Self.magic, at: 0)
        bytes.storeLittleEndian(Self.version, at: 4)
        bytes.storeLittleEndian(UInt64(regionCount), at: 8)
    }

    /// Writes the number of regions alone, into a header of another version, as the kernel does.
    public func encodeRegionCount(into bytes: inout MutableRawSpan) { bytes.storeLittleEndian(UInt64(regionCount), at: 8) }

    /// Writes those bits to `bytes`, which are the whole log's, that lie in `range`, and leaves the others as they are. The range, in bytes of the log,
    /// begins and ends at multiples of 8.
    public func encodeBits(in range: Range<Int>, into bytes: inout MutableRawSpan) {
        let bits = range.clamped(to: Self.bitsOffset..<Self.bitsOffset + words.count * 8)
        for offset in stride(from: bits.lowerBound, to: bits.upperBound, by: 8) {
            bytes.storeLittleEndian(words[(offset - Self.bitsOffset) / 8], at: offset)
        }
    }

    /// The lowest bits of a word: so many.
    private static func mask(of count: Int) -> UInt64 { count >= 64 ? .max : count <= 0 ? 0 : 1 << UInt64(count) - 1 }

    private mutating func trim() {
        if regionCount % 64 != 0 { words[words.count - 1] &= Self.mask(of: regionCount % 64) }
    }
}
