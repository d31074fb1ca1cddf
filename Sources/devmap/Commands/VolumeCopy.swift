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
            """)

    @Argument(help: "What to read.", completion: .file()) var source: Place
    @Argument(help: "What to write.", completion: .file()) var destination: Place
    @OptionGroup var opening: OpenOptions
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
    }

    func validate() throws {
        if let jobs, !(1...256).contains(jobs) { throw ValidationError("--jobs takes 1 to 256.") }
        if case (.table(.file("-")), .table(.file("-"))) = (source, destination) {
            throw ValidationError("Both tables cannot come from standard input.")
        }
    }

    func run() throws {
        let stack = try openStack()
        let input = try openSource(stack)
        let (output, state) = try openDestination(stack, size: input.size)
        if let stack { try OpenOptions.endWithVolumes(stack) }
        let copy: DeviceCopy
        do throws(BlockIOError) {
            copy = try DeviceCopy(from: input, to: output, state)
        } catch {
            throw CommandFailure("the destination has \(output.size) bytes, the source \(input.size): nothing was copied")
        }
        let bar = !quiet && Terminal.errorIsTerminal ? ProgressBar() : nil
        do throws(DeviceCopy.Failure) {
            try copy.run(workers: Workers(count: jobs)) { bar?.show($0) }
            bar?.clear()
        } catch {
            bar?.clear()
            let side = error.side == .source ? "reading \(name(source))" : "writing \(name(destination))"
            let failure = CommandFailure("\(side) failed: \(error.error); the first \(error.copied) of \(input.size) bytes were copied")
            throw (output as? DeviceMapper.Volume)?.closing(after: failure) ?? failure
        }
        try (input as? DeviceMapper.Volume)?.closeOrFail()
        try (output as? DeviceMapper.Volume)?.closeOrFail()
    }

    /// The stack, if one of the places is a device of it.
    private func openStack() throws -> UserspaceMapper? {
        if case .device = destination { return try opening.openStack(.readWrite) }
        if case .device = source { return try opening.openStack(.readOnly) }
        return nil
    }

    private func openSource(_ stack: UserspaceMapper?) throws(CommandFailure) -> any BlockDevice {
        if case .image(let path) = source { return try opening.openImage(path, .readOnly) }
        return try openVolume(source, stack, .readOnly)
    }

    private func openDestination(
        _ stack: UserspaceMapper?, size: ByteCount
    ) throws(CommandFailure) -> (any BlockDevice, DeviceCopy.Destination) {
        guard case .image(let path) = destination else { return (try openVolume(destination, stack, .readWrite), .holdsAnything) }
        do throws(BlockIOError) {
            let device = try FileDevice.create(path: path, size: size, locking: opening.locking)
            if case .blockDevice = device.identity { return (device, .holdsAnything) }
            return (device, .readsAsZeroes)
        } catch {
            throw opening.failure(error)
        }
    }

    private func openVolume(_ place: Place, _ stack: UserspaceMapper?, _ access: Access) throws(CommandFailure) -> DeviceMapper.Volume {
        if case .device(let name) = place, let stack { return try opening.open(name, of: stack, access) }
        guard case .table(let source) = place else { throw CommandFailure("'\(name(place))' is an image, not a table") }
        return try opening.open(try source.parse(name(place)), name(place), access)
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
