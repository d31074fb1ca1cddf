import Foundation
import VolumeLaws

/// A dmsetup, the real one or ours, under that name in a directory of its own.
struct DmsetupProgram {
    struct Result: Equatable {
        var status: Int32
        var output: String
        var errors: String
    }

    static let real = "/usr/sbin/dmsetup"

    /// The built command, which lies beside the tests.
    static var ours: String {
        URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().appending(path: "devmap").path
    }

    private let prelude: String
    private let loop: String

    /// `environment` is what a shell sets before each command.
    init(_ program: String, _ directory: GuestDirectory, loop: String, environment: String) throws {
        let path = directory("bin")
        try? FileManager.default.removeItem(atPath: path)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: "\(path)/dmsetup", withDestinationPath: program)
        self.loop = loop
        prelude = "export PATH=\(path):$PATH LC_ALL=C.UTF-8 MAJOR=\(try Self.major()) \(environment); "
        // The modules of targets are loaded first, for the list of targets must be the same.
        for target in ["linear", "zero", "error", "striped", "crypt"] { try KernelDevices.dmsetup.run("target-version", target) }
    }

    /// Runs commands one after the other. Afterwards there are no devices.
    func results(of scenes: [DmsetupMatrix.Scene]) throws -> [Result] {
        defer {
            _ = try? KernelDevices.dmsetup.attempt(["remove_all", "--force"])
            // mknodes leaves nodes behind, with names as people write them.
            _ = try? shell("rm -rf /run/dev /run/file.table; find /dev/mapper -mindepth 1 ! -name control -delete")
        }
        return try scenes.flatMap(\.commands).map { command in
            // In the quotes of a table the shell replaces nothing.
            let output = try shell(prelude + command.replacing("$LOOP", with: loop))
            return Result(status: output.status, output: output.text, errors: DmsetupMatrix.withoutHelp(output.errors))
        }
    }

    private func shell(_ command: String) throws -> HostCommand.Output { try HostCommand("sh", package: "dash").attempt(["-c", command]) }

    private static func major() throws -> String {
        let lines = try String(contentsOfFile: "/proc/devices", encoding: .utf8).split(separator: "\n")
        guard let line = lines.first(where: { $0.hasSuffix(" device-mapper") }), let number = line.split(separator: " ").first else {
            throw HostCommand.Failure("there is no device mapper in /proc/devices")
        }
        return String(number)
    }
}
