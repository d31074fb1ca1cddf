internal import ArgumentParser
internal import DeviceMapper

/// `devmap load`.
struct Load: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Give a device its next table, for resume to put in force.",
        usage: """
            devmap load <device> <tablefile> [--read-only] [--resume]
            devmap load <device> --table <text> ...
            devmap load --uuid <uuid> <tablefile> ...
            """,
        discussion: "The table in force stays so until then. A table that was loaded before, and never came into force, is replaced.")

    @OptionGroup var device: DeviceArgument
    @Argument(help: ArgumentHelp("A file with the table; - is standard input.", valueName: "tablefile"), completion: .file())
    var file: String?
    @OptionGroup var source: KernelTableOption
    @Flag(help: "For reading only; without, as the device is.") var readOnly = false
    @Flag(help: "Put the table in force at once; when that fails, the one before stays.") var resume = false

    func validate() throws { _ = try work() }

    private func work() throws -> (device: KernelDevice, source: TableSource) {
        let (device, words) = try device.split([file])
        guard words.count <= 1 else { throw ValidationError("Give either <device> or --uuid <uuid>.") }
        return (device, try TableSource(file: words.first, table: source.table))
    }

    func run() throws {
        let (device, source) = try work()
        let table = try source.parse()
        let mapper = try KernelMapper.open()
        let id = try device.id(in: mapper)
        if resume {
            try mapper.replaceTable(of: id, with: table, access: readOnly ? .readOnly : nil)
        } else {
            _ = readOnly ? try mapper.load(table, into: id, access: .readOnly) : try mapper.load(table, into: id)
        }
    }
}
