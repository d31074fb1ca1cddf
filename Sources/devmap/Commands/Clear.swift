internal import ArgumentParser
internal import DeviceMapper

/// `devmap clear`.
struct Clear: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Take back tables that are not in force yet.")

    @OptionGroup var devices: DevicesArgument

    func validate() throws { try devices.expectAny() }

    func run() throws {
        let mapper = try KernelMapper.open()
        try devices.forEach(in: mapper) { (id) throws(MappingError) in _ = try mapper.clear(id) }
    }
}
