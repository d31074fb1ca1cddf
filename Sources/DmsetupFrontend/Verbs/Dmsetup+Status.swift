internal import StorageUnits

/// `status`, `table` and `measure`, and `ls` where it looks at targets.
extension Dmsetup {
    enum StatusKind {
        case status, table, measurement
        /// Only the devices, for `ls`.
        case devices
    }

    func status(_ kind: StatusKind, _ operands: DmsetupOperands) throws(Told) {
        guard operands.device != nil || operands.first != nil || options(.uuid) || options(.major) else {
            return try forEachDevice { (device) throws(Told) in
                try status(kind, DmsetupOperands([], hasSeveralDevices: true, device: device.name))
            }
        }
        let task = try task(kind == .table ? .table : .status)
        try setDevice(task, operands.device ?? operands.first)
        if kind == .measurement { task.flags.insert(.measurement) }
        let answer = try run(task)
        guard answer.exists else {
            output.error("Device does not exist.")
            throw Told()
        }
        let name = operands.device ?? operands.first ?? answer.name
        let matches = try show(answer, kind, name, operands)
        let isConcise = kind == .table && options(.concise)
        if operands.hasSeveralDevices, options(.verbose), matches, kind != .devices, !isConcise || options.count(.verbose) > 1 {
            output.print("\n")
        }
        if matches, let command = options.argument(.exec), options(.exec) { try execute(command, name) }
    }

    /// Prints the lines of an answer that `--target` asks for, and tells whether there are any.
    private func show(
        _ answer: borrowing DeviceAnswer, _ kind: StatusKind, _ name: String, _ operands: DmsetupOperands
    ) throws(Told) -> Bool {
        let isConcise = kind == .table && options(.concise)
        let isSilent = options(.exec) && !options(.verbose)
        let target = options(.target) ? options.argument(.target) : nil
        var matches = false
        // A device without a table has one line that is empty.
        for index in 0..<max(1, answer.reply.table.lines.count) {
            let line = answer.reply.table.lines.isEmpty ? nil : answer.reply.table.lines[index]
            if let target, line?.type != target { continue }
            defer { matches = true }
            if kind == .devices {
                if !isSilent { output.printLine("\(name)\t(\(answer.number.major), \(answer.number.minor))") }
                return true
            }
            guard !isSilent else { continue }
            if isConcise {
                if !matches { beginConcise(answer, name) }
            } else {
                if !matches, options(.verbose) { try? show(answer) }
                if operands.hasSeveralDevices, !options(.verbose) { output.print("\(name): ") }
            }
            if let line {
                output.print("\(isConcise ? "," : "")\(line.start) \(line.length) \(line.type) ")
                showArguments(answer, index, line.type, hidesKeys: kind == .table && !options(.showKeys), isConcise)
            }
            if !isConcise { output.print("\n") }
        }
        return matches
    }

    private func showArguments(_ answer: borrowing DeviceAnswer, _ index: Int, _ type: String, hidesKeys: Bool, _ isConcise: Bool) {
        answer.reply.table.withArguments(of: index) { arguments in
            var text = SecretBuffer(capacity: arguments.count)
            KeyHiding.append(arguments, of: hidesKeys ? type : "", to: &text)
            if isConcise {
                var quoted = SecretBuffer(capacity: text.count)
                for index in 0..<text.count { quoted.appendQuoted(text[index]) }
                output.print(quoted.bytes)
            } else {
                output.print(text.bytes)
            }
        }
    }

    private func beginConcise(_ answer: borrowing DeviceAnswer, _ name: String) {
        var text = SecretBuffer()
        if hasConciseOutput { text.append(";") }
        hasConciseOutput = true
        for byte in name.utf8 { text.appendQuoted(byte) }
        text.append(",")
        for byte in answer.uuid.utf8 { text.appendQuoted(byte) }
        text.append(",\(answer.number.minor),\(answer.flags.contains(.readOnly) ? "ro" : "rw")")
        output.print(text.bytes)
    }

    /// Runs the command of `--exec` with the path of a device's node behind it.
    private func execute(_ command: String, _ name: String) throws(Told) {
        guard !lacksCommand else { throw Told() }
        try makeNodes(name)
        let words = command.split { $0.asciiValue.map(CNumber.isSpace) ?? false }.map(String.init)
        lacksCommand = words.isEmpty
        guard !lacksCommand else { throw Told() }
        Program.run(words + ["\(directory)/\(name)"])
    }
}

extension SecretBuffer {
    /// Adds a byte of a concise form, quoted where it means something there.
    fileprivate mutating func appendQuoted(_ byte: UInt8) {
        if ",;\\".utf8.contains(byte) { append(UInt8(ascii: "\\")) }
        append(byte)
    }
}
