internal import BlockIO
public import DeviceMapperTables
internal import StorageUnits

extension SwitchTarget: UserspaceTarget {
    public func makeEngine(in context: EngineContext) throws(MappingError) -> any TargetEngine {
        guard paths.count <= RegionMap.largestPathCount else {
            throw context.error(.unsupported, "a switch has up to \(RegionMap.largestPathCount) paths in user space, not \(paths.count)")
        }
        let (whole, rest) = context.length.count.quotientAndRemainder(dividingBy: regionSize.count)
        let regions = whole + (rest > 0 ? 1 : 0)
        let (bytes, overflow) = regions.multipliedReportingOverflow(by: UInt64(RegionMap.bytesPerRegion))
        try context.takeMemory(overflow ? .max : bytes, for: "\(regions) regions")
        var parts: [EngineContext.Part] = []
        for path in paths { parts.append(try context.open(path.device, start: path.start)) }
        let block = parts.reduce(1) { max($0, $1.device.limits.logicalBlockSize) }
        guard let size = regionSize.bytes, size.count % UInt64(block) == 0 else {
            throw context.error(.invalidTable, "the region size is no multiple of a device's logical block size, \(block) bytes")
        }
        return SwitchEngine(parts, RegionMap(regionCount: Int(regions), pathCount: parts.count), regionSize: size.count)
    }
}

/// Each region is at the same place of one of the paths. Source: the kernel's dm-switch, which forgets to flush its paths; here they are.
private final class SwitchEngine: RunMapping {
    let size: ByteCount
    let limits: BlockLimits
    let devices: [any BlockDevice]
    private let paths: [EngineContext.Part]
    private let map: RegionMap
    private let regionSize: UInt64

    init(_ paths: [EngineContext.Part], _ map: RegionMap, regionSize: UInt64) {
        self.paths = paths
        self.map = map
        self.regionSize = regionSize
        size = ByteCount(paths[0].count)
        limits = paths.dropFirst().reduce(paths[0].device.limits) { $0.stacked(with: $1.device.limits) }
        // Several paths often lead to one device.
        var seen: Set<ObjectIdentifier> = []
        devices = paths.map(\.device).filter { seen.insert(ObjectIdentifier($0)).inserted }
    }

    /// How many regions a run looks at: whoever wants more of a longer one asks again, and pays for no more than is used.
    private static let regionsPerRun = 1024

    func run(at offset: UInt64, limit: UInt64) -> MappedRun {
        let (region, within) = offset.quotientAndRemainder(dividingBy: regionSize)
        let path = map[Int(region)]
        var next = Int(region) + 1
        var count = regionSize - within
        let end = Int(region) + Self.regionsPerRun
        while count < limit, next < end, map[next] == path {
            count += regionSize
            next += 1
        }
        return MappedRun(device: paths[path].device, place: paths[path].start + offset, count: min(count, limit))
    }

    func receive(_ message: inout ArgumentReader) throws(MappingError) -> String? {
        switch try SwitchTarget.Message(receiving: &message) {
        case .setRegionMappings(let mappings): try map.apply(mappings)
        }
        return nil
    }
}
