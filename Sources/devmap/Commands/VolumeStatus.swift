internal import ArgumentParser
internal import DeviceMapper

/// `devmap volume status`.
struct VolumeStatus: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Print what each line's target tells of its state, as dmsetup status does.",
        discussion: "Opens every device of the table for reading. Devices are called what the table calls them.")

    @OptionGroup var source: TableOptions
    @OptionGroup var opening: OpenOptions
    @OptionGroup var messages: MessageOptions

    func validate() throws { try opening.expectOneStandardInput(source.readsStandardInput) }

    func run() throws {
        let volume = try opening.open(source, .readOnly)
        try messages.send(to: volume, source.name)
        let lines: [StatusLine]
        do throws(MappingError) { lines = try volume.status() } catch { throw CommandFailure("\(source.name): \(error)") }
        for line in lines { try Terminal.print("\(line)\n") }
    }
}
