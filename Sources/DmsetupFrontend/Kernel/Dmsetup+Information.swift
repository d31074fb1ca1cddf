internal import StorageUnits

/// What is printed of a device at length: `dmsetup info`, and every verb with `-v`.
extension Dmsetup {
    /// Prints what an answer says of its device, or adds it to the report.
    func show(_ answer: borrowing DeviceAnswer) throws(Told) {
        guard answer.exists else {
            output.error("Device does not exist.")
            throw Told()
        }
        guard options(.columns) else { return showAtLength(answer) }
        try addToReport(answer)
    }

    func showIfVerbose(_ answer: borrowing DeviceAnswer) throws(Told) {
        if options(.verbose) { try show(answer) }
    }

    private func showAtLength(_ answer: borrowing DeviceAnswer) {
        func line(_ title: String, _ text: String) { output.printLine(title.padded(to: 19) + text) }
        let flags = answer.flags
        line("Name:", answer.name)
        let state = flags.contains(.suspended) ? "SUSPENDED" : "ACTIVE"
        line(
            "State:",
            state + (flags.contains(.readOnly) ? " (READ-ONLY)" : "") + (flags.contains(.deferredRemove) ? " (DEFERRED REMOVE)" : ""))
        if let readAhead = readAhead(of: answer) { line("Read Ahead:", String(readAhead)) }
        let tables = (flags.contains(.activePresent) ? ["LIVE"] : []) + (flags.contains(.inactivePresent) ? ["INACTIVE"] : [])
        line("Tables present:", tables.isEmpty ? "None" : tables.joined(separator: " & "))
        if answer.reply.openCount != -1 { line("Open count:", String(answer.reply.openCount)) }
        line("Event number:", String(answer.reply.eventNumber))
        line("Major, minor:", "\(answer.number.major), \(answer.number.minor)")
        if Int32(bitPattern: answer.reply.targetCount) != -1 { line("Number of targets:", String(answer.reply.targetCount)) }
        if !answer.uuid.isEmpty { output.printLine("UUID: \(answer.uuid)") }
        output.print("\n")
    }

    func readAhead(of answer: borrowing DeviceAnswer) -> UInt32? { nodes.readAhead(of: answer.name, answer.number) }
}
