internal import ArgumentParser
internal import DeviceMapper

/// `devmap message`.
struct Message: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tell a device's target something, and print what it answers.",
        usage: """
            devmap message <device> <sector> <word> ...
            devmap message --uuid <uuid> <sector> <word> ...
            """,
        discussion: """
            'devmap help TARGET' lists the messages. A message may also be one word with blanks in it: 'reserve_metadata_snap'. Words that \
            begin with a dash come behind --. Other users can see the words while the command runs.
            """)

    @OptionGroup var device: DeviceArgument
    @Argument(
        help: ArgumentHelp("A sector of the line whose target is told, mostly 0; the words of the message.", valueName: "argument"))
    var arguments: [String] = []

    func validate() throws { _ = try work() }

    private func work() throws -> (device: KernelDevice, sector: Sectors, message: OpaqueMessage) {
        let (device, words) = try device.split(arguments)
        guard words.count >= 2 else { throw ValidationError("Give a device, a sector and a message.") }
        guard let sector = UInt64(words[0]) else {
            throw ValidationError("Expected a sector, a decimal number, found '\(words[0])'.")
        }
        let message = words.count > 2 ? OpaqueMessage(Array(words[1...])) : try? OpaqueMessage(words[1])
        guard let message, !message.words.isEmpty, !message.words.contains("") else {
            throw ValidationError("A message has no empty words.")
        }
        return (device, Sectors(sector), message)
    }

    func run() throws {
        let (device, sector, message) = try work()
        let mapper = try KernelMapper.open()
        guard let answer = try mapper.send(message, to: try device.id(in: mapper), at: sector) else { return }
        try Terminal.print(answer.hasSuffix("\n") ? answer : answer + "\n")
    }
}
