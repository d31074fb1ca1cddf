public import StorageUnits

/// Storage that is read and written at byte offsets: a file, a disk, memory, or an engine that maps onto others.
///
/// Every call is synchronous, may block, and may come from any thread, several at once. A request must lie within `0..<size` and, in its
/// offset and its length, be a multiple of `limits.logicalBlockSize`. Devices trust that: the checks are made once, in `Volume` or by
/// ``checkRange(at:count:)``. A request either succeeds whole or throws; after a write that throws, the range named by the error may hold
/// old bytes, new bytes, or some of each.
public protocol BlockDevice: AnyObject, Sendable {
    /// The size. Fixed while the device is open, but for devices of a mapper, which have another when a table of another length is put in force.
    var size: ByteCount { get }

    /// What requests the device takes, fixed while the device is open.
    var limits: BlockLimits { get }

    /// Fills `buffer` from `offset`.
    func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(BlockIOError)

    /// Writes `bytes` at `offset`. The bytes are durable after the next `flush()`, or on return with `.forceUnitAccess`.
    func write(_ bytes: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError)

    /// Reads one range of the device into several pieces of `buffer`, in order: `preadv(2)`.
    /// The pieces lie within the buffer, do not overlap, and none is empty.
    func read(at offset: UInt64, into buffer: inout MutableRawSpan, pieces: Span<Range<Int>>) throws(BlockIOError)

    /// Writes several pieces of `bytes`, in order, to one range of the device: `pwritev(2)`.
    /// The pieces lie within the bytes, and none is empty.
    func write(_ bytes: RawSpan, pieces: Span<Range<Int>>, at offset: UInt64, flags: WriteFlags) throws(BlockIOError)

    /// How many bytes of tag the device keeps beside each logical block; 0 when it keeps none.
    var tagSize: Int { get }

    /// Reads blocks together with their tags: `tagSize` bytes for each logical block of `buffer`.
    func read(at offset: UInt64, into buffer: inout MutableRawSpan, tags: inout MutableRawSpan) throws(BlockIOError)

    /// Writes blocks together with their tags: `tagSize` bytes for each logical block of `bytes`.
    func write(_ bytes: RawSpan, tags: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError)

    /// Makes every write that has returned durable.
    func flush() throws(BlockIOError)

    /// Says that the range's contents are no longer needed; what it reads as afterwards is undefined.
    func discard(at offset: UInt64, count: UInt64) throws(BlockIOError)

    /// Makes the range read as zeroes.
    func writeZeroes(at offset: UInt64, count: UInt64, flags: ZeroFlags) throws(BlockIOError)

    /// What is known of the bytes from `offset` on: one run, of at least one byte and at most `limit` (at least one).
    func extent(at offset: UInt64, limit: UInt64) throws(BlockIOError) -> Extent
}

/// How a write is carried out.
public struct WriteFlags: OptionSet, Hashable, Sendable {
    /// The bits.
    public let rawValue: UInt8
    /// Flags from their bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The bytes are on stable storage when the write returns. The kernel's `REQ_FUA`.
    public static let forceUnitAccess = WriteFlags(rawValue: 1)
}

/// How zeroes are written.
public struct ZeroFlags: OptionSet, Hashable, Sendable {
    /// The bits.
    public let rawValue: UInt8
    /// Flags from their bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The zeroes are on stable storage when the call returns. The kernel's `REQ_FUA`.
    public static let forceUnitAccess = ZeroFlags(rawValue: 1)
    /// The storage may be given back, as long as the range reads as zeroes. Without it space stays allocated, where the system can.
    public static let mayUnmap = ZeroFlags(rawValue: 2)
}

/// A run of bytes of which one thing is known.
public struct Extent: Hashable, Sendable {
    /// What a run of bytes is.
    public enum Kind: Hashable, Sendable {
        /// Storage is allocated; the bytes may be anything, zero too.
        case data
        /// Nothing is stored, and the bytes read as zeroes.
        case hole
    }

    /// What the run is.
    public var kind: Kind
    /// Its length in bytes, at least one.
    public var count: UInt64

    /// A run of `count` bytes.
    public init(_ kind: Kind, count: UInt64) {
        self.kind = kind
        self.count = count
    }
}

extension BlockDevice {
    /// Writes `bytes` at `offset` without flags.
    public func write(_ bytes: RawSpan, at offset: UInt64) throws(BlockIOError) { try write(bytes, at: offset, flags: []) }

    /// A loop over the pieces, for devices that have nothing better.
    public func read(at offset: UInt64, into buffer: inout MutableRawSpan, pieces: Span<Range<Int>>) throws(BlockIOError) {
        var position = offset
        for index in pieces.indices {
            var part = buffer.part(pieces[index])
            try read(at: position, into: &part)
            position += UInt64(pieces[index].count)
        }
    }

    /// A loop over the pieces, for devices that have nothing better.
    public func write(_ bytes: RawSpan, pieces: Span<Range<Int>>, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        var position = offset
        for index in pieces.indices {
            try write(bytes.extracting(pieces[index]), at: position, flags: flags)
            position += UInt64(pieces[index].count)
        }
    }

    /// Most devices keep no tags.
    public var tagSize: Int { 0 }

    /// Refuses: the device keeps no tags.
    public func read(at offset: UInt64, into buffer: inout MutableRawSpan, tags: inout MutableRawSpan) throws(BlockIOError) {
        throw .noTags(offset: offset, count: buffer.byteCount)
    }

    /// Refuses: the device keeps no tags.
    public func write(_ bytes: RawSpan, tags: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        throw .noTags(offset: offset, count: bytes.byteCount)
    }

    /// Everything is data, for devices that know no better.
    public func extent(at offset: UInt64, limit: UInt64) throws(BlockIOError) -> Extent { Extent(.data, count: limit) }

    /// Writes zero bytes, for devices that have nothing better.
    public func writeZeroes(at offset: UInt64, count: UInt64, flags: ZeroFlags) throws(BlockIOError) {
        try writeZeroBytes(at: offset, count: count, flags: flags.contains(.forceUnitAccess) ? .forceUnitAccess : [])
    }

    /// Throws unless `count` bytes from `offset` lie within the device. Alignment is not looked at.
    public func checkRange(at offset: UInt64, count: UInt64) throws(BlockIOError) {
        guard offset <= size.count, count <= size.count - offset else { throw .pastTheEnd(offset, count, size: size) }
    }

    /// Writes zero bytes as data, a piece at a time.
    func writeZeroBytes(at offset: UInt64, count: UInt64, flags: WriteFlags) throws(BlockIOError) {
        var done: UInt64 = 0
        while done < count {
            let piece = min(count - done, UInt64(ZeroBytes.count))
            do throws(BlockIOError) {
                try ZeroBytes.withBytes(count: Int(piece)) { (zeroes) throws(BlockIOError) in
                    try write(zeroes, at: offset + done, flags: flags)
                }
            } catch {
                throw error.extended(to: offset + count)
            }
            done += piece
        }
    }
}
