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
            for loop in loops {
                do { try loop.release() } catch { Issue.record(error) }
            }
        }
        for file in files { loops.append(try LoopDevice(file)) }
        return try body(loops)
    }

    /// Lends `/dev/mapper/<name>` with this table.
    @discardableResult
    static func withMapping<Result>(_ table: MappingTable, name: String = "test", _ body: (String) throws -> Result) throws -> Result {
        try dmsetup.run(["create", name], input: text(table))
        defer { release(dmsetup, "remove", name) }
        return try body("/dev/mapper/\(name)")
    }

    /// Whether the kernel takes the table; if it does not, what was said.
    static func refusal(of text: [UInt8]) throws -> String? {
        let output = try dmsetup.attempt(["create", "refused"], input: text)
        if output.status == 0 {
            release(dmsetup, "remove", "refused")
            return nil
        }
        // What `create` made before the kernel refused to load the table, it has removed again itself.
        return output.errors
    }

    /// The table that the kernel says it has, keys and all.
    static func table(of name: String = "test") throws -> MappingTable {
        let bytes = try dmsetup.run("table", "--showkeys", name).bytes
        return try MappingTable(parsingUTF8: bytes.span)
    }

    /// The text of a table, keys and all.
    static func text(_ table: MappingTable) -> [UInt8] {
        table.withText(keys: .shown) { text in text.indices.map { text[$0] } }
    }

    private static func release(_ command: HostCommand, _ arguments: String...) {
        do { try command.run(arguments) } catch { Issue.record(error) }
    }
}
