internal import ArgumentParser
internal import DeviceMapper
internal import Foundation

/// `devmap log list`.
struct LogList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Print the entries of a log: writes, discards, flushes and marks.",
        discussion: """
            One line for each: its number, and what it was, with the bytes of the device from where on and how many. Of a log that is still being \
            written, those up to the last mark or write with forced unit access are there.
            """)

    @OptionGroup var range: LogRangeOptions
    @Option(
        help: ArgumentHelp(
            "Only entries of a kind: write, flush, fua, discard, mark or metadata. May be given several times.", valueName: "kind"))
    var only: [LogEntryKind] = []
    @Flag(help: "Print JSON.") var json = false

    private struct Row: Encodable {
        var entry: UInt64
        var flags: [String]
        /// In bytes of the device.
        var offset, length: UInt64
        var mark: String?
        /// Where the entry is, in bytes of the log.
        var place: UInt64
    }

    func run() throws {
        let device = try range.open()
        let entries = try range.entries(of: device)
        do {
            let reader = try LogWritesReader(device)
            try json ? printJSON(reader, entries) : printText(reader, entries)
        } catch let error as FormatError {
            throw range.failure(error)
        }
    }

    private func printText(_ reader: LogWritesReader, _ entries: Range<UInt64>) throws {
        try forEachItem(reader, entries) { try Terminal.print("\($0.number) \($0.entry)\n") }
    }

    /// The list may have any number of entries: each is printed as it is read.
    private func printJSON(_ reader: LogWritesReader, _ entries: Range<UInt64>) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try Terminal.print("{\"blockSize\":\(reader.superblock.blockSize),\"entryCount\":\(reader.superblock.entryCount),\"entries\":[")
        var separator = "\n"
        try forEachItem(reader, entries) { item in
            let row = Row(
                entry: item.number, flags: Self.names(of: item.entry.flags), offset: item.entry.offset, length: item.entry.count,
                mark: item.entry.mark, place: item.place)
            try Terminal.print(separator + String(decoding: try encoder.encode(row), as: UTF8.self))
            separator = ",\n"
        }
        try Terminal.print("\n]}\n")
    }

    /// Those that are asked for. What is behind the last of them may be bad: it is not looked at.
    private func forEachItem(_ reader: LogWritesReader, _ entries: Range<UInt64>, _ body: (LogWritesReader.Item) throws -> Void) throws {
        if entries.isEmpty { return }
        while reader.number < entries.upperBound, let item = try reader.next() {
            if entries.contains(item.number), only.isEmpty || only.contains(where: { $0.includes(item.entry) }) { try body(item) }
        }
    }

    private static func names(of flags: LogWritesEntry.Flags) -> [String] {
        let names: [(LogWritesEntry.Flags, String)] = [
            (.flush, "flush"), (.forceUnitAccess, "fua"), (.discard, "discard"), (.mark, "mark"), (.metadata, "metadata"),
        ]
        return names.filter { flags.contains($0.0) }.map { $0.1 }
    }
}
