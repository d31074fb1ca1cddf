import DeviceMapper
import Glibc
import Testing
import VolumeLaws

/// Eight loop devices over files of 8 MiB, on which the tables of ``KernelCase`` are tried.
final class CaseBench {
    private let directory: GuestDirectory
    private var loops: [LoopDevice] = []
    private static let names = ["A", "B", "C", "D", "E", "F", "G", "H"]
    /// `BLKDISCARD` of `linux/fs.h`.
    private static let discard: UInt = 0x1277

    init() throws {
        directory = try GuestDirectory()
        for name in Self.names {
            let file = directory(name)
            _ = try RawFile(file, O_RDWR | O_CREAT)
            guard unsafe truncate(file, 8 << 20) == 0 else { throw HostCommand.Failure("cannot make \(file)") }
            loops.append(try LoopDevice(file))
        }
    }

    /// Lets go of the loop devices.
    func close() throws { for loop in loops { try loop.release() } }

    /// `text` with the names of devices and keys in it, of which `below` is one.
    func filled(_ text: String, below: String = "$below") -> String {
        var text = text.replacing("$K", with: String(repeating: "5a", count: 64)).replacing("$below", with: below)
        for (name, loop) in zip(Self.names, loops) {
            text.replace("$\(name)", with: loop.path)
            text.replace("$\(name.lowercased())", with: loop.number.description)
        }
        return text
    }

    /// Empties the devices that `text` names: targets keep what they find on them.
    func empty(_ text: String) throws {
        for (name, loop) in zip(Self.names, loops) where text.contains("$\(name)") || text.contains("$\(name.lowercased())") {
            var range = [UInt8](repeating: 0, count: 16)  // from 0, for 8 MiB
            range[10] = 0x80
            try RawFile(loop.path, O_RDWR).control(Self.discard, &range)
        }
    }

    /// Empties the devices of a case and the spare one, `$H`, unless another device is on them.
    func empty(_ one: KernelCase) throws { try empty((one.below == nil ? one.table : "") + "$H") }

    /// Calls `body` with the case's table, its devices empty, and the device that it needs there.
    func with<Result>(_ one: KernelCase, _ body: (String) throws -> Result) throws -> Result {
        try empty(one.table + (one.below ?? ""))
        guard let below = one.below else { return try body(filled(one.table)) }
        let number = try ControlDevice.create("below")
        defer { remove("below") }
        try ControlDevice.load(try ControlDevice.lines(of: filled(below)), into: "below")
        try ControlDevice.resume("below")
        for message in one.messagesBelow { _ = try ControlDevice.send(message, to: "below") }
        return try body(filled(one.table, below: "/dev/dm-\(number)"))
    }

    /// Why the kernel refuses a table; `nil` if it takes it.
    func refusal(of text: String, isReadOnly: Bool) throws -> String? {
        let lines: [ControlDevice.Line]
        do { lines = try ControlDevice.lines(of: text) } catch { return "\(error)" }
        _ = try ControlDevice.create("case", isReadOnly: isReadOnly)
        defer { remove("case") }
        do { try ControlDevice.load(lines, into: "case", isReadOnly: isReadOnly) } catch { return "\(error)" }
        return nil
    }

    /// Makes a mapped device of `text` with dmsetup, and calls `body` with its name.
    func withDevice(_ text: String, isReadOnly: Bool, _ body: (String) throws -> Void) throws {
        try KernelDevices.dmsetup.run(
            ["create", "case"] + (isReadOnly ? ["--readonly"] : []), input: Array(text.utf8))
        defer { removePatiently("case") }
        try body("case")
    }

    /// Removes a device, also one that somebody, such as udev, looks into at the moment.
    func remove(_ name: String) {
        do {
            try ControlDevice.remove(name)
        } catch {
            removePatiently(name)
        }
    }

    /// The same with dmsetup, which takes a while, and also takes its node away.
    private func removePatiently(_ name: String) {
        do {
            try KernelDevices.dmsetup.run(["remove", "--retry", name])
        } catch {
            Issue.record(error)
        }
    }

    /// A table with each device by its number, as kernels print it.
    static func numbered(_ table: MappingTable) throws -> MappingTable {
        try table.mappingDevices { device in
            guard case .path(let path) = device else { return device }
            var status = stat()
            guard unsafe stat(path, &status) == 0 else { return device }
            // As the C library packs them.
            let number = status.st_rdev
            return .number(DeviceNumber(major: UInt32(number >> 8 & 0xfff), minor: UInt32(number & 0xff | number >> 12 & 0xf_ff00)))
        }
    }

    /// The kernel's version, such as 6 and 12.
    static let kernel: (major: Int, minor: Int) = {
        var name = utsname()
        guard unsafe uname(&name) == 0 else { return (0, 0) }
        return version(
            unsafe withUnsafePointer(to: &name.release) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 65) { unsafe String(cString: $0) }
            })
    }()

    /// The first two numbers of a version.
    static func version(_ text: String) -> (major: Int, minor: Int) {
        let parts = text.split { !$0.isNumber }.compactMap { Int($0) }
        return (parts.first ?? 0, parts.count > 1 ? parts[1] : 0)
    }
}
