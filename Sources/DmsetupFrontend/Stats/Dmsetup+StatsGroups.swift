internal import DeviceMapperTables
internal import StorageUnits

/// `stats group` and `ungroup`, and what else changes groups.
extension Dmsetup {
    func groupStatistics(_ names: [String]) throws(Told) {
        guard let list = options.argument(.regions) else {
            output.error("Group requires --regions.")
            throw Told()
        }
        try expectDevices(names)
        try forEachStatsDevice(names) { (name) throws(Told) in
            let title = name ?? ""
            let regions = try statisticsRegions(name, program: Self.statsProgram)
            do throws(Told) {
                let group = try makeGroup(list, options.argument(.alias), regions, name)
                output.printLine("Grouped regions \(list) as group ID \(group.id) on \(title)")
            } catch {
                output.error("Could not create group on \(title): \(list)")
                throw error
            }
        }
    }

    func ungroupStatistics(_ names: [String]) throws(Told) {
        guard options(.groupID) else {
            output.error("Please specify group id.")
            throw Told()
        }
        try expectDevices(names)
        try forEachStatsDevice(names) { (name) throws(Told) in
            let regions = try statisticsRegions(name, program: Self.statsProgram)
            let title = "group \(groupNumber) on \(name ?? "")"
            // What dmsetup says when it did not.
            defer { output.printLine("Removed group ID \(groupNumber) on \(name ?? "")") }
            do throws(Told) {
                let group = try group(of: regions)
                try note(regions.region(group.id)?.auxiliaryData ?? "", group.id, name)
            } catch {
                output.error("Could not delete \(title).")
                throw error
            }
        }
    }

    /// `stats delete --groupid`.
    func deleteGroup(_ regions: StatisticsRegions, _ name: String?) throws(Told) {
        do throws(Told) {
            for member in try group(of: regions).members.reversed() { _ = try tellStatistics("@stats_delete \(member)", name) }
        } catch {
            output.error("Could not delete statistics group.")
            throw error
        }
        output.printLine("Deleted statistics group \(groupNumber).")
    }

    /// Deletes a region; where it was in a group, that is without it, or no group any more.
    func deleteRegion(_ id: UInt32, _ regions: StatisticsRegions, _ name: String?) throws(Told) {
        if let group = regions.group(of: id) {
            let own = regions.region(group.id)?.auxiliaryData ?? ""
            try note(id == group.id ? own : group.without(id)?.auxiliaryData(own) ?? own, group.id, name)
        }
        _ = try tellStatistics("@stats_delete \(id)", name)
    }

    /// Puts the regions that were made of a device's lines into a group.
    func groupSegments(_ ids: [StatisticsRegionID], _ name: String?) throws(Told) {
        let list = ids.map(\.description).joined(separator: ",")
        let alias = options.argument(.alias)
        // It looks for them among its own program's, whatever program they are of.
        let regions = try statisticsRegions(name, program: Self.statsProgram)
        do throws(Told) {
            let group = try makeGroup(list, alias, regions, name)
            output.printLine("Grouped regions \(list) as group ID \(group.id)\(alias.map { " with alias \($0)" } ?? "")")
        } catch {
            output.error("Failed to create group for regions \(list).")
            throw error
        }
    }

    // MARK: parts of these

    /// The number that `--groupid` gives, as dmsetup takes it.
    private var groupNumber: UInt64 { UInt64(bitPattern: Int64(options.integer(.groupID))) }

    private func group(of regions: StatisticsRegions) throws(Told) -> StatisticsGroup {
        let number = groupNumber
        if let largest = regions.largest, number > UInt64(largest) {
            output.error("Invalid group ID: \(number)")
            throw Told()
        }
        guard let group = UInt32(exactly: number).flatMap({ regions.groups[$0] }) else {
            output.error("Group ID \(number) does not exist")
            throw Told()
        }
        return group
    }

    private func note(_ data: String, _ region: UInt32, _ name: String?) throws(Told) {
        _ = try tellStatistics("@stats_set_aux \(region) \(data.isEmpty ? "-" : data) ", name)
    }

    private func makeGroup(
        _ list: String, _ alias: String?, _ regions: StatisticsRegions, _ name: String?
    ) throws(Told) -> StatisticsGroup {
        func refuse(_ message: String) -> Told {
            output.error(message)
            return Told()
        }
        guard let largest = regions.largest else { throw refuse("Could not create group: no regions found.") }
        guard !list.isEmpty else { throw refuse("Invalid region ID: -1") }
        guard let ranges = StatisticsGroup.ranges(list), let highest = ranges.map(\.upperBound).max() else {
            throw refuse("Could not parse list: '\(list)'")
        }
        guard highest <= largest else { throw refuse("Invalid region ID: \(highest)") }
        let ids = Set(ranges.joined()).sorted()
        var members: [StatisticsRegion] = []
        for id in ids {
            guard let region = regions.region(id) else { throw refuse("Region ID \(id) does not exist") }
            if let group = regions.group(of: id) { throw refuse("Region ID \(id) already a member of group ID \(group.id)") }
            let bounds = members.first { !$0.latencyBounds.isEmpty }?.latencyBounds
            guard region.latencyBounds.isEmpty || bounds == nil || bounds == region.latencyBounds else {
                throw refuse("All region histogram bounds must match exactly")
            }
            members.append(region)
        }
        let precise = members.count { $0.resolution == .nanoseconds }
        if precise > 0, precise < members.count {
            output.error("WARNING: Grouping regions with different clock resolution: precision may be lost.")
        }
        warnOfOverlaps(members)
        guard let group = StatisticsGroup(ids, alias: alias) else { throw refuse("Could not parse list: '\(list)'") }
        try note(group.auxiliaryData(regions.region(group.id)?.auxiliaryData ?? ""), group.id, name)
        return group
    }

    /// Names each region that another one of the group has sectors of, whose requests are counted twice: each with the next, then what the two are
    /// together with the one behind, and all of that again.
    private func warnOfOverlaps(_ members: [StatisticsRegion]) {
        var extents = members.map { (id: $0.id.number, start: $0.range.start.count, length: $0.range.length.count) }
        extents.sort { ($0.start, $0.id) < ($1.start, $1.id) }
        var hasMerged = true
        while hasMerged {
            hasMerged = false
            var index = 0
            while index + 1 < extents.count {
                let (one, next) = (extents[index], extents[index + 1])
                guard one.start &+ one.length > next.start else {
                    index += 1
                    continue
                }
                output.error("WARNING: region IDs \(one.id) and \(next.id) overlap. Some events will be counted twice.")
                if one.start &+ one.length > next.start &+ next.length {
                    (extents[index + 1].id, extents[index + 1].length) = (one.id, one.length)
                }
                extents[index + 1].start = min(one.start, next.start)
                extents.remove(at: index)
                hasMerged = true
            }
        }
    }
}
