internal import ArgumentParser
internal import DeviceMapper

/// `devmap info`.
struct Info: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Tell what is known of devices; of all, when none is given.")

    @OptionGroup var devices: DevicesArgument
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        let mapper = try KernelMapper.open()
        var reports: [DeviceReport] = []
        for info in try devices.infos(in: mapper) { reports.append(try DeviceReport(info, mapper)) }
        if json { return try Terminal.print(json: reports) }
        try Terminal.print(reports.map(Self.text).joined(separator: "\n"))
    }

    private static func text(_ device: DeviceReport) -> String {
        var tables: [String] = []
        if device.hasActiveTable { tables.append("active") }
        if device.hasInactiveTable { tables.append("inactive") }
        let lines = [
            ("name", NameMangling.shown(device.kernelName ?? device.name)),
            ("name in the kernel", device.kernelName.map(NameMangling.shown) ?? ""),
            ("uuid", NameMangling.shown(device.uuid ?? "")),
            ("number", device.number),
            ("state", device.stateInWords),
            ("access", device.access),
            ("tables", tables.isEmpty ? "none" : tables.joined(separator: ", ")),
            ("targets", device.targets.joined(separator: ", ")),
            ("size", device.hasActiveTable ? "\(device.size) (\(device.sectors) sectors)" : ""),
            ("open", "\(device.openCount)"),
            ("events", "\(device.eventNumber)"),
        ]
        return lines.filter { !$0.1.isEmpty }.map { "\($0.0): \($0.1)\n" }.joined()
    }
}
