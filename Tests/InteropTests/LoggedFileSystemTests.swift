import DeviceMapper
import Testing
import VolumeLaws

/// A file system that is made and used through a volume over log-writes, and the log replayed to every mark.
struct LoggedFileSystemTests {
    private static let mkfs = HostCommand("mkfs.ext4", package: "e2fsprogs")
    private static let e2fsck = HostCommand("e2fsck", package: "e2fsprogs")
    private static let debugfs = HostCommand("debugfs", package: "e2fsprogs")

    @Test func ext4IsGoodAtEveryMark() throws {
        var random = SeededGenerator(seed: 6)
        let scratch = try ScratchDirectory()
        let size = 8 << 20
        let disk = try scratch.sparseFile("disk", size: size)
        let log = try scratch.sparseFile("log", size: 4 * size)
        let scene = try scratch.sparseFile("scene", size: size)
        let table = try MappingTable(parsing: "0 \(size / 512) log-writes \(disk) \(log)")
        let volume = try Volume(table)
        // The tools work on a file; what they changed in it is written through the volume.
        var before = [UInt8](repeating: 0, count: size)
        func step(_ name: String) throws {
            let after = try ScratchDirectory.bytes(scene)
            for place in stride(from: 0, to: size, by: 4096) {
                let block = Array(after[place..<place + 4096])
                if before[place..<place + 4096] != block[...] { try volume.write(block, at: UInt64(place)) }
            }
            try volume.flush()
            _ = try volume.send(LogWritesTarget.Message.mark(name))
            before = after
        }
        try Self.mkfs.run("-q", "-F", scene)
        try step("mkfs")
        var contents: [String: [UInt8]] = [:]
        for number in 0..<5 {
            let bytes = random.bytes(.random(in: 1...300_000, using: &random))
            contents["file\(number)"] = bytes
            try Self.debugfs.run("-w", "-R", "write \(try scratch.file("new", bytes)) file\(number)", scene)
            try step("file\(number)")
        }
        try Self.debugfs.run("-w", "-R", "rm file2", scene)
        try step("removed")
        try volume.close()

        let copy = try scratch.sparseFile("copy", size: size)
        let replay = try LogReplay(
            of: try FileDevice(path: log, access: .readOnly), onto: try FileDevice(path: copy, access: .readWrite, locking: .none))
        var marks: [String] = []
        while let item = try replay.advance(to: .next(.mark)) {
            let mark = try #require(item.entry.mark)
            marks.append(mark)
            try Self.e2fsck.run("-f", "-n", copy)
            if let bytes = contents[mark] { #expect(difference(try Self.debugfs.run("-R", "cat /\(mark)", copy).bytes, bytes) == nil) }
        }
        #expect(marks == ["mkfs", "file0", "file1", "file2", "file3", "file4", "removed", "dm-log-writes-end"])
        #expect(difference(try ScratchDirectory.bytes(copy), try ScratchDirectory.bytes(disk)) == nil)
    }
}
