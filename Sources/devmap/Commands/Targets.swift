internal import ArgumentParser
internal import DeviceMapper
internal import Foundation

/// `devmap targets`.
struct Targets: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the targets that tables can have.",
        discussion: "'devmap help TARGET' tells the arguments, options, messages and status of one.")

    @Flag(help: "Print JSON.") var json = false

    private struct Row: Encodable {
        var name, summary: String
        /// Whether `devmap volume` can open tables that have it.
        var inUserSpace: Bool
    }

    func run() throws {
        let rows = TargetRegistry.standard.types.map {
            Row(name: $0.typeName, summary: $0.syntax.summary, inUserSpace: $0 is any UserspaceTarget.Type)
        }.sorted { $0.name < $1.name }
        if json { return try Terminal.print(json: rows) }
        let width = rows.map(\.name.count).max() ?? 0
        for row in rows {
            let name = row.name.padding(toLength: width, withPad: " ", startingAt: 0)
            try Terminal.print("\(name)  \(row.inUserSpace ? "volume" : "      ")  \(row.summary)\n")
        }
        try Terminal.print("\nThose marked 'volume' also run in user space: devmap volume.\n")
    }
}
