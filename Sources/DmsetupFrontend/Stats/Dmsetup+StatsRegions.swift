internal import DeviceMapperTables
internal import StorageUnits

/// `stats create`, `delete`, `clear` and `print`.
extension Dmsetup {
    /// What `create` makes on each device.
    private struct Plan {
        var start: UInt64
        var length: UInt64
        /// The size of areas, or how many there are.
        var step: (isCount: Bool, number: UInt64)
        var isPrecise: Bool
        var bounds: [UInt64]
        var program: String
        var note: String

        /// How many areas that is, as dmsetup tells it.
        func areaCount(of length: UInt64) -> UInt64 {
            guard length > 0, step.number > 0 else { return 1 }
            return step.isCount ? step.number : length / step.number + (length % step.number > 0 ? 1 : 0)
        }

        func message(_ start: UInt64, _ length: UInt64) -> String {
            var options = isPrecise ? ["precise_timestamps"] : []
            if !bounds.isEmpty {
                options.append("histogram:" + bounds.map { "\(isPrecise ? $0 : $0 / 1_000_000)" }.joined(separator: ","))
            }
            // The number keeps a program that looks like one from being taken for it.
            var words = ["@stats_create", "\(start)+\(length)", "\(step.isCount ? "/" : "")\(step.number)", "\(options.count)"] + options
            if !program.isEmpty || !note.isEmpty { words.append(program.isEmpty ? "-" : program) }
            if !note.isEmpty { words.append(note) }
            return words.joined(separator: " ")
        }
    }

    func createStatistics(_ names: [String]) throws(Told) {
        try expectNone([
            (options(.allRegions), "Cannot use --allregions with create."),
            (options(.allPrograms), "Cannot use --allprograms with create."),
            (options(.areas) && options(.areaSize), "Please specify one of --areas and --areasize."),
            (
                options.argument(.programID) == "" && !options(.force), "Creating a region with no program id requires --force."
            ),
            (options(.filemap), "Regions of files are not supported."),
        ])
        try expectDevices(names)
        try expectNone([
            (options(.alias) && options(.noGroup), "Cannot set alias with --nogroup.")
        ])
        let plan = try plan()
        try forEachStatsDevice(names) { (name) throws(Told) in try create(plan, name) }
    }

    private func plan() throws(Told) -> Plan {
        let areas = options(.areas) ? UInt64(bitPattern: Int64(options.integer(.areas))) : 1
        let areaSize = try size(.areaSize)
        let program = options.argument(.programID) ?? Self.statsProgram
        var plan = Plan(
            start: try size(.start) / 512, length: try size(.length) / 512,
            step: areaSize > 0 ? (false, areaSize / 512) : (true, max(areas, 1)), isPrecise: options(.precise), bounds: [],
            program: program, note: options.argument(.userData) ?? "")
        if let text = options.argument(.bounds) {
            do throws(LatencyText.Failure) { plan.bounds = try LatencyText.bounds(text) } catch {
                output.error(error.message)
                throw Told()
            }
            // Times below a millisecond are counted in nanoseconds without being asked for.
            if plan.bounds.contains(where: { $0 % 1_000_000 != 0 }) { plan.isPrecise = true }
        }
        return plan
    }

    /// The bytes that an option gives; a number without a unit is one of sectors.
    private func size(_ option: DmsetupOption) throws(Told) -> UInt64 {
        guard let text = options.argument(option) else { return 0 }
        let digits = text.drop { $0 == " " }.prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty, let number = CNumber.whole(digits, radix: 10) else {
            output.error("Invalid \(option.rawValue) argument: \"\(text)\"")
            throw Told()
        }
        let unit = text.drop { $0 == " " }.dropFirst(digits.count)
        return number &* (unit.isEmpty ? 512 : SizeUnits.bytes(unit) ?? 1)
    }

    private func create(_ plan: Plan, _ name: String?) throws(Told) {
        let task = try task(.table)
        try setDevice(task, name)
        let answer = try run(task)
        guard answer.exists else { throw Told() }
        let title = answer.name
        var ranges: [(UInt64, UInt64)] = []
        if options(.segments) {
            for line in answer.reply.table.lines { ranges.append((line.start, line.length)) }
        } else {
            let whole = answer.reply.table.lines.reduce(0) { $0 &+ $1.length }
            ranges.append((plan.start, plan.length > 0 ? plan.length : whole))
        }
        var made: [StatisticsRegionID] = []
        for (start, length) in ranges {
            let isGrowing = zip(plan.bounds, plan.bounds.dropFirst()).allSatisfy { $0 <= $1 }
            if !isGrowing { output.error("Histogram boundaries must be in order of increasing magnitude.") }
            let answer = isGrowing ? try? tellStatistics(plan.message(start, length), name) : nil
            let id = try? CreateStatisticsRegion().reply(parsing: answer)
            guard let id else {
                output.error("\(title): Could not create statistics region.")
                throw Told()
            }
            output.printLine("\(title): Created new region with \(plan.areaCount(of: length)) area(s) as region ID \(id)")
            made.append(id)
        }
        if options(.segments), !options(.noGroup) { try groupSegments(made, name) }
    }

    // MARK: delete, clear, print

    func deleteStatistics(_ names: [String]) throws(Told) {
        try expectNone([
            (options(.regionID) && options(.groupID), "Please use one of --regionid and --groupid."),
            (
                !options(.regionID) && !options(.groupID) && !options(.allRegions),
                "Please specify a --regionid or --groupid, or use --allregions."
            ),
        ])
        try expectDevices(names)
        let program = options(.allPrograms) ? "" : options.argument(.programID) ?? Self.statsProgram
        try forEachStatsDevice(names) { (name) throws(Told) in
            if options(.groupID) { return try deleteGroup(try statisticsRegions(name, program: program), name) }
            if options(.allRegions) {
                for region in try statisticsRegions(name, program: program).regions {
                    _ = try tellStatistics("@stats_delete \(region.id)", name)
                }
                return
            }
            let id = options.integer(.regionID)
            let regions = try statisticsRegions(name, program: "")
            guard regions.region(UInt32(bitPattern: id)) != nil else {
                let number = UInt64(bitPattern: Int64(id))
                output.error(
                    regions.isEmpty ? "Could not delete region ID \(number): no regions found" : "Region ID \(number) does not exist")
                output.error("Could not delete statistics region")
                throw Told()
            }
            try deleteRegion(UInt32(bitPattern: id), regions, name)
        }
    }

    func clearStatistics(_ names: [String]) throws(Told) {
        try expectRegion()
        try forEachStatsDevice(names) { (name) throws(Told) in
            let regions = try statisticsRegions(name, program: Self.statsProgram).regions
            guard !options(.allRegions), !regions.isEmpty else {
                for region in regions { _ = try tellStatistics("@stats_clear \(region.id)", name) }
                return
            }
            let id = options.integer(.regionID)
            guard regions.contains(where: { $0.id.number == UInt32(bitPattern: id) }) else {
                output.error("No such region: \(UInt64(bitPattern: Int64(id))).")
                throw Told()
            }
            _ = try tellStatistics("@stats_clear \(id)", name)
        }
    }

    /// Prints what the kernel has counted. Unlike dmsetup, which prints each of all regions twice, once.
    func printStatistics(_ names: [String]) throws(Told) {
        try expectRegion()
        let verb = options(.clear) ? "@stats_print_clear" : "@stats_print"
        try forEachStatsDevice(names) { (name) throws(Told) in
            let ids =
                options(.allRegions)
                ? try statisticsRegions(name, program: Self.statsProgram).regions.map(\.id.description) : ["\(options.integer(.regionID))"]
            for id in ids {
                do throws(Told) { output.print(try tellStatistics("\(verb) \(id)", name) ?? "") } catch {
                    output.error("Could not print statistics region.")
                    throw error
                }
            }
        }
    }

    private func expectRegion() throws(Told) {
        try expectNone([(!options(.regionID) && !options(.allRegions), "Please specify a --regionid or use --allregions.")])
    }

    func expectDevices(_ names: [String]) throws(Told) {
        try expectNone([
            (
                names.isEmpty && !options(.uuid) && !options(.major) && !options(.allDevices),
                "Please specify device(s) or use --alldevices."
            )
        ])
    }

    /// Tells the first thing that is wrong.
    private func expectNone(_ mistakes: [(isMade: Bool, message: String)]) throws(Told) {
        guard let mistake = mistakes.first(where: \.isMade) else { return }
        output.error(mistake.message)
        throw Told()
    }
}
