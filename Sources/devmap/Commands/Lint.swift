internal import ArgumentParser
internal import DeviceMapper
internal import Foundation

/// `devmap lint`.
struct Lint: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check a table without opening a device, and print it in canonical form.",
        discussion: """
            A table that is wrong is told with line, word and reason, and exit status 1. Keys are shown as <redacted>. Targets that are not
            known are let through with a warning: a newer kernel may know them.
            """)

    @OptionGroup var source: TableOptions
    @Flag(help: "Print JSON.") var json = false
    @Flag(name: .customLong("showkeys"), help: "Print keys.") var showKeys = false

    private struct Report: Encodable {
        struct Line: Encodable {
            var start, length: UInt64
            var target, arguments: String
            var isKnown: Bool
        }
        struct Failure: Encodable {
            var code, message: String
            var line, word: Int
        }
        var valid: Bool
        var lines: [Line]?
        var error: Failure?
    }

    func run() throws {
        let text = try source.text()
        let table: MappingTable
        do throws(TableError) {
            table = try MappingTable(parsing: text)
        } catch {
            guard json else { throw CommandFailure("\(source.name): \(error)") }
            let failure = Report.Failure(code: error.code.description, message: error.message, line: error.line, word: error.word)
            try print(Report(valid: false, error: failure))
            throw ExitCode(1)
        }
        if json {
            let lines = table.lines.map {
                Report.Line(
                    start: $0.range.start.count, length: $0.range.length.count, target: $0.target.typeName,
                    arguments: $0.arguments(keys: showKeys ? .shown : .redacted), isKnown: !($0.target is UnknownTarget))
            }
            return try print(Report(valid: true, lines: lines))
        }
        for line in table.lines where line.target is UnknownTarget {
            Terminal.writeError(
                "devmap: \(source.name): warning: target '\(line.target.typeName)' is not known, its arguments were not checked\n")
        }
        try table.withText(keys: showKeys ? .shown : .redacted) { (text) throws(CommandFailure) in try Terminal.print(text) }
    }

    private func print(_ report: Report) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        try Terminal.print(String(decoding: try encoder.encode(report), as: UTF8.self) + "\n")
    }
}
