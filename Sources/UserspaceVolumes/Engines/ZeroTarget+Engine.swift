internal import BlockIO
public import DeviceMapperTables
internal import StorageUnits

extension ZeroTarget: UserspaceTarget {
    public func makeEngine(in context: EngineContext) throws(MappingError) -> any TargetEngine { ZeroEngine(length: context.length) }
}

private final class ZeroEngine: TargetEngine {
    let size: ByteCount
    let limits = BlockLimits()

    init(length: Sectors) { size = length.bytes ?? .zero }

    func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(BlockIOError) { buffer.fillWithZeroes() }

    func write(_ bytes: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {}

    func flush() throws(BlockIOError) {}

    func discard(at offset: UInt64, count: UInt64) throws(BlockIOError) {}

    func writeZeroes(at offset: UInt64, count: UInt64, flags: ZeroFlags) throws(BlockIOError) {}

    func extent(at offset: UInt64, limit: UInt64) throws(BlockIOError) -> Extent { Extent(.hole, count: limit) }
}
