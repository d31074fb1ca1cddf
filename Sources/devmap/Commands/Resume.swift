internal import ArgumentParser
internal import DeviceMapper

/// `devmap resume`.
struct Resume: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Put loaded tables in force, and let requests through.",
        discussion: """
            The options are for the short suspension in which a table replaces another. A loaded table that cannot be put in force is gone, and \
            the one before stays: a device that was not suspended goes on with it.
            """)

    @OptionGroup var devices: DevicesArgument
    @OptionGroup var options: SuspensionOptions

    func validate() throws { try devices.expectAny() }

    func run() throws {
        let mapper = try KernelMapper.open()
        try devices.forEach(in: mapper) { (id) throws(MappingError) in
            _ = try mapper.resume(id, flush: !options.noFlush, freezesFileSystem: !options.noFreeze)
        }
    }
}
