import DeviceMapper
import Glibc
import Testing
import VolumeLaws

extension InTheLab {
    /// The words of a table as the kernel takes them apart: its `dm_split_args`.
    struct NameTests {
        /// Each name leads to a loop device, as `/dev/disk/by-label` has them.
        static let names = [
            "plain", "with space", "with\ttab", "back\\slash", "back\\ slash and space", "disque à part", "à", "Ä Ö Ü ß", "日本語",
            "no-break\u{a0}space", "7:0", "#comment", "trailing\\",
        ]

        @Test("The kernel opens a device by the name that is printed", arguments: names) func printedNames(_ name: String) throws {
            let directory = try GuestDirectory()
            let contents = Array("this device".utf8) + [UInt8](repeating: 7, count: 4085)
            try KernelDevices.withLoops([try directory.file("loop", contents)]) { loops in
                let path = directory(name)
                try #require(unsafe symlink(loops[0].path, path) == 0)
                let table = try MappingTable(length: 8, LinearTarget(device: .path(path)))
                try KernelDevices.withMapping(table) { mapped in
                    let found = try RawFile(mapped, O_RDONLY).read(at: 0, count: 16)
                    #expect(found == Array(contents[..<16]))
                }
                let volume = try Volume(table, opening: .files(.readOnly))
                #expect(try volume.read(at: 0, count: 16) == Array(contents[..<16]))
                #expect(try MappingTable(parsing: table.description) == table)
            }
        }

        /// Why the writer puts a backslash in front of the byte 0xA0, half of an 'à': without one the kernel takes the name for two words.
        @Test func theKernelTakesHalfALetterForASpace() throws {
            let directory = try GuestDirectory()
            let file = try directory.file("loop", [UInt8](repeating: 7, count: 4096))
            try KernelDevices.withLoops([file]) { loops in
                let path = directory("à")
                try #require(unsafe symlink(loops[0].path, path) == 0)
                #expect(try KernelDevices.refusal(of: Array("0 8 linear \(path) 0".utf8)) != nil)
                let name = path.utf8.flatMap { $0 == 0xa0 ? [UInt8(ascii: "\\"), $0] : [$0] }
                let escaped = Array("0 8 linear ".utf8) + name + Array(" 0".utf8)
                #expect(try KernelDevices.refusal(of: escaped) == nil)
                // The parser reads people's text, in which that byte is never a space: with and without the backslash it is the same name.
                let parsed = try MappingTable(parsing: "0 8 linear \(path) 0")
                #expect(try MappingTable(parsingUTF8: escaped.span) == parsed)
            }
        }

        /// libdevmapper doubles every backslash: a name with a space can be given to the kernel, but not through dmsetup.
        @Test func dmsetupTakesABackslashForItself() throws {
            let directory = try GuestDirectory()
            try KernelDevices.withLoops([try directory.file("loop", [UInt8](repeating: 7, count: 4096))]) { loops in
                for name in ["with space", #"back\slash"#] { try #require(unsafe symlink(loops[0].path, directory(name)) == 0) }
                let spaced = try KernelDevices.dmsetup.attempt(
                    ["create", "spaced"], input: Array(#"0 8 linear \#(directory.path)/with\ space 0"#.utf8))
                #expect(spaced.status != 0)
                try KernelDevices.dmsetup.run(["create", "slashed"], input: Array(#"0 8 linear \#(directory.path)/back\slash 0"#.utf8))
                try KernelDevices.dmsetup.run("remove", "slashed")
            }
        }
    }
}
