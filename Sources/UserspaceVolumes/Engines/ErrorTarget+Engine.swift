internal import BlockIO
public import DeviceMapperTables
internal import StorageUnits

extension ErrorTarget: UserspaceTarget {
    /// The device whose limits the kernel would take over is not opened: limits are nothing that a volume's reader sees.
    public func makeEngine(in context: EngineContext) throws(MappingError) -> any TargetEngine { ErrorEngine(length: context.length) }
}

private final class ErrorEngine: TargetEngine {
    let size: ByteCount
    let limits = BlockLimits()

    init(length: Sectors) { size = length.bytes ?? .zero }

    func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(BlockIOError) { throw failure(offset, UInt64(buffer.byteCount)) }

    func write(_ bytes: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        throw failure(offset, UInt64(bytes.byteCount))
    }

    /// Nothing is ever written, so nothing is lost; the kernel's target has nothing to flush either.
    func flush() throws(BlockIOError) {}

    func discard(at offset: UInt64, count: UInt64) throws(BlockIOError) { throw failure(offset, count) }

    func writeZeroes(at offset: UInt64, count: UInt64, flags: ZeroFlags) throws(BlockIOError) { throw failure(offset, count) }

    private func failure(_ offset: UInt64, _ count: UInt64) -> BlockIOError {
        BlockIOError(.inputOutput, offset: offset, count: count, message: "the error target fails every request")
    }
}
