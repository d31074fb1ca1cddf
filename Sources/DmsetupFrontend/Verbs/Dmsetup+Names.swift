internal import StorageUnits

/// Verbs about names and nodes, and those that only pass a text on: `rename`, `mangle`, `mknodes`, `message`, `setgeometry`.
extension Dmsetup {
    func rename(_ operands: DmsetupOperands) throws(Told) {
        let name = operands.words.count == 2 ? operands.words[0] : nil
        let new = operands.words[operands.words.count - 1]
        try rename(name, to: new, setsUUID: options(.setUUID))
    }

    private func rename(_ name: String?, to new: String, setsUUID: Bool) throws(Told) {
        let task = try task(.rename)
        var cookie: UInt32 = 0
        defer { finish(cookie) }
        try setDevice(task, name)
        if setsUUID {
            task.text = try kernelText(new, "new UUID", limit: .uuid, tooLong: "Uuid \"\(new)\" too long", "new device UUID")
            task.flags.insert(.setsUUID)
        } else {
            guard !new.contains("/") else {
                output.error("Name \"\(new)\" invalid. It contains \"/\".")
                throw Told()
            }
            if new.isEmpty {
                output.error("Non empty new name is required.")
                throw Told()
            }
            task.text = try kernelText(new, "new name", limit: .name, tooLong: "Name \"\(new)\" too long", "new device name")
        }
        try begin(task, cookie: &cookie)
        _ = try run(task)
    }

    private func kernelText(
        _ text: String, _ title: String, limit: StringMangling.Limit, tooLong: String, _ longTitle: String
    ) throws(Told) -> String {
        guard text.utf8.count < limit.rawValue else {
            output.error(tooLong)
            throw Told()
        }
        do throws(StringMangling.Failure) { return try mangling.mangle(text, title, limit: limit) } catch {
            output.error(error.message)
            if !error.message.hasSuffix("auto mode.") { output.error("Failed to mangle \(longTitle) \"\(text)\"") }
            throw Told()
        }
    }

    /// Gives a device the name that another mode of mangling would have given it.
    func mangle(_ operands: DmsetupOperands) throws(Told) {
        guard operands.device != nil || operands.first != nil || options(.uuid) || options(.major) else {
            return try forEachDevice { (device) throws(Told) in
                try mangle(DmsetupOperands([], hasSeveralDevices: true, device: device.name))
            }
        }
        let task = try task(.status)
        try setDevice(task, operands.device ?? operands.first)
        let answer = try run(task)
        guard answer.exists else { throw Told() }
        let name = operands.device ?? operands.first ?? answer.name
        let uuid = answer.uuid
        let mode = options.mangling ?? .auto
        if mode == .auto {
            try expectMangledOnce(
                name, "The name \"\(name)\" seems to be mangled more than once. Manual intervention required to rename the device.")
            try expectMangledOnce(
                uuid, "The UUID \"\(uuid)\" seems to be mangled more than once. Manual intervention required to correct the device UUID.")
        }
        let newName = mode == .none ? StringMangling.unmangled(answer.name) : try mangledAnyway(answer.name, "name", .name)
        let newUUID = mode == .none ? StringMangling.unmangled(uuid) : try mangledAnyway(uuid, "UUID", .uuid)
        guard newUUID.compareBytes(uuid) == 0 else {
            output.error("\(name): \(uuid): UUID in incorrect form. ")
            output.error("Unable to change device UUID. The device must be deactivated first.")
            throw Told()
        }
        if newName.compareBytes(name) == 0 {
            output.printLine(
                "\(name): \(uuid.isEmpty ? "[no UUID]" : uuid): name \(uuid.isEmpty ? "" : "and UUID ")already in correct form")
            return
        }
        output.printLine("\(name): renaming to \(newName)")
        try rename(name, to: newName, setsUUID: false)
    }

    private func expectMangledOnce(_ text: String, _ message: String) throws(Told) {
        guard text.contains(#"\x5cx"#) else { return }
        output.error(message)
        throw Told()
    }

    private func mangledAnyway(_ text: String, _ title: String, _ limit: StringMangling.Limit) throws(Told) -> String {
        do throws(StringMangling.Failure) { return try mangling.mangleAnyway(text, title, limit: limit) } catch {
            output.error(error.message)
            output.error("Failed to mangle device \(title == "name" ? "name" : "uuid") \"\(text)\".")
            throw Told()
        }
    }

    // MARK: nodes

    /// Makes the node of a device, or removes what is left of one; without a name, of all.
    func makeNodes(_ name: String?) throws(Told) {
        let task = try task(.mknodes)
        task.flags = []
        if let name {
            try setName(task, name)
            _ = try run(task)
            return
        }
        var entries: [String] = []
        do throws(System.Failure) { entries = try System.names(in: directory) } catch {
            output.error("\(directory): opendir failed: \(error.text)")
        }
        // What is in the directory is only tidied up.
        for entry in entries where entry != "control" { try? makeNodes(entry) }
        var isComplete = true
        for device in try run(DeviceTask(.names)).reply.devices {
            let task = DeviceTask(.mknodes)
            try setName(task, device.name)
            do throws(Told) { _ = try run(task) } catch { isComplete = false }
        }
        if !isComplete { throw Told() }
    }

    // MARK: texts

    func message(_ operands: DmsetupOperands) throws(Told) {
        let task = try task(.message)
        var words = operands.words[...]
        try setDevice(task, options(.uuid) || options(.major) ? nil : words.popFirst())
        guard let first = words.popFirst(), let sector = CNumber.whole(first, radix: 10) else {
            output.error("Invalid sector.")
            throw Told()
        }
        if words.isEmpty { output.error("No message supplied.") }
        task.message = (sector, words.joined(separator: " "))
        let answer = try run(task)
        if let text = answer.reply.text { output.print(text.isEmpty || text.hasSuffix("\n") ? text : text + "\n") }
    }

    func setGeometry(_ operands: DmsetupOperands) throws(Told) {
        let task = try task(.setGeometry)
        var words = operands.words[...]
        try setDevice(task, options(.uuid) || options(.major) ? nil : words.popFirst())
        task.text = words.prefix(4).joined(separator: " ")
        _ = try run(task)
    }
}
