internal import DeviceMapperTables
internal import StorageUnits

/// A row of a report of statistics: an area of a region, or a region or a group with what its areas have counted together.
package struct ReportedStatistics {
    enum Kind: String {
        case area, region, group
    }

    var kind: Kind
    /// The region; of a group, its first one, as long as all.
    var region: StatisticsRegion
    /// The group that the region is in.
    var group: StatisticsGroup?
    /// The area's number in the region; 0 of a region.
    var area: UInt64
    /// What was counted, times in nanoseconds; `nil` in a list, which asks for none.
    var counters: AreaStatistics<UInt64>?
    /// How long it was counted, in nanoseconds.
    var interval: UInt64

    var start: UInt64 { region.range.start.count &+ area &* region.areaSize.count }
    var bounds: [UInt64] { region.latencyBounds.compactMap { StatisticsResolution.nanoseconds.ticks($0) } }

    // MARK: what follows from the counters

    private func perSecond(_ count: UInt64) -> Double { Double(count) * 1e9 / Double(interval) }
    private var completed: UInt64 { (counters?.reads.completed ?? 0) &+ (counters?.writes.completed ?? 0) }

    var readsPerSecond: Double { perSecond(counters?.reads.completed ?? 0) }
    var writesPerSecond: Double { perSecond(counters?.writes.completed ?? 0) }
    var readSectorsPerSecond: Double { perSecond(counters?.reads.sectors.count ?? 0) }
    var writtenSectorsPerSecond: Double { perSecond(counters?.writes.sectors.count ?? 0) }
    var requestsPerSecond: Double { perSecond(completed) }
    /// For each nanosecond, as dmsetup has it although it says seconds.
    var readsMerged: Double { Double(counters?.reads.merged ?? 0) / Double(interval) }
    var writesMerged: Double { Double(counters?.writes.merged ?? 0) / Double(interval) }

    var averageSectors: Double {
        let sectors = (counters?.reads.sectors.count ?? 0) &+ (counters?.writes.sectors.count ?? 0)
        return completed > 0 ? Double(sectors) / Double(completed) : 0
    }

    var queueSize: Double { Double(counters?.weighted ?? 0) / Double(interval) }

    /// How long a request took on average, in nanoseconds.
    var wait: Double { Self.average((counters?.reads.duration ?? 0) &+ (counters?.writes.duration ?? 0), completed) }
    var readWait: Double { Self.average(counters?.reads.duration ?? 0, counters?.reads.completed ?? 0) }
    var writeWait: Double { Self.average(counters?.writes.duration ?? 0, counters?.writes.completed ?? 0) }

    private static func average(_ time: UInt64, _ count: UInt64) -> Double { count > 0 ? Double(time) / Double(count) : 0 }

    /// The share of the time in which there was a request, 0 to 1.
    var utilization: Double { Double(min(counters?.busy ?? 0, interval)) / Double(interval) }

    /// In nanoseconds; dmsetup takes the percentage for one of its own fixed-point numbers, so that it is a millionth.
    var serviceTime: Double {
        let percent = utilization * 100
        guard requestsPerSecond >= 1, percent >= 1 else { return 0 }
        return 1e9 * (percent.rounded(.towardZero) / 1e6) / (100 * requestsPerSecond)
    }
}

extension AreaStatistics<UInt64> {
    /// The same with times in nanoseconds, as far as they fit.
    func nanoseconds(_ resolution: StatisticsResolution) -> AreaStatistics<UInt64> {
        guard resolution == .milliseconds else { return self }
        func scaled(_ time: UInt64) -> UInt64 { time &* 1_000_000 }
        func scaled(_ direction: Direction) -> Direction {
            var direction = direction
            direction.duration = scaled(direction.duration)
            direction.busy = scaled(direction.busy)
            return direction
        }
        var copy = self
        copy.reads = scaled(reads)
        copy.writes = scaled(writes)
        copy.busy = scaled(busy)
        copy.weighted = scaled(weighted)
        return copy
    }

    /// Adds what another area has counted.
    mutating func add(_ other: AreaStatistics<UInt64>) {
        func sum(_ one: Direction, _ other: Direction) -> Direction {
            Direction(
                completed: one.completed &+ other.completed, merged: one.merged &+ other.merged,
                sectors: Sectors(one.sectors.count &+ other.sectors.count), duration: one.duration &+ other.duration,
                busy: one.busy &+ other.busy)
        }
        reads = sum(reads, other.reads)
        writes = sum(writes, other.writes)
        inProgress &+= other.inProgress
        busy &+= other.busy
        weighted &+= other.weighted
        histogram = zip(histogram, other.histogram).map { $0 &+ $1 }
    }
}
