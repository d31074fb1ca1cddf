public import StorageUnits

/// Another device, with every write refused.
public final class ReadOnlyDevice: BlockDevice {
    public let limits: BlockLimits
    private let base: any BlockDevice

    /// `base`, to be read only.
    public init(_ base: any BlockDevice) {
        self.base = base
        var limits = base.limits
        limits.isReadOnly = true
        self.limits = limits
    }

    public var size: ByteCount { base.size }
    public var tagSize: Int { base.tagSize }

    public func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(BlockIOError) {
        try base.read(at: offset, into: &buffer)
    }

    public func read(at offset: UInt64, into buffer: inout MutableRawSpan, pieces: Span<Range<Int>>) throws(BlockIOError) {
        try base.read(at: offset, into: &buffer, pieces: pieces)
    }

    public func read(at offset: UInt64, into buffer: inout MutableRawSpan, tags: inout MutableRawSpan) throws(BlockIOError) {
        try base.read(at: offset, into: &buffer, tags: &tags)
    }

    public func write(_ bytes: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        throw .readOnlyDevice(offset, UInt64(bytes.byteCount))
    }

    public func write(_ bytes: RawSpan, tags: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        throw .readOnlyDevice(offset, UInt64(bytes.byteCount))
    }

    public func flush() throws(BlockIOError) {}

    public func discard(at offset: UInt64, count: UInt64) throws(BlockIOError) { throw .readOnlyDevice(offset, count) }

    public func writeZeroes(at offset: UInt64, count: UInt64, flags: ZeroFlags) throws(BlockIOError) {
        throw .readOnlyDevice(offset, count)
    }

    public func extent(at offset: UInt64, limit: UInt64) throws(BlockIOError) -> Extent { try base.extent(at: offset, limit: limit) }
}

extension BlockIOError {
    /// A write to a device that is read-only.
    package static func readOnlyDevice(_ offset: UInt64, _ count: UInt64) -> BlockIOError {
        BlockIOError(.readOnly, offset: offset, count: count, message: "the device is read-only")
    }
}
