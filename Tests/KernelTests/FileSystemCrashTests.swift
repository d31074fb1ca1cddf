import CrashTesting
import DeviceMapper
import Glibc
import Testing
import VolumeLaws

extension InTheLab {
    /// A file system that the kernel has on its log-writes, after a crash at any flush, forced write or mark, or with some writes lost.
    struct FileSystemCrashTests {
        private static let size = 16 << 20
        private static let mkfs = HostCommand("mkfs.ext4", package: "e2fsprogs")
        private static let e2fsck = HostCommand("e2fsck", package: "e2fsprogs")
        private static let debugfs = HostCommand("debugfs", package: "e2fsprogs")
        private static let mount = HostCommand("mount", package: "mount")
        private static let unmount = HostCommand("umount", package: "mount")

        @Test("ext4 recovers from every crash, with every file that was synchronized before")
        func ext4() throws {
            let directory = try GuestDirectory()
            let disk = try directory.file("disk", [UInt8](repeating: 0, count: Self.size))
            let log = try directory.file("log", [UInt8](repeating: 0, count: 3 * Self.size))
            var contents: [String: [UInt8]] = [:]
            try KernelDevices.withLoops([disk, log]) { loops in
                let table = try MappingTable(parsing: "0 \(Self.size / 512) log-writes \(loops[0].path) \(loops[1].path)")
                try KernelDevices.withMapping(table) { path in try use(path, directory, &contents) }
            }
            try check(log, directory, contents)
        }

        private func use(_ path: String, _ directory: GuestDirectory, _ contents: inout [String: [UInt8]]) throws {
            var random = SeededGenerator(seed: 4)
            func mark(_ text: String) throws { _ = try ControlDevice.send("mark \(text)", to: "test") }
            try Self.mkfs.run("-q", "-E", "lazy_itable_init=0,lazy_journal_init=0,nodiscard", path)
            try RawFile(path, O_RDWR).synchronize()
            try mark("mkfs")
            let files = directory("mounted")
            guard unsafe mkdir(files, 0o700) == 0 else { throw HostCommand.Failure("cannot make \(files)") }
            try Self.mount.run("-t", "ext4", path, files)
            defer { _ = try? Self.unmount.run(files) }
            for round in 0..<4 {
                let name = "file\(round)"
                let bytes = random.bytes(.random(in: 1...200_000, using: &random))
                let file = try RawFile("\(files)/\(name)", O_RDWR | O_CREAT)
                try file.write(bytes)
                try RawFile("\(files)/passing\(round)", O_RDWR | O_CREAT).write(bytes)
                try file.synchronize()
                contents[name] = bytes
                try mark(name)
                guard unsafe unlink("\(files)/passing\(round)") == 0 else { throw HostCommand.Failure("cannot remove a file") }
            }
            sync()
            try mark("synchronized")
        }

        /// Has e2fsck look at some of all states, chosen by chance: a start of a program takes its time in the lab.
        private func check(_ log: String, _ directory: GuestDirectory, _ contents: [String: [UInt8]]) throws {
            let recording = CrashRecording(log: try FileDevice(path: log, access: .readOnly), size: ByteCount(UInt64(Self.size)))
            var test = CrashTest(size: recording.size)
            test.losses = CrashLosses(statesPerMoment: 2)
            var all = 0
            try recording.check(test) { crash in if crash.marks.contains("mkfs") { all += 1 } }
            #expect(all > 20, "\(all) states")
            var random = SeededGenerator(seed: 5)
            var chosen = Set((0..<all).shuffled(using: &random).prefix(scaled(150)))
            chosen.insert(all - 1)
            var number = 0
            var compared = 0
            try recording.check(test) { crash in
                guard crash.marks.contains("mkfs") else { return }
                number += 1
                guard chosen.contains(number - 1) else { return }
                let path = directory("state")
                try crash.copy(to: path)
                // The first replays the journal, which it tells by its status, 1.
                let repair = try Self.e2fsck.attempt(["-fy", path])
                guard repair.status <= 1 else { throw HostCommand.Failure("e2fsck -fy: status \(repair.status): \(repair.text)") }
                try Self.e2fsck.run("-fn", path)
                // The newest file, and the first, are enough for a state but the last.
                let promised = crash.marks.filter { contents[$0] != nil }
                if number == all { #expect(Set(promised) == Set(contents.keys)) }
                for name in number == all ? Set(promised) : Set(promised.prefix(1) + promised.suffix(1)) {
                    let found = try Self.debugfs.run("-R", "cat /\(name)", path).bytes
                    guard found == contents[name] else { throw HostCommand.Failure("\(name) has other contents after \(crash.point)") }
                    compared += 1
                }
            }
            #expect(compared > contents.count)
        }
    }
}
