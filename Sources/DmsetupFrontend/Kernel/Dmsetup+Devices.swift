internal import StorageUnits

/// How a task is told which device it is about.
extension Dmsetup {
    /// By an operand, or by the options where there is none.
    func setDevice(_ task: DeviceTask, _ name: String?) throws(Told) {
        if let name {
            try setName(task, name)
        } else if options(.uuid) {
            try setUUID(task, options.argument(.uuid) ?? "")
        } else if let number = options.number {
            setNumber(task, number)
        } else {
            output.error("No device specified.")
            throw Told()
        }
    }

    func setNumber(_ task: DeviceTask, _ number: (major: Int32, minor: Int32)) {
        task.major = number.major
        task.minor = number.minor
        task.correctsMajor = false
    }

    func setUUID(_ task: DeviceTask, _ uuid: String) throws(Told) {
        do throws(StringMangling.Failure) { task.setUUID(try mangling.mangle(uuid, "UUID", limit: .uuid)) } catch {
            output.error(error.message)
            if !error.message.hasSuffix("auto mode.") { output.error("Failed to mangle device uuid \"\(uuid)\".") }
            throw Told()
        }
    }

    /// By a name, or a path of an existing device.
    func setName(_ task: DeviceTask, _ name: String) throws(Told) {
        if let slash = name.lastIndex(of: "/") {
            return task.setName(try find(path: name, name: String(name[name.index(after: slash)...]), isNew: task.command == .create))
        }
        guard name.utf8.count < StringMangling.Limit.name.rawValue else {
            output.error("Name \"\(name)\" too long.")
            throw Told()
        }
        do throws(StringMangling.Failure) { task.setName(try mangling.mangle(name, "name", limit: .name)) } catch {
            output.error(error.message)
            if !error.message.hasSuffix("auto mode.") { output.error("Failed to mangle device name \"\(name)\".") }
            throw Told()
        }
    }

    /// The name in /dev/mapper of the device at a path, which may lack the /dev/.
    private func find(path: String, name: String, isNew: Bool) throws(Told) -> String {
        guard !isNew else {
            output.error("Name \"\(path)\" invalid. It contains \"/\".")
            throw Told()
        }
        let number: DeviceNumber
        if let found = try? System.device(at: path) {
            if (try? System.device(at: "\(directory)/\(name)")) == found { return name }
            number = found
        } else {
            let slashes = path.utf8.count { $0 == UInt8(ascii: "/") }
            guard path.utf8.count >= 3, !path.hasPrefix("/"), slashes == 1, let found = try? System.device(at: "\(directory)/../\(path)")
            else {
                output.error("Device \(path) not found")
                throw Told()
            }
            number = found
        }
        let names: [String]
        do throws(System.Failure) { names = try System.names(in: directory) } catch {
            output.error("\(directory): opendir failed: \(error.text)")
            names = []
        }
        guard let found = names.first(where: { (try? System.device(at: "\(directory)/\($0)")) == number }) else {
            output.error("Device \(name) not found")
            throw Told()
        }
        return found
    }

    /// Calls `body` with each device that there is, goes on where it fails, and fails then.
    func forEachDevice(saysNone: Bool = true, _ body: (KernelReply.Device) throws(Told) -> Void) throws(Told) {
        let task = DeviceTask(.names)
        try openKernel()
        let devices = try run(task).reply.devices
        if devices.isEmpty, saysNone { output.printLine("No devices found") }
        var isComplete = true
        for device in devices {
            do throws(Told) { try body(device) } catch { isComplete = false }
        }
        if !isComplete { throw Told() }
    }
}
