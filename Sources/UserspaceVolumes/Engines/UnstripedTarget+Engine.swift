internal import BlockIO
public import DeviceMapperTables
internal import StorageUnits

extension UnstripedTarget: UserspaceTarget {
    /// The kernel looks for no more of the device than the line is long, and fails what lies behind its end; here it must have all chunks.
    public func makeEngine(in context: EngineContext) throws(MappingError) -> any TargetEngine {
        // Validated with the table: the product fits.
        let chunks = context.length.count / chunkSize.count
        let span = Sectors(((chunks - 1) * UInt64(stripeCount) + UInt64(stripe) + 1) * chunkSize.count)
        let part = try context.open(device, start: start, length: span)
        let block = part.device.limits.logicalBlockSize
        guard let chunk = chunkSize.bytes, chunk.count % UInt64(block) == 0 else {
            throw context.error(.invalidTable, "the chunk size is no multiple of the device's logical block size, \(block) bytes")
        }
        return UnstripedEngine(self, part, length: context.length, chunk: chunk.count)
    }
}

/// Chunk c of the line is chunk c * n + s of the device. Source: the kernel's dm-unstripe.
private final class UnstripedEngine: RunMapping {
    let size: ByteCount
    let limits: BlockLimits
    let devices: [any BlockDevice]
    private let part: EngineContext.Part
    private let chunk: UInt64
    private let stripe: UInt64
    private let stripeCount: UInt64

    init(_ target: UnstripedTarget, _ part: EngineContext.Part, length: Sectors, chunk: UInt64) {
        self.part = part
        self.chunk = chunk
        stripe = UInt64(target.stripe)
        stripeCount = UInt64(target.stripeCount)
        devices = [part.device]
        size = length.bytes ?? .zero
        limits = part.device.limits
    }

    func run(at offset: UInt64, limit: UInt64) -> MappedRun {
        let (index, within) = offset.quotientAndRemainder(dividingBy: chunk)
        return MappedRun(
            device: part.device, place: part.start + (index * stripeCount + stripe) * chunk + within,
            count: stripeCount == 1 ? limit : min(limit, chunk - within))
    }
}
