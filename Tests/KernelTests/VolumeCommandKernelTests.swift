import CrashTesting
import DeviceMapper
import Foundation
import Testing
import VolumeLaws

extension InTheLab {
    /// `devmap volume` and `devmap log` on block devices, which hold anything and are not emptied.
    struct VolumeCommandKernelTests {
        private static let size = 1 << 20
        private static let old = [UInt8](repeating: 0xaa, count: size)
        private let devmap = HostCommand(
            URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().appending(path: "devmap").path,
            package: "devmap, which is built beside the tests")

        /// Lends the path of a loop device full of bytes that are no zeroes.
        private func withLoop(_ body: (String, GuestDirectory) throws -> Void) throws {
            let directory = try GuestDirectory()
            try KernelDevices.withLoops([try directory.file("loop", Self.old)]) { try body($0[0].path, directory) }
        }

        private func zeroes(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

        /// Runs a command that is refused, and returns what it says. The loop device is as it was.
        private func refusal(_ loop: String, _ arguments: [String]) throws -> String {
            let output = try devmap.attempt(arguments)
            #expect(output.status == 1 && output.text == "", "\(arguments): \(output.status): \(output.text)")
            #expect(difference(try RawFile.bytes(loop), Self.old) == nil)
            return output.errors
        }

        /// Makes a log of one write, of ones, and returns its path.
        private func makeLog(_ directory: GuestDirectory) throws -> String {
            let disk = try directory.file("disk", zeroes(Self.size))
            let log = try directory.file("log", zeroes(2 * Self.size))
            let bytes = [UInt8](repeating: 1, count: 8192)
            try devmap.run("volume", "write", "--table", "0 2048 log-writes \(disk) \(log)", "--offset", "64KiB", input: bytes)
            return log
        }

        private static var afterTheLog: [UInt8] {
            var bytes = [UInt8](repeating: 0, count: size)
            bytes.replaceSubrange(65536..<65536 + 8192, with: [UInt8](repeating: 1, count: 8192))
            return bytes
        }

        @Test func whatAVolumeIsCopiedToReadsAsTheVolume() throws {
            try withLoop { loop, _ in
                try devmap.run("volume", "copy", "text:0 1024 zero", loop)
                #expect(difference(try RawFile.bytes(loop), zeroes(Self.size / 2) + Self.old[(Self.size / 2)...]) == nil)
            }
        }

        @Test func whatAReplayCopiesReadsAsItsTarget() throws {
            try withLoop { loop, directory in
                let log = try makeLog(directory)
                try devmap.run(
                    "log", "replay", log, directory("target"), "--create", "1MiB", "--every", "write", "--copy", loop, "--check", "true")
                #expect(difference(try RawFile.bytes(loop), Self.afterTheLog) == nil)
            }
        }

        @Test func aReplayDoesNotMakeAFileOfABlockDevice() throws {
            try withLoop { loop, directory in
                let log = try makeLog(directory)
                #expect(
                    try refusal(loop, ["log", "replay", log, loop, "--create", "1MiB"])
                        == "devmap: '\(loop)' is a block device: --create makes a file\n")
            }
        }

        @Test func theStateAfterACrashIsCopiedWithItsHoles() throws {
            try withLoop { loop, _ in
                let test = CrashTest(size: ByteCount(UInt64(Self.size)))
                try test.run { disk in
                    try disk.write([UInt8](repeating: 1, count: 8192), at: 65536)
                    try disk.flush()
                } check: { crash in
                    try crash.copy(to: loop)
                    let state = try crash.device.read(at: 0, count: Self.size)
                    #expect(difference(try RawFile.bytes(loop), state) == nil)
                }
            }
        }

        @Test func aBlockDeviceIsNoOutput() throws {
            try withLoop { loop, _ in
                let table = "0 8 linear \(loop) 0"
                let errors = "devmap: cannot overwrite '\(loop)': it is a block device; 'devmap volume copy' writes those\n"
                for words in [["--table", table], ["--force-unlocked", "--table", table], ["--table", "0 8 zero"]] {
                    let found = try refusal(loop, ["volume", "read"] + words + ["--output", loop])
                    #expect(found == errors)
                }
            }
        }

        @Test func aBlockDeviceThatIsReadIsNotOverwritten() throws {
            try withLoop { loop, _ in
                for words in [[], ["--force-unlocked"]] {
                    let output = try devmap.attempt(["volume", "copy", "text:0 8 linear \(loop) 8", loop] + words)
                    #expect(output.status == 1 && output.errors == "devmap: cannot overwrite '\(loop)': this process has it open\n")
                    #expect(difference(try RawFile.bytes(loop), Self.old) == nil)
                }
            }
        }
    }
}
