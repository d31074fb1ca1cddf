internal import BlockIO

/// What a log of dm-log-writes says of one request: a write, a flush, a discard or a mark.
///
/// An entry has a block of the log for itself, in whose first 32 bytes are, least significant byte first:
///
/// | offset | size | field |
/// |---|---|---|
/// | 0 | 8 | first block of the device that was written or discarded |
/// | 8 | 8 | how many blocks were |
/// | 16 | 8 | flags: 1 flush, 2 forced unit access, 4 discard, 8 mark, 16 metadata |
/// | 24 | 8 | length of the mark's text in bytes; of data that came without blocks (DAX), in bytes; else 0 |
///
/// A mark's text is behind that, in the same block, and the rest of the block is zeroes. Then the blocks that were written follow, unless
/// they were discarded. All is counted in blocks of the size that the superblock says.
///
/// Source: the kernel's dm-log-writes (`struct log_write_entry`), and logs that it wrote.
public struct LogWritesEntry: Hashable, Sendable {
    /// What the request was.
    public struct Flags: OptionSet, Hashable, Sendable {
        /// The bits.
        public let rawValue: UInt64
        /// Flags from their bits.
        public init(rawValue: UInt64) { self.rawValue = rawValue }

        /// What had been written before was made durable. The kernel's `LOG_FLUSH_FLAG`.
        public static let flush = Flags(rawValue: 1)
        /// The write was durable when it returned. The kernel's `LOG_FUA_FLAG`.
        public static let forceUnitAccess = Flags(rawValue: 2)
        /// The blocks were discarded. The kernel's `LOG_DISCARD_FLAG`.
        public static let discard = Flags(rawValue: 4)
        /// Somebody put a mark here. The kernel's `LOG_MARK_FLAG`.
        public static let mark = Flags(rawValue: 8)
        /// A file system said that it writes metadata. The kernel's `LOG_METADATA_FLAG`.
        public static let metadata = Flags(rawValue: 16)

        static let known: Flags = [.flush, .forceUnitAccess, .discard, .mark, .metadata]
    }

    /// The bytes of a block that have a meaning, without the text of a mark.
    static let byteCount = 32

    /// What the request was.
    public var flags: Flags
    /// Where it began, in bytes of the device.
    public var offset: UInt64
    /// How many bytes it was about; 0 for a flush and a mark.
    public var count: UInt64
    /// The text of a mark, in UTF-8 as far as whoever made it wrote so; empty for anything else.
    public var text: [UInt8]
    /// The length of data that came without blocks (DAX), in bytes; else 0. The log has whole blocks of it, zeroes behind the data.
    public var inlineCount: UInt64

    /// A request about `count` bytes at `offset`, both whole blocks of the log.
    public init(_ flags: Flags, offset: UInt64 = 0, count: UInt64 = 0) {
        self.flags = flags
        self.offset = offset
        self.count = count
        text = []
        inlineCount = 0
    }

    /// A mark, of whose text as much is kept as the kernel keeps in a block of that size: all but 33 bytes.
    public static func mark(_ text: some StringProtocol, blockSize: Int) -> LogWritesEntry {
        var entry = LogWritesEntry(.mark)
        entry.text = Array(text.utf8.prefix(blockSize - byteCount - 1))
        return entry
    }

    /// The text of a mark; `nil` for anything else.
    public var mark: String? { flags.contains(.mark) ? String(decoding: text, as: UTF8.self) : nil }

    /// Whether the entry is a mark with that text, or with as much of it as a block of the log holds.
    public func isMark(_ text: some StringProtocol, blockSize: Int) -> Bool {
        flags.contains(.mark) && self.text.elementsEqual(text.utf8.prefix(blockSize - Self.byteCount - 1))
    }

    /// How many bytes of data follow the entry's block in the log.
    public var dataCount: UInt64 { flags.contains(.discard) ? 0 : count }
}

extension LogWritesEntry: CustomStringConvertible {
    /// `write 4096+512, fua`, `flush`, `discard 0+4096`, `mark before the crash`.
    public var description: String {
        // On a line of its own, whatever the log says: no text makes two, or controls a terminal.
        if let mark { return "mark \(String(mark.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : Character($0) }))" }
        var words: [String] = []
        if count > 0 { words.append("\(flags.contains(.discard) ? "discard" : "write") \(offset)+\(count)") }
        if flags.contains(.flush) { words.append("flush") }
        if flags.contains(.forceUnitAccess) { words.append("fua") }
        if flags.contains(.metadata) { words.append("metadata") }
        return words.joined(separator: ", ")
    }
}

// MARK: bytes

extension LogWritesEntry {
    /// Reads an entry from its block: `blockSize` bytes, which begin at `place` of the log.
    ///
    /// Throws `truncated` when there are fewer bytes, and `invalidField` for flags that are not known, sizes that do not fit 64 bits, and
    /// fields that do not go together.
    public init(decoding block: RawSpan, blockSize: Int, at place: UInt64) throws(FormatError) {
        guard block.byteCount >= blockSize else {
            throw FormatError(
                .truncated, at: place + UInt64(block.byteCount),
                "an entry has a block of \(blockSize) bytes, the log ends after \(block.byteCount)")
        }
        let size = UInt64(blockSize)
        let sector = block.littleEndian(at: 0, as: UInt64.self)
        let sectors = block.littleEndian(at: 8, as: UInt64.self)
        flags = Flags(rawValue: block.littleEndian(at: 16, as: UInt64.self))
        let length = block.littleEndian(at: 24, as: UInt64.self)
        guard flags.isSubset(of: .known) else {
            throw FormatError(
                .invalidField, at: place + 16, "flags 0x\(String(flags.subtracting(.known).rawValue, radix: 16)) of an entry are not known")
        }
        guard case (let offset, false) = sector.multipliedReportingOverflow(by: size),
            case (let count, false) = sectors.multipliedReportingOverflow(by: size),
            !offset.addingReportingOverflow(count).overflow
        else {
            throw FormatError(.invalidField, at: place, "\(sectors) blocks at \(sector) are behind the largest byte")
        }
        self.offset = offset
        self.count = count
        text = []
        inlineCount = 0
        if flags.contains(.mark) {
            guard flags == .mark, sector == 0, sectors == 0 else {
                throw FormatError(.invalidField, at: place, "a mark has neither blocks nor other flags")
            }
            guard length <= size - UInt64(Self.byteCount) else {
                throw FormatError(
                    .invalidField, at: place + 24, "a mark has up to \(blockSize - Self.byteCount) bytes of text, not \(length)")
            }
            text.reserveCapacity(Int(length))
            for index in 0..<Int(length) { text.append(block.littleEndian(at: Self.byteCount + index, as: UInt8.self)) }
            return
        }
        guard sectors > 0 || flags.contains(.flush) else {
            throw FormatError(.invalidField, at: place + 8, "an entry without blocks is neither a flush nor a mark")
        }
        if length > 0 {
            guard !flags.contains(.discard), length <= count, count - length < size else {
                throw FormatError(.invalidField, at: place + 24, "\(length) bytes of data do not fill \(sectors) blocks of \(blockSize)")
            }
            inlineCount = length
        }
    }

    /// Writes the entry to the first `blockSize` bytes of `block`, zeroes behind it. The entry is made of whole blocks.
    public func encode(into block: inout MutableRawSpan, blockSize: Int) {
        precondition(offset % UInt64(blockSize) == 0 && count % UInt64(blockSize) == 0 && text.count <= blockSize - Self.byteCount)
        var block = block.part(0..<blockSize)
        block.fillWithZeroes()
        block.storeLittleEndian(offset / UInt64(blockSize), at: 0)
        block.storeLittleEndian(count / UInt64(blockSize), at: 8)
        block.storeLittleEndian(flags.rawValue, at: 16)
        block.storeLittleEndian(flags.contains(.mark) ? UInt64(text.count) : inlineCount, at: 24)
        for (index, byte) in text.enumerated() { block.storeLittleEndian(byte, at: Self.byteCount + index) }
    }
}
