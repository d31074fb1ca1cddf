public import StorageUnits

/// A device that keeps its bytes in memory: zeroes at first, gone with the object.
public final class MemoryDevice: BlockDevice {
    public let size: ByteCount
    public let limits: BlockLimits
    private let memory: Monitor<AlignedBuffer>

    /// A device of `size` bytes that takes requests in multiples of `logicalBlockSize`. Memory is taken when it is first written.
    public init(size: ByteCount, logicalBlockSize: Int = 1) {
        self.size = size
        limits = BlockLimits(logicalBlockSize: logicalBlockSize)
        memory = Monitor(AlignedBuffer(count: Int(size.count)))
    }

    /// A device that holds a copy of `bytes`.
    public convenience init(_ bytes: [UInt8], logicalBlockSize: Int = 1) {
        self.init(size: ByteCount(UInt64(bytes.count)), logicalBlockSize: logicalBlockSize)
        memory.withLock { memory in memory.withMutableBytes { $0.copy(from: unsafe bytes.span.bytes) } }
    }

    /// A copy of all bytes.
    public var contents: [UInt8] {
        memory.withLock { memory in
            memory.withBytes { bytes in unsafe bytes.withUnsafeBytes { unsafe Array($0) } }
        }
    }

    public func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(BlockIOError) {
        memory.withLock { memory in
            memory.withBytes { bytes in buffer.copy(from: bytes.extracting(Int(offset)..<Int(offset) + buffer.byteCount)) }
        }
    }

    public func write(_ bytes: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        memory.withLock { memory in
            memory.withMutableBytes { target in
                var part = target.part(Int(offset)..<Int(offset) + bytes.byteCount)
                part.copy(from: bytes)
            }
        }
    }

    public func flush() throws(BlockIOError) {}

    public func discard(at offset: UInt64, count: UInt64) throws(BlockIOError) {
        try writeZeroes(at: offset, count: count, flags: .mayUnmap)
    }
}
