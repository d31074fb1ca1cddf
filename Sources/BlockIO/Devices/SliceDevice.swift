public import StorageUnits

/// A run of bytes of another device, as a device of its own.
public final class SliceDevice: BlockDevice {
    public let size: ByteCount
    public let limits: BlockLimits
    private let base: any BlockDevice
    private let start: UInt64

    /// `count` bytes of `base` from `start` on: both multiples of its logical block size, and within it.
    public init(of base: any BlockDevice, start: UInt64, count: UInt64) throws(BlockIOError) {
        try base.checkRange(at: start, count: count)
        let block = UInt64(base.limits.logicalBlockSize)
        guard start % block == 0, count % block == 0 else {
            throw BlockIOError(
                .unaligned, offset: start, count: count,
                message: "a slice of \(count) bytes at \(start) is not a multiple of the logical block size of \(block) bytes")
        }
        self.base = base
        self.start = start
        size = ByteCount(count)
        limits = base.limits
    }

    public var tagSize: Int { base.tagSize }

    public func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(BlockIOError) {
        try locally { () throws(BlockIOError) in try base.read(at: start + offset, into: &buffer) }
    }

    public func write(_ bytes: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        try locally { () throws(BlockIOError) in try base.write(bytes, at: start + offset, flags: flags) }
    }

    public func read(at offset: UInt64, into buffer: inout MutableRawSpan, pieces: Span<Range<Int>>) throws(BlockIOError) {
        try locally { () throws(BlockIOError) in try base.read(at: start + offset, into: &buffer, pieces: pieces) }
    }

    public func write(_ bytes: RawSpan, pieces: Span<Range<Int>>, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        try locally { () throws(BlockIOError) in try base.write(bytes, pieces: pieces, at: start + offset, flags: flags) }
    }

    public func read(at offset: UInt64, into buffer: inout MutableRawSpan, tags: inout MutableRawSpan) throws(BlockIOError) {
        try locally { () throws(BlockIOError) in try base.read(at: start + offset, into: &buffer, tags: &tags) }
    }

    public func write(_ bytes: RawSpan, tags: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        try locally { () throws(BlockIOError) in try base.write(bytes, tags: tags, at: start + offset, flags: flags) }
    }

    public func flush() throws(BlockIOError) { try base.flush() }

    public func discard(at offset: UInt64, count: UInt64) throws(BlockIOError) {
        try locally { () throws(BlockIOError) in try base.discard(at: start + offset, count: count) }
    }

    public func writeZeroes(at offset: UInt64, count: UInt64, flags: ZeroFlags) throws(BlockIOError) {
        try locally { () throws(BlockIOError) in try base.writeZeroes(at: start + offset, count: count, flags: flags) }
    }

    public func extent(at offset: UInt64, limit: UInt64) throws(BlockIOError) -> Extent {
        try locally { () throws(BlockIOError) in try base.extent(at: start + offset, limit: limit) }
    }

    /// Errors of the base tell of its ranges: here they are made this device's.
    private func locally<Result>(_ request: () throws(BlockIOError) -> Result) throws(BlockIOError) -> Result {
        do throws(BlockIOError) {
            return try request()
        } catch {
            throw error.moved(to: error.offset &- start, count: error.count)
        }
    }
}
