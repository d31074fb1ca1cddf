public import DeviceMapperTables
public import StorageUnits
internal import SystemPackage

extension KernelMapper {
    /// Puts a table into the inactive slot. The table is for reading where the device is.
    ///
    /// Throws `invalidTable` with the kernel's own reason where its log can be read (`CAP_SYSLOG`), and `unsupported` for a target that this kernel
    /// does not have. Keys do not stay in the kernel's memory, nor in the process's. The corresponding command is `DM_TABLE_LOAD`.
    public func load(_ table: MappingTable, into device: MappedDeviceID) throws(MappingError) -> MappedDeviceInfo {
        try load(table, into: device, access: try info(of: device).access)
    }

    /// Puts a table into the inactive slot, for reading only or for both.
    public func load(_ table: MappingTable, into device: MappedDeviceID, access: Access) throws(MappingError) -> MappedDeviceInfo {
        try table.expectForKernel()
        var request = makeRequest(.load, device, flags: access == .readOnly ? [.secureData, .readOnly] : .secureData)
        var words = ArgumentWriter(keys: .shown, from: reserve)
        for line in table.lines {
            words.removeAll()
            line.target.write(to: &words)
            words.withText {
                request.appendTarget(
                    start: line.range.start.count, length: line.range.length.count, type: line.target.typeName, arguments: $0)
            }
        }
        let log = KernelLog()
        do throws(MappingError) {
            return MappedDeviceInfo(try perform(request))
        } catch {
            throw explained(error, table, device, log)
        }
    }

    /// Empties the inactive slot. The corresponding command is `DM_TABLE_CLEAR`.
    public func clear(_ device: MappedDeviceID) throws(MappingError) -> MappedDeviceInfo {
        MappedDeviceInfo(try perform(makeRequest(.clear, device)))
    }

    /// Holds requests back; without `flush`, those under way are not waited for, but held back too, where the targets can do that (multipath, raid,
    /// mirror). The file system on it, if there is one, is frozen. The corresponding command is `DM_DEV_SUSPEND` with `DM_SUSPEND_FLAG`.
    public func suspend(_ device: MappedDeviceID, flush: Bool = true) throws(MappingError) -> MappedDeviceInfo {
        try suspend(device, flush: flush, freezesFileSystem: true)
    }

    /// The same, where the file system on the device need not be frozen: it would wait for requests that cannot end.
    public func suspend(_ device: MappedDeviceID, flush: Bool = true, freezesFileSystem: Bool) throws(MappingError) -> MappedDeviceInfo {
        var flags = ControlFlags.suspend
        if !flush { flags.insert(.noFlush) }
        if !freezesFileSystem { flags.insert(.skipFreeze) }
        return MappedDeviceInfo(try perform(makeRequest(.suspend, device, flags: flags)))
    }

    /// Makes the inactive table the active one, if there is one, lets requests through, and sees to it that the device has its node. The corresponding
    /// command is `DM_DEV_SUSPEND` without `DM_SUSPEND_FLAG`.
    ///
    /// When the inactive table cannot be put in force, it is gone, and the active one stays; a device that was not suspended goes on with
    /// it, and one that was stays suspended. When the new table is in force and one of its targets cannot begin, the device stays suspended
    /// with the new table. When only the node cannot be made, `deviceUnavailable` is thrown, and the rest is done.
    public func resume(_ device: MappedDeviceID) throws(MappingError) -> MappedDeviceInfo {
        try resume(device, flush: true, freezesFileSystem: true)
    }

    /// The same: `flush` and `freezesFileSystem` are for the short suspension in which an active table is replaced.
    public func resume(_ device: MappedDeviceID, flush: Bool, freezesFileSystem: Bool) throws(MappingError) -> MappedDeviceInfo {
        // Afterwards nobody can tell who has suspended it. What is wrong with the device the resume tells.
        let before = try? info(of: device)
        do throws(MappingError) {
            return try putInForce(device, flush: flush, freezesFileSystem: freezesFileSystem)
        } catch {
            guard let before else { throw error }
            throw lettingRunOn(device, as: before, now: try? info(of: device), after: error)
        }
    }

    /// Resumes a device, and leaves it as the kernel does when that fails.
    func putInForce(
        _ device: MappedDeviceID, flush: Bool = true, freezesFileSystem: Bool = true
    ) throws(MappingError) -> MappedDeviceInfo {
        var flags: ControlFlags = []
        if !flush { flags.insert(.noFlush) }
        if !freezesFileSystem { flags.insert(.skipFreeze) }
        // Only now some tables are found to be too long for their devices.
        let log = KernelLog()
        do throws(MappingError) {
            return MappedDeviceInfo(
                try change(makeRequest(.suspend, device, flags: flags)) { (reply) throws(Errno) in
                    try nodes.make(reply.name, reply.number)
                })
        } catch {
            throw explained(error, device, log)
        }
    }

    /// Lets a device go on that a resume has suspended and failed: the kernel suspends it before it looks whether the tables can be
    /// exchanged, forgets the new one, and leaves it so. Returns the resume's error, which tells when this fails, too.
    func lettingRunOn(
        _ device: MappedDeviceID, as before: MappedDeviceInfo, now: MappedDeviceInfo?, after failure: MappingError
    ) -> MappingError {
        guard let now, now.isSuspended, before.hasActiveTable, !before.isSuspended else { return failure }
        var failure = failure
        do throws(MappingError) { _ = try putInForce(device) } catch {
            // Without its node it runs all the same.
            if error.code != .deviceUnavailable { failure.message += "; the device stays suspended: \(error.message)" }
        }
        return failure
    }

    /// The table in a slot, as the kernel prints it: devices are numbers, and keys are in it. Throws `notFound` when the slot is empty. The
    /// corresponding command is `DM_TABLE_STATUS` with `DM_STATUS_TABLE_FLAG`.
    public func table(of device: MappedDeviceID, in slot: TableSlot = .active) throws(MappingError) -> MappingTable {
        let reply = try report(of: device, in: slot, flags: [.statusTable, .secureData, .noFlush])
        var text = SecretBuffer(from: reserve)
        let error = reply.forEachTarget { start, length, type, arguments in
            text.append("\(start) \(length) \(type) ")
            // The kernel prints backslashes as they are, and the parser takes them for quotes.
            for index in arguments.indices {
                if arguments[index] == UInt8(ascii: "\\") { text.append(UInt8(ascii: "\\")) }
                text.append(arguments[index])
            }
            text.append(UInt8(ascii: "\n"))
        }
        if let error { throw MappingError(.kernel, command: reply.command.name, message: error.description) }
        do throws(TableError) {
            return try text.withBytes { (text) throws(TableError) in try MappingTable(parsingUTF8: text) }
        } catch {
            throw MappingError(
                .kernel, line: error.line, device: reply.name, command: reply.command.name,
                message: "the table that the kernel prints cannot be read: \(error.message)", underlying: error)
        }
    }

    /// What each line of the table in a slot tells of its state. With `flush`, thin pools, caches and clones first commit what they have to tell. Throws
    /// `notFound` when the slot is empty. The corresponding command is `DM_TABLE_STATUS`.
    public func status(of device: MappedDeviceID, in slot: TableSlot = .active) throws(MappingError) -> [StatusLine] {
        try status(of: device, in: slot, flush: true)
    }

    /// The same, and with `flush` false as the state is now: what does not wait for a device that does not answer.
    public func status(of device: MappedDeviceID, in slot: TableSlot = .active, flush: Bool) throws(MappingError) -> [StatusLine] {
        let reply = try report(of: device, in: slot, flags: flush ? [] : .noFlush)
        var lines: [StatusLine] = []
        let error = reply.forEachTarget { start, length, type, arguments in
            guard let range = SectorRange(start: Sectors(start), length: Sectors(length)) else { return }
            lines.append(StatusLine(range: range, typeName: type, text: arguments.text))
        }
        if let error { throw MappingError(.kernel, command: reply.command.name, message: error.description) }
        return lines
    }

    private func report(of device: MappedDeviceID, in slot: TableSlot, flags: ControlFlags) throws(MappingError) -> ControlReply {
        let reply = try perform(makeRequest(.tableStatus, device, flags: slot == .inactive ? flags.union(.inactiveTable) : flags))
        try Self.expectTable(reply, slot)
        return reply
    }

    private static func expectTable(_ reply: borrowing ControlReply, _ slot: TableSlot) throws(MappingError) {
        guard reply.flags.contains(slot == .active ? .hasActiveTable : .hasInactiveTable) else {
            throw MappingError(
                .notFound, device: reply.name, command: reply.command.name,
                message: "the device has no \(slot == .active ? "" : "in")active table")
        }
    }

    /// The devices that the table in a slot uses, by their numbers. Throws `notFound` when the slot is empty. The corresponding command is
    /// `DM_TABLE_DEPS`.
    public func dependencies(of device: MappedDeviceID, in slot: TableSlot = .active) throws(MappingError) -> [DeviceReference] {
        let reply = try perform(makeRequest(.dependencies, device, flags: slot == .inactive ? .inactiveTable : []))
        try Self.expectTable(reply, slot)
        return try Self.decoding(reply) { (reply) throws(ReplyError) in try reply.dependencies() }.map(DeviceReference.number)
    }

    /// Tells the target at a sector something, and returns what it answers. A key in the message stays nowhere. Throws `invalidMessage` when the target
    /// does not take it. The corresponding command is `DM_TARGET_MSG`.
    public func send(_ message: some TargetMessage, to device: MappedDeviceID, at sector: Sectors = 0) throws(MappingError) -> String? {
        var words = ArgumentWriter(keys: .shown, from: reserve)
        message.write(to: &words)
        var request = makeRequest(.message, device, flags: .secureData)
        words.withText { request.appendMessage($0, sector: sector.count) }
        return try Self.decoding(try perform(request)) { (reply) throws(ReplyError) in try reply.text() }
    }

    /// Tells the target at a sector something, and reads what it answers.
    public func ask<Message: TargetMessage>(
        _ message: Message, of device: MappedDeviceID, at sector: Sectors = 0
    ) throws(MappingError) -> Message.Reply {
        let answer = try send(message, to: device, at: sector)
        do throws(TableError) { return try message.reply(parsing: answer) } catch {
            throw MappingError(.kernel, command: "DM_TARGET_MSG", message: "the answer cannot be read: \(error.message)", underlying: error)
        }
    }
}

extension Span<UInt8> {
    /// The bytes as text; what is not UTF-8 is replaced.
    fileprivate var text: String {
        var bytes: [UInt8] = []
        for index in indices { bytes.append(self[index]) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
