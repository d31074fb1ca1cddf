internal import StorageUnits

/// `create`, `load` and `reload`.
extension Dmsetup {
    private struct NewDevice {
        var name: String
        var uuid: String?
        var minor: Int32?
        var major: Int32?
        var isReadOnly = false
    }

    func create(_ operands: DmsetupOperands) throws(Told) {
        guard !options(.concise) else { return try createConcise(operands) }
        guard let name = operands.first else {
            output.error("Please provide a name for the new device.")
            throw Told()
        }
        var device = NewDevice(name: name)
        device.uuid = options(.uuid) ? options.argument(.uuid) : nil
        if let number = options.number { (device.major, device.minor) = (number.major, number.minor) }
        device.isReadOnly = options(.readOnly)
        let file = operands.words.count == 2 ? operands.words[1] : nil
        try create(device) { (table) throws(Told) in
            if !options(.noTable) { try readTable(file, into: &table) }
        }
    }

    private func create(_ device: NewDevice, _ readTable: (inout RawTable) throws(Told) -> Void) throws(Told) {
        let task = try task(.create)
        var cookie: UInt32 = 0
        let answer: DeviceAnswer
        do throws(Told) {
            try setName(task, device.name)
            if let uuid = device.uuid { try setUUID(task, uuid) }
            try readTable(&task.table)
            if device.isReadOnly { task.flags.insert(.readOnly) }
            if let major = device.major {
                task.major = major
                task.correctsMajor = false
            }
            if let minor = device.minor { task.minor = minor }
            if options(.uid) { task.permissions.user = UInt32(bitPattern: options.integer(.uid)) }
            if options(.gid) { task.permissions.group = UInt32(bitPattern: options.integer(.gid)) }
            if let mode = options.mode { task.permissions.mode = mode }
            task.readAhead = options.readAhead
            if options(.addNodeOnCreate) { task.nodeTime = .onCreate }
            // No event comes of a device that nobody resumes.
            if options(.noTable) || task.table.lines.isEmpty { udev.stop() }
            try begin(task, cookie: &cookie)
            answer = try run(task)
        } catch {
            finish(cookie)
            throw error
        }
        finish(cookie)
        try showIfVerbose(answer)
    }

    func load(_ operands: DmsetupOperands) throws(Told) {
        guard !options(.noTable) else {
            output.error("--notable only available when creating new device.")
            throw Told()
        }
        var words = operands.words[...]
        var name: String?
        if !options(.uuid), !options(.major) {
            guard let first = words.popFirst() else {
                output.error("Please specify device.")
                throw Told()
            }
            name = first
        } else if words.count > 1 {
            output.error("Too many command line arguments.")
            throw Told()
        }
        let task = try task(.reload)
        try setDevice(task, name)
        try readTable(words.first, into: &task.table)
        if options(.readOnly) { task.flags.insert(.readOnly) }
        let answer = try run(task)
        try showIfVerbose(answer)
    }

    // MARK: tables

    /// Reads the table of `--table`, of a file, or of standard input.
    private func readTable(_ file: String?, into table: inout RawTable) throws(Told) {
        var text = SecretBuffer()
        let title: String
        if let argument = options.argument(.table), options(.table) {
            text.append(argument)
            title = ""
        } else if let file {
            guard surroundings.streams.readFile(file, into: &text) == nil else {
                output.error("Couldn't open '\(file)' for reading.")
                throw Told()
            }
            title = file
        } else {
            _ = surroundings.streams.readInput(into: &text)
            title = "on stdin"
        }
        try readTable(text, title: title, into: &table)
    }

    private func readTable(_ text: borrowing SecretBuffer, title: String, into table: inout RawTable) throws(Told) {
        do throws(TableLines.Failure) {
            try text.withBytes { (bytes) throws(TableLines.Failure) in try TableLines.read(bytes, title: title, into: &table) }
        } catch {
            output.error(error.message)
            throw Told()
        }
    }

    // MARK: --concise

    private func createConcise(_ operands: DmsetupOperands) throws(Told) {
        guard operands.words.count <= 1 else {
            output.error("dmsetup create --concise takes at most one argument")
            throw Told()
        }
        guard ![DmsetupOption.table, .minor, .uuid, .noTable, .inactive].contains(where: { options($0) }) else {
            output.error("--concise is incompatible with --[no]table, --minor, --uuid and --inactive.")
            throw Told()
        }
        var text = SecretBuffer()
        if let word = operands.first {
            text.append(word)
        } else if let error = surroundings.streams.readInput(into: &text) {
            output.error("Read from stdin aborted: \(error)")
            throw Told()
        }
        var reader = ConciseReader()
        var isReadOnly = options(.readOnly)
        var index = 0
        while true {
            do throws(ConciseReader.Failure) {
                let hasDevice = try text.withBytes { (bytes) throws(ConciseReader.Failure) in try reader.read(bytes, from: &index) }
                guard hasDevice else { return }
            } catch {
                for message in error.messages { output.error(message) }
                throw Told()
            }
            var device = NewDevice(name: reader.name)
            device.uuid = reader.uuid.isEmpty ? nil : reader.uuid
            device.minor = reader.minor.isEmpty ? nil : CNumber.integer(reader.minor)
            switch reader.flags {
            case "ro": isReadOnly = true
            case "", "rw": break
            default:
                output.error("Invalid flags parameter '\(ConciseReader.shown(reader.flags))' must be 'ro' or 'rw' or empty.")
                throw Told()
            }
            device.isReadOnly = isReadOnly
            isReadOnly = false
            try create(device) { (table) throws(Told) in try readTable(reader.table, title: "", into: &table) }
        }
    }
}
