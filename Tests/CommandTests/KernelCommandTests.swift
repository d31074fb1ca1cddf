import DeviceMapper
import Foundation
import Testing

@Suite("devmap's commands for the kernel's devices, as far as they need no kernel")
struct KernelCommandTests {
    let devmap: Devmap
    init() throws { devmap = try Devmap() }

    static let verbs = [
        "list", "info", "table", "status", "deps", "create", "ensure", "load", "clear", "suspend", "resume", "rename", "set-uuid",
        "set-geometry", "remove", "remove-all", "message", "wait", "events", "target-versions", "version",
    ]

    @Test("the list of commands has each one, on a line of its own")
    func list() throws {
        let lines = try devmap("--help").text.split(separator: "\n")
        for verb in Self.verbs {
            #expect(lines.contains { $0.hasPrefix("  \(verb) ") || $0.hasPrefix("  \(verb), ls ") }, "\(verb)")
        }
        for group in ["KERNEL REPORT", "KERNEL DEVICE", "KERNEL MESSAGE"] { #expect(lines.contains("\(group) SUBCOMMANDS:")) }
    }

    @Test("each has its help, also by its other name", arguments: verbs)
    func help(_ verb: String) throws {
        let result = try devmap("help", verb)
        #expect(result.status == 0 && result.text.contains("USAGE: devmap \(verb)"))
    }

    @Test("a word that is not UTF-8 is refused, and does not become another name", arguments: ["info", "dmsetup info", "lint"])
    func wordsOfOtherBytes(_ verb: String) throws {
        let result = try devmap.run("/bin/sh", ["-c", #"exec "$0" $1 "$(printf 'a\377')""#, Devmap.binary.path, verb])
        let place = verb.split(separator: " ").count + 1
        #expect(result.status == 1 && result.errors == "devmap: word \(place) of the command line is not UTF-8\n")
    }

    @Test("ls is list")
    func alias() throws { #expect(try devmap("help", "ls").text == devmap("help", "list").text) }

    @Test(
        "what is missing or too much is a usage error, before the kernel is asked",
        arguments: [
            (["info", "--json", "--xml"], "Unknown option '--xml'"),
            (["create"], "Give a name."),
            (["create", "disk"], "Give a table: either <tablefile> or --table <text>."),
            (["create", "disk", "file", "--table", "0 8 zero"], "Give a table: either <tablefile> or --table <text>."),
            (["create", "disk", "file", "--no-table"], "Give either a table or --no-table."),
            (["create", "--concise", "file", "--uuid", "x"], "With --concise, the list has the uuids, minor numbers and tables."),
            (["create", "--concise", "name", "file"], "With --concise, the list has the names."),
            (["create", "disk", "-", "--minor", "x"], "The value 'x' is invalid for '--minor <number>'"),
            (["ensure", "disk"], "Give a table: either <tablefile> or --table <text>."),
            (["load", "disk"], "Give a table: either <tablefile> or --table <text>."),
            (["load"], "Give a device: <device> or --uuid <uuid>."),
            (["load", "disk", "file", "--uuid", "x"], "Give either <device> or --uuid <uuid>."),
            (["clear"], "Give a device: <device> or --uuid <uuid>."),
            (["suspend"], "Give a device: <device> or --uuid <uuid>."),
            (["resume"], "Give a device: <device> or --uuid <uuid>."),
            (["remove"], "Give a device: <device> or --uuid <uuid>."),
            (["remove", "disk", "--deferred", "--stack"], "Give one of --deferred, --cancel-deferred and --stack."),
            (["remove", "disk", "--wait", "soon"], "The value 'soon' is invalid for '--wait <seconds>'"),
            (["remove", "disk", "--wait", "nan"], "The value 'nan' is invalid for '--wait <seconds>'"),
            (["remove-all"], "This removes every mapped device, those of LVM and cryptsetup, too: say --yes."),
            (["rename", "disk"], "Give a device and its new name."),
            (["rename", "disk", "new", "--uuid", "x"], "Give a device and its new name."),
            (["set-uuid", "disk"], "Missing expected argument '<uuid>'"),
            (["set-geometry", "disk", "1", "2", "3"], "Give the numbers of cylinders, heads, sectors, and the start."),
            (["set-geometry", "disk", "1", "256", "3", "4"], "heads: expected 0 to 255, found '256'."),
            (["table", "--json", "--concise"], "Give one of --concise and --json."),
            (["message", "disk", "0"], "Give a device, a sector and a message."),
            (["message", "disk", "first", "x"], "Expected a sector, a decimal number, found 'first'."),
            (["message", "disk", "0", " "], "A message has no empty words."),
            (["wait"], "Give a device: <device> or --uuid <uuid>."),
            (["wait", "disk", "--uuid", "x"], "Give either <device> or --uuid <uuid>."),
        ])
    func usage(_ arguments: [String], _ message: String) throws {
        let result = try devmap.run(Devmap.binary.path, arguments)
        #expect(result.status == 64 && result.output.isEmpty)
        #expect(result.errors.hasPrefix("Error: \(message)"), "\(result.errors)")
        #expect(result.errors.contains("\nUsage: devmap \(arguments[0])"), "\(result.errors)")
    }

    @Test("a table that is wrong is told before the kernel is asked, and a name that no device can have", arguments: ["create", "ensure"])
    func mistakes(_ verb: String) throws {
        let table = try devmap(verb, "disk", "-", input: Array("0 8 linear /dev/sda x\n".utf8))
        #expect(table.status == 1 && table.errors == "devmap: standard input: line 1, word 5: start sector: 'x' is not a number\n")
        let name = try devmap(verb, "control", "--table", "0 8 zero")
        #expect(name.status == 1 && name.errors == "devmap: control: 'control' is no name for a device\n")
        let mixed = try devmap(verb, #"my disk\x20"#, "--table", "0 8 zero")
        #expect(mixed.status == 1 && mixed.errors == "devmap: my disk\\x20: a part of the name is mangled, and a part is not\n")
    }

    @Test("a uuid has a byte more than a name")
    func longUUID() throws {
        let uuid = String(repeating: "u", count: 129)
        let long = try devmap("set-uuid", "no-such-device", uuid)
        #expect(long.status == 1 && long.errors == "devmap: \(uuid): the mangled uuid has 129 bytes, more than 128\n")
        // What fits goes to the kernel, which has no such device.
        let fits = try devmap("set-uuid", "no-such-device", String(uuid.dropLast()))
        #expect(fits.status == 1 && !fits.errors.contains("more than"), "\(fits.errors)")
        let name = try devmap("create", String(uuid.dropLast()), "--table", "0 8 zero")
        #expect(name.status == 1 && name.errors == "devmap: \(uuid.dropLast()): the mangled name has 128 bytes, more than 127\n")
    }

    @Test("the help says which tables can be loaded as they are printed, and what is waited for")
    func discussions() throws {
        let table = try devmap("help", "table").text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(table.contains("can be loaded as it is printed, one with keys only with --showkeys;"))
        let wait = try devmap("help", "wait").text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(wait.contains("Wait until the number of events is another than that; without, than it is now."))
    }

    @Test("a list that is wrong is told with the device")
    func concise() throws {
        let result = try devmap("create", "--concise", "-", input: Array("a,,,rw,0 8 zero;b,,,rx,0 8 zero".utf8))
        #expect(result.status == 1)
        #expect(result.errors == "devmap: standard input: device 2: flags: expected ro, rw or nothing, found 'rx'\n")
    }

    /// What opening the control device fails with here; `nil` where a device mapper is to be had.
    private func reasonForNone() -> String? {
        do throws(MappingError) {
            _ = try KernelMapper.open()
            return nil
        } catch {
            switch error.code {
            case .permissionDenied: return "\(error); run devmap as root (sudo devmap ...); 'devmap volume' needs no rights"
            default: return "\(error); 'devmap volume' runs tables without it"
            }
        }
    }

    @Test("without device mapper, or without the rights, each says so and what to do, with status 1")
    func none() throws {
        let calls = [
            ["list"], ["ls", "--json"], ["list", "--tree"], ["info"], ["table"], ["status"], ["deps"], ["events"], ["target-versions"],
        ]
        let reason = reasonForNone()
        for arguments in calls where reason != nil || arguments != ["events"] {
            let result = try devmap.run(Devmap.binary.path, arguments)
            #expect(result.status == (reason == nil ? 0 : 1))
            #expect(result.errors == (reason.map { "devmap: \($0)\n" } ?? ""))
            #expect(reason == nil || result.output.isEmpty)
        }
    }

    @Test("the version of devmap is known also where there is no device mapper")
    func version() throws {
        let result = try devmap("version")
        #expect(result.text.hasPrefix("devmap 0.1.0\n"))
        #expect(result.status == (reasonForNone() == nil ? 0 : 1))
    }
}
