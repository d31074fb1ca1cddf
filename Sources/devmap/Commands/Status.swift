internal import ArgumentParser
internal import DeviceMapper

/// `devmap status`.
struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print what devices tell of their state; all, when none is given.",
        discussion: """
            'devmap help TARGET' explains the words. The lines of several devices have the name in front. A device without a table is passed \
            over when all are printed.
            """)

    @OptionGroup var devices: DevicesArgument
    @Flag(help: "Of the tables that the next resume puts in force.") var inactive = false
    @Flag(help: "As the state is now: pools, caches and clones do not commit first what they have to tell.") var noFlush = false
    @Flag(help: "Print JSON.") var json = false

    private struct Report: Encodable {
        struct Line: Encodable {
            var start, length: UInt64
            var target, status: String
        }
        var name, number: String
        var lines: [Line]
    }

    func run() throws {
        let mapper = try KernelMapper.open()
        let infos = try devices.infos(in: mapper)
        var reports: [Report] = []
        for info in infos {
            let lines: [StatusLine]
            do throws(MappingError) {
                lines = try mapper.status(of: .number(info.number), in: inactive ? .inactive : .active, flush: !noFlush)
            } catch {
                if devices.isEmpty, error.code == .notFound { continue }
                throw error
            }
            if json {
                reports.append(
                    Report(
                        name: NameMangling.plain(info.name.description), number: info.number.description,
                        lines: lines.map {
                            Report.Line(
                                start: $0.range.start.count, length: $0.range.length.count, target: $0.typeName, status: $0.text)
                        }))
            } else {
                let prefix = devices.isEmpty || infos.count > 1 ? NameMangling.shown(info.name.description) + ": " : ""
                for line in lines { try Terminal.print("\(prefix)\(line)\n") }
            }
        }
        if json { try Terminal.print(json: reports) }
    }
}
