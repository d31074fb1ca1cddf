import DeviceMapper
import Foundation
import Testing
import VolumeLaws

@Suite("devmap log")
struct LogCommandTests {
    let devmap: Devmap
    /// What the device held after each entry of the log.
    let states: [[UInt8]]

    /// Makes a log by a volume: a mark, two writes, a flush, a forced write, a discard, a flush, and what closing adds.
    init() throws {
        devmap = try Devmap()
        let device = MemoryDevice(size: .kibibytes(32))
        let path = devmap.directory.appending(path: "log.img").path
        let log = try FileDevice.create(path: path, size: .kibibytes(256))
        let volume = try Volume(try MappingTable(parsing: "0 64 log-writes a log"), opening: .devices(["a": device, "log": log]))
        _ = try volume.send(LogWritesTarget.Message.mark("mkfs"))
        var states = [device.contents]
        try volume.write([UInt8](repeating: 1, count: 1024), at: 0)
        states.append(device.contents)
        try volume.write([UInt8](repeating: 2, count: 512), at: 4096)
        states += [device.contents, device.contents]
        try volume.flush()
        try volume.write([UInt8](repeating: 3, count: 512), at: 512, flags: .forceUnitAccess)
        states.append(device.contents)
        try volume.discard(at: 4096, count: 512)
        try volume.flush()
        states += [device.contents, device.contents, device.contents]
        try volume.close()
        self.states = states
        try devmap.makeFile("disk.img", size: 32768)
    }

    @Test("list prints a line for each entry, all or those that are asked for")
    func list() throws {
        func list(_ arguments: String...) throws -> String {
            let result = try devmap.run(Devmap.binary.path, ["log", "list", "log.img"] + arguments)
            #expect(result.status == 0 && result.errors == "", "\(result.errors)")
            return result.text
        }
        let lines = [
            "0 mark mkfs\n", "1 write 0+1024\n", "2 write 4096+512\n", "3 flush\n", "4 write 512+512, fua\n", "5 discard 4096+512\n",
            "6 flush\n",
            "7 mark dm-log-writes-end\n",
        ]
        #expect(try list() == lines.joined())
        #expect(try list("--only", "mark", "--only", "fua") == lines[0] + lines[4] + lines[7])
        #expect(try list("--only", "write") == lines[1] + lines[2] + lines[4])
        #expect(try list("--from-entry", "2", "--to-entry", "3") == lines[2] + lines[3])
        #expect(try list("--from-mark", "mkfs", "--to-next", "flush") == lines[1...3].joined())
        #expect(try list("--to-mark", "mkfs") == lines[0])
        #expect(try list("--from-entry", "3", "--limit", "2") == lines[3] + lines[4])
        #expect(try list("--limit", "0") == "")
        #expect(try list("--from-entry", "8") == "")
    }

    @Test("list prints JSON")
    func listJSON() throws {
        struct List: Decodable {
            struct Entry: Decodable, Equatable {
                var entry: UInt64
                var flags: [String]
                var offset, length: UInt64
                var mark: String?
                var place: UInt64
            }
            var blockSize: Int
            var entryCount: UInt64
            var entries: [Entry]
        }
        let list = try JSONDecoder().decode(List.self, from: Data(try devmap("log", "list", "log.img", "--json").output))
        #expect(list.blockSize == 512 && list.entryCount == 8 && list.entries.map(\.entry) == Array(0..<8))
        #expect(list.entries[0] == .init(entry: 0, flags: ["mark"], offset: 0, length: 0, mark: "mkfs", place: 512))
        #expect(list.entries[4] == .init(entry: 4, flags: ["fua"], offset: 512, length: 512, mark: nil, place: 4096))
        let none = try devmap("log", "list", "log.img", "--json", "--limit", "0").output
        #expect(try JSONDecoder().decode(List.self, from: Data(none)).entries == [])
    }

    @Test("list looks at no entry behind the last that is asked for, and prints nothing when one before it is bad")
    func listBad() throws {
        struct List: Decodable {
            struct Entry: Decodable { var entry: UInt64 }
            var entries: [Entry]
        }
        var log = try devmap.read("log.img")
        log.replaceSubrange(1024..<1536, with: [UInt8](repeating: 0xff, count: 512))  // entry 1
        try devmap.write(log, to: "bad.img")
        func list(_ arguments: String...) throws -> [UInt8] {
            let result = try devmap.run(Devmap.binary.path, ["log", "list", "bad.img"] + arguments)
            #expect(result.status == 0 && result.errors == "", "\(result.errors)")
            return result.output
        }
        #expect(try list("--to-entry", "0") == Array("0 mark mkfs\n".utf8))
        for words in [["--to-entry", "0"], ["--to-mark", "mkfs"], ["--limit", "1"]] {
            let json = try list("--json", words[0], words[1])
            #expect(try JSONDecoder().decode(List.self, from: Data(json)).entries.map(\.entry) == [0])
        }
        let none = try list("--json", "--from-entry", "3", "--limit", "0")
        #expect(try JSONDecoder().decode(List.self, from: Data(none)).entries.isEmpty)
        for words in [[], ["--json"]] {
            let result = try devmap.run(Devmap.binary.path, ["log", "list", "bad.img"] + words)
            #expect(result.status == 1 && result.output.isEmpty)
            #expect(result.errors == "devmap: bad.img: byte 1040: entry 1: flags 0xffffffffffffffe0 of an entry are not known\n")
        }
    }

    @Test("replay ends where it is told to")
    func replay() throws {
        func replay(_ arguments: String...) throws -> [UInt8] {
            let result = try devmap.run(Devmap.binary.path, ["log", "replay", "log.img", "disk.img", "--create", "32KiB"] + arguments)
            #expect(result.status == 0 && result.output.isEmpty && result.errors == "", "\(result.errors)")
            return try devmap.read("disk.img")
        }
        #expect(try replay() == states[7])
        for entry in 0..<8 { #expect(try replay("--to-entry", "\(entry)") == states[entry]) }
        #expect(try replay("--to-mark", "mkfs") == states[0])
        #expect(try replay("--to-next", "flush") == states[3])
        #expect(try replay("--to-next", "fua") == states[4])
        #expect(try replay("--limit", "2") == states[1])
        #expect(try replay("--discards", "ignored") == states[4])
        #expect(try replay("--discards", "discards") == states[7])
        #expect(try replay("--from-entry", "4", "--to-next", "fua")[512..<1024].allSatisfy { $0 == 3 })
        #expect(try replay("--from-entry", "4", "--to-next", "fua")[..<512].allSatisfy { $0 == 0 })
    }

    @Test("a replay may go on from an earlier one, on a file that is there")
    func steps() throws {
        #expect(try devmap("log", "replay", "log.img", "disk.img", "--to-entry", "3").status == 0)
        #expect(try devmap.read("disk.img") == states[3])
        #expect(try devmap("log", "replay", "log.img", "disk.img", "--from-entry", "4").status == 0)
        #expect(try devmap.read("disk.img") == states[7])
    }

    @Test("a check sees the state at each flush, or wherever it is wanted")
    func checks() throws {
        func check(_ arguments: String...) throws -> String {
            try devmap.write("", to: "seen")
            let result = try devmap.run(
                Devmap.binary.path,
                ["log", "replay", "log.img", "disk.img", "--create", "32KiB", "--check"]
                    + [#"echo $DEVMAP_ENTRY $(head -c 1024 "$DEVMAP_TARGET" | tail -c 1 | od -An -tu1) $DEVMAP_TARGET >>seen"#] + arguments)
            #expect(result.status == 0 && result.errors == "", "\(result.errors)")
            return String(decoding: try devmap.read("seen"), as: UTF8.self) + result.text
        }
        #expect(try check() == "3 1 disk.img\n6 3 disk.img\n8 entries were replayed, and 2 states checked\n")
        #expect(
            try check("--every", "mark", "--every", "fua", "--copy", "copy.img")
                == "0 0 copy.img\n4 3 copy.img\n7 3 copy.img\n8 entries were replayed, and 3 states checked\n")
        #expect(
            try check("--every", "3", "--to-entry", "5") == "2 1 disk.img\n5 3 disk.img\n6 entries were replayed, and 2 states checked\n")
        #expect(
            try check("--verbose", "--to-next", "fua")
                == "3 1 disk.img\nentry 3 (flush): good\n5 entries were replayed, and 1 states checked\n")
    }

    @Test("a target that another process has open is left as it is, also where a check is to look at it")
    func locking() throws {
        let holder = try LockHolder(devmap.directory.appending(path: "disk.img").path)
        for words in [[], ["--check", "true"], ["--check", "true", "--copy", "copy.img"], ["--create", "16KiB", "--check", "true"]] {
            let result = try devmap.run(Devmap.binary.path, ["log", "replay", "log.img", "disk.img"] + words)
            #expect(
                result.errors
                    == "devmap: cannot lock 'disk.img' for writing: another process has it open; --force-unlocked opens it all the same\n")
            #expect(result.status == 1)
            #expect(try devmap.read("disk.img") == [UInt8](repeating: 0, count: 32768))
        }
        #expect(try devmap("log", "replay", "log.img", "disk.img", "--check", "true", "--force-unlocked").status == 0)
        #expect(try devmap.read("disk.img") == states[7])
        withExtendedLifetime(holder) {}
    }

    @Test("neither the log nor TARGET is overwritten by a copy, by force either", arguments: [[], ["--force-unlocked"]])
    func copyOverItself(_ force: [String]) throws {
        let log = try devmap.read("log.img")
        try FileManager.default.linkItem(
            at: devmap.directory.appending(path: "log.img"), to: devmap.directory.appending(path: "link.img"))
        for (copy, what) in [("log.img", "the log"), ("link.img", "the log"), ("disk.img", "TARGET")] {
            let result = try devmap.run(
                Devmap.binary.path,
                ["log", "replay", "log.img", "disk.img", "--create", "16KiB", "--check", "true", "--copy", copy] + force)
            #expect(result.status == 1 && result.errors == "devmap: '\(copy)' is \(what)\n")
            #expect(try devmap.read("log.img") == log)
            #expect(try devmap.read("disk.img").count == 32768)
        }
        // A target that is only being made.
        let made = try devmap.run(
            Devmap.binary.path,
            ["log", "replay", "log.img", "new.img", "--create", "32KiB", "--check", "true", "--copy", "new.img"] + force)
        let refusal = force.isEmpty ? "cannot lock 'new.img' for writing" : "cannot overwrite 'new.img'"
        #expect(made.status == 1 && made.errors == "devmap: cannot copy 'new.img': \(refusal): this process has it open\n")
        #expect(try devmap.read("new.img") == states[3])
    }

    @Test("a check may read from the terminal, on which it is in the foreground, as we are")
    func terminal() throws {
        let scene = """
            import os, pty, signal, sys
            signal.pthread_sigmask(signal.SIG_SETMASK, [])
            signal.alarm(100)  # a check that is stopped is waited for without an end
            sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])) & 255)
            """
        let result = try devmap.run(
            "/usr/bin/python3",
            ["-c", scene, Devmap.binary.path, "log", "replay", "log.img", "disk.img", "--check", #"read x && test "$x" = yes"#],
            input: Array("yes\nyes\n".utf8))
        #expect(result.status == 0 && result.text.contains("8 entries were replayed, and 2 states checked"), "\(result)")
    }

    @Test("a check that fails ends the replay, and what it does to a copy is not in the next")
    func failingChecks() throws {
        let failed = try devmap(
            "log", "replay", "log.img", "disk.img", "--check", "exit $((DEVMAP_ENTRY / 4))", "--every", "write", "--copy", "copy.img")
        #expect(failed.status == 1)
        #expect(
            failed.errors == """
                devmap: entry 4 (write 512+512, fua): 'exit $((DEVMAP_ENTRY / 4))' exited with status 1; the same replay with --to-entry 4 makes that state again

                """)
        #expect(try devmap.read("disk.img") == states[4])
        let killed = try devmap("log", "replay", "log.img", "disk.img", "--check", "kill -9 $$")
        #expect(killed.status == 1 && killed.errors.contains("'kill -9 $$' was ended by signal 9; "))
        #expect(
            try devmap(
                "log", "replay", "log.img", "disk.img", "--create", "32KiB", "--copy", "copy.img", "--check", #"printf x >"$DEVMAP_TARGET""#
            ).status == 0)
        #expect(try devmap.read("disk.img") == states[7])
    }

    @Test("what cannot be done is told, and nothing is written")
    func errors() throws {
        try devmap.write("no log at all" + String(repeating: "-", count: 600), to: "text")
        try devmap.write(Array(try devmap.read("log.img")[..<2048]), to: "short.img")
        func error(_ arguments: String...) throws -> String {
            let result = try devmap.run(Devmap.binary.path, ["log"] + arguments)
            #expect(result.status == 1 && result.output.isEmpty)
            return result.errors
        }
        #expect(try error("list", "text") == "devmap: text: byte 0: no log of log-writes: the magic number is missing\n")
        #expect(try error("list", "short.img") == "devmap: short.img: byte 16: 8 entries do not fit into a log of 4 blocks\n")
        #expect(try error("list", "none.img").hasPrefix("devmap: cannot open 'none.img': "))
        #expect(try error("list", "log.img", "--from-entry", "9") == "devmap: log.img: there is no entry 9, the log has 8\n")
        #expect(
            try error("replay", "log.img", "disk.img", "--from-entry", "2", "--to-entry", "1")
                == "devmap: log.img: there is no entry 1 from entry 2 on, the log has 8\n")
        #expect(try error("replay", "log.img", "disk.img", "--to-mark", "x") == "devmap: log.img: there is no mark 'x'\n")
        #expect(try error("replay", "log.img", "disk.img", "--from-mark", "x") == "devmap: log.img: there is no mark 'x'\n")
        #expect(
            try error("replay", "log.img", "disk.img", "--from-mark", "mkfs", "--to-mark", "mkfs")
                == "devmap: log.img: there is no mark 'mkfs' behind the mark 'mkfs'\n")
        #expect(
            try error("replay", "log.img", "disk.img", "--from-entry", "6", "--to-next", "fua")
                == "devmap: log.img: there is no entry of kind fua from entry 6 on\n")
        #expect(try devmap.read("disk.img").allSatisfy { $0 == 0 })
        #expect(
            try error("replay", "log.img", "disk.img", "--create", "4KiB")
                == "devmap: disk.img: entry 2: 512 bytes at 4096 reach past the end of the device, which has 4096 bytes (bytes 4096 to 4607)\n"
        )
        for arguments in [["--to-entry", "1", "--limit", "2"], ["--from-entry", "1", "--from-mark", "x"], ["--every", "flush"]] {
            #expect(try devmap.run(Devmap.binary.path, ["log", "replay", "log.img", "disk.img"] + arguments).status == 64)
        }
    }
}
