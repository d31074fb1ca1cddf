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

    private let directory: GuestDirectory
    private let prelude: String
    private let loop: String

    /// `environment` is what a shell sets before all commands.
    init(_ program: String, _ directory: GuestDirectory, loop: String, environment: String) throws {
        let path = directory("bin")
        try? FileManager.default.removeItem(atPath: path)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: "\(path)/dmsetup", withDestinationPath: program)
        self.directory = directory
        self.loop = loop
        prelude = "export PATH=\(path):$PATH LC_ALL=C.UTF-8 MAJOR=\(try Self.major()) \(environment)"
        // The modules of targets are loaded first, for the list of targets must be the same.
        for target in ["linear", "zero", "error", "striped", "crypt"] { try KernelDevices.dmsetup.run("target-version", target) }
    }

    /// Runs commands one after the other, each in a shell of its own. Afterwards there are no devices.
    func results(of scenes: [DmsetupMatrix.Scene]) throws -> [Result] {
        defer {
            _ = try? KernelDevices.dmsetup.attempt(["remove_all", "--force"])
            // mknodes leaves nodes behind, with names as people write them.
            _ = try? shell("rm -rf /run/dev /run/file.table; find /dev/mapper -mindepth 1 ! -name control -delete")
        }
        // The emulated machine takes as long to start a shell as a dmsetup: one forks for all.
        let commands = scenes.flatMap(\.commands)
        var script = "\(prelude)\n\(UdevDaemonProcess.settleFunction)\n\(DmsetupMatrix.linksFunction)\ncd \(directory.path)\n"
        for (index, command) in commands.enumerated() {
            // In the quotes of a table the shell replaces nothing.
            script +=
                "(\n\(command.replacing("$LOOP", with: loop))\n) >\(index).output 2>\(index).errors </dev/null; echo $? >\(index).status\n"
        }
        let file = try directory.file("script", Array(script.utf8))
        let shell = try shell("exec sh \(file)")
        guard shell.status == 0, shell.errors.isEmpty else { throw HostCommand.Failure("the shell of all commands: \(shell)") }
        return try commands.indices.map { index in
            func text(_ what: String) throws -> String {
                let file = directory("\(index).\(what)")
                defer { try? FileManager.default.removeItem(atPath: file) }
                return String(decoding: try Data(contentsOf: URL(filePath: file)), as: UTF8.self)
            }
            let status = try Int32(text("status").dropLast()) ?? -1
            return Result(status: status, output: try text("output"), errors: DmsetupMatrix.withoutHelp(try text("errors")))
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
