internal import ArgumentParser
internal import DeviceMapper

/// `devmap suspend`.
struct Suspend: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Hold back requests to devices until they are resumed.",
        discussion: "Requests under way are waited for, and a file system on the device is frozen, so that what is below it can be copied.")

    @OptionGroup var devices: DevicesArgument
    @OptionGroup var options: SuspensionOptions

    func validate() throws { try devices.expectAny() }

    func run() throws {
        let mapper = try KernelMapper.open()
        try devices.forEach(in: mapper) { (id) throws(MappingError) in
            _ = try mapper.suspend(id, flush: !options.noFlush, freezesFileSystem: !options.noFreeze)
        }
    }
}

/// How requests are held back.
struct SuspensionOptions: ParsableArguments {
    @Flag(help: "Wait for no requests under way: hold them back, too, where the targets can (multipath, raid, mirror).") var noFlush = false
    @Flag(help: "Freeze no file system: it would wait for requests that cannot end.") var noFreeze = false
}
