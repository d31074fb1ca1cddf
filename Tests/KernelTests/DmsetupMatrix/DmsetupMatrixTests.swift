import Foundation
import Testing
import VolumeLaws

extension InTheLab {
    /// The commands of ``DmsetupMatrix``, by the real dmsetup and by ours.
    struct DmsetupMatrixTests {
        private struct Result: Equatable {
            var status: Int32
            var output: String
            var errors: String
        }

        @Test("Every command prints, complains and ends as the real dmsetup's does")
        func everyCommand() throws {
            let directory = try GuestDirectory()
            let disk = try directory.file("disk", [UInt8](repeating: 0, count: 4 << 20))
            try KernelDevices.withLoops([disk]) { loops in
                let real = try results(of: "/usr/sbin/dmsetup", directory, loop: loops[0].path)
                let ours = try results(of: Self.devmap, directory, loop: loops[0].path)
                let commands = DmsetupMatrix.scenes.flatMap(\.commands)
                #expect(commands.count >= 450 && Set(commands).count > 400)
                var equal = 0
                for (command, (real, ours)) in zip(commands, zip(real, ours)) {
                    if DmsetupMatrix.differences[command] != nil {
                        #expect(real != ours, "no difference any more: \(command)")
                    } else {
                        #expect(real == ours, "\(command)")
                        if real == ours { equal += 1 }
                    }
                }
                print("dmsetup: \(commands.count) commands, \(equal) equal, \(DmsetupMatrix.differences.count) different on purpose")
            }
        }

        /// The built command, which lies beside the tests.
        private static var devmap: String {
            URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().appending(path: "devmap").path
        }

        private func results(of program: String, _ directory: GuestDirectory, loop: String) throws -> [Result] {
            let path = directory("bin")
            try? FileManager.default.removeItem(atPath: path)
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(atPath: "\(path)/dmsetup", withDestinationPath: program)
            defer { tidy() }
            // The modules of targets are loaded first, for the list of targets must be the same.
            for target in ["linear", "zero", "error", "striped", "crypt"] { try KernelDevices.dmsetup.run("target-version", target) }
            let prelude = "export PATH=\(path):$PATH LC_ALL=C.UTF-8 LOOP=\(loop) MAJOR=\(try major()); "
            return try DmsetupMatrix.scenes.flatMap(\.commands).map { command in
                // In the quotes of a table the shell replaces nothing.
                let command = command.replacing("$LOOP", with: loop)
                let output = try HostCommand("sh", package: "dash").attempt(["-c", prelude + command])
                return Result(status: output.status, output: output.text, errors: DmsetupMatrix.withoutHelp(output.errors))
            }
        }

        private func major() throws -> String {
            let line = try String(contentsOfFile: "/proc/devices", encoding: .utf8).split(separator: "\n").first {
                $0.hasSuffix(" device-mapper")
            }
            return String(try #require(line?.split(separator: " ").first))
        }

        /// Nothing of one program's devices and files is there for the other's.
        private func tidy() {
            _ = try? KernelDevices.dmsetup.attempt(["remove_all", "--force"])
            _ = try? HostCommand("sh", package: "dash").attempt([
                "-c", "rm -rf /run/dev /run/file.table /dev/mapper/junk* /dev/mapper/stale",
            ])
        }
    }
}
