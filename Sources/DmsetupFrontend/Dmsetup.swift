internal import DeviceMapperControl
internal import StorageUnits

/// One run of dmsetup(8): as the command of Debian 12 does it, 1.02.185, down to its messages and exit statuses.
///
/// What dmsetup takes is taken: names, numbers and tables go to the kernel as they are, for the kernel to judge. Verbs are in extensions, one file each
/// or for a few that belong together. A verb that fails has told why, and throws `Told`.
package final class Dmsetup {
    /// The version of libdevmapper whose behaviour this is.
    static let libraryVersion = "1.02.185 (2022-05-18)"

    /// What is around a run: the machine's, or a test's.
    package struct Surroundings {
        package var streams: any DmsetupStreams
        package var environment: (String) -> String?
        /// Opens the device mapper, whose control node is in a directory: /dev/mapper, mostly.
        package var openKernel: (_ directory: String) throws(KernelAbsence) -> any KernelCalls
        package var udev: any UdevCalls
        /// Lets time pass.
        package var pause: (Duration) -> Void

        package init(
            streams: any DmsetupStreams, environment: @escaping (String) -> String?,
            openKernel: @escaping (_ directory: String) throws(KernelAbsence) -> any KernelCalls, udev: any UdevCalls,
            pause: @escaping (Duration) -> Void = Pause.wait
        ) {
            self.streams = streams
            self.environment = environment
            self.openKernel = openKernel
            self.udev = udev
            self.pause = pause
        }

        /// Those of this machine.
        package static var machine: Surroundings {
            Surroundings(
                streams: StandardStreams(), environment: { System.environment($0) },
                openKernel: { (directory) throws(KernelAbsence) in try KernelControl(directory: directory) }, udev: UdevSemaphores())
        }
    }

    let surroundings: Surroundings
    let output: DmsetupOutput
    let nodes: DeviceNodes
    let names: DeviceNames
    let udev: UdevSynchronization
    /// /dev/mapper, or where `DM_DEV_DIR` has it.
    let directory: String
    var options = DmsetupOptions()
    var mangling: StringMangling
    /// The cookie of the caller's, which carries several calls.
    var cookie: UInt32 = 0
    /// Whether udev alone makes the nodes.
    var leavesNodesToUdev = false
    var nameKind = DeviceNameKind.number
    var treeOptions = TreeOptions()
    var report: Report<ReportedDevice>?
    /// When statistics were last reported, and began at 0 again.
    var statisticsBegin: ContinuousClock.Instant?
    /// The verb that a selection is for, which is done with the devices that a report selects.
    var selectedVerb: DmsetupVerb?
    /// Whether `--exec` turned out to have no command: dmsetup sees that with the first device, and does nothing for the others.
    var lacksCommand = false
    /// Whether a device was printed in the concise form: what follows has a semicolon in front.
    var hasConciseOutput = false
    private(set) lazy var mapperMajor = names.mapperMajor() ?? 0
    private var cachedTree: DeviceTree?

    private enum Kernel {
        case unopened
        case open(any KernelCalls)
        case absent
    }

    private var kernel = Kernel.unopened

    init(_ surroundings: Surroundings) {
        self.surroundings = surroundings
        output = DmsetupOutput(surroundings.streams)
        let base = surroundings.environment("DM_DEV_DIR").flatMap { $0.hasPrefix("/") ? $0 : nil } ?? "/dev/"
        directory = base + (base.hasSuffix("/") ? "" : "/") + "mapper"
        nodes = DeviceNodes(directory: directory, surroundings.streams, output)
        names = DeviceNames(surroundings.streams)
        udev = UdevSynchronization(surroundings.udev, output, isDisabled: surroundings.environment("DM_DISABLE_UDEV") != nil)
        mangling = surroundings.environment("DM_DEFAULT_NAME_MANGLING_MODE").flatMap { StringMangling(option: $0) } ?? .auto
    }

    // MARK: calls

    /// Looks whether there is a device mapper. What is wrong with it is told once.
    func openKernel() throws(Told) {
        switch kernel {
        case .open: return
        case .absent: throw Told()
        case .unopened: break
        }
        do throws(KernelAbsence) { kernel = .open(try surroundings.openKernel(directory)) } catch {
            kernel = .absent
            for message in error.messages { output.error(message) }
            output.error("Incompatible libdevmapper \(Self.libraryVersion) and kernel driver (unknown version).")
            throw Told()
        }
    }

    /// Begins a call. Like dmsetup, it first looks whether there is anything to call.
    func task(_ command: KernelCommand) throws(Told) -> DeviceTask {
        try openKernel()
        let task = DeviceTask(command)
        if options(.noFlush), [.suspend, .resume, .remove, .clear, .wait, .status, .table, .removeAll].contains(command) {
            task.flags.insert(.noFlush)
        }
        if options(.inactive) { task.flags.insert(.inactive) }
        task.checks = options(.checks)
        return task
    }

    /// Makes a call, and what has to be done besides: tries again, keeps udev's cookie in order, makes and removes nodes.
    func run(_ task: DeviceTask) throws(Told) -> DeviceAnswer {
        guard case .open(let kernel) = kernel else { throw Told() }
        if task.command == .create, !task.table.lines.isEmpty { return try createWithTable(task) }
        if task.command == .suspend, task.checks {
            task.checks = false
            try expectNoSuspendedChildren(task)
        }
        var answer = try answer(kernel, task)
        if tellsUdev(task), udev.isActive, !answer.flags.contains(.ueventGenerated) { udev.complete(eventNumber: task.eventNumber) }
        try unmangle(&answer, task)
        changeNodes(task, answer)
        return answer
    }

    private func tellsUdev(_ task: DeviceTask) -> Bool { [.resume, .remove, .rename].contains(task.command) }

    private func answer(_ kernel: any KernelCalls, _ task: DeviceTask) throws(Told) -> DeviceAnswer {
        if task.minor >= 0 {
            if task.correctsMajor, task.major != Int32(mapperMajor) { task.major = Int32(mapperMajor) }
            guard task.major > 0 else {
                output.error("Missing major number for persistent device.")
                output.error("Couldn't create ioctl argument.")
                complete(task)
                throw Told()
            }
        }
        if tellsUdev(task) {
            task.eventNumber |= UdevSynchronization.Rules.primarySource.eventNumber
            if !task.hasCookie, udev.isActive {
                let rules: UdevSynchronization.Rules = [.disableMapperRules, .disableSubsystemRules]
                task.eventNumber |= rules.eventNumber
            }
        }
        var attempts = 25
        while true {
            do throws(KernelFailure) {
                return DeviceAnswer(reply: try kernel.perform(task.request()))
            } catch {
                if error.number == System.noDevice, [.info, .mknodes, .status].contains(task.command) {
                    return DeviceAnswer(reply: KernelReply(), exists: false)
                }
                if error.number != System.interrupted {
                    output.error("device-mapper: \(task.command.rawValue) ioctl on \(task.title) failed: \(error.text)")
                }
                attempts -= 1
                if error.number == System.busy, task.command == .remove, task.retries, attempts > 0 {
                    surroundings.pause(.milliseconds(200))
                    continue
                }
                complete(task)
                throw Told()
            }
        }
    }

    private func complete(_ task: DeviceTask) {
        if task.hasCookie { udev.complete(eventNumber: task.eventNumber) }
    }

    private func unmangle(_ answer: inout DeviceAnswer, _ task: DeviceTask) throws(Told) {
        var isComplete = true
        func unmangled(_ text: String, _ title: String) -> String {
            do throws(StringMangling.Failure) { return try mangling.unmangle(text, title) } catch {
                output.error(error.message)
                isComplete = false
                return text
            }
        }
        answer.reply.name = unmangled(answer.reply.name, "name")
        for index in answer.reply.devices.indices { answer.reply.devices[index].name = unmangled(answer.reply.devices[index].name, "name") }
        if isComplete, task.command != .remove { answer.reply.uuid = unmangled(answer.reply.uuid, "UUID") }
        if !isComplete { throw Told() }
    }

    // MARK: nodes

    private func changeNodes(_ task: DeviceTask, _ answer: borrowing DeviceAnswer) {
        let rules = UdevSynchronization.Rules(eventNumber: task.eventNumber)
        let trust = DeviceNodes.Trust(
            relies: task.hasCookie && rules.contains(.disableLibraryFallback),
            warns: task.hasCookie && !rules.contains(.disableMapperRules) && !rules.contains(.disableLibraryFallback)
                && udev.isActive && udev.isChecking)
        let silent = DeviceNodes.Trust(relies: trust.relies, warns: false)
        let name = task.name.flatMap { $0.isEmpty ? nil : $0 }
        switch task.command {
        case .create:
            if task.nodeTime == .onCreate, let name, !trust.relies { nodes.add(name, answer.number, task.permissions, trust) }
        case .remove:
            if let name, !trust.relies { nodes.remove(name, trust) }
        case .rename:
            if let name, let new = task.text, !task.flags.contains(.setsUUID) { nodes.rename(name, to: new, trust) }
        case .resume:
            if task.nodeTime == .onResume, let name { nodes.add(name, answer.number, task.permissions, trust) }
            nodes.setReadAhead(name ?? "", answer.number, task.readAhead)
        case .mknodes:
            if answer.exists {
                // dmsetup gives this node the name as people write it, beside the other with the name as the kernel has it.
                nodes.add(answer.name, answer.number, task.permissions, silent)
            } else if let name {
                nodes.remove(name, silent)
            }
        default: break
        }
    }

    /// Waits until udev is through with a cookie of our own, and does what it leaves to us.
    func finish(_ cookie: UInt32) {
        if self.cookie == 0 {
            try? udev.wait(cookie: cookie)
            nodes.flush()
        }
    }

    /// Gives an event a cookie, the caller's or one of its own.
    func begin(_ task: DeviceTask, cookie: inout UInt32) throws(Told) {
        var rules: UdevSynchronization.Rules = []
        if options(.noUdevRules) { rules.formUnion([.disableMapperRules, .disableSubsystemRules]) }
        if leavesNodesToUdev { rules.insert(.disableLibraryFallback) }
        cookie = self.cookie
        task.eventNumber = try udev.begin(rules, cookie: &cookie)
        task.hasCookie = true
    }

    // MARK: devices

    /// The devices and what they use. It is fetched once.
    func tree() throws(Told) -> DeviceTree {
        if let cachedTree { return cachedTree }
        let (tree, isComplete) = try buildTree()
        cachedTree = tree
        if !isComplete { throw Told() }
        return tree
    }

    /// The tree as far as it could be made.
    var treeSoFar: DeviceTree? { cachedTree }
}
