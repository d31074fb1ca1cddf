internal import ArgumentParser
internal import DeviceMapper

/// `devmap remove-all`.
struct RemoveAll: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove-all",
        abstract: "Remove all devices that nobody has open.",
        discussion: "Those of LVM and cryptsetup, too. Devices that are left are in use; their names are told, and the exit status is 1.")

    @Flag(help: "Yes, all.") var yes = false
    @Flag(help: "Remove those in use as soon as nobody has them open.") var deferred = false

    func validate() throws {
        guard yes else { throw ValidationError("This removes every mapped device, those of LVM and cryptsetup, too: say --yes.") }
    }

    func run() throws {
        let mapper = try KernelMapper.open()
        try mapper.removeAll(deferred: deferred)
        let left = try mapper.devices().map { NameMangling.shown($0.name) }.sorted()
        guard left.isEmpty || deferred else { throw CommandFailure("still in use: \(left.joined(separator: ", "))") }
    }
}
