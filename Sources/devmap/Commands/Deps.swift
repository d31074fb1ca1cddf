internal import ArgumentParser
internal import DeviceMapper

/// `devmap deps`.
struct Deps: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print what devices are made of; all, when none is given.",
        discussion: "Each is told by its number and its name. 'devmap list --tree' shows what those are made of, too.")

    @OptionGroup var devices: DevicesArgument
    @Flag(help: "Of the tables that the next resume puts in force.") var inactive = false
    @Flag(help: "Print JSON.") var json = false

    private struct Report: Encodable {
        var name, number: String
        var dependencies: [BlockName]
    }

    func run() throws {
        let mapper = try KernelMapper.open()
        let names = BlockNames(try mapper.devices())
        let infos = try devices.infos(in: mapper)
        var reports: [Report] = []
        for info in infos {
            let below = try mapper.devicesBelow(info.number, in: inactive ? .inactive : .active).map(names.name)
            if json {
                reports.append(
                    Report(name: NameMangling.plain(info.name.description), number: info.number.description, dependencies: below))
            } else {
                let prefix = devices.isEmpty || infos.count > 1 ? NameMangling.shown(info.name.description) + ": " : ""
                for device in below {
                    try Terminal.print(prefix + device.number + (device.name.map { " \(NameMangling.shown($0))" } ?? "") + "\n")
                }
            }
        }
        if json { try Terminal.print(json: reports) }
    }
}
