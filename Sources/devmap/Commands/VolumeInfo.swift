internal import ArgumentParser
internal import DeviceMapper
internal import Foundation

/// `devmap volume info`.
struct VolumeInfo: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info",
        abstract: "Print the size, the lines, the block sizes and the map of data and holes.",
        discussion: "Opens every device of the table for reading. Keys are never printed.")

    @OptionGroup var source: TableOptions
    @OptionGroup var opening: OpenOptions
    @OptionGroup var messages: MessageOptions
    @Flag(help: "Print JSON.") var json = false

    func validate() throws { try opening.expectOneStandardInput(source.readsStandardInput) }

    func run() throws {
        let volume = try opening.open(source, .readOnly)
        try messages.send(to: volume, source.name)
        try json ? printJSON(volume) : printText(volume)
    }

    private func printText(_ volume: DeviceMapper.Volume) throws(CommandFailure) {
        try Terminal.print("size: \(volume.size.formatted) (\(volume.size) bytes, \(volume.table.length) sectors)\nlines:\n")
        for (line, limits) in zip(volume.table.lines, volume.lineLimits) {
            try Terminal.print("  \(line)  [block \(limits.logicalBlockSize), best \(limits.preferredSize)]\n")
        }
        try Terminal.print("map:\n")
        try forEachRun(volume) { (start, extent) throws(CommandFailure) in
            try Terminal.print("  \(start) +\(extent.count) \(extent.kind == .data ? "data" : "hole")\n")
        }
    }

    private struct Report: Encodable {
        struct Line: Encodable {
            var start, length: UInt64
            var target, arguments: String
            var blockSize, preferredSize: Int
        }
        var size, sectors: UInt64
        var lines: [Line]
    }
    private struct Run: Encodable {
        var start, length: UInt64
        var kind: String
    }

    private func printJSON(_ volume: DeviceMapper.Volume) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let lines = zip(volume.table.lines, volume.lineLimits).map { line, limits in
            Report.Line(
                start: line.range.start.count, length: line.range.length.count, target: line.target.typeName, arguments: line.arguments(),
                blockSize: limits.logicalBlockSize, preferredSize: limits.preferredSize)
        }
        let report = try encoder.encode(Report(size: volume.size.count, sectors: volume.table.length.count, lines: lines))
        // The map may have any number of runs: it is printed as it is found, as the last member of the report.
        try Terminal.print(String(decoding: report.dropLast(), as: UTF8.self) + ",\"map\":[")
        var separator = "\n"
        try forEachRun(volume) { (start, extent) throws(CommandFailure) in
            let run = Run(start: start, length: extent.count, kind: extent.kind == .data ? "data" : "hole")
            guard let text = try? encoder.encode(run) else { throw CommandFailure("cannot print the map as JSON") }
            try Terminal.print(separator + String(decoding: text, as: UTF8.self))
            separator = ",\n"
        }
        try Terminal.print("\n]}\n")
    }

    /// The runs of data and holes, neighbours of one kind joined.
    private func forEachRun(
        _ volume: DeviceMapper.Volume, _ body: (UInt64, Extent) throws(CommandFailure) -> Void
    ) throws(CommandFailure) {
        var run: (start: UInt64, extent: Extent)?
        var position: UInt64 = 0
        while position < volume.size.count {
            let next: Extent
            do throws(BlockIOError) { next = try volume.extent(at: position, limit: volume.size.count - position) } catch {
                throw CommandFailure("\(source.name): \(error)")
            }
            if let current = run, current.extent.kind == next.kind {
                run?.extent.count += next.count
            } else {
                if let run { try body(run.start, run.extent) }
                run = (position, next)
            }
            position += next.count
        }
        if let run { try body(run.start, run.extent) }
    }
}
