public import DeviceMapperTables
public import StorageUnits
internal import SystemPackage

/// The statistics that the kernel keeps of a mapped device (dm-stats), in regions that anybody may make. They cost nothing while there are none.
///
/// Regions belong to the device and not to its table, and live until they are deleted or the device is removed. Other programs have regions of their own:
/// give yours a `programID`. Devices whose requests are never cut (request-based multipath) have no statistics.
public struct KernelStatistics: Sendable {
    /// The device.
    public let device: MappedDeviceID
    private let mapper: KernelMapper

    init(_ device: MappedDeviceID, _ mapper: KernelMapper) {
        self.device = device
        self.mapper = mapper
    }

    // MARK: regions

    /// Begins to count.
    ///
    /// - Parameters:
    ///   - range: the sectors; `nil` is the whole device as it is now.
    ///   - areas: the parts that are counted each for itself.
    ///   - resolution: what times are counted in.
    ///   - latencyBounds: where the bins of a histogram of latencies end, growing; empty is no histogram.
    ///   - programID: whom the region belongs to, one word.
    ///   - auxiliaryData: a note, one line.
    ///
    /// Throws `invalidMessage` for values that no region can have, `outOfMemory` when the counters of all regions would take more than a quarter of
    /// the memory, and `unsupported` for devices without statistics. The corresponding message is `@stats_create`.
    public func create(
        over range: SectorRange? = nil, areas: StatisticsAreas = .one, resolution: StatisticsResolution = .milliseconds,
        latencyBounds: [Duration] = [], programID: String? = nil, auxiliaryData: String? = nil
    ) throws(MappingError) -> StatisticsRegionID {
        let message = try Self.valid { () throws(TableError) in
            try CreateStatisticsRegion(
                range: range, areas: areas, resolution: resolution, latencyBounds: latencyBounds, programID: programID,
                auxiliaryData: auxiliaryData)
        }
        return try ask(message)
    }

    /// Begins to count each line of the device's active table in a region of its own. All regions are made, or none is left.
    public func createForEachTarget(
        areas: StatisticsAreas = .one, resolution: StatisticsResolution = .milliseconds, latencyBounds: [Duration] = [],
        programID: String? = nil, auxiliaryData: String? = nil
    ) throws(MappingError) -> [StatisticsRegionID] {
        var made: [StatisticsRegionID] = []
        for line in try mapper.status(of: device, in: .active, flush: false) {
            do throws(MappingError) {
                made.append(
                    try create(
                        over: line.range, areas: areas, resolution: resolution, latencyBounds: latencyBounds, programID: programID,
                        auxiliaryData: auxiliaryData))
            } catch {
                for region in made { try? delete(region) }
                throw error
            }
        }
        return made
    }

    /// The regions, or those of one program, by their numbers. The corresponding message is `@stats_list`.
    public func regions(of programID: String? = nil) throws(MappingError) -> [StatisticsRegion] {
        try ask(try Self.valid { () throws(TableError) in try ListStatisticsRegions(programID: programID) })
    }

    /// The region of a number; throws `notFound` when there is none.
    public func region(_ id: StatisticsRegionID) throws(MappingError) -> StatisticsRegion {
        for region in try regions() where region.id == id { return region }
        throw missing(id)
    }

    /// Stops to count, and forgets what was counted. The corresponding message is `@stats_delete`.
    public func delete(_ region: StatisticsRegionID) throws(MappingError) { _ = try ask(DeleteStatisticsRegion(region), about: region) }

    /// Notes something with a region, in place of what was noted. The corresponding message is `@stats_set_aux`.
    public func setAuxiliaryData(_ data: String, of region: StatisticsRegionID) throws(MappingError) {
        let message = try Self.valid { () throws(TableError) in try SetStatisticsAuxiliaryData(region, to: data) }
        _ = try ask(message, about: region)
    }

    // MARK: counters

    /// The most areas that are asked for in one message: their lines take the kernel a few MiB.
    static let areasPerMessage: UInt64 = 1 << 14

    /// What was counted of the areas of a region, or of some of them by their numbers from 0, in order. Numbers that no area has throw `notFound`.
    ///
    /// With `clearing`, these areas begin at 0 again, and no request is lost in between; what is under way stays counted. `region` is one that
    /// ``regions(of:)`` has told: its resolution says what the numbers mean. The corresponding messages are `@stats_print` and
    /// `@stats_print_clear`.
    public func counters(
        of region: StatisticsRegion, areas: Range<UInt64>? = nil, clearing: Bool = false
    ) throws(MappingError) -> [AreaStatistics<Duration>] {
        let wanted = areas ?? 0..<region.areaCount
        guard wanted.upperBound <= region.areaCount else {
            throw MappingError(
                .notFound, device: name,
                message: "the statistics' region \(region.id) has \(region.areaCount) areas, and no area \(wanted.upperBound - 1)")
        }
        var counters: [AreaStatistics<Duration>] = []
        var next = wanted.lowerBound
        while next < wanted.upperBound {
            let end = min(next + Self.areasPerMessage, wanted.upperBound)
            // A region of few areas is asked for as a whole, as everybody does.
            let isWhole = next == 0 && end == region.areaCount
            let message = PrintStatistics(region.id, areas: isWhole ? nil : next..<end, clears: clearing)
            for (index, line) in try ask(message, about: region.id, count: end - next).enumerated() {
                try expect(line, toBeArea: next + UInt64(index), of: region)
                counters.append(line.durations(in: region.resolution))
            }
            next = end
        }
        return counters
    }

    /// All counters of a region begin at 0 again; what is under way stays counted. The corresponding message is `@stats_clear`.
    public func clear(_ region: StatisticsRegionID) throws(MappingError) { _ = try ask(ClearStatistics(region), about: region) }

    private func ask(
        _ message: PrintStatistics, about region: StatisticsRegionID, count: UInt64
    ) throws(MappingError) -> [AreaStatistics<UInt64>] {
        let lines = try ask(message, about: region)
        guard UInt64(lines.count) == count else {
            throw MappingError(
                .kernel, device: name,
                message:
                    "the kernel's answer has the counters of \(lines.count) areas, and was asked for \(count): is region \(region) another one now?"
            )
        }
        return lines
    }

    /// The kernel gives the number of a region that is gone to the next one, whose times may be counted in something else.
    private func expect(_ line: AreaStatistics<UInt64>, toBeArea index: UInt64, of region: StatisticsRegion) throws(MappingError) {
        let (offset, overflow) = index.multipliedReportingOverflow(by: region.areaSize.count)
        let start = overflow ? nil : region.range.start.adding(Sectors(offset))
        let bins = region.latencyBounds.isEmpty ? 0 : region.latencyBounds.count + 1
        guard line.range.start == start, line.range.length == region.areaSize, line.histogram.count == bins else {
            throw MappingError(
                .kernel, device: name,
                message:
                    "the kernel's answer has the counters of \(line.range), which is no area of the region: is \(region.id) another one now?"
            )
        }
    }

    // MARK: messages

    private var name: String {
        switch device {
        case .name(let name): name.description
        case .uuid(let uuid): uuid.description
        case .number(let number): number.description
        }
    }

    private func missing(_ region: StatisticsRegionID) -> MappingError {
        MappingError(.notFound, device: name, message: "the device has no statistics' region \(region)")
    }

    private func ask<Message: TargetMessage>(
        _ message: Message, about region: StatisticsRegionID? = nil
    ) throws(MappingError) -> Message.Reply {
        do throws(MappingError) { return try mapper.ask(message, of: device) } catch {
            switch error.errno.map({ Errno(rawValue: $0) }) {
            case .noSuchFileOrDirectory: throw region.map(missing) ?? error
            case .noSuchAddressOrDevice: throw replaced(error, .notFound, "there is no such device")
            case .notSupported, .notSupportedOnSocket:
                throw replaced(error, .unsupported, "the kernel keeps no statistics of this device, whose requests it never cuts")
            case .invalidArgument where error.code == .invalidMessage:
                throw replaced(error, .invalidMessage, "the kernel refuses '\(message.text())'")
            default: throw error
            }
        }
    }

    private func replaced(_ error: MappingError, _ code: MappingError.Code, _ message: String) -> MappingError {
        var replaced = error
        replaced.code = code
        replaced.message = message
        return replaced
    }

    private static func valid<Message>(_ make: () throws(TableError) -> Message) throws(MappingError) -> Message {
        do throws(TableError) { return try make() } catch {
            throw MappingError(.invalidMessage, message: error.message, underlying: error)
        }
    }
}

extension KernelMapper {
    /// The statistics that the kernel keeps of a device.
    public func statistics(of device: MappedDeviceID) -> KernelStatistics { KernelStatistics(device, self) }
}
