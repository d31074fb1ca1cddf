internal import ArgumentParser
internal import DeviceMapper

/// `devmap lint`.
struct Lint: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check a table without opening a device, and print it in canonical form.",
        discussion: """
            A table that is wrong is told with line, word and reason, and exit status 1. Keys are shown as <redacted>. Targets and options that
            are not known are let through with a warning: a newer kernel may know them.

            With --concise the text is a list of devices, as dmsetup create --concise and the kernel's parameter dm-mod.create take it:
            <name>,<uuid>,<minor>,<ro|rw>,<table line>[,<table line>...][;<name>,...]
            """)

    @OptionGroup var source: TableOptions
    @Flag(help: "Read and print a list of devices in the concise form.") var concise = false
    @Flag(help: "Print JSON.") var json = false
    @Flag(name: .customLong("showkeys"), help: "Print keys.") var showKeys = false

    private struct Line: Encodable {
        var start, length: UInt64
        var target, arguments: String
        var isKnown: Bool
        var unknownWords: [String]?
    }

    private struct Device: Encodable {
        var name: String
        var uuid: String?
        var minor: UInt32?
        var access: String
        var lines: [Line]
    }

    private struct Failure: Encodable {
        var code, message: String
        var device: Int?
        var line, word: Int
    }

    private struct Report: Encodable {
        var valid: Bool
        var lines: [Line]?
        var devices: [Device]?
        var error: Failure?
    }

    private var keys: ArgumentWriter.Keys { showKeys ? .shown : .redacted }

    func run() throws {
        let text = try source.text()
        switch Result(catching: { () throws(TableError) in try read(text) }) {
        case .success(.table(let table)): try report(table)
        case .success(.devices(let devices)): try report(devices)
        case .failure(let error): try report(error)
        }
    }

    private enum Content {
        case table(MappingTable)
        case devices([DeviceDefinition])
    }

    private func read(_ text: borrowing SecretBuffer) throws(TableError) -> Content {
        guard concise else { return .table(try MappingTable(parsing: text)) }
        return try text.withBytes { (text) throws(TableError) in .devices(try DeviceDefinition.list(parsingConciseUTF8: text)) }
    }

    private func report(_ error: TableError) throws {
        guard json else { throw CommandFailure("\(source.name): \(error)") }
        let failure = Failure(
            code: error.code.description, message: error.message, device: concise ? error.device : nil, line: error.line, word: error.word)
        try Terminal.print(json: Report(valid: false, error: failure))
        throw ExitCode(1)
    }

    private func report(_ table: MappingTable) throws {
        if json { return try Terminal.print(json: Report(valid: true, lines: lines(of: table))) }
        warn(about: table, of: source.name)
        try table.withText(keys: keys) { (text) throws(CommandFailure) in try Terminal.print(text) }
    }

    private func report(_ devices: [DeviceDefinition]) throws {
        if json {
            let devices = devices.map {
                Device(
                    name: $0.name.description, uuid: $0.uuid?.description, minor: $0.minor, access: $0.access == .readOnly ? "ro" : "rw",
                    lines: lines(of: $0.table))
            }
            return try Terminal.print(json: Report(valid: true, devices: devices))
        }
        for device in devices { warn(about: device.table, of: "\(source.name): \(device.name)") }
        try DeviceDefinition.withConciseText(of: devices, keys: keys) { (text) throws(CommandFailure) in try Terminal.print(text) }
        try Terminal.print("\n")
    }

    private func lines(of table: MappingTable) -> [Line] {
        table.lines.map {
            let words = unknownWords(of: $0)
            return Line(
                start: $0.range.start.count, length: $0.range.length.count, target: $0.target.typeName,
                arguments: $0.arguments(keys: keys), isKnown: !($0.target is UnknownTarget), unknownWords: words.isEmpty ? nil : words)
        }
    }

    /// Options that are not known; those of a target that is not known are all of that kind, and not worth a list.
    private func unknownWords(of line: MappingTable.Line) -> [String] {
        guard !(line.target is UnknownTarget) else { return [] }
        return line.target.unknownWords.map { word in
            var writer = ArgumentWriter(keys: keys)
            writer.append(unverified: word)
            return writer.string
        }
    }

    private func warn(about table: MappingTable, of name: String) {
        for line in table.lines {
            if line.target is UnknownTarget {
                Terminal.writeError(
                    "devmap: \(name): warning: target '\(line.target.typeName)' is not known, its arguments were not checked\n")
            }
            for word in unknownWords(of: line) {
                Terminal.writeError("devmap: \(name): warning: '\(word)' is not known as an option of \(line.target.typeName)\n")
            }
        }
    }
}
