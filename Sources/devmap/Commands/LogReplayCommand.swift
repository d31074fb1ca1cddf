public import ArgumentParser
public import DeviceMapper

/// `devmap log replay`.
struct LogReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Do again to another device what a log says, up to an entry or a mark.",
        discussion: """
            What TARGET holds afterwards is what the logged device would have held after a crash at that point, if TARGET began with what that device \
            began with. The log is looked at first: when it has no such mark or entry, or something in it is wrong, nothing is written.

            With --check, COMMAND is run by the shell at every flush, or as --every says; DEVMAP_TARGET is the device to look at, DEVMAP_ENTRY the \
            number of the last entry that was replayed. When it fails, the replay ends there. A command that changes what it looks at, such as \
            e2fsck -y, needs --copy, for the replay goes on from there:

              devmap log replay log.img disk.img --copy check.img --check 'e2fsck -fy "$DEVMAP_TARGET"'
            """)

    @OptionGroup var range: LogRangeOptions
    @Argument(help: "The device or file to write.", completion: .file()) var target: String
    @Option(
        help: ArgumentHelp(
            "Make TARGET a file of that size that reads as zeroes, in place of what it held, before anything is replayed.",
            valueName: "size"))
    var create: ByteCount?
    @Option(
        help: ArgumentHelp(
            "What becomes of discards: zeroes; discards where the device takes them, and zeroes where not; or none of both.",
            valueName: "zeroes|discards|ignored"))
    var discards: LogReplay.Discards = .zeroes
    @Option(help: ArgumentHelp("Run a command on TARGET as it was at every flush, or as --every says.", valueName: "command")) var check:
        String?
    @Option(
        help: ArgumentHelp(
            "When to check: after every entry of a kind (write, flush, fua, discard, mark, metadata), or after each so many entries. May be given "
                + "several times.",
            valueName: "kind|count"))
    var every: [CheckPoint] = []
    @Option(help: ArgumentHelp("Before each check copy TARGET to a file, and have the command look at that.", valueName: "file"))
    var copy: String?
    @Flag(help: "Tell each check as it is made.") var verbose = false

    /// When a check is made.
    enum CheckPoint: ExpressibleByArgument {
        case kind(LogEntryKind)
        case count(UInt64)

        init?(argument: String) {
            if let kind = LogEntryKind(rawValue: argument) {
                self = .kind(kind)
            } else if let count = UInt64(argument), count > 0 {
                self = .count(count)
            } else {
                return nil
            }
        }

        func includes(_ item: LogWritesReader.Item) -> Bool {
            switch self {
            case .kind(let kind): kind.includes(item.entry)
            case .count(let count): (item.number + 1) % count == 0
            }
        }
    }

    func validate() throws {
        if check == nil, !every.isEmpty || copy != nil || verbose {
            throw ValidationError("--every, --copy and --verbose are for --check.")
        }
    }

    func run() throws {
        let log = try range.open()
        let entries = try range.entries(of: log)
        let device = try openTarget(log)
        var checks = 0
        do {
            let replay = try LogReplay(of: log, onto: device, discards: discards)
            if entries.lowerBound > 0 { try replay.skip(to: .entry(entries.lowerBound - 1)) }
            while replay.nextEntry < entries.upperBound, let item = try replay.advance(to: .entry(replay.nextEntry)) {
                guard let check, isCheckPoint(item) else { continue }
                try self.check(check, item, device)
                checks += 1
            }
        } catch let error as LogReplay.Failure {
            switch error {
            case .log(let error): throw range.failure(error)
            case .device(let error, let entry): throw CommandFailure("\(target): entry \(entry): \(error)")
            }
        }
        do throws(BlockIOError) { try device.flush() } catch { throw CommandFailure("\(error)") }
        if check != nil { try Terminal.print("\(entries.count) entries were replayed, and \(checks) states checked\n") }
    }

    private func openTarget(_ log: FileDevice) throws(CommandFailure) -> FileDevice {
        let identity = try? FileDevice.identity(of: target)
        if identity == log.identity { throw CommandFailure("'\(target)' is the log") }
        if create != nil, case .blockDevice? = identity {
            throw CommandFailure("'\(target)' is a block device: --create makes a file")
        }
        if let copy, let found = try? FileDevice.identity(of: copy) {
            if found == log.identity { throw CommandFailure("'\(copy)' is the log") }
            if found == identity { throw CommandFailure("'\(copy)' is TARGET") }
        }
        let locking: FileDevice.Locking = range.forceUnlocked ? .none : .enforced
        do throws(BlockIOError) {
            let device =
                if let create {
                    try FileDevice.create(path: target, size: create, locking: locking)
                } else {
                    try FileDevice(path: target, access: .readWrite, locking: locking)
                }
            guard check != nil, copy == nil else { return device }
        } catch {
            throw CommandFailure(image: error)
        }
        // Nobody else has it open. The command that checks wants it, too.
        do throws(BlockIOError) { return try FileDevice(path: target, access: .readWrite, locking: .none) } catch {
            throw CommandFailure("\(error)")
        }
    }

    private func isCheckPoint(_ item: LogWritesReader.Item) -> Bool {
        every.isEmpty ? item.entry.flags.contains(.flush) : every.contains { $0.includes(item) }
    }

    private func check(_ command: String, _ item: LogWritesReader.Item, _ device: FileDevice) throws {
        let state = "entry \(item.number) (\(item.entry))"
        if let copy { try makeCopy(of: device, at: copy) }
        let end = try ShellCommand.run(command, adding: ["DEVMAP_TARGET": copy ?? target, "DEVMAP_ENTRY": "\(item.number)"])
        guard end == .exit(status: 0) else {
            throw CommandFailure("\(state): '\(command)' \(end); the same replay with --to-entry \(item.number) makes that state again")
        }
        if verbose { try Terminal.print("\(state): good\n") }
    }

    private func makeCopy(of device: FileDevice, at path: String) throws(CommandFailure) {
        do throws(BlockIOError) {
            let copy = try DeviceCopy(from: device, creating: path)
            do throws(DeviceCopy.Failure) { try copy.run() } catch { throw error.error }
        } catch {
            throw CommandFailure("cannot copy '\(target)': \(error)")
        }
    }
}

extension LogReplay.Discards: ExpressibleByArgument {
    public init?(argument: String) {
        guard let found = Self.allCases.first(where: { "\($0)" == argument }) else { return nil }
        self = found
    }
}
