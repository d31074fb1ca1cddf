internal import ArgumentParser
internal import DeviceMapper

/// `devmap volume copy`.
struct VolumeCopy: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "copy",
        abstract: "Copy between volumes and image files.",
        discussion: """
            SOURCE and DESTINATION are each one of

              table:FILE   the volume that the table in FILE describes; table:- reads the table from standard input
              text:TABLE   the volume that TABLE itself describes
              device:NAME  the device NAME of the stack that --stack describes
              FILE         an image file or a block device; file:FILE when its name looks like one of the others

            A destination file is made with the size of the source, in place of what it held; holes and zeroes are left out of it. A volume or
            block device must be large enough; what is behind the copy stays as it is. Returns when everything is on disk.

            Messages of --message are for a source that is a volume, those of --destination-message for such a destination.
            """)

    @Argument(help: "What to read.", completion: .file()) var source: Place
    @Argument(help: "What to write.", completion: .file()) var destination: Place
    @OptionGroup var opening: OpenOptions
    @OptionGroup var messages: MessageOptions
    @Option(
        name: .customLong("destination-message"),
        help: ArgumentHelp("First tell the destination's target at a sector something.", valueName: "sector words"))
    var destinationMessages: [MessageOptions.SectorMessage] = []
    @Option(help: ArgumentHelp("How many pieces are copied at once; one for each processor without.", valueName: "count")) var jobs: Int?
    @Flag(help: "Show no progress on a terminal.") var quiet = false

    /// One side of the copy.
    enum Place: ExpressibleByArgument {
        case table(TableSource)
        case device(String)
        case image(String)

        init?(argument: String) {
            if argument.hasPrefix("table:") {
                self = .table(.file(String(argument.dropFirst(6))))
            } else if argument.hasPrefix("text:") {
                self = .table(.text(String(argument.dropFirst(5))))
            } else if argument.hasPrefix("device:") {
                self = .device(String(argument.dropFirst(7)))
            } else {
                self = .image(argument.hasPrefix("file:") ? String(argument.dropFirst(5)) : argument)
            }
        }

        var isDevice: Bool { if case .device = self { true } else { false } }
        var isImage: Bool { if case .image = self { true } else { false } }
        var readsStandardInput: Bool { if case .table(.file("-")) = self { true } else { false } }
    }

    func validate() throws {
        if let jobs, !(1...256).contains(jobs) { throw ValidationError("--jobs takes 1 to 256.") }
        try opening.expectOneStandardInput(source.readsStandardInput, destination.readsStandardInput)
        if source.isImage, !messages.messages.isEmpty { throw ValidationError("--message is for a volume, and SOURCE is an image.") }
        if destination.isImage, !destinationMessages.isEmpty {
            throw ValidationError("--destination-message is for a volume, and DESTINATION is an image.")
        }
        guard opening.stack == nil || source.isDevice || destination.isDevice else {
            throw ValidationError("With --stack, SOURCE or DESTINATION is device:NAME.")
        }
    }

    func run() throws {
        let stack = try openStack()
        let input = try openSource(stack)
        let (copy, output) = try openCopy(of: input, stack)
        if let stack { try OpenOptions.endWithVolumes(stack) }
        let bar = !quiet && Terminal.errorIsTerminal ? ProgressBar() : nil
        do throws(DeviceCopy.Failure) {
            try copy.run(workers: Workers(count: jobs)) { bar?.show($0) }
            bar?.clear()
        } catch {
            bar?.clear()
            let side = error.side == .source ? "reading \(name(source))" : "writing \(name(destination))"
            let failure = CommandFailure("\(side) failed: \(error.error); the first \(error.copied) of \(input.size) bytes were copied")
            throw output?.closing(after: failure) ?? failure
        }
        try (input as? DeviceMapper.Volume)?.closeOrFail()
        try output?.closeOrFail()
    }

    /// The stack, if one of the places is a device of it.
    private func openStack() throws -> UserspaceMapper? {
        if case .device = destination { return try opening.openStack(.readWrite) }
        if case .device = source { return try opening.openStack(.readOnly) }
        return nil
    }

    private func openSource(_ stack: UserspaceMapper?) throws(CommandFailure) -> any BlockDevice {
        if case .image(let path) = source { return try opening.openImage(path, .readOnly) }
        return try openVolume(source, stack, .readOnly, messages.messages)
    }

    /// The copy, and the volume that it goes to, if it is one.
    private func openCopy(
        of input: any BlockDevice, _ stack: UserspaceMapper?
    ) throws(CommandFailure) -> (DeviceCopy, DeviceMapper.Volume?) {
        if case .image(let path) = destination {
            do throws(BlockIOError) { return (try DeviceCopy(from: input, creating: path, locking: opening.locking), nil) } catch {
                throw CommandFailure(image: error)
            }
        }
        let output = try openVolume(destination, stack, .readWrite, destinationMessages)
        do throws(BlockIOError) { return (try DeviceCopy(from: input, to: output, .holdsAnything), output) } catch {
            throw CommandFailure("\(error)")
        }
    }

    private func openVolume(
        _ place: Place, _ stack: UserspaceMapper?, _ access: Access, _ messages: [MessageOptions.SectorMessage]
    ) throws(CommandFailure) -> DeviceMapper.Volume {
        let volume: DeviceMapper.Volume
        switch place {
        case .device(let name):
            guard let stack else { throw CommandFailure("device \(name) is of no stack") }
            volume = try opening.open(name, of: stack, access)
        case .table(let source): volume = try opening.open(try source.parse(name(place)), name(place), access)
        case .image(let path): throw CommandFailure("'\(path)' is an image, not a table")
        }
        try MessageOptions.send(messages, to: volume, name(place))
        return volume
    }

    private func name(_ place: Place) -> String {
        switch place {
        case .table(.file("-")): "the table on standard input"
        case .table(.file(let path)): path
        case .table(.text): "the table"
        case .device(let name): "device \(name)"
        case .image(let path): path
        }
    }
}
