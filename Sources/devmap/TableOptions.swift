public import ArgumentParser
public import DeviceMapper

/// A table, from a file or from the command line.
struct TableOptions: ParsableArguments {
    @Argument(
        help: ArgumentHelp("A file with the table; - is standard input.", valueName: "tablefile"), completion: .file())
    var file: String?

    @Option(
        help: ArgumentHelp(
            "The table itself. Other users can see it while the command runs: name keys by :<bytes>:file:<path> or :<bytes>:user:<description>.",
            valueName: "text"))
    var table: String?

    mutating func validate() throws { _ = try TableSource(file: file, table: table) }

    var source: TableSource { table.map(TableSource.text) ?? .file(file ?? "-") }
    var readsStandardInput: Bool { file == "-" }
    var name: String { source.name }
    func text() throws(CommandFailure) -> SecretBuffer { try source.text() }
    func parse() throws(CommandFailure) -> MappingTable { try source.parse() }
}

/// Where a table's text, which may hold keys, comes from.
enum TableSource {
    case text(String)
    /// A file by its path; - is standard input.
    case file(String)

    /// The one of both that is given.
    init(file: String?, table: String?) throws(ValidationError) {
        switch (file, table) {
        case (let file?, nil): self = .file(file)
        case (nil, let table?): self = .text(table)
        default: throw ValidationError("Give a table: either <tablefile> or --table <text>.")
        }
    }

    /// What messages call the table.
    var name: String {
        switch self {
        case .text: "--table"
        case .file(let file): file == "-" ? "standard input" : file
        }
    }

    func text() throws(CommandFailure) -> SecretBuffer {
        switch self {
        case .text(let table):
            var text = SecretBuffer()
            text.append(table)
            return text
        case .file(let file):
            do throws(BlockIOError) { return try SmallFile.read(file, limit: 1 << 30) } catch { throw CommandFailure("\(error)") }
        }
    }

    /// Reads the table; `title` is what messages call it.
    func parse(_ title: String? = nil) throws(CommandFailure) -> MappingTable {
        let text = try text()
        do throws(TableError) { return try MappingTable(parsing: text) } catch { throw CommandFailure("\(title ?? name): \(error)") }
    }
}

extension TableSource {
    /// Reads a list of devices in the concise form, with their names as the kernel gets them.
    func parseConcise() throws -> [DeviceDefinition] {
        let text = try text()
        var devices: [DeviceDefinition]
        do throws(TableError) {
            devices = try text.withBytes { (text) throws(TableError) in try DeviceDefinition.list(parsingConciseUTF8: text) }
        } catch {
            throw CommandFailure("\(name): \(error)")
        }
        for index in devices.indices {
            devices[index].name = try DeviceName(calling: devices[index].name.description)
            devices[index].uuid = try devices[index].uuid.map { try DeviceUUID(calling: $0.description) }
        }
        return devices
    }
}

extension MappingTable {
    /// Reads a table from text that may hold keys.
    init(parsing text: borrowing SecretBuffer) throws(TableError) {
        self = try text.withBytes { (text) throws(TableError) in try MappingTable(parsingUTF8: text) }
    }
}

/// A table for the kernel, in place of the file that a command takes as an argument.
struct KernelTableOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The table itself. Other users can see it while the command runs: name keys by :<bytes>:<type>:<description>, as they are in the "
                + "kernel's keyring.",
            valueName: "text"))
    var table: String?
}

/// How the devices of a table are opened.
struct OpenOptions: ParsableArguments {
    @Flag(
        help: "Open images even when another process has them open. What is read may be half-written, and two writers destroy the contents."
    )
    var forceUnlocked = false

    @Option(
        name: .customLong("device"),
        help: ArgumentHelp(
            "Where the table names /dev/mapper/NAME, use the volume that the table in FILE describes. May be given several times; a table may name "
                + "those before it.",
            valueName: "name=file"))
    var devices: [NamedTable] = []

    @Option(
        help: ArgumentHelp(
            "Work with a device of a stack: FILE, or - for standard input, describes all its devices, in the concise form of "
                + "dmsetup create --concise, where tables name devices before them by /dev/mapper/NAME. The device's name is given in the "
                + "place of a table, to 'volume copy' as device:NAME.",
            valueName: "file"), completion: .file())
    var stack: String?

    /// A volume below the one that a command works on.
    struct NamedTable: ExpressibleByArgument {
        var name: DeviceName
        var file: String

        init?(argument: String) {
            let parts = argument.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, let name = try? DeviceName(String(parts[0])) else { return nil }
            self.name = name
            file = String(parts[1])
        }
    }

    var locking: FileDevice.Locking { forceUnlocked ? .none : .enforced }

    /// Throws when more than one thing is to be read from standard input, files of these options or `others`: the second would find nothing.
    func expectOneStandardInput(_ others: Bool...) throws(ValidationError) {
        let uses = others + [stack == "-"] + devices.map { $0.file == "-" }
        guard uses.count(where: { $0 }) <= 1 else { throw ValidationError("Standard input, -, can be read for one thing only.") }
    }

    /// The volume that a command works on: a table's, or a device of the stack.
    func open(_ source: TableOptions, _ access: Access) throws -> DeviceMapper.Volume {
        guard stack != nil else { return try open(try source.parse(), source.name, access) }
        guard let name = source.file else { throw ValidationError("With --stack, give the name of a device in the place of a table.") }
        return try openDevice(name, access)
    }

    /// A device of the stack.
    func openDevice(_ name: String, _ access: Access) throws -> DeviceMapper.Volume {
        let mapper = try openStack(access)
        let volume = try open(name, of: mapper, access)
        try Self.endWithVolumes(mapper)
        return volume
    }

    /// Makes the devices of the stack.
    func openStack(_ access: Access) throws -> UserspaceMapper {
        guard let stack else { throw ValidationError("A device needs --stack, with the file that describes it.") }
        let definitions = try TableSource.file(stack).parseConcise()
        let mapper = try makeDevices(access)
        do throws(MappingError) { try mapper.createAndLoad(definitions) } catch {
            throw CommandFailure(table: TableSource.file(stack).name, error)
        }
        return mapper
    }

    /// Opens a device of a stack by what people call it.
    func open(_ name: String, of mapper: UserspaceMapper, _ access: Access) throws(CommandFailure) -> DeviceMapper.Volume {
        do throws(MappingError) { return try mapper.open(.name(try DeviceName(calling: name)), access: access) } catch {
            throw CommandFailure("\(stack ?? name): \(error)")
        }
    }

    func open(_ table: MappingTable, _ name: String, _ access: Access) throws(CommandFailure) -> DeviceMapper.Volume {
        let mapper = try makeDevices(access)
        let volume: DeviceMapper.Volume
        do throws(MappingError) { volume = try mapper.open(table, access: access) } catch { throw CommandFailure(table: name, error) }
        try Self.endWithVolumes(mapper)
        return volume
    }

    /// Each device ends with the last volume, or device, that has it open: whoever closes that is told what fails.
    static func endWithVolumes(_ mapper: UserspaceMapper) throws(CommandFailure) {
        do throws(MappingError) { try mapper.removeAll(deferred: true) } catch { throw CommandFailure("\(error)") }
    }

    /// Makes the devices of `--device`.
    private func makeDevices(_ access: Access) throws(CommandFailure) -> UserspaceMapper {
        var environment = VolumeEnvironment()
        environment.logger = VolumeLog.logger
        let mapper = UserspaceMapper(opening: .files(access, locking: locking), environment: environment)
        for device in devices {
            let table = try TableSource.file(device.file).parse()
            do throws(MappingError) { try mapper.createAndLoad(DeviceDefinition(name: device.name, access: access, table: table)) } catch {
                throw CommandFailure(table: device.file, error)
            }
        }
        return mapper
    }

    func openImage(_ path: String, _ access: Access) throws(CommandFailure) -> FileDevice {
        do throws(BlockIOError) { return try FileDevice(path: path, access: access, locking: locking) } catch {
            throw CommandFailure(image: error)
        }
    }
}

extension DeviceMapper.Volume {
    /// Closes a volume that was written: only then it is sure that the writes are on disk.
    func closeOrFail() throws(CommandFailure) {
        do throws(MappingError) { try close() } catch {
            throw CommandFailure("the volume was not closed well, and its last writes may be lost: \(error)")
        }
    }
}

extension DeviceMapper.Volume {
    /// Closes a volume after a failure, and returns what there is to tell of both.
    func closing(after failure: CommandFailure) -> CommandFailure {
        do throws(CommandFailure) { try closeOrFail() } catch { return CommandFailure("\(failure.message); \(error.message)") }
        return failure
    }
}

extension ByteCount: ExpressibleByArgument {
    public init?(argument: String) { self.init(parsing: argument) }
}
