internal import ArgumentParser
internal import DeviceMapper

/// `devmap table`.
struct Table: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the tables of devices; of all, when none is given.",
        discussion: """
            Devices are numbers, and keys are <redacted>. The table of one device can be loaded as it is printed, one with keys only with \
            --showkeys; those of several have the name in front of each line. A device without a table is passed over when all are printed.
            """)

    @OptionGroup var devices: DevicesArgument
    @Flag(help: "The tables that the next resume puts in force.") var inactive = false
    @Flag(name: .customLong("showkeys"), help: "Print keys.") var showKeys = false
    @Flag(help: "Print devices in the concise form, which create --concise takes.") var concise = false
    @Flag(help: "Print JSON.") var json = false

    private struct Report: Encodable {
        struct Line: Encodable {
            var start, length: UInt64
            var target, arguments: String
        }
        var name: String
        var uuid: String?
        var number, access: String
        var lines: [Line]

        init(_ info: MappedDeviceInfo, _ table: MappingTable, _ keys: ArgumentWriter.Keys) {
            name = NameMangling.plain(info.name.description)
            uuid = (info.uuid?.description).map(NameMangling.plain)
            number = info.number.description
            access = info.access.word
            lines = table.lines.map {
                Line(
                    start: $0.range.start.count, length: $0.range.length.count, target: $0.target.typeName,
                    arguments: $0.arguments(keys: keys))
            }
        }
    }

    func validate() throws { if concise, json { throw ValidationError("Give one of --concise and --json.") } }

    func run() throws {
        let mapper = try KernelMapper.open()
        let keys: ArgumentWriter.Keys = showKeys ? .shown : .redacted
        let infos = try devices.infos(in: mapper)
        let hasNames = devices.isEmpty || infos.count > 1
        var tables: [(MappedDeviceInfo, MappingTable)] = []
        for info in infos {
            let table: MappingTable
            do throws(MappingError) { table = try mapper.table(of: .number(info.number), in: inactive ? .inactive : .active) } catch {
                if devices.isEmpty, error.code == .notFound { continue }
                throw error
            }
            if concise || json {
                tables.append((info, table))
            } else {
                try Self.print(table, hasNames ? NameMangling.shown(info.name.description) + ": " : "", keys)
            }
        }
        if json {
            try Terminal.print(json: tables.map { Report($0, $1, keys) })
        } else if concise, !tables.isEmpty {
            let devices = tables.map {
                DeviceDefinition(name: $0.name, uuid: $0.uuid, minor: $0.number.minor, access: $0.access, table: $1)
            }
            try DeviceDefinition.withConciseText(of: devices, keys: keys) { (text) throws(CommandFailure) in try Terminal.print(text) }
            try Terminal.print("\n")
        }
    }

    /// Prints the lines of a table, each behind `prefix`, from memory that is wiped.
    private static func print(_ table: MappingTable, _ prefix: String, _ keys: ArgumentWriter.Keys) throws(CommandFailure) {
        guard !prefix.isEmpty else {
            return try table.withText(keys: keys) { (text) throws(CommandFailure) in try Terminal.print(text) }
        }
        var text = SecretBuffer()
        for line in table.lines {
            var words = ArgumentWriter(keys: keys)
            words.append(line.range.start)
            words.append(line.range.length)
            words.append(line.target.typeName)
            line.target.write(to: &words)
            text.append(prefix)
            words.withText { text.append($0) }
            text.append("\n")
        }
        try text.withBytes { (text) throws(CommandFailure) in try Terminal.print(text) }
    }
}
