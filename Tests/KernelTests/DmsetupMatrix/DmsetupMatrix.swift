import VolumeLaws

/// Commands that are run by the real dmsetup and by ours: what they print, what they complain about, and how they end must be the same.
///
/// Each line is a shell command. `$LOOP` stands for a loop device of 4 MiB, `$MAJOR` for the major number of mapped devices. The scenes follow upon each
/// other: what one makes, those behind it see.
enum DmsetupMatrix {
    struct Scene: Sendable {
        var title: String
        var commands: [String]

        init(_ title: String, _ commands: String) {
            self.title = title
            self.commands = commands.split(separator: "\n").map(String.init)
        }

        /// A scene whose commands only ask: some of them are enough, evenly spread, but for a full count of random tests.
        static func questions(_ title: String, _ commands: String) -> Scene {
            var scene = Scene(title, commands)
            let all = scene.commands
            let count = scaled(all.count)
            scene.commands = (0..<count).map { all[$0 * all.count / count] }
            return scene
        }
    }

    static let scenes = [
        emptyMachine, create, createRefused, info, wrongSelections, list, dependencies, statusAndTable, states, wait, messages, rename,
        namesAndNodes, targets, splitName, cookies, commandLine, concise, keys, remove,
    ]

    /// Commands whose result is another one, and why.
    static let differences: [String: String] = {
        let table = "dmsetup's message has all of the table, with what keys are in it; ours says <redacted>"
        return [
            #"dmsetup create --concise 'x,,,,0 8 zero\'"#: table, #"dmsetup create --concise 'x,,,,0 8 zer\o'"#: table,
            "dmsetup create --concise 'x,,,,0 8 zero,'": table,
        ]
    }()

    /// What a command printed and complained about, without what is prose: the help, and the lists of fields and operators that precede an error. Their words
    /// are our own.
    static func withoutHelp(_ errors: String) -> String {
        var lines: [Substring] = []
        for line in errors.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("Usage:") { break }
            let isList = line.hasPrefix("  ") || line == " " || line.allSatisfy { $0 == "-" } && !line.isEmpty
            let isHeading = line.hasSuffix(" Fields") || line == "Selection operands" || line == "Selection operators"
            if !isList, !isHeading { lines.append(line) }
        }
        return lines.joined(separator: "\n")
    }
}
