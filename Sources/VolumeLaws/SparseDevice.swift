public import BlockIO
public import StorageUnits

/// A device over another that knows its holes: runs of zeroes of at least a certain unit are told as such.
public final class SparseDevice: BlockDevice {
    private let base: any BlockDevice
    private let unit: UInt64

    /// `base`, looked at in units of so many bytes: a multiple of its logical block size.
    public init(_ base: any BlockDevice, unit: UInt64 = 512) {
        self.base = base
        self.unit = unit
    }

    public var size: ByteCount { base.size }
    public var limits: BlockLimits { base.limits }

    public func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(BlockIOError) {
        try base.read(at: offset, into: &buffer)
    }

    public func write(_ bytes: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        try base.write(bytes, at: offset, flags: flags)
    }

    public func read(at offset: UInt64, into buffer: inout MutableRawSpan, pieces: Span<Range<Int>>) throws(BlockIOError) {
        try base.read(at: offset, into: &buffer, pieces: pieces)
    }

    public func write(_ bytes: RawSpan, pieces: Span<Range<Int>>, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        try base.write(bytes, pieces: pieces, at: offset, flags: flags)
    }

    public func flush() throws(BlockIOError) { try base.flush() }

    public func discard(at offset: UInt64, count: UInt64) throws(BlockIOError) { try base.discard(at: offset, count: count) }

    public func writeZeroes(at offset: UInt64, count: UInt64, flags: ZeroFlags) throws(BlockIOError) {
        try base.writeZeroes(at: offset, count: count, flags: flags)
    }

    public func extent(at offset: UInt64, limit: UInt64) throws(BlockIOError) -> Extent {
        let end = offset + limit
        let kind = try kind(ofUnitAt: offset / unit * unit)
        var place = offset / unit * unit + unit
        while place < end, try self.kind(ofUnitAt: place) == kind { place += unit }
        return Extent(kind, count: min(place, end) - offset)
    }

    private func kind(ofUnitAt offset: UInt64) throws(BlockIOError) -> Extent.Kind {
        let bytes = try base.read(at: offset, count: Int(min(unit, size.count - offset)))
        return ByteModel([UInt8](repeating: 0, count: bytes.count)).firstDifference(from: 0, bytes) == nil ? .hole : .data
    }
}
