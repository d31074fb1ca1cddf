internal import ArgumentParser
internal import DeviceMapper

/// `devmap target-versions`.
struct TargetVersions: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "target-versions",
        abstract: "List the targets of the kernel and their versions.",
        discussion: """
            Without names, those whose modules are loaded. With names, the kernel loads the modules first; a target that it does not have is a \
            failure. 'devmap targets' lists the targets that tables can have.
            """)

    @Argument(help: "Targets.", completion: .list(TargetRegistry.standard.types.map { $0.typeName })) var targets: [String] = []
    @Flag(help: "Print JSON.") var json = false

    struct Row: Encodable {
        var name, version: String
    }

    func run() throws {
        let mapper = try KernelMapper.open()
        var rows: [Row] = []
        if targets.isEmpty {
            rows = try mapper.targetVersions().map { Row(name: $0.typeName, version: $0.version.description) }.sorted { $0.name < $1.name }
        }
        for name in targets {
            guard let version = try mapper.targetVersion(of: name) else {
                throw CommandFailure(
                    "the kernel has no target '\(name)', and no module dm-\(name) that can be loaded; 'modprobe dm-\(name)' tells why")
            }
            rows.append(Row(name: name, version: version.description))
        }
        if json { return try Terminal.print(json: rows) }
        var columns = TextColumns(["TARGET", "VERSION"])
        for row in rows { columns.append([row.name, row.version]) }
        try Terminal.print(columns.text)
    }
}
