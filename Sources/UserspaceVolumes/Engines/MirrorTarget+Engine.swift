internal import BlockIO
public import DeviceMapperTables
internal import Logging
internal import StorageUnits

extension MirrorTarget: UserspaceTarget {
    /// A log that a daemon keeps is the daemon's: it is asked through the kernel, and nobody else can ask it.
    public func makeEngine(in context: EngineContext) throws(MappingError) -> any TargetEngine {
        let regionSize: Sectors
        let sync: Sync
        switch log {
        case .core(let size, let mode), .disk(_, let size, let mode): (regionSize, sync) = (size, mode)
        case .userspace:
            throw context.error(.unsupported, "a mirror can be opened in user space with a log of type core or disk, not with a daemon's")
        }
        guard unknown.isEmpty else { throw context.error(.unsupported, "mirror option '\(unknown[0])' is not known in user space") }
        let (whole, rest) = context.length.count.quotientAndRemainder(dividingBy: regionSize.count)
        let regions = whole + (rest > 0 ? 1 : 0)
        // As many bits for each as there are sets of regions, and the bytes of a log.
        let bits: UInt64 = if case .disk = log { 6 } else { 1 }
        let (bytes, overflow) = (regions / 8 + 1).multipliedReportingOverflow(by: bits)
        try context.takeMemory(overflow ? .max : bytes, for: "\(regions) regions")
        let count = Int(regions)
        var parts: [EngineContext.Part] = []
        for leg in legs { parts.append(try context.open(leg.device, start: leg.start)) }
        let block = parts.reduce(1) { max($0, $1.device.limits.logicalBlockSize) }
        guard let size = regionSize.bytes, size.count % UInt64(block) == 0 else {
            throw context.error(.invalidTable, "the region size is no multiple of a device's logical block size, \(block) bytes")
        }
        var logDevice: MirrorLogDevice?
        if case .disk(let device, _, _) = log { logDevice = MirrorLogDevice(device, try context.openLog(device, regionCount: count)) }
        let line = context.line
        let state = MirrorState(
            legCount: parts.count, regionCount: count, regionSize: size.count, sync: sync, handling: errorHandling, log: logDevice,
            observer: .init(
                raiseEvent: context.raiseEvent, warn: { [logger = context.logger] in logger.warning("line \(line): \($0)") }))
        return MirrorEngine(self, parts, state, context)
    }
}

extension EngineContext {
    /// Opens the device of a log, which begins at its byte 0.
    fileprivate func openLog(_ device: DeviceReference, regionCount: Int) throws(MappingError) -> Part {
        let block = try open(device, start: 0, length: 0).device.limits.logicalBlockSize
        let size = MirrorLogDevice.byteCount(regionCount: regionCount, blockSize: block)
        return try open(device, start: 0, length: Sectors(UInt64(size) / Sectors.bytesPerSector))
    }
}
