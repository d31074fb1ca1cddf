internal import ArgumentParser
internal import DeviceMapper

/// `devmap create`.
struct Create: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make devices with their tables.",
        usage: """
            devmap create <name> <tablefile> [--uuid <uuid>] [--minor <number>] [--read-only]
            devmap create <name> --table <text> ...
            devmap create <name> --no-table ...
            devmap create --concise <file>
            """,
        discussion: """
            The device is /dev/mapper/NAME. All is done or nothing: when a step fails, nothing is left of the device, and with --concise of \
            none of the devices.

            Characters that udev does not take are mangled as dmsetup does: 'my disk' is my\\x20disk in the kernel, and all commands know it \
            by both names. Keys of the kernel's keyring are named :<bytes>:logon:<description>.
            """)

    @Argument(help: "The name.") var name: String?
    @Argument(help: ArgumentHelp("A file with the table; - is standard input.", valueName: "tablefile"), completion: .file())
    var file: String?
    @OptionGroup var source: KernelTableOption
    @Option(help: "The uuid: any text of up to 128 bytes that no other device has.") var uuid: String?
    @Option(help: ArgumentHelp("The minor number, 0 to 1048575; without, the kernel chooses.", valueName: "number")) var minor: UInt32?
    @Flag(help: "For reading only.") var readOnly = false
    @Flag(help: "Make the device alone; load and resume give it a table.") var noTable = false
    @Flag(help: "Read a list of devices: <name>,<uuid>,<minor>,<ro|rw>,<table line>[,<table line>...][;<name>,...]") var concise = false

    private enum Work {
        case list(TableSource)
        case device(String, TableSource?)
    }

    func validate() throws { _ = try work() }

    private func work() throws(ValidationError) -> Work {
        if concise {
            guard uuid == nil, minor == nil, !readOnly, !noTable else {
                throw ValidationError("With --concise, the list has the uuids, minor numbers and tables.")
            }
            guard file == nil else { throw ValidationError("With --concise, the list has the names.") }
            return .list(try TableSource(file: name, table: source.table))
        }
        guard let name else { throw ValidationError("Give a name.") }
        guard noTable else { return .device(name, try TableSource(file: file, table: source.table)) }
        guard file == nil, source.table == nil else { throw ValidationError("Give either a table or --no-table.") }
        return .device(name, nil)
    }

    func run() throws {
        switch try work() {
        case .list(let source):
            let devices = try source.parseConcise()
            try KernelMapper.open().createAndLoad(devices)
        case .device(let name, nil):
            let name = try DeviceName(calling: name)
            let uuid = try uuid.map { try DeviceUUID(calling: $0) }
            _ = try KernelMapper.open().create(name, uuid: uuid, access: readOnly ? .readOnly : .readWrite, minor: minor)
        case .device(let name, let source?):
            let device = DeviceDefinition(
                name: try DeviceName(calling: name), uuid: try uuid.map { try DeviceUUID(calling: $0) }, minor: minor,
                access: readOnly ? .readOnly : .readWrite, table: try source.parse())
            try KernelMapper.open().createAndLoad(device)
        }
    }
}
