import Foundation
import Testing
import VolumeLaws

@Suite("devmap volume")
struct VolumeCommandTests {
    let devmap: Devmap
    var random = SeededGenerator(seed: 7)

    init() throws {
        devmap = try Devmap()
        try devmap.makeFile("disk.img", size: 1 << 20)
        try devmap.write(random.bytes(64), to: "key")
        try devmap.write("0 2048 crypt aes-xts-plain64 :64:file:key 0 disk.img 0 1 sector_size:4096\n", to: "crypt.table")
        try devmap.write("0 2048 linear disk.img 0\n", to: "linear.table")
    }

    @Test("what is written at any offset is read back, through standard streams and through files")
    mutating func writeAndRead() throws {
        let bytes = random.bytes(100_001)
        let written = try devmap("volume", "write", "crypt.table", "--offset", "777", input: bytes)
        #expect(written.status == 0 && written.output.isEmpty && written.errors == "")
        let read = try devmap("volume", "read", "crypt.table", "--offset", "777", "--length", "100001")
        #expect(read.status == 0 && read.output == bytes)

        try devmap.write(bytes, to: "input")
        #expect(try devmap("volume", "write", "crypt.table", "--offset", "3s", "--input", "input").status == 0)
        #expect(try devmap("volume", "read", "crypt.table", "--offset", "3s", "--length", "100001", "--output", "output").status == 0)
        #expect(try devmap.read("output") == bytes)
        // ... and none of it is in the image.
        #expect(try devmap("volume", "read", "linear.table").output.count == 1 << 20)
        #expect(try !devmap.read("disk.img").contains(bytes[0..<64]))
    }

    @Test("read without a length goes to the end of the volume")
    func readToTheEnd() throws {
        #expect(try devmap("volume", "read", "linear.table", "--offset", "1023KiB").output == [UInt8](repeating: 0, count: 1024))
    }

    @Test("a table can come from the command line or from standard input")
    func tableSources() throws {
        let table = "0 8 linear disk.img 0"
        #expect(try devmap("volume", "read", "--table", table).output.count == 4096)
        #expect(try devmap("volume", "read", "-", input: Array(table.utf8)).output.count == 4096)
    }

    @Test("a device of a stack is worked with by its name, through the devices below it")
    func deviceOfAStack() throws {
        try devmap.write(
            "low disk,,,rw,0 1024 linear disk.img 1024;top,U-1,,rw,0 512 linear /dev/mapper/low\\\\ disk 8,512 8 switch 2 4 0 disk.img 0 disk.img 8\n",
            to: "stack")
        #expect(try devmap("volume", "write", "--stack", "stack", "top", "--offset", "3", input: [1, 2, 3]).status == 0)
        #expect(try Array(devmap.read("disk.img")[1032 * 512..<1032 * 512 + 7]) == [0, 0, 0, 1, 2, 3, 0])
        #expect(try devmap("volume", "read", "--stack", "stack", "low disk", "--offset", "4099", "--length", "3").output == [1, 2, 3])
        #expect(try devmap("volume", "status", "--stack", "stack", "top").text == "0 512 linear\n512 8 switch\n")
        #expect(try devmap("volume", "info", "--stack", "stack", "top").text.hasPrefix("size: 260 KiB (266240 bytes, 520 sectors)\n"))
        #expect(try devmap("volume", "message", "--stack", "stack", "top", "512", "set_region_mappings", "0:1").status == 0)
        #expect(try devmap("volume", "copy", "--stack", "stack", "device:low disk", "copy").status == 0)
        #expect(try Array(devmap.read("copy")[4099..<4102]) == [1, 2, 3])
        #expect(try devmap("volume", "copy", "--stack", "stack", "copy", "device:low disk").status == 0)

        func failure(_ words: String...) throws -> String {
            let result = try devmap.run(Devmap.binary.path, ["volume"] + words)
            #expect(result.status != 0)
            return result.errors
        }
        #expect(try failure("read", "--stack", "stack", "middle") == "devmap: stack: middle: there is no such device\n")
        try devmap.write("a,,,rw,0 8 linear /dev/mapper/a 0", to: "loop")
        #expect(
            try failure("read", "--stack", "loop", "a")
                == "devmap: loop: line 1: a: the table would lead back to its own device: a > a\n")
        #expect(
            try failure("read", "--stack", "stack", "--table", "0 8 zero").contains(
                "With --stack, give the name of a device in the place of a table."))
        #expect(try failure("copy", "device:a", "copy").contains("A device needs --stack, with the file that describes it."))
        #expect(
            try failure("copy", "--stack", "stack", "copy", "file:device:low").contains(
                "With --stack, SOURCE or DESTINATION is device:NAME."))
    }

    @Test("status prints what dmsetup status would, and a message changes what is read")
    func statusAndMessages() throws {
        try devmap.write([UInt8](repeating: 1, count: 8192), to: "one.img")
        try devmap.write([UInt8](repeating: 2, count: 8192), to: "two.img")
        try devmap.write(
            "0 8 switch 2 4 0 one.img 0 two.img 0\n8 8 striped 2 4 one.img 8 two.img 8\n16 8 mirror core 1 2 2 one.img 0 two.img 0\n",
            to: "table")
        let status = try devmap("volume", "status", "table")
        #expect(status.errors == "")
        #expect(
            status.text == """
                0 8 switch
                8 8 striped 2 one.img two.img 1 AA
                16 8 mirror 2 one.img two.img 0/4 1 AA 1 core

                """)
        let table = ["--table", "0 8 switch 2 4 0 one.img 0 two.img 0"]
        func read(_ messages: String...) throws -> [UInt8] {
            let arguments = ["volume", "read"] + table + messages.flatMap { ["--message", $0] }
            let result = try devmap.run(Devmap.binary.path, arguments)
            #expect(result.errors == "")
            return [UInt8](stride(from: 0, to: result.output.count, by: 2048).map { result.output[$0] })
        }
        #expect(try read() == [1, 2])
        #expect(try read("0 set_region_mappings 0:1") == [2, 2])
        #expect(try read("0 set_region_mappings 0:1", "3 set_region_mappings 1:0") == [2, 1])
        let message = try devmap.run(Devmap.binary.path, ["volume", "message"] + table + ["0", "set_region_mappings", "0:1", ":0"])
        #expect(message.status == 0 && message.output.isEmpty && message.errors == "")
        #expect(try devmap("volume", "message", "table", "0", "set_region_mappings", "0:1").status == 0)
        for (arguments, errors) in [
            (["table", "0", "nonsense"], "devmap: table: line 1: message: expected set_region_mappings, found 'nonsense'\n"),
            (["table", "9", "fail_path"], "devmap: table: line 2: the target takes no messages\n"),
            (["table", "24", "x"], "devmap: table: sector 24 is behind the end of the volume, which has 24 sectors\n"),
        ] {
            let result = try devmap.run(Devmap.binary.path, ["volume", "message"] + arguments)
            #expect(result.errors == errors)
            #expect(result.status == 1)
        }
        #expect(try devmap("volume", "message", "table", "0").status == 64)
        #expect(try devmap("volume", "message", "table", "x", "y").status == 64)
        #expect(try devmap("volume", "read", "table", "--message", "set_region_mappings").status == 64)
    }

    @Test("info prints size, lines, block sizes and the map, without keys")
    func info() throws {
        try devmap.makeFile("sparse.img", size: 1 << 20)
        let file = try FileHandle(forWritingTo: devmap.directory.appending(path: "sparse.img"))
        try file.seek(toOffset: 1 << 19)
        try file.write(contentsOf: Data(repeating: 1, count: 4096))
        try file.close()
        try devmap.write("0 2048 linear sparse.img 0\n2048 1024 striped 2 8 sparse.img 0 disk.img 0\n", to: "table")
        let text = try devmap("volume", "info", "table")
        #expect(text.status == 0)
        #expect(
            text.text == """
                size: 1.5 MiB (1572864 bytes, 3072 sectors)
                lines:
                  0 2048 linear sparse.img 0  [block 1, best 4096]
                  2048 1024 striped 2 8 sparse.img 0 disk.img 0  [block 1, best 8192]
                map:
                  0 +524288 hole
                  524288 +4096 data
                  528384 +1044480 hole

                """)
        struct Report: Decodable {
            struct Line: Decodable { var start, length, blockSize, preferredSize: Int; var target, arguments: String }
            struct Run: Decodable, Equatable { var start, length: Int; var kind: String }
            var size, sectors: Int
            var lines: [Line]
            var map: [Run]
        }
        let report = try JSONDecoder().decode(Report.self, from: Data(try devmap("volume", "info", "table", "--json").output))
        #expect(report.size == 1_572_864 && report.sectors == 3072 && report.lines.map(\.target) == ["linear", "striped"])
        #expect(report.lines[1].start == 2048 && report.lines[1].length == 1024 && report.lines[1].blockSize == 1)
        #expect(report.lines[1].preferredSize == 8192 && report.lines[0].arguments == "sparse.img 0")
        #expect(
            report.map == [
                .init(start: 0, length: 524_288, kind: "hole"), .init(start: 524_288, length: 4096, kind: "data"),
                .init(start: 528_384, length: 1_044_480, kind: "hole"),
            ])

        let key = String(repeating: "0123456789abcdef", count: 8)
        let secret = try devmap("volume", "info", "--table", "0 8 crypt aes-xts-plain64 \(key) 0 disk.img 0")
        #expect(secret.status == 0 && secret.text.contains("aes-xts-plain64 <redacted> 0 disk.img 0") && !secret.text.contains("01234567"))
    }

    @Test("copy goes between files and volumes in all directions, and keeps holes")
    mutating func copy() throws {
        var image = [UInt8](repeating: 0, count: 1 << 20)
        image.replaceSubrange(300_000..<400_000, with: random.bytes(100_000))
        try devmap.write(image, to: "image")
        #expect(try devmap("volume", "copy", "image", "table:crypt.table").status == 0)
        let back = try devmap("volume", "copy", "table:crypt.table", "back")
        #expect(back.status == 0 && back.errors == "" && back.output.isEmpty)
        #expect(try devmap.read("back") == image)
        let blocks = try devmap.run("/usr/bin/stat", ["-c", "%b", "back"])
        #expect(try #require(Int(blocks.text.dropLast())) < 300)

        try devmap.makeFile("other.img", size: 1 << 20)
        #expect(try devmap("volume", "copy", "table:crypt.table", "text:0 2048 linear other.img 0").status == 0)
        #expect(try devmap.read("other.img") == image)
        // A destination that holds something is zeroed where the source has a hole.
        try devmap.makeFile("empty", size: 1 << 20)
        #expect(try devmap("volume", "copy", "--jobs", "3", "empty", "text:0 2048 linear other.img 0").status == 0)
        #expect(try devmap.read("other.img") == [UInt8](repeating: 0, count: 1 << 20))
        // An existing file is replaced whole.
        try devmap.write([UInt8](repeating: 1, count: 3 << 20), to: "long")
        #expect(try devmap("volume", "copy", "image", "file:long").status == 0)
        #expect(try devmap.read("long") == image)
    }

    @Test("an image that the volume, or another process, has open is no output")
    mutating func outputIsInput() throws {
        let image = random.bytes(8192)
        try devmap.write(image, to: "disk.img")
        try devmap.write([1], to: "held.img")
        try devmap.write("0 16 linear disk.img 0\n", to: "table")
        let result = try devmap("volume", "read", "table", "--output", "disk.img")
        #expect(result.status == 1)
        #expect(result.errors == "devmap: cannot overwrite 'disk.img': this process has it open\n")
        #expect(try devmap.read("disk.img") == image)
        let holder = try LockHolder(devmap.directory.appending(path: "held.img").path)
        let held = try devmap("volume", "read", "table", "--output", "held.img")
        #expect(held.status == 1 && held.errors == "devmap: cannot overwrite 'held.img': another process has it open\n")
        withExtendedLifetime(holder) {}
        try devmap.write([UInt8](repeating: 1, count: 9000), to: "other.img")
        #expect(try devmap("volume", "read", "table", "--output", "other.img").status == 0)
        #expect(try devmap.read("other.img") == image)
    }

    @Test(
        "what the command itself reads is not overwritten, not by force either, which it does not advise",
        arguments: [
            ["copy", "disk.img", "disk.img"], ["copy", "disk.img", "link.img"], ["copy", "text:0 16 linear disk.img 0", "disk.img"],
            ["copy", "device:top", "disk.img", "--stack", "stack"], ["read", "table", "--output", "link.img"],
            ["read", "top", "--stack", "stack", "--output", "disk.img"],
            ["read", "top.table", "--device", "low=table", "--output", "disk.img"],
        ], [[], ["--force-unlocked"]])
    func sourceIsDestination(_ words: [String], _ force: [String]) throws {
        let image = [UInt8](repeating: 7, count: 8192)
        try devmap.write(image, to: "disk.img")
        try FileManager.default.linkItem(
            at: devmap.directory.appending(path: "disk.img"), to: devmap.directory.appending(path: "link.img"))
        try devmap.write("0 16 linear disk.img 0\n", to: "table")
        try devmap.write("0 16 linear /dev/mapper/low 0\n", to: "top.table")
        try devmap.write("low,,,rw,0 16 linear disk.img 0;top,,,rw,0 16 linear /dev/mapper/low 0\n", to: "stack")
        let result = try devmap.run(Devmap.binary.path, ["volume"] + words + force)
        #expect(result.status == 1)
        let name = words.contains("link.img") ? "link.img" : "disk.img"
        // Where locks are taken, the second of them is refused before anything else is looked at.
        let refusal = words[0] == "copy" && force.isEmpty ? "cannot lock '\(name)' for writing" : "cannot overwrite '\(name)'"
        #expect(result.errors == "devmap: \(refusal): this process has it open\n")
        #expect(try devmap.read("disk.img") == image)
    }

    @Test("a volume over the image that it is copied from is refused, without the advice to force it")
    func sourceIsBelowDestination() throws {
        let result = try devmap("volume", "copy", "disk.img", "text:0 2048 linear disk.img 0")
        #expect(result.errors == "devmap: the table: line 1: cannot lock 'disk.img' for writing: this process has it open\n")
        #expect(result.status == 1)
    }

    @Test("a file is not emptied for a size that it cannot have")
    func impossibleSize() throws {
        let bytes = [UInt8](repeating: 5, count: 1000)
        try devmap.write(bytes, to: "keep.img")
        let limited = #"trap '' XFSZ; ulimit -f 8; exec "$0" "$@""#
        let result = try devmap.run("/bin/sh", ["-c", limited, Devmap.binary.path, "volume", "copy", "text:0 64 zero", "keep.img"])
        #expect(result.errors == "devmap: cannot set the size of 'keep.img': File too large\n")
        #expect(result.status == 1)
        #expect(try devmap.read("keep.img") == bytes)
    }

    @Test("a copy begins with messages to both of its volumes")
    func copyWithMessages() throws {
        try devmap.write([UInt8](repeating: 1, count: 4096), to: "one.img")
        try devmap.write([UInt8](repeating: 2, count: 4096), to: "two.img")
        try devmap.write([UInt8](repeating: 3, count: 8192), to: "disk.img")
        let source = "text:0 8 switch 2 4 0 one.img 0 two.img 0"
        let first = try devmap("volume", "copy", source, "x", "--message", "0 set_region_mappings 0:1")
        #expect(first.status == 0 && first.errors == "")
        #expect(try devmap.read("x") == [UInt8](repeating: 2, count: 4096))
        let second = try devmap(
            "volume", "copy", source, "text:0 8 switch 2 4 0 disk.img 0 disk.img 8", "--message", "0 set_region_mappings 0:1 1:0",
            "--destination-message", "0 set_region_mappings 0:1 1:1")
        #expect(second.status == 0 && second.errors == "")
        #expect(
            try devmap.read("disk.img")
                == [UInt8](repeating: 3, count: 4096) + [UInt8](repeating: 2, count: 2048) + [UInt8](repeating: 1, count: 2048))
        for (option, error) in [
            ("--message", "--message is for a volume, and SOURCE is an image."),
            ("--destination-message", "--destination-message is for a volume, and DESTINATION is an image."),
        ] {
            let refused = try devmap("volume", "copy", "one.img", "y", option, "0 set_region_mappings 0:1")
            #expect(refused.status == 64 && refused.errors.hasPrefix("Error: \(error)\n"))
        }
    }

    @Test("a log that is full is told, and the command fails, though the volume holds everything")
    func fullLog() throws {
        let bytes = [UInt8](repeating: 1, count: 8192)
        try devmap.write(bytes, to: "in")
        try devmap.write("0 2048 log-writes disk.img log.img\n", to: "low.table")
        try devmap.write("0 2048 linear /dev/mapper/low 0\n", to: "top.table")
        for words in [["low.table"], ["top.table", "--device", "low=low.table"]] {
            try devmap.makeFile("log.img", size: 4096)
            let result = try devmap.run(Devmap.binary.path, ["volume", "write", "--input", "in"] + words)
            #expect(
                result.errors == """
                    devmap: warning: line 1: nothing more is logged: the log is full
                    devmap: not all that was written is where the table wants it, as the warnings tell

                    """)
            #expect(result.status == 1)
            #expect(try devmap.read("disk.img")[..<8192] == bytes[...])
        }
    }

    @Test("a device of a mirror that lacks what was written is told, and the command fails")
    func lostLeg() throws {
        let bytes = [UInt8](repeating: 1, count: 512)
        try devmap.write(bytes, to: "in")
        try devmap.write("0 128 error\n", to: "bad.table")
        let table = "0 128 mirror core 2 128 nosync 2 disk.img 0 /dev/mapper/bad 0"
        let result = try devmap("volume", "write", "--table", table, "--device", "bad=bad.table", "--input", "in")
        #expect(
            result.errors == """
                devmap: warning: line 1: device 1 of the mirror, '/dev/mapper/bad', failed: the error target fails every request (bytes 0 to 511)
                devmap: not all that was written is where the table wants it, as the warnings tell

                """)
        #expect(result.status == 1)
        #expect(try devmap.read("disk.img")[..<512] == bytes[...])
    }

    @Test("what a volume gets over, it only warns of")
    func warning() throws {
        try devmap.write([UInt8](repeating: 4, count: 512), to: "disk.img")
        try devmap.write("0 1 error\n", to: "bad.table")
        let table = "0 1 multipath 0 0 1 1 round-robin 0 2 0 /dev/mapper/bad disk.img"
        let result = try devmap("volume", "read", "--table", table, "--device", "bad=bad.table")
        #expect(result.status == 0 && result.output == [UInt8](repeating: 4, count: 512))
        #expect(
            result.errors
                == "devmap: warning: line 1: path '/dev/mapper/bad' failed: the error target fails every request (bytes 0 to 511)\n")
    }

    @Test("a message may be one word, and an answer of lines has its own ends of lines")
    func oneWord() throws {
        try devmap.makeFile("disk.img", size: 8192)
        try devmap.write("0 16 dust disk.img 0 512\n", to: "table")
        let list = try devmap("volume", "message", "table", "0", "listbadblocks")
        #expect(list.text == "No blocks in badblocklist\n" && list.status == 0)
        #expect(try devmap("volume", "message", "table", "0", "addbadblock 5").status == 0)
        #expect(try devmap("volume", "message", "table", "0", "addbadblock 500").status == 1)
        #expect(try devmap("volume", "message", "table", "0", " ").status == 64)
    }

    @Test("a table can name the volumes of other tables")
    mutating func stack() throws {
        for name in ["a", "b"] { try devmap.makeFile(name, size: 1 << 19) }
        try devmap.write("0 2048 striped 2 8 a 0 b 0\n", to: "stripes.table")
        try devmap.write("0 2048 crypt aes-xts-plain64 :64:file:key 0 /dev/mapper/stripes 0\n", to: "top.table")
        let image = random.bytes(1 << 20)
        try devmap.write(image, to: "image")
        #expect(try devmap("volume", "copy", "--device", "stripes=stripes.table", "image", "table:top.table").status == 0)
        #expect(try devmap("volume", "read", "--device", "stripes=stripes.table", "top.table").output == image)
        // The same bytes as encrypted in one file and then dealt out by hand.
        try devmap.makeFile("flat", size: 1 << 20)
        #expect(try devmap("volume", "copy", "image", "text:0 2048 crypt aes-xts-plain64 :64:file:key 0 flat 0").status == 0)
        let flat = try devmap.read("flat")
        var members: [[UInt8]] = [[], []]
        for chunk in 0..<256 { members[chunk % 2] += flat[chunk * 4096..<(chunk + 1) * 4096] }
        #expect(try devmap.read("a") == members[0] && devmap.read("b") == members[1])
        let wrong = try devmap("volume", "info", "--device", "stripes=nothing.table", "top.table")
        #expect(
            wrong.errors == "devmap: cannot read 'nothing.table': No such file or directory\n" && wrong.status == 1)
    }

    @Test(
        "what fails only when the devices below end is told, too",
        arguments: [
            ["write", "top.table", "--device", "low=low.table", "--input", "in"], ["write", "top", "--stack", "stack", "--input", "in"],
            ["copy", "in", "device:top", "--stack", "stack"], ["copy", "in", "table:top.table", "--device", "low=low.table"],
        ])
    func closingBelow(_ words: [String]) throws {
        try devmap.write([UInt8](repeating: 1, count: 512), to: "in")
        try devmap.write("0 128 log-writes disk.img log\n", to: "low.table")
        try devmap.write("0 128 linear /dev/mapper/low 0\n", to: "top.table")
        try devmap.write("low,,,rw,0 128 log-writes disk.img log;top,,,rw,0 128 linear /dev/mapper/low 0\n", to: "stack")
        // In the log's blocks: the superblock, an entry and its data, a flush; the mark that ends the log is one more.
        for (blocks, status) in [(5, 0), (4, 1)] {
            try devmap.makeFile("log", size: 1 << 16)
            let limited = #"trap '' XFSZ; ulimit -f \#(blocks); exec "$0" "$@""#
            let result = try devmap.run("/bin/sh", ["-c", limited, Devmap.binary.path, "volume"] + words)
            #expect(result.status == status)
            let reason = "cannot write 'log': File too large (bytes 2048 to 2559)\n"
            if status == 0 {
                #expect(result.errors == "")
            } else {
                #expect(
                    result.errors.hasPrefix(
                        "devmap: warning: line 1: nothing more is logged: \(reason)"
                            + "devmap: the volume was not closed well, and its last writes may be lost: "))
                #expect(result.errors.hasSuffix(reason), "\(result.errors)")
            }
            #expect(try devmap.read("disk.img")[..<512].allSatisfy { $0 == 1 })
        }
    }

    /// A command line that fails, its exit status, and all that it says.
    struct Mistake: CustomTestStringConvertible, Sendable {
        var arguments: [String]
        var status: Int32
        var errors: String
        var testDescription: String { arguments.joined(separator: " ") }
        init(_ arguments: String..., status: Int32 = 1, errors: String) {
            self.arguments = arguments
            self.status = status
            self.errors = errors
        }
    }

    static let mistakes = [
        Mistake("volume", "info", "nothing", errors: "devmap: cannot read 'nothing': No such file or directory\n"),
        Mistake(
            "volume", "info", "--table", "0 8 linear nothing 0",
            errors: "devmap: --table: line 1: cannot open 'nothing': No such file or directory\n"),
        Mistake("volume", "info", "--table", "0 8 linear . 0", errors: "devmap: --table: line 1: cannot open '.': it is a directory\n"),
        Mistake(
            "volume", "info", "--table", "0 8 linear disk.img 2047",
            errors: "devmap: --table: line 1: disk.img: the device has 2048 sectors, the line needs 2055\n"),
        Mistake(
            "volume", "info", "--table", "0 8 invented 1 x",
            errors: "devmap: --table: line 1: target 'invented' cannot be opened in user space\n"),
        Mistake(
            "volume", "info", "--table", "0 8 crypt aes-xts-plain64 :32:file:key 0 disk.img 0",
            errors: "devmap: --table: line 1: key file 'key' has 64 bytes, the table says 32\n"),
        Mistake(
            "volume", "read", "linear.table", "--offset", "1MiB", "--length", "1",
            errors: "devmap: 1 bytes at 1048576 reach past the end of the device, which has 1048576 bytes (bytes 1048576 to 1048576)\n"),
        Mistake(
            "volume", "read", "linear.table", "--offset", "2MiB",
            errors: "devmap: --offset 2097152 is behind the end of the volume, which has 1048576 bytes\n"),
        Mistake(
            "volume", "read", "linear.table", "--output", "/nowhere/x",
            errors: "devmap: cannot create '/nowhere/x': No such file or directory\n"),
        Mistake(
            "volume", "read", "linear.table", "--output", "/dev/full",
            errors: "devmap: cannot write '/dev/full': No space left on device; 0 of 1048576 bytes were read\n"),
        Mistake(
            "volume", "write", "linear.table", "--offset", "1", "--input", "disk.img",
            errors: "devmap: nothing was written: 1048576 bytes at 1 reach past the end of the device, which has 1048576 bytes "
                + "(bytes 1 to 1048576)\n"),
        Mistake("volume", "copy", "nothing", "x", errors: "devmap: cannot open 'nothing': No such file or directory\n"),
        Mistake(
            "volume", "copy", "disk.img", "text:0 8 linear other.img 0",
            errors: "devmap: the destination has 4096 bytes, the source 1048576: nothing was copied\n"),
        Mistake(
            "volume", "copy", "disk.img", "disk.img",
            errors: "devmap: cannot lock 'disk.img' for writing: this process has it open\n"),
        Mistake(
            "volume", "copy", "text:0 8 zero\n8 8 error\n16 8 zero", "x",
            errors: "devmap: reading the table failed: the error target fails every request (bytes 4096 to 8191); "
                + "the first 4096 of 12288 bytes were copied\n"),
        Mistake(
            "volume", "copy", "other.img", "text:0 4 linear disk.img 0\n4 4 error",
            errors: "devmap: writing the table failed: the error target fails every request (bytes 2048 to 4095); "
                + "the first 2048 of 4096 bytes were copied\n"),
        Mistake(
            "volume", "read", status: 64,
            errors: """
                Error: Give a table: either <tablefile> or --table <text>.
                Usage: devmap volume read [<tablefile>] [--table <text>] [--force-unlocked] [--device <name=file> ...] [--stack <file>] \
                [--message <sector words> ...] [--offset <offset>] [--length <length>] [--output <output>]
                  See 'devmap volume read --help' for more information.

                """),
    ]

    @Test("a mistake is told in full, with exit status 1, or 64 for usage", arguments: mistakes)
    func mistake(_ mistake: Mistake) throws {
        try devmap.write([UInt8](repeating: 1, count: 4096), to: "other.img")
        let result = try devmap.run(Devmap.binary.path, mistake.arguments)
        #expect(result.errors == mistake.errors)
        #expect(result.status == mistake.status)
    }

    @Test("the usage of each verb is refused with status 64 when it is wrong")
    func usage() throws {
        for arguments in [
            ["volume", "copy", "a"], ["volume", "read", "linear.table", "--offset", "x"],
            ["volume", "read", "linear.table", "--table", "x"],
            ["volume", "write", "-"], ["volume", "copy", "--jobs", "0", "a", "b"], ["lint"], ["nonsense"],
            ["volume", "info", "--nonsense"],
            ["volume", "copy", "table:-", "table:-"], ["volume", "copy", "--stack", "stack", "a", "b"],
            ["volume", "info", "--device", "x", "linear.table"],
        ] {
            let result = try devmap.run(Devmap.binary.path, arguments)
            #expect(result.status == 64, "\(arguments)")
            #expect(result.errors.hasPrefix("Error: ") && result.output.isEmpty, "\(arguments)")
        }
    }

    @Test(
        "only one thing is read from standard input",
        arguments: [
            ["info", "-", "--device", "a=-"], ["read", "x", "--stack", "-", "--device", "a=-"],
            ["status", "linear.table", "--device", "a=-", "--device", "b=-"], ["write", "linear.table", "--device", "a=-"],
            ["write", "linear.table", "--device", "a=-", "--input", "-"], ["write", "x", "--stack", "-"],
            ["message", "-", "0", "x", "--device", "a=-"], ["copy", "table:-", "table:-"], ["copy", "table:-", "device:x", "--stack", "-"],
        ])
    func standardInput(_ words: [String]) throws {
        let result = try devmap.run(Devmap.binary.path, ["volume"] + words, input: Array("0 8 zero".utf8))
        #expect(result.status == 64)
        #expect(result.errors.hasPrefix("Error: Standard input, -, can be read for one thing only.\n"))
    }

    @Test("an image that another process writes is refused, and opened by force")
    func locking() throws {
        let holder = try LockHolder(devmap.directory.appending(path: "disk.img").path)
        let refused = try devmap("volume", "read", "linear.table", "--length", "1")
        #expect(
            refused.errors == "devmap: linear.table: line 1: cannot lock 'disk.img' for reading: another process has it open for writing; "
                + "--force-unlocked opens it all the same\n")
        #expect(refused.status == 1)
        #expect(try devmap("volume", "read", "linear.table", "--length", "1", "--force-unlocked").output == [0])
        let image = try devmap("volume", "copy", "crypt.table", "disk.img")
        #expect(
            image.errors
                == "devmap: cannot lock 'disk.img' for writing: another process has it open; --force-unlocked opens it all the same\n")
        // What was refused was not emptied either.
        #expect(try devmap.read("disk.img").count == 1 << 20)
        withExtendedLifetime(holder) {}
    }

    @Test("an input that turns out too long says how much of it was written")
    func tooLong() throws {
        let result = try devmap(
            "volume", "write", "--table", "0 2048 linear disk.img 0", input: [UInt8](repeating: 7, count: (1 << 20) + 1))
        #expect(result.status == 1)
        #expect(
            result.errors == "devmap: 1 bytes at 1048576 reach past the end of the device, which has 1048576 bytes "
                + "(bytes 1048576 to 1048576); the first 1048576 bytes were written\n")
        #expect(try devmap.read("disk.img") == [UInt8](repeating: 7, count: 1 << 20))
    }

    @Test("a copy of 64 GiB of hole, and of a volume, stays small in memory")
    func memory() throws {
        try devmap.makeFile("huge", size: 64 << 30)
        for arguments in [["huge", "x"], ["table:crypt.table", "y"]] {
            let result = try devmap.run(
                "/usr/bin/python3",
                [
                    "-c",
                    """
                    import os, subprocess, sys
                    process = subprocess.Popen(sys.argv[1:])
                    _, status, usage = os.wait4(process.pid, 0)
                    print(status, usage.ru_maxrss)
                    """, Devmap.binary.path, "volume", "copy",
                ] + arguments)
            let words = result.text.split(separator: " ").map { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
            #expect(words.first == 0)
            #expect(try #require(words.last ?? nil) < 64 << 10, "KiB resident")
        }
    }

    @Test("a progress bar appears on a terminal and nowhere else")
    func progress() throws {
        let inTerminal = try devmap.run(
            "/usr/bin/python3",
            [
                "-c",
                """
                import pty, sys
                def read(descriptor):
                    import os
                    return os.read(descriptor, 65536)
                sys.exit(pty.spawn(sys.argv[1:], read) >> 8)
                """, Devmap.binary.path, "volume", "copy", "disk.img", "x",
            ])
        #expect(inTerminal.status == 0 && inTerminal.text.contains("%") && inTerminal.text.contains("of 1 MiB"), "\(inTerminal)")
        let quiet = try devmap("volume", "copy", "disk.img", "x")
        #expect(quiet.errors == "" && quiet.output.isEmpty)
    }
}

/// A process that holds an exclusive lock on a file, of the kind that belongs to the open file.
final class LockHolder {
    private let process = Process()

    init(_ path: String) throws {
        let ready = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = [
            "-c",
            """
            import fcntl, struct, sys
            file = open(sys.argv[1], "r+b")
            fcntl.fcntl(file, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))  # F_OFD_SETLK
            print("locked", flush=True)
            sys.stdin.read()
            """, path,
        ]
        process.standardInput = Pipe()
        process.standardOutput = ready
        try process.run()
        _ = ready.fileHandleForReading.availableData
    }

    deinit {
        // Not terminate(): the process inherits a mask that blocks its signal.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
