internal import ArgumentParser
internal import DeviceMapper

/// `devmap help`: of a command, or of a target.
struct Help: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show help for a command, or for a target: its arguments, options, messages and status.")

    @Argument(
        help: ArgumentHelp("A target, such as crypt, or a command, such as volume copy.", valueName: "target or command"),
        completion: .list(TargetRegistry.standard.types.map { $0.typeName }))
    var topic: [String] = []

    func run() throws {
        if topic.count == 1, let type = TargetRegistry.standard[topic[0]] {
            return try Terminal.print(Self.text(of: type))
        }
        var command: any ParsableCommand.Type = Devmap.self
        for name in topic {
            guard
                let next = command.configuration.subcommands.first(where: {
                    Self.name(of: $0) == name || $0.configuration.aliases.contains(name)
                })
            else {
                throw ValidationError(
                    "there is no target or command '\(topic.joined(separator: " "))'; 'devmap targets' lists the targets.")
            }
            command = next
        }
        try Terminal.print(Devmap.helpMessage(for: command) + "\n")
    }

    /// Commands of several words have their names in their configurations.
    private static func name(of command: any ParsableCommand.Type) -> String {
        command.configuration.commandName ?? "\(command)".lowercased()
    }

    private static func text(of type: any Target.Type) -> String {
        let syntax = type.syntax
        var text = "\(type.typeName): \(syntax.summary)\n\n"
        text += "  <start> <length> \(type.typeName)\(syntax.usage.isEmpty ? "" : " \(syntax.usage)")\n"
        text += section("Options", syntax.options)
        text += section("Status", syntax.status)
        text += section("Messages", syntax.messages)
        text += "\nExamples:\n"
        for example in syntax.examples { text += "  0 \(example.length) \(type.typeName) \(example.arguments)".trimmed + "\n" }
        text += list("Status, as 'dmsetup status' prints it behind the target's name", syntax.statusExamples)
        text += list("Messages, as 'dmsetup message' sends them", syntax.messageExamples)
        if !(type is any UserspaceTarget.Type) { text += "\nThe kernel runs it; 'devmap volume' does not.\n" }
        return text
    }

    private static func section(_ title: String, _ terms: [TargetSyntax.Term]) -> String {
        guard !terms.isEmpty else { return "" }
        return "\n\(title):\n" + terms.map { "  \($0.words)\n      \($0.meaning)\n" }.joined()
    }

    private static func list(_ title: String, _ lines: [String]) -> String {
        guard !lines.isEmpty else { return "" }
        return "\n\(title):\n" + lines.map { $0.isEmpty ? "  (nothing)\n" : "  \($0)\n" }.joined()
    }
}

extension String {
    /// Without the blank that a target without arguments leaves.
    fileprivate var trimmed: String { hasSuffix(" ") ? String(dropLast()) : self }
}
