public import BlockIO

// Pieces of arrays: convenient in tests, with allocations per call.
extension BlockDevice {
    /// Reads one range of the device into several pieces of `bytes`, in order.
    public func read(at offset: UInt64, into bytes: inout [UInt8], pieces: [Range<Int>]) throws(BlockIOError) {
        var span = bytes.mutableSpan
        var room = unsafe span.mutableBytes
        try read(at: offset, into: &room, pieces: pieces.span)
    }

    /// Writes several pieces of `bytes`, in order, to one range of the device.
    public func write(_ bytes: [UInt8], pieces: [Range<Int>], at offset: UInt64, flags: WriteFlags = []) throws(BlockIOError) {
        try write(unsafe bytes.span.bytes, pieces: pieces.span, at: offset, flags: flags)
    }
}

extension Span<Range<Int>> {
    /// How many bytes the pieces have together.
    var total: UInt64 {
        var bytes: UInt64 = 0
        for index in indices { bytes += UInt64(self[index].count) }
        return bytes
    }
}
