internal import ArgumentParser
internal import DeviceMapper
internal import Foundation

/// `devmap events`.
struct Events: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print what happens to devices, as it happens.",
        discussion: """
            To all devices, when none is given; until interrupted. One line for each event: added, changed or removed, the device's number, how many events it had, and its name. Of several events \
            in a short time the last is told.
            """)

    @OptionGroup var devices: DevicesArgument
    @Option(help: ArgumentHelp("End after that many events.", valueName: "number")) var count: UInt64?
    @Flag(help: "Print a line of JSON for each event, with the time.") var json = false

    private struct Report: Encodable {
        var event, name, number: String
        var uuid: String?
        var eventNumber: UInt32?
        var time: Date
    }

    func run() async throws {
        let mapper = try KernelMapper.open()
        let wanted = devices.isEmpty ? nil : Set(try devices.infos(in: mapper).map(\.number))
        var left = count
        if left == 0 { return }
        for try await event in mapper.events(of: wanted) {
            try show(event)
            left = left.map { $0 - 1 }
            if left == 0 { return }
        }
    }

    private func show(_ event: DeviceEvent) throws {
        let device = event.device
        guard json else {
            let number = device.eventNumber.map(String.init) ?? "-"
            return try Terminal.print("\(event.kind) \(device.number) \(number) \(NameMangling.shown(device.name))\n")
        }
        try Terminal.print(
            jsonLine: Report(
                event: "\(event.kind)", name: NameMangling.plain(device.name), number: device.number.description,
                uuid: device.uuid.map(NameMangling.plain), eventNumber: device.eventNumber, time: Date()))
    }
}
