internal import StorageUnits

/// The reports of `info -c` and `splitname`, and what other verbs select devices with.
extension Dmsetup {
    func beginReport(_ verb: DmsetupVerb) throws(Told) {
        if options(.sort), verb.name == "status" || verb.name == "table" {
            output.error("--sort is not yet supported with status and table.")
            throw Told()
        }
        let isSplitName = verb.name == "splitname"
        try beginReport(
            standard: isSplitName ? DeviceReportFields.splitName : DeviceReportFields.standard, sections: isSplitName ? .nameParts : [])
    }

    /// Begins a report with these fields unless others are asked for, of these sections in any case.
    func beginReport(standard: String, sections: ReportSections) throws(Told) {
        var layout = ReportLayout()
        if options(.noHeadings) {
            layout.separator = ":"
            layout.isAligned = false
            layout.hasHeadings = false
        }
        if options(.rows) {
            layout.isTransposed = true
            layout.isAligned = false
        }
        layout.isQuoted = !options(.unquoted)
        if options(.namePrefixes) {
            layout.isAligned = false
            layout.hasNames = true
        }
        var names = standard
        if let wanted = options.argument(.options), options(.options) {
            if wanted.contains("help") { layout.hasHeadings = false }
            names = wanted.hasPrefix("+") ? "\(names),\(wanted.dropFirst())" : wanted
        }
        let keys = options.argument(.sort) ?? ""
        if let separator = options.argument(.separator) {
            layout.separator = separator
            if !layout.isTransposed { layout.isAligned = false }
        }
        do throws(Report<ReportedDevice>.Failure) {
            report = try Report(
                DeviceReportFields(self).all, layout, names: names, keys: options(.sort) ? keys : "", selection: options.argument(.select),
                sections: sections, log: output)
        } catch {
            throw Told()
        }
        if report?.sections.contains(.tree) ?? false { try fetchTree() }
    }

    private func fetchTree() throws(Told) {
        // A tree that is incomplete is used as far as it is there, and the run fails.
        _ = try tree()
    }

    /// Adds a device to the report, or a row of its statistics, or does the verb that the selection is for.
    func addToReport(_ answer: borrowing DeviceAnswer, statistics: ReportedStatistics? = nil) throws(Told) {
        guard let report else { throw Told() }
        var device = ReportedDevice()
        device.name = answer.name
        device.uuid = answer.uuid
        device.flags = answer.flags
        device.number = answer.number
        device.openCount = answer.reply.openCount
        device.targetCount = answer.reply.targetCount
        device.eventNumber = answer.reply.eventNumber
        if report.sections.contains(.tree) {
            guard let tree = treeSoFar, let index = tree.index(of: device.number) else {
                output.error("Cannot find node \(device.number).")
                throw Told()
            }
            device.tree = (tree, index)
        }
        if report.sections.contains(.dependencies) { device.dependencies = try dependencies(of: answer) }
        if report.sections.contains(.nameParts) {
            device.parts = DeviceNameParts(name: device.name, uuid: device.uuid, separator: "-")
        }
        device.statistics = statistics
        // Fields of statistics make a report of a device's regions, of which there are none here.
        guard statistics != nil || report.sections.isDisjoint(with: .statistics) else { return }
        let isSelected: Bool
        do throws(Report<ReportedDevice>.Failure) { isSelected = try report.add(device, showing: selectedVerb == nil) } catch {
            throw Told()
        }
        if let selectedVerb, isSelected { try selectedVerb.run(self, DmsetupOperands([device.name], hasSeveralDevices: true)) }
    }

    private func dependencies(of answer: borrowing DeviceAnswer) throws(Told) -> [DeviceNumber] {
        let task = DeviceTask(.deps)
        setNumber(task, (Int32(bitPattern: answer.number.major), Int32(bitPattern: answer.number.minor)))
        if options(.inactive) { task.flags.insert(.inactive) }
        do throws(Told) { return try run(task).reply.dependencies } catch {
            output.error("Cannot get deps for \(answer.number).")
            throw error
        }
    }
}
