internal import DeviceMapperTables
internal import StorageUnits

/// `stats list` and `stats report`.
extension Dmsetup {
    func reportStatistics(_ names: [String], isList: Bool) throws(Told) {
        if report == nil {
            try beginReport(
                standard: StatsReportFields.standard(isList: isList, options), sections: isList ? .regions : [.regions, .counters])
        }
        // The first time it is not known for how long was counted, and dmsetup takes the interval that is asked for.
        let now = ContinuousClock.now
        let asked = UInt64(options(.interval) ? max(1, options.integer(.interval)) : 1) * 1_000_000_000
        let interval = statisticsBegin.flatMap { StatisticsResolution.nanoseconds.ticks($0.duration(to: now)) } ?? asked
        statisticsBegin = now
        try forEachStatsDevice(names) { (name) throws(Told) in
            let task = try task(.info)
            try setDevice(task, name)
            let answer = try run(task)
            guard answer.exists else {
                output.error("Device does not exist.")
                throw Told()
            }
            let program = options(.allPrograms) ? "" : options.argument(.programID) ?? Self.statsProgram
            let regions = try statisticsRegions(name ?? answer.name, program: program)
            guard !regions.isEmpty else { return }
            for row in try rows(regions, answer.name, isList: isList, interval: max(1, interval), program: program) {
                try addToReport(answer, statistics: row)
            }
        }
    }

    /// The areas of all regions, then the regions, then the groups.
    private func rows(
        _ regions: StatisticsRegions, _ name: String, isList: Bool, interval: UInt64, program: String
    ) throws(Told) -> [ReportedStatistics] {
        let isChosen = options(.area) || options(.region) || options(.group)
        let showsAll = isList ? options(.verbose) : !isChosen
        let showsAreas = showsAll || options(.area)
        let showsRegions = showsAll || !isChosen || options(.region)
        var areas: [ReportedStatistics] = []
        var sums: [ReportedStatistics] = []
        var sumsOfRegions: [UInt32: AreaStatistics<UInt64>] = [:]
        for region in regions.regions {
            let group = regions.group(of: region.id.number)
            let counters = report?.sections.contains(.counters) ?? false ? try counters(of: region, name) : nil
            if showsAreas {
                for index in 0..<min(region.areaCount, UInt64(counters?.count ?? Int.max)) {
                    areas.append(
                        ReportedStatistics(
                            kind: .area, region: region, group: group, area: index, counters: counters?[Int(index)], interval: interval))
                }
            }
            var sum = counters?.first
            for area in counters?.dropFirst() ?? [] { sum?.add(area) }
            sumsOfRegions[region.id.number] = sum
            // A region of one area would only be the same once more.
            if showsRegions, !showsAll || region.areaCount > 1 {
                sums.append(ReportedStatistics(kind: .region, region: region, group: group, area: 0, counters: sum, interval: interval))
            }
        }
        guard showsAll || !isChosen || options(.group) else { return areas + sums }
        for group in regions.groups.values.sorted(by: { $0.id < $1.id }) {
            guard var whole = regions.region(group.id) else { continue }
            var sum = sumsOfRegions[group.id]
            var length: UInt64 = 0
            for member in group.members {
                if member != group.id, let counters = sumsOfRegions[member] { sum?.add(counters) }
                length &+= regions.region(member)?.range.length.count ?? 0
            }
            // Shown as one area that is as long as all regions together.
            if let range = SectorRange(start: whole.range.start, length: Sectors(length)) { whole.range = range }
            whole.areaSize = Sectors(length)
            whole.auxiliaryData = nil
            whole.programID = program.isEmpty ? Self.statsProgram : program
            sums.append(ReportedStatistics(kind: .group, region: whole, group: group, area: 0, counters: sum, interval: interval))
        }
        return areas + sums
    }

    /// What was counted of each area, which begins at 0 again, as dmsetup does it.
    private func counters(of region: StatisticsRegion, _ name: String) throws(Told) -> [AreaStatistics<UInt64>] {
        let message = PrintStatistics(region.id, clears: true)
        let answer = try tellStatistics(message.text(), name)
        do throws(TableError) { return try message.reply(parsing: answer).map { $0.nanoseconds(region.resolution) } } catch {
            output.error("Could not parse @stats_print row.")
            throw Told()
        }
    }
}
