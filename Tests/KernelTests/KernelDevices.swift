import DeviceMapper
import Testing
import VolumeLaws

/// Loop devices and mapped devices, which exist as long as a closure runs.
enum KernelDevices {
    static let dmsetup = HostCommand("dmsetup", package: "dmsetup")

    /// Lends a loop device for each of the files. Afterwards the kernel has let go of them.
    @discardableResult
    static func withLoops<Result>(_ files: [String], _ body: ([LoopDevice]) throws -> Result) throws -> Result {
        var loops: [LoopDevice] = []
        defer {
            for loop in loops { reporting { try loop.release() } }
        }
        for file in files { loops.append(try LoopDevice(file)) }
        return try body(loops)
    }

    /// Lends the path of a mapped device with this table, which is given to the kernel as the package prints it.
    @discardableResult
    static func withMapping<Result>(_ table: MappingTable, name: String = "test", _ body: (String) throws -> Result) throws -> Result {
        let text = table.withText(keys: .shown) { text in text.indices.map { text[$0] } }
        let number = try ControlDevice.create(name)
        defer { reporting { try ControlDevice.remove(name) } }
        try ControlDevice.load(ControlDevice.lines(of: text), into: name)
        try ControlDevice.resume(name)
        return try body("/dev/dm-\(number)")
    }

    /// Whether the kernel takes a table; if it does not, why. While it has the table, `body` is called with the name of the device, whose
    /// inactive table it is.
    static func refusal(of text: [UInt8], else body: (String) throws -> Void = { _ in }) throws -> String? {
        _ = try ControlDevice.create("verdict")
        defer { reporting { try ControlDevice.remove("verdict") } }
        do {
            try ControlDevice.load(ControlDevice.lines(of: text), into: "verdict")
        } catch {
            return "\(error)"
        }
        try body("verdict")
        return nil
    }

    /// The table that the kernel says it has, keys and all.
    static func table(of name: String = "test", inactive: Bool = false) throws -> MappingTable {
        let bytes = try dmsetup.run(["table", "--showkeys"] + (inactive ? ["--inactive"] : []) + [name]).bytes
        return try MappingTable(parsingUTF8: bytes.span)
    }

    private static func reporting(_ body: () throws -> Void) {
        do { try body() } catch { Issue.record(error) }
    }
}
