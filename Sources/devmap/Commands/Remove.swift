internal import ArgumentParser
internal import DeviceMapper

/// `devmap remove`.
struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Remove devices; what is on the disks below them stays.",
        discussion: """
            A device that somebody has open is tried again for a while: udev, for one, looks into every new device. With --stack, the mapped \
            devices below it that nobody else uses go too, from the top down, and the names of all are printed.
            """)

    @OptionGroup var devices: DevicesArgument
    @Flag(help: "Remove those in use as soon as nobody has them open.") var deferred = false
    @Flag(help: "Take such a removal back.") var cancelDeferred = false
    @Flag(help: "Remove the mapped devices below, too.") var stack = false
    @Option(help: ArgumentHelp("How long to try again while a device is in use.", valueName: "seconds"))
    var wait: Seconds?

    func validate() throws {
        try devices.expectAny()
        guard [deferred, cancelDeferred, stack].count(where: { $0 }) <= 1 else {
            throw ValidationError("Give one of --deferred, --cancel-deferred and --stack.")
        }
    }

    func run() throws {
        var options = KernelMapper.Options()
        if let wait { options.busyDeadline = wait.duration }
        let mapper = try KernelMapper.open(options)
        var removed: [String] = []
        // Also when one fails, and those before it are gone.
        defer { for name in removed { try? Terminal.print("\(NameMangling.shown(name))\n") } }
        try devices.forEach(in: mapper) { (id) throws(MappingError) in
            if cancelDeferred {
                try mapper.cancelDeferredRemoval(of: id)
            } else if stack {
                try mapper.removeStack(id) { removed.append($0) }
            } else {
                try mapper.remove(id, deferred: deferred)
            }
        }
    }
}
