import DeviceMapper
import Testing
import VolumeLaws

/// A file system goes through a volume and comes back.
struct FileSystemTests {
    private static let mkfs = HostCommand("mkfs.ext4", package: "e2fsprogs")
    private static let e2fsck = HostCommand("e2fsck", package: "e2fsprogs")
    private static let debugfs = HostCommand("debugfs", package: "e2fsprogs")

    @Test func ext4IsCopiedThroughAVolumeAndBack() throws {
        var random = SeededGenerator(seed: 1)
        let scratch = try ScratchDirectory()
        let files = try ScratchDirectory()
        let contents = random.bytes(300_000)
        _ = try files.file("contents", contents)
        for number in 0..<50 { _ = try files.file("small-\(number)", random.bytes(number * 97)) }
        let size = 8 << 20
        let image = try scratch.sparseFile("image", size: size)
        try Self.mkfs.run("-q", "-F", "-d", files.path, image)
        let original = try ScratchDirectory.bytes(image)

        // A line of each kind, and a key in a file: sectors 0 to 16384.
        let key = try scratch.file("key", random.bytes(64))
        let members = try (0..<4).map { try scratch.sparseFile("member \($0)", size: size) }
        let escaped = members.map { $0.replacing(" ", with: #"\ "#) }
        let table = try MappingTable(
            parsing: """
                0 3000 linear \(escaped[0]) 8
                3000 6000 striped 3 25 \(escaped[0]) 4000 \(escaped[1]) 0 \(escaped[2]) 17
                9000 7384 crypt aes-xts-plain64 :64:file:\(key) 0 \(escaped[3]) 8 1 sector_size:4096
                """)
        let volume = try Volume(table)
        try volume.write(original, inPiecesFrom: &random)
        try volume.close()

        let again = try Volume(table, opening: .files(.readOnly))
        let copy = try again.read(count: size, inPiecesFrom: &random)
        try again.close()
        #expect(difference(copy, original) == nil)
        let path = try scratch.file("copy", copy)
        try Self.e2fsck.run("-f", "-n", path)
        #expect(difference(try Self.debugfs.run("-R", "cat /contents", path).bytes, contents) == nil)
    }
}
