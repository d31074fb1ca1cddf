internal import ArgumentParser
internal import DeviceMapper

/// `devmap wait`.
struct Wait: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Wait until something happens to a device.",
        discussion: """
            Prints how many events the device had then. Events are what targets tell: a mirror in sync, a pool that runs full, a path that failed; and a new table. Give the number that \
            was printed to --after, and no event is missed between two calls. When the time is over, the exit status is 1.
            """)

    @OptionGroup var device: DeviceArgument
    @Option(help: ArgumentHelp("Wait until the number of events is another than that; without, than it is now.", valueName: "number"))
    var after: UInt32?
    @Option(help: ArgumentHelp("How long to wait; without, for ever.", valueName: "seconds")) var timeout: Seconds?

    func validate() throws { _ = try device.alone() }

    func run() throws {
        let device = try device.alone()
        let mapper = try KernelMapper.open()
        let deadline = timeout.map { ContinuousClock.now + $0.duration }
        let info = try mapper.info(of: try device.id(in: mapper))
        guard
            let info = try mapper.waitForEvent(of: .number(info.number), after: after ?? info.eventNumber, until: deadline)
        else { throw CommandFailure("\(NameMangling.shown(info.name.description)): no event came in time") }
        try Terminal.print("\(info.eventNumber)\n")
    }
}
