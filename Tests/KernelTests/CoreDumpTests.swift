import DeviceMapper
import Foundation
import Glibc
import Testing
import VolumeLaws

extension InTheLab {
    /// What core dumps hold of keys that went to the kernel. The real kernel makes them.
    struct CoreDumpTests {
        private static let length = 64  // sectors
        private let devmap = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().appending(path: "devmap")
            .path

        // MARK: a program that uses the library

        /// Loads a table from typed values in a process that then dumps its memory while the key lives, and returns the eighths of the key that are in
        /// it. `planted` bytes of the key are copied to ordinary memory before.
        private func eighths(isRefused: Bool, planted: Int = 0) async throws -> Set<Int>? {
            let directory = try GuestDirectory()
            let dump = try CoreDump(directory)
            let loop = try LoopDevice(try directory.file("disk", [UInt8](repeating: 0, count: 512 * Self.length)))
            let key = CoreDump.key()
            let path = loop.path
            await #expect(processExitsWith: .signal(SIGABRT)) {
                [seed = key.seed as UInt64, path = path as String, isRefused = isRefused as Bool, planted = planted as Int] in
                let key = RecognisableSecret(count: 64, seed: seed)
                var copy: [UInt8] = []
                for index in 0..<planted { copy.append(key.byte(at: index)) }
                let mapper = try KernelMapper.open()
                // The kernel refuses what is longer than the device.
                let length = Sectors(UInt64(isRefused ? 2 * CoreDumpTests.length : CoreDumpTests.length))
                let table = try MappingTable(length: length, CryptTarget(key: .bytes(key.bytes()), device: .path(path)))
                let made = try? mapper.createAndLoad(try DeviceName("test"), table: table)
                guard (made == nil) == isRefused else { exit(1) }
                withExtendedLifetime((copy, table)) { CoreDump.make() }
            }
            if !isRefused { try KernelMapper.open().remove(.name(DeviceName("test"))) }
            try loop.release()
            try Leftovers.expectNone()
            return try dump.eighths(of: key)
        }

        @Test(
            "A core dump has no eighth of a key that a program has loaded, nor of one in a table that was refused",
            arguments: [false, true])
        func typedValues(_ isRefused: Bool) async throws {
            let found = try #require(try await eighths(isRefused: isRefused), "there is no dump")
            #expect(found == [])
        }

        @Test("An eighth of the key in ordinary memory is found in the dump, or the other tests prove nothing", arguments: [1, 8])
        func control(_ eighths: Int) async throws {
            let found = try #require(try await self.eighths(isRefused: false, planted: 8 * eighths), "there is no dump")
            #expect(found == Set(0..<eighths))
        }

        // MARK: the command

        /// Runs devmap on a table, and ends it by a signal at the calls of the kernel that `isChosen`; returns what is found in each dump. It may be
        /// dumped only because strace keeps its wish not to be from the kernel.
        private func eighths(
            _ arguments: (_ table: String, _ file: String) -> [String], isRefused: Bool, hidesDumpable: Bool = true
        ) throws -> [Set<Int>?] {
            let directory = try GuestDirectory()
            let dump = try CoreDump(directory)
            let key = CoreDump.key()
            let digits = String(decoding: (0..<128).map(key.hexDigit(at:)), as: UTF8.self)
            return try KernelDevices.withLoops([try directory.file("disk", [UInt8](repeating: 0, count: 512 * Self.length))]) { loops in
                let table = "0 \(isRefused ? 2 * Self.length : Self.length) crypt aes-xts-plain64 \(digits) 0 \(loops[0].path) 0"
                let command = [devmap] + arguments(table, try directory.file("table", Array(table.utf8)))
                func run(_ options: [String]) throws -> Int32 {
                    defer { _ = try? KernelDevices.dmsetup.attempt(["remove", "test"]) }
                    let strace = ["strace", "-f", "-o", directory("trace")] + options + command
                    return try HostCommand("sh", package: "dash").attempt(CoreDump.allowing(strace)).status
                }
                // Which calls there are.
                #expect(try run(["-e", "trace=ioctl"]) == (isRefused ? 1 : 0))
                let calls = try String(contentsOfFile: directory("trace"), encoding: .utf8).split(separator: "\n").filter {
                    $0.contains("ioctl(")
                }
                let load = try #require(calls.firstIndex { $0.contains("DM_TABLE_LOAD") })
                #expect(load < calls.count - 1)
                return try [load, calls.count - 1].map { call in
                    let status = try run(
                        // Threads of the tests block most signals, and what they start does, too; not this one.
                        ["-e", "trace=ioctl,prctl", "-e", "inject=ioctl:signal=SEGV:when=\(call + 1)"]
                            + (hidesDumpable ? ["-e", "inject=prctl:retval=0"] : []))
                    #expect(status == 128 + SIGSEGV)
                    return try dump.eighths(of: key)
                }
            }
        }

        @Test(
            "A core dump of the command has no eighth of a key from a table file, at the load and at the end, whether the table is taken or refused",
            arguments: [[], ["dmsetup"]], [false, true])
        func tableFile(_ program: [String], _ isRefused: Bool) throws {
            let found = try eighths({ _, file in program + ["create", "test", file] }, isRefused: isRefused)
            #expect(found == [[], []])
        }

        @Test("A key on the command line is in the command's dump, which shows that the search finds one")
        func commandLine() throws {
            let found = try eighths({ table, _ in ["create", "test", "--table", table] }, isRefused: false)
            #expect(found == [Set(0..<8), Set(0..<8)])
        }

        @Test("The command leaves no core dump at all", arguments: [[], ["dmsetup"]])
        func forbidden(_ program: [String]) throws {
            let found = try eighths({ _, file in program + ["create", "test", file] }, isRefused: false, hidesDumpable: false)
            #expect(found == [nil, nil])
        }
    }
}
