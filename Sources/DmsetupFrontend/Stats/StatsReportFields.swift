internal import DeviceMapperTables
internal import StorageUnits

extension ReportSections {
    static let counters = ReportSections(rawValue: 32)
    static let regions = ReportSections(rawValue: 64)
}

/// The fields of `stats list` and `stats report`.
struct StatsReportFields {
    private let units: SizeUnits
    private let latencies: LatencyText

    init(_ dmsetup: Dmsetup) {
        units = dmsetup.options.argument(.units).flatMap { SizeUnits($0) } ?? .human
        latencies = LatencyText(isCompact: dmsetup.options(.noHeadings), hasUnits: !dmsetup.options(.noTimeSuffix))
    }

    static let sections = [
        ReportSection(.counters, "Mapped Device Statistics", prefix: "stats_"),
        ReportSection(.regions, "Mapped Device Statistics Region Information", prefix: "region_"),
    ]

    /// The fields that a report has unless others are asked for.
    static func standard(isList: Bool, _ options: DmsetupOptions) -> String {
        let object = "stats_name,group_id,region_id,obj_type"
        let region = "\(object),region_start,region_len,area_count"
        let area = "area_id,area_start,area_len"
        if isList {
            let histogram = options(.histogram) ? "hist_bins,hist_bounds" : "program_id"
            return "\(region),\(options(.verbose) ? area : "area_len"),\(histogram)"
        }
        if options(.histogram) {
            return "\(region),area_len,util,await,\(options(.relative) ? "hist_percent_bounds" : "hist_count_bounds")"
        }
        if options(.raw) {
            return "\(object),\(area),read_count,reads_merged_count,read_sector_count,read_time,read_ticks,write_count,"
                + "writes_merged_count,write_sector_count,write_time,write_ticks,in_progress_count,io_ticks,queue_ticks"
        }
        return "\(object),\(area),reads_merged_per_sec,writes_merged_per_sec,reads_per_sec,writes_per_sec,read_size_per_sec,"
            + "write_size_per_sec,avg_request_size,queue_size,util,await,read_await,write_await"
    }

    var all: [ReportField<ReportedDevice>] { counterFields + metricFields + latencyFields + regionFields }

    private typealias Field = ReportField<ReportedDevice>
    private typealias Counters = AreaStatistics<UInt64>

    /// A field of a row of statistics; other rows have none.
    private func field(
        _ section: ReportSections, _ kind: Field.Kind, _ heading: String, _ width: Int, _ name: String, _ summary: String,
        _ value: @escaping (ReportedStatistics) -> ReportValue
    ) -> Field {
        Field(section, kind, heading, width, name, summary) { $0.statistics.map(value) ?? ReportValue("") }
    }

    private func count(
        _ heading: String, _ width: Int, _ name: String, _ summary: String, _ value: @escaping (Counters) -> UInt64
    ) -> Field {
        field(.counters, .number, heading, width, name, summary) { Self.number($0.counters.map(value) ?? 0) }
    }

    private func decimal(
        _ heading: String, _ width: Int, _ name: String, _ summary: String, _ value: @escaping (ReportedStatistics) -> Double
    ) -> Field {
        field(.counters, .number, heading, width, name, summary) {
            let value = value($0)
            return ReportValue(text: DecimalText.fixed(value, places: 2), number: Self.key(value))
        }
    }

    private func size(
        _ section: ReportSections, _ kind: Field.Kind, _ heading: String, _ width: Int, _ name: String, _ summary: String,
        _ value: @escaping (ReportedStatistics) -> Double
    ) -> Field {
        field(section, kind, heading, width, name, summary) { [units] in
            let sectors = UInt64(exactly: value($0).rounded(.towardZero)) ?? .max
            return ReportValue(text: units.text(sectors: sectors), number: Self.key(Double(sectors)))
        }
    }

    private static func number(_ value: UInt64) -> ReportValue { ReportValue(text: "\(value)", number: value) }
    /// What decimal numbers are compared by: their order is that of their bits, as none is negative.
    private static func key(_ value: Double) -> UInt64 { value.bitPattern }

    private var counterFields: [Field] {
        [
            count("#Reads", 6, "read_count", "Reads completed.") { $0.reads.completed },
            count("#RdMrgs", 7, "reads_merged_count", "Reads merged with others.") { $0.reads.merged },
            count("#RdSectors", 10, "read_sector_count", "Sectors read.") { $0.reads.sectors.count },
            count("AccRdTime", 11, "read_time", "Nanoseconds that all reads took together.") { $0.reads.duration },
            count("#Writes", 7, "write_count", "Writes completed.") { $0.writes.completed },
            count("#WrMrgs", 7, "writes_merged_count", "Writes merged with others.") { $0.writes.merged },
            count("#WrSectors", 10, "write_sector_count", "Sectors written.") { $0.writes.sectors.count },
            count("AccWrTime", 11, "write_time", "Nanoseconds that all writes took together.") { $0.writes.duration },
            count("#InProg", 7, "in_progress_count", "Requests under way now.") { UInt64(bitPattern: Int64($0.inProgress)) },
            count("IoTicks", 7, "io_ticks", "Nanoseconds in which there was a request.") { $0.busy },
            count("QueueTicks", 10, "queue_ticks", "Those nanoseconds, times the requests under way.") { $0.weighted },
            count("RdTicks", 7, "read_ticks", "Nanoseconds in which there was a read.") { $0.reads.busy },
            count("WrTicks", 7, "write_ticks", "Nanoseconds in which there was a write.") { $0.writes.busy },
        ]
    }

    private var metricFields: [Field] {
        [
            decimal("RMrg/s", 6, "reads_merged_per_sec", "Reads merged.") { $0.readsMerged },
            decimal("WMrg/s", 6, "writes_merged_per_sec", "Writes merged.") { $0.writesMerged },
            decimal("R/s", 3, "reads_per_sec", "Reads per second.") { $0.readsPerSecond },
            decimal("W/s", 3, "writes_per_sec", "Writes per second.") { $0.writesPerSecond },
            size(.counters, .number, "RSz/s", 5, "read_size_per_sec", "How much was read per second.") { $0.readSectorsPerSecond },
            size(.counters, .number, "WSz/s", 5, "write_size_per_sec", "How much was written per second.") { $0.writtenSectorsPerSecond },
            size(.counters, .number, "AvgRqSz", 7, "avg_request_size", "The average size of a request.") { $0.averageSectors },
            decimal("QSize", 5, "queue_size", "The average number of requests under way.") { $0.queueSize },
            decimal("AWait", 5, "await", "Milliseconds of an average request.") { $0.wait / 1e6 },
            decimal("RdAWait", 7, "read_await", "Milliseconds of an average read.") { $0.readWait / 1e6 },
            decimal("WrAWait", 7, "write_await", "Milliseconds of an average write.") { $0.writeWait / 1e6 },
            decimal("Throughput", 10, "throughput", "Requests per second.") { $0.requestsPerSecond },
            decimal("SvcTm", 5, "service_time", "The service time.") { $0.serviceTime / 1e6 },
            field(.counters, .number, "Util%", 5, "util", "Percentage of the time in which there was a request.") {
                ReportValue(text: DecimalText.percent($0.utilization), number: UInt64($0.utilization * 1e8))
            },
        ]
    }

    private var latencyFields: [Field] {
        func histogram(
            _ heading: String, _ width: Int, _ name: String, _ summary: String, _ bounds: LatencyText.Bounds, _ values: LatencyText.Values
        ) -> Field {
            field(.counters, .string, heading, width, name, summary) { [latencies] in
                ReportValue(latencies.text(bounds: $0.bounds, counts: $0.counters?.histogram ?? [], bounds, values))
            }
        }
        return [
            histogram("Histogram Counts", 16, "hist_count", "Requests in each bin of latencies.", .none, .counts),
            histogram("Histogram Counts", 16, "hist_count_bounds", "The same behind each bin's lower bound.", .lower, .counts),
            histogram("Histogram Counts", 16, "hist_count_ranges", "The same behind each bin's range.", .range, .counts),
            histogram("Histogram%", 10, "hist_percent", "Percentage of requests in each bin of latencies.", .none, .percentages),
            histogram("Histogram%", 10, "hist_percent_bounds", "The same behind each bin's lower bound.", .lower, .percentages),
            histogram("Histogram%", 10, "hist_percent_ranges", "The same behind each bin's range.", .range, .percentages),
            field(.counters, .number, "IntervalNs", 10, "interval_ns", "How long was counted, in nanoseconds.") {
                Self.number($0.interval)
            },
            field(.counters, .number, "Interval", 8, "interval", "How long was counted, in seconds.") {
                ReportValue(text: DecimalText.fixed(Double($0.interval) / 1e9, places: 6), number: $0.interval)
            },
        ]
    }

    private var regionFields: [Field] {
        func number(
            _ heading: String, _ width: Int, _ name: String, _ summary: String, _ value: @escaping (ReportedStatistics) -> UInt64
        )
            -> Field
        { field(.regions, .number, heading, width, name, summary) { Self.number(value($0)) } }
        func text(
            _ heading: String, _ width: Int, _ name: String, _ summary: String, _ value: @escaping (ReportedStatistics) -> String
        )
            -> Field
        { field(.regions, .string, heading, width, name, summary) { ReportValue(value($0)) } }
        func sectors(
            _ heading: String, _ width: Int, _ name: String, _ summary: String, _ value: @escaping (ReportedStatistics) -> UInt64
        )
            -> Field
        { size(.regions, .size, heading, width, name, summary) { Double(value($0)) } }
        return [
            field(.regions, .number, "RgID", 4, "region_id", "The region's number, or those of a group.") {
                let number = UInt64($0.region.id.number)
                return ReportValue(text: $0.kind == .group ? $0.group?.list ?? "" : "\(number)", number: number)
            },
            sectors("RgStart", 7, "region_start", "Where the region begins.") { $0.region.range.start.count },
            sectors("RgSize", 6, "region_len", "How long the region is.") { $0.region.range.length.count },
            number("ArID", 4, "area_id", "The area's number in its region.") { $0.area },
            sectors("ArStart", 7, "area_start", "Where the area begins on the device.") { $0.start },
            sectors("ArSize", 6, "area_len", "How long areas of the region are.") { $0.region.areaSize.count },
            sectors("ArOff", 5, "area_offset", "Where the area begins in its region.") { $0.start &- $0.region.range.start.count },
            number("#Areas", 6, "area_count", "How many areas the region has.") { $0.region.areaCount },
            field(.regions, .number, "GrpID", 5, "group_id", "The group's number.") {
                $0.group.map { Self.number(UInt64($0.id)) } ?? ReportValue(text: "-", number: .max)
            },
            text("ProgID", 6, "program_id", "The program that the region belongs to.") { $0.region.programID ?? "" },
            text("UserData", 8, "user_data", "The note of that program.") { $0.region.auxiliaryData ?? "" },
            text("Precise", 7, "precise", "1 where times are counted in nanoseconds.") { $0.region.resolution == .nanoseconds ? "1" : "0" },
            text("#Bins", 9, "hist_bins", "How many bins the histogram of latencies has.") {
                $0.bounds.isEmpty || $0.kind == .group ? "0" : "\($0.bounds.count + 1)"
            },
            text("Histogram Bounds", 16, "hist_bounds", "The lower bounds of these bins.") { [latencies] in
                latencies.text(bounds: $0.bounds, counts: [], .lower, .none)
            },
            text("Histogram Ranges", 16, "hist_ranges", "The ranges of these bins.") { [latencies] in
                latencies.text(bounds: $0.bounds, counts: [], .range, .none)
            },
            Field(.regions, .string, "Name", 16, "stats_name", "The group's alias, or the name of the device.") {
                ReportValue($0.statistics?.group?.alias ?? $0.name)
            },
            text("ObjType", 7, "obj_type", "What the row is of: an area, a region or a group.") { $0.kind.rawValue },
        ]
    }
}
