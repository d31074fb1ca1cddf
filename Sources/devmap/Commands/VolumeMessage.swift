internal import ArgumentParser
internal import DeviceMapper

/// `devmap volume message`.
struct VolumeMessage: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "message",
        abstract: "Tell the target at a sector something, as dmsetup message does, and print what it answers.",
        usage: """
            devmap volume message <tablefile> <sector> <word> ...
            devmap volume message --table <text> <sector> <word> ...
            devmap volume message --stack <file> <name> <sector> <word> ...
            """,
        discussion: """
            What a target keeps in memory only, such as the regions of a switch, lasts no longer than the command: give such messages to the \
            command that needs them, by --message.
            """)

    @Option(help: ArgumentHelp("The table itself. Other users can see it while the command runs.", valueName: "text")) var table: String?
    @OptionGroup var opening: OpenOptions
    @Argument(
        help: ArgumentHelp(
            "A file with the table, - is standard input, unless there is --table; a sector of the line whose target is told; the message.",
            valueName: "argument"))
    var arguments: [String]

    func validate() throws {
        guard table == nil || opening.stack == nil else { throw ValidationError("Give either --table or --stack.") }
        guard arguments.count >= (table == nil ? 3 : 2) else { throw ValidationError("Give a table, a sector and a message.") }
        try opening.expectOneStandardInput(table == nil && opening.stack == nil && arguments.first == "-")
    }

    func run() throws {
        let source = table.map(TableSource.text) ?? .file(arguments[0])
        let words = arguments.dropFirst(table == nil ? 1 : 0)
        guard let first = words.first, let sector = UInt64(first) else {
            throw ValidationError("Expected a sector, a decimal number, found '\(words.first ?? "")'.")
        }
        let message = words.count > 2 ? OpaqueMessage(Array(words.dropFirst())) : try? OpaqueMessage(words.last ?? "")
        guard let message, !message.words.isEmpty, !message.words.contains("") else {
            throw ValidationError("A message has no empty words.")
        }
        let volume =
            if opening.stack != nil {
                try opening.openDevice(arguments[0], .readWrite)
            } else {
                try opening.open(try source.parse(), source.name, .readWrite)
            }
        let answer: String?
        do throws(MappingError) {
            answer = try volume.send(message, at: Sectors(sector))
        } catch {
            throw CommandFailure("\(source.name): \(error)")
        }
        try volume.closeOrFail()
        if let answer { try Terminal.print(answer.hasSuffix("\n") ? answer : answer + "\n") }
    }
}
