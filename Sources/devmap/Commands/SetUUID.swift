internal import ArgumentParser
internal import DeviceMapper

/// `devmap set-uuid`.
struct SetUUID: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set-uuid",
        abstract: "Give a device a uuid, which has none.",
        discussion: "It is for good: the kernel changes no uuid, and takes none away.")

    @Argument(help: "The device: its name, the path of its node, or MAJOR:MINOR.") var device: String
    @Argument(help: "The uuid: any text of up to 128 bytes that no other device has.") var uuid: String

    func run() throws {
        let device = KernelDevice(device)
        let uuid = try DeviceUUID(calling: uuid)
        let mapper = try KernelMapper.open()
        try mapper.setUUID(uuid, of: try device.id(in: mapper))
    }
}
