internal import StorageUnits

/// Verbs that ask, and change nothing: `ls`, `info`, `deps`, `targets`, `target-version`, `version`, `splitname`.
extension Dmsetup {
    func list(_ operands: DmsetupOperands) throws(Told) {
        if options(.target) || options(.exec) { return try status(.devices, operands) }
        if options(.tree) { return try drawTree() }
        try forEachDevice { (device) throws(Told) in
            output.printLine("\(device.name)\t(\(title(of: device.number) ?? device.number.description))")
        }
    }

    /// The name that `-o` asks for; `nil` for the number.
    private func title(of number: DeviceNumber) -> String? {
        switch nameKind {
        case .number: nil
        case .kernelName: names.kernelName(of: number)
        case .mapName: names.mapName(of: number)
        }
    }

    func info(_ operands: DmsetupOperands) throws(Told) {
        guard operands.device != nil || operands.first != nil || options(.uuid) || options(.major) else {
            return try forEachDevice { (device) throws(Told) in
                try info(DmsetupOperands([], hasSeveralDevices: true, device: device.name))
            }
        }
        let task = try task(.info)
        try setDevice(task, operands.device ?? operands.first)
        try show(try run(task))
    }

    func dependencies(_ operands: DmsetupOperands) throws(Told) {
        guard operands.device != nil || operands.first != nil || options(.uuid) || options(.major) else {
            return try forEachDevice { (device) throws(Told) in
                try dependencies(DmsetupOperands([], hasSeveralDevices: true, device: device.name))
            }
        }
        let name = operands.device ?? operands.first
        let task = try task(.deps)
        try setDevice(task, name)
        let answer = try run(task)
        if options(.verbose) { try? show(answer) }
        // With --uuid or --major there is no name to print: dmsetup prints what C makes of that.
        if operands.hasSeveralDevices, !options(.verbose) { output.print("\(name ?? "(null)"): ") }
        output.print("\(answer.reply.dependencies.count) dependencies\t:")
        for number in answer.reply.dependencies { output.print(" (\(title(of: number) ?? "\(number.major), \(number.minor)"))") }
        output.print("\n")
        if operands.hasSeveralDevices, options(.verbose) { output.print("\n") }
    }

    func listTargets() throws(Told) {
        let task = try task(.versions)
        let answer = try run(task)
        for target in answer.reply.targets { show(target) }
    }

    func showTargetVersion(_ name: String) throws(Told) {
        let task = try task(.targetVersion)
        try setName(task, name)
        let answer = try run(task)
        if let target = answer.reply.targets.first { show(target) }
    }

    private func show(_ target: KernelReply.TargetVersion) {
        let name = target.name.utf8.count < 16 ? target.name.padded(to: 16) : target.name
        output.printLine("\(name) v\(target.version.0).\(target.version.1).\(target.version.2)")
    }

    func showVersion() throws(Told) {
        output.printLine("Library version:   \(Self.libraryVersion)")
        let task = try task(.version)
        let version = try run(task).reply.version
        output.printLine("Driver version:    \(version.0).\(version.1).\(version.2)")
        report = nil
    }

    func splitName(_ operands: DmsetupOperands) throws(Told) {
        var device = ReportedDevice()
        device.parts = DeviceNameParts(
            name: operands.words[0], uuid: operands.words.count == 2 ? operands.words[1] : "LVM", separator: nil)
        do throws(Report<ReportedDevice>.Failure) { _ = try report?.add(device) } catch { throw Told() }
    }
}
