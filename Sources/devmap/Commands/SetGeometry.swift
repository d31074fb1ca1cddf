internal import ArgumentParser
internal import DeviceMapper

/// `devmap set-geometry`.
struct SetGeometry: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set-geometry",
        abstract: "Set what a device tells of its shape, as a disk of old.",
        usage: """
            devmap set-geometry <device> <cylinders> <heads> <sectors> <start>
            devmap set-geometry --uuid <uuid> <cylinders> <heads> <sectors> <start>
            """,
        discussion: "The device needs a table.")

    @OptionGroup var device: DeviceArgument
    @Argument(
        help: ArgumentHelp(
            "Up to 65535 cylinders, 255 heads, 255 sectors a track, and the sector at which it begins on the disk.", valueName: "number"))
    var numbers: [String] = []

    private struct Work {
        var device: KernelDevice
        var cylinders: UInt16
        var heads, sectors: UInt8
        var start: Sectors
    }

    func validate() throws { _ = try work() }

    private func work() throws -> Work {
        let (device, words) = try device.split(numbers)
        guard words.count == 4 else { throw ValidationError("Give the numbers of cylinders, heads, sectors, and the start.") }
        func number<Number: FixedWidthInteger>(_ name: String, _ word: String) throws -> Number {
            guard let number = Number(word) else {
                throw ValidationError("\(name): expected 0 to \(Number.max), found '\(word)'.")
            }
            return number
        }
        return Work(
            device: device, cylinders: try number("cylinders", words[0]), heads: try number("heads", words[1]),
            sectors: try number("sectors", words[2]), start: Sectors(try number("start", words[3])))
    }

    func run() throws {
        let work = try work()
        let mapper = try KernelMapper.open()
        try mapper.setGeometry(
            of: try work.device.id(in: mapper), cylinders: work.cylinders, heads: work.heads, sectorsPerTrack: work.sectors,
            start: work.start)
    }
}
