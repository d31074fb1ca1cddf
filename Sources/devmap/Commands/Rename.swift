internal import ArgumentParser
internal import DeviceMapper

/// `devmap rename`.
struct Rename: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Give a device another name.",
        usage: """
            devmap rename <device> <new name>
            devmap rename --uuid <uuid> <new name>
            """)

    @OptionGroup var device: DeviceArgument
    @Argument(help: ArgumentHelp("The new name.", valueName: "new name")) var name: String?

    func validate() throws { _ = try work() }

    private func work() throws -> (device: KernelDevice, name: String) {
        let (device, words) = try device.split([name])
        guard words.count == 1 else { throw ValidationError("Give a device and its new name.") }
        return (device, words[0])
    }

    func run() throws {
        let (device, name) = try work()
        let new = try DeviceName(calling: name)
        let mapper = try KernelMapper.open()
        try mapper.rename(try device.id(in: mapper), to: new)
    }
}
