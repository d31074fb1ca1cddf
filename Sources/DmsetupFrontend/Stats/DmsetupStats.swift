internal import DeviceMapperTables

/// `dmsetup stats`: statistics of regions of devices. Its commands are in extensions.
extension Dmsetup {
    private enum StatsCommand: String {
        case help, clear, create, delete, list, print, report, version, group, ungroup
        case updateFilemap = "update_filemap"
    }

    /// The program that regions belong to unless another is named.
    static let statsProgram = "dmstats"

    func stats(_ operands: DmsetupOperands) throws(Told) {
        guard let word = operands.first else {
            output.error("Incorrect number of arguments.")
            showStatsUsage()
            throw Told()
        }
        let devices = Array(operands.words.dropFirst())
        guard let command = StatsCommand(rawValue: word) else {
            output.error("Unknown stats command.")
            showStatsUsage()
            throw Told()
        }
        try expectOne(.allPrograms, .programID, "Please supply one of --allprograms and --programid")
        try expectOne(.allRegions, .regionID, "Please supply one of --allregions and --regionid")
        try expectOne(.follow, .noMonitor, "Use of --follow is incompatible with --nomonitor.")
        switch command {
        case .help:
            showStatsUsage()
            if options(.columns) || devices.first == "report" {
                for line in DeviceReportFields(self).all.help(withKinds: false) + [" "] { output.warn(line) }
            }
        case .version: try showVersion()
        case .create: try createStatistics(devices)
        case .clear: try clearStatistics(devices)
        case .delete: try deleteStatistics(devices)
        case .print: try printStatistics(devices)
        case .list: try reportStatistics(devices, isList: true)
        case .report: try reportStatistics(devices, isList: false)
        case .group: try groupStatistics(devices)
        case .ungroup: try ungroupStatistics(devices)
        case .updateFilemap:
            output.error("Regions of files are not supported.")
            throw Told()
        }
    }

    private func expectOne(_ one: DmsetupOption, _ other: DmsetupOption, _ message: String) throws(Told) {
        guard options(one), options(other) else { return }
        output.error(message)
        throw Told()
    }

    // MARK: devices and messages

    /// Calls `body` with each device that the operands, or the options, name; `nil` is the one of the options. Without any, with all there are.
    func forEachStatsDevice(_ names: [String], _ body: (String?) throws(Told) -> Void) throws(Told) {
        if names.isEmpty {
            guard !options(.uuid), !options(.major) else { return try body(nil) }
            return try forEachDevice { (device) throws(Told) in try body(device.name) }
        }
        for name in names { try body(name) }
    }

    /// Sends a message about statistics, which is for no target.
    func tellStatistics(_ text: String, _ name: String?) throws(Told) -> String? {
        let task = try task(.message)
        try setDevice(task, name)
        task.message = (0, text)
        return try run(task).reply.text
    }

    /// The regions of a device, or those of one program, and their groups.
    func statisticsRegions(_ name: String?, program: String) throws(Told) -> StatisticsRegions {
        let answer = try tellStatistics(program.isEmpty ? "@stats_list" : "@stats_list \(program)", name)
        do throws(TableError) {
            return StatisticsRegions(try ListStatisticsRegions().reply(parsing: answer).sorted { $0.id < $1.id }) { output.error($0) }
        } catch {
            output.error("Could not parse @stats_list response.")
            throw Told()
        }
    }

    func showStatsUsage() {
        output.warn(
            """
            Usage: dmsetup stats COMMAND [OPTION...] [DEVICE...], or dmstats COMMAND ...

            Commands:
                help [-c]   version
                create [--start START] [--length LENGTH] [--areas COUNT | --areasize SIZE] [--segments [--nogroup | --alias NAME]]
                    [--bounds TIME,...] [--precise] [--programid ID] [--userdata TEXT] --alldevices | DEVICE...
                delete --allregions | --regionid ID | --groupid ID  [--allprograms | --programid ID]  --alldevices | DEVICE...
                clear --allregions | --regionid ID  [DEVICE...]
                print --allregions | --regionid ID  [--clear] [DEVICE...]
                group --regions ID[-ID],... [--alias NAME] --alldevices | DEVICE...
                ungroup --groupid ID --alldevices | DEVICE...
                list [-v] [--histogram] [--area] [--region] [--group] [--allprograms | --programid ID] [DEVICE...]
                report [--interval SECONDS] [--count COUNT] [--histogram [--relative] | --raw] [--area] [--region] [--group]
                    [--allprograms | --programid ID] [DEVICE...]

            list and report take -o FIELDS, -O KEYS, -S SELECTION, --units UNIT, --nosuffix, --notimesuffix, --noheadings, --separator TEXT,
            --nameprefixes and --rows; help -c lists the fields. Sizes are in sectors, or have one of bskmgtpe behind them (1024), or of KMGTPE
            (1000). Times have one of ns, us, ms, s behind them.

            """)
    }
}
