internal import ArgumentParser
internal import DeviceMapper

/// What targets are told before a command does its work.
struct MessageOptions: ParsableArguments {
    @Option(
        name: .customLong("message"),
        help: ArgumentHelp(
            "First tell the target at a sector something, as dmsetup message does. May be given several times.",
            valueName: "sector words"))
    var messages: [SectorMessage] = []

    /// A message and the sector whose target it is for.
    struct SectorMessage: ExpressibleByArgument {
        var sector: Sectors
        var message: OpaqueMessage

        init?(argument: String) {
            let parts = argument.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, let sector = UInt64(parts[0]), let message = try? OpaqueMessage(parts[1]) else { return nil }
            self.sector = Sectors(sector)
            self.message = message
        }
    }

    func send(to volume: DeviceMapper.Volume, _ name: String) throws(CommandFailure) { try Self.send(messages, to: volume, name) }

    static func send(_ messages: [SectorMessage], to volume: DeviceMapper.Volume, _ name: String) throws(CommandFailure) {
        for note in messages {
            do throws(MappingError) { _ = try volume.send(note.message, at: note.sector) } catch {
                throw CommandFailure("\(name): \(error)")
            }
        }
    }
}
