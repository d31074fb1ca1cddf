internal import ArgumentParser
internal import DeviceMapper

/// `devmap list`.
struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the mapped devices.",
        discussion: "With --tree, each device that no other is made of, and below it what it is made of.",
        aliases: ["ls"])

    @Flag(help: "Print JSON.") var json = false
    @Flag(help: "Print a tree of what is made of what.") var tree = false

    func run() throws {
        let mapper = try KernelMapper.open()
        if tree {
            let stacks = try DeviceTree.all(mapper)
            return json ? try Terminal.print(json: stacks) : try Terminal.print(stacks.map(\.text).joined())
        }
        var reports: [DeviceReport] = []
        for info in try mapper.infosOfAll() { reports.append(try DeviceReport(info, mapper)) }
        if json { return try Terminal.print(json: reports) }
        var columns = TextColumns(["NAME", "NUMBER", "STATE", "ACCESS", "OPEN", "SIZE", "TARGETS", "UUID"])
        for device in reports {
            columns.append([
                NameMangling.shown(device.kernelName ?? device.name), device.number, device.stateInWords, device.access,
                "\(device.openCount)", device.size, device.targets.joined(separator: ","), NameMangling.shown(device.uuid ?? ""),
            ])
        }
        try Terminal.print(columns.text)
    }
}
