internal import ArgumentParser
internal import DeviceMapper

/// `devmap ensure`.
struct Ensure: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a device, replace its table, or leave it alone.",
        usage: """
            devmap ensure <name> <tablefile> [--uuid <uuid>] [--minor <number>] [--read-only]
            devmap ensure <name> --table <text> ...
            """,
        discussion: """
            Prints what was done: created, replaced, resumed or unchanged. A device whose table means the same is left alone, also where the \
            kernel prints it in other words. Another table is put in force while the device is in use; when that fails, the old one stays.
            """)

    @Argument(help: "The name.") var name: String
    @Argument(help: ArgumentHelp("A file with the table; - is standard input.", valueName: "tablefile"), completion: .file())
    var file: String?
    @OptionGroup var source: KernelTableOption
    @Option(help: "The uuid that the device has, or gets.") var uuid: String?
    @Option(help: ArgumentHelp("The minor number that the device has, or gets.", valueName: "number")) var minor: UInt32?
    @Flag(help: "For reading only.") var readOnly = false

    func validate() throws { _ = try TableSource(file: file, table: source.table) }

    func run() throws {
        let device = DeviceDefinition(
            name: try DeviceName(calling: name), uuid: try uuid.map { try DeviceUUID(calling: $0) }, minor: minor,
            access: readOnly ? .readOnly : .readWrite, table: try TableSource(file: file, table: source.table).parse())
        let done =
            switch try KernelMapper.open().ensure(device) {
            case .created: "created"
            case .replaced: "replaced"
            case .resumed: "resumed"
            case .unchanged: "unchanged"
            }
        try Terminal.print("\(done)\n")
    }
}
