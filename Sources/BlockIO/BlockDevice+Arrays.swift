// Reading and writing arrays: convenient, with an allocation per call. Loops use spans over one buffer.
extension BlockDevice {
    /// `count` bytes from `offset` on.
    public func read(at offset: UInt64, count: Int) throws(BlockIOError) -> [UInt8] {
        try checkRange(at: offset, count: UInt64(count))
        var failure: BlockIOError?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { room, used in
            unsafe UnsafeMutableRawBufferPointer(room).initializeMemory(as: UInt8.self, repeating: 0)
            var span = unsafe MutableRawSpan(
                _unsafeBytes: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(room)[..<count]))
            do throws(BlockIOError) { try read(at: offset, into: &span) } catch { failure = error }
            used = count
        }
        if let failure { throw failure }
        return bytes
    }

    /// Writes `bytes` at `offset`.
    public func write(_ bytes: [UInt8], at offset: UInt64, flags: WriteFlags = []) throws(BlockIOError) {
        try write(unsafe bytes.span.bytes, at: offset, flags: flags)
    }
}
