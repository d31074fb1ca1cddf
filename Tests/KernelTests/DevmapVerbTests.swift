import DeviceMapper
import Foundation
import Glibc
import Testing
import VolumeLaws

extension InTheLab {
    /// The kernel's verbs of the built command: what they print, and what is done afterwards.
    struct DevmapVerbTests {
        private let mapper: KernelMapper
        private let devmap = HostCommand(
            URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().appending(path: "devmap").path,
            package: "devmap, which is built beside the tests")

        init() throws { mapper = try KernelMapper.open() }

        /// Runs a verb that does its work without a word on standard error, and returns what it prints.
        @discardableResult
        private func run(_ arguments: String..., input: String = "") throws -> String {
            let output = try devmap.attempt(arguments, input: Array(input.utf8))
            #expect(output.status == 0 && output.errors == "", "\(arguments): \(output.status): \(output.errors)")
            return output.text
        }

        /// Runs a verb that fails without printing anything, and returns what it says.
        private func failure(_ arguments: String..., input: String = "") throws -> String {
            let output = try devmap.attempt(arguments, input: Array(input.utf8))
            #expect(output.status == 1 && output.text == "", "\(arguments): \(output.status): \(output.text)")
            return output.errors
        }

        private func json<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
            try JSONDecoder().decode(type, from: Data(text.utf8))
        }

        private func info(_ name: String) throws -> MappedDeviceInfo { try mapper.info(of: .name(DeviceName(name))) }
        private func table(_ text: String) throws -> MappingTable { try MappingTable(parsing: text) }

        /// Removes what a test leaves, and finds nothing of it afterwards.
        private func leavingNothing(_ body: () throws -> Void) throws {
            defer {
                for _ in 0..<3 { for device in (try? mapper.devices()) ?? [] { try? mapper.remove(.number(device.number), until: .now) } }
                #expect(throws: Never.self) { try Leftovers.expectNone() }
            }
            try body()
        }

        private func withLoop(_ body: (LoopDevice) throws -> Void) throws {
            let directory = try GuestDirectory()
            try KernelDevices.withLoops([try directory.file("disk", [UInt8](repeating: 0, count: 65536))]) { try body($0[0]) }
        }

        private struct Device: Decodable, Equatable {
            var name: String
            var kernelName, uuid: String?
            var number, state, access: String
            var openCount: Int
            var eventNumber: UInt32
            var hasActiveTable, hasInactiveTable, isRemovalDeferred: Bool
            var sectors: UInt64
            var targets: [String]
        }

        private struct Tables: Decodable {
            struct Line: Decodable, Equatable {
                var start, length: UInt64
                var target: String
                var arguments, status: String?
            }
            var name: String
            var lines: [Line]
        }

        @Test func aDeviceIsMadeShownChangedAndRemoved() throws {
            try leavingNothing {
                try run("create", "disk", "-", "--uuid", "TEST-1", "--minor", "77", input: "0 100 zero\n100 28 error\n")
                let made = try info("disk")
                let number = "\(made.number.major):77"
                #expect(
                    try run("list") == """
                        NAME  NUMBER  STATE   ACCESS  OPEN  SIZE    TARGETS     UUID
                        disk  \(number)  active  rw      0     64 KiB  zero,error  TEST-1

                        """)
                let device = Device(
                    name: "disk", uuid: "TEST-1", number: number, state: "active", access: "rw", openCount: 0,
                    eventNumber: made.eventNumber, hasActiveTable: true, hasInactiveTable: false, isRemovalDeferred: false, sectors: 128,
                    targets: ["zero", "error"])
                #expect(try json([Device].self, run("ls", "--json")) == [device])
                #expect(try json([Device].self, run("info", "--uuid", "TEST-1", "--json")) == [device])
                #expect(
                    try run("info", number) == """
                        name: disk
                        uuid: TEST-1
                        number: \(number)
                        state: active
                        access: rw
                        tables: active
                        targets: zero, error
                        size: 64 KiB (128 sectors)
                        open: 0
                        events: \(made.eventNumber)

                        """)
                #expect(try run("table", "/dev/mapper/disk") == "0 100 zero\n100 28 error\n")
                #expect(try run("table") == "disk: 0 100 zero\ndisk: 100 28 error\n")
                #expect(try run("table", "disk", "--concise") == "disk,TEST-1,77,rw,0 100 zero,100 28 error\n")
                #expect(try run("status", "/dev/dm-77", "--no-flush") == "0 100 zero\n100 28 error\n")
                #expect(try json([Tables].self, run("status", "--json"))[0].lines.map(\.status) == ["", ""])

                try run("load", "--uuid", "TEST-1", "-", input: "0 8 zero\n")
                #expect(try run("table", "disk", "--inactive") == "0 8 zero\n")
                #expect(try json([Tables].self, run("table", "--inactive", "--json"))[0].lines[0].target == "zero")
                #expect(try info("disk").hasInactiveTable)
                try run("clear", "disk")
                #expect(try failure("table", "disk", "--inactive") == "devmap: DM_TABLE_STATUS: disk: the device has no inactive table\n")
                try run("load", "disk", "--table", "0 256 error", "--resume")
                #expect(try run("table", "disk") == "0 256 error\n")
                try withLoop { loop in
                    #expect(throws: HostCommand.Failure.self) {
                        try devmap.run("load", "disk", "--table", "0 256 linear \(loop.path) 0", "--resume")
                    }
                    try run("load", "disk", "--table", "0 256 linear \(loop.path) 0")
                    let refused = try failure("resume", "disk")
                    #expect(refused.hasPrefix("devmap: DM_DEV_SUSPEND: disk: the kernel refuses the table"), "\(refused)")
                }
                #expect(try run("table", "disk") == "0 256 error\n")
                #expect(try !info("disk").isSuspended && !info("disk").hasInactiveTable)

                try run("suspend", "disk", "--no-flush", "--no-freeze")
                #expect(try info("disk").isSuspended)
                #expect(try run("info", "disk").contains("\nstate: suspended\n"))
                try run("resume", "disk")
                #expect(try info("disk").isSuspended == false)
                try run("set-geometry", "disk", "4", "2", "16", "0")

                try run("rename", "--uuid", "TEST-1", "new")
                #expect(try info("new").number == made.number)
                try run("create", "plain", "--no-table", "--read-only")
                try run("set-uuid", "plain", "TEST-2")
                #expect(try info("plain").uuid == DeviceUUID("TEST-2"))
                #expect(try run("info", "plain").contains("state: no table\n"))
                #expect(
                    try failure("rename", "plain", "new") == "devmap: DM_DEV_RENAME: plain: a device of that name, uuid or number exists\n")
                try run("remove", "new", "--uuid", "TEST-2")
                #expect(try run("list", "--json") == "[\n\n]\n")
                #expect(try run("table") == "")
            }
        }

        @Test func whatFailsLeavesNothingAndSaysWhy() throws {
            try leavingNothing {
                try withLoop { loop in
                    let long = try failure("create", "disk", "--table", "0 256 linear \(loop.path) 0")
                    #expect(long.hasPrefix("devmap: DM_TABLE_LOAD: disk: the kernel refuses the table ("), "\(long)")
                    #expect(long.contains("too small for target"), "\(long)")
                    let list = "a,,,rw,0 8 zero;b,,,rw,0 8 linear /dev/mapper/a 0;c,,,rw,0 8 linear /dev/nowhere 0"
                    let missing = try failure("create", "--concise", "-", input: list)
                    #expect(missing.hasPrefix("devmap: line 1: DM_TABLE_LOAD: c: there is no '/dev/nowhere'"), "\(missing)")
                    #expect(try mapper.devices() == [])
                    let unknown = try failure("create", "disk", "--table", "0 8 no-such a")
                    #expect(unknown.contains("the kernel has no target 'no-such', and no module dm-no-such that can be loaded"))
                    #expect(unknown.hasSuffix("; 'modprobe dm-<target>' tells why, and 'devmap target-versions' lists what is there\n"))
                    #expect(
                        try failure("info", "none") == "devmap: DM_DEV_STATUS: none: there is no such device\n")
                    #expect(try failure("remove", "/dev/nowhere") == "devmap: /dev/nowhere: there is no such block device\n")

                    try run("create", "--concise", "-", input: "a,UUID-a,5,ro,0 8 zero,8 8 zero;b,,,,0 8 linear /dev/mapper/a 0")
                    #expect(try info("a").number.minor == 5 && info("a").access == .readOnly)
                    #expect(try run("status") == "a: 0 8 zero\na: 8 8 zero\nb: 0 8 linear\n" || run("status").hasPrefix("b: "))
                    let concise = try run("table", "--concise")
                    #expect(concise.contains("a,UUID-a,5,ro,0 8 zero,8 8 zero"))
                    // One that cannot be cleared keeps no other from it, and is told.
                    _ = try mapper.load(try table("0 8 error"), into: .name(DeviceName("a")))
                    let both = try devmap.attempt(["clear", "none", "a"])
                    #expect(both.status == 1 && both.errors == "devmap: DM_TABLE_CLEAR: none: there is no such device\n")
                    #expect(try info("a").hasInactiveTable == false)
                    try run("remove-all", "--yes")
                    #expect(try mapper.devices() == [])
                }
            }
        }

        @Test func ensureTellsWhatItDid() throws {
            try leavingNothing {
                try withLoop { loop in
                    let table = "0 64 linear \(loop.path) 0"
                    #expect(try run("ensure", "disk", "--table", table) == "created\n")
                    #expect(try run("ensure", "disk", "-", input: table) == "unchanged\n")
                    try run("suspend", "disk")
                    #expect(try run("ensure", "disk", "--table", table) == "resumed\n")
                    #expect(try run("ensure", "disk", "--table", "0 32 linear \(loop.path) 0") == "replaced\n")
                    #expect(
                        try failure("ensure", "disk", "--table", table, "--uuid", "x")
                            == "devmap: disk: there is a device of that name with another uuid, none\n")
                    #expect(try run("table", "disk") == "0 32 linear \(loop.number) 0\n")
                    try run("remove", "disk")
                }
            }
        }

        @Test func keysAreHiddenUnlessAskedFor() throws {
            try leavingNothing {
                try withLoop { loop in
                    let key = String(repeating: "5a", count: 64)
                    try run("create", "secret", "-", input: "0 64 crypt aes-xts-plain64 \(key) 0 \(loop.path) 0\n")
                    let hidden = "0 64 crypt aes-xts-plain64 <redacted> 0 \(loop.number) 0\n"
                    #expect(try run("table", "secret") == hidden)
                    let outputs = [
                        try run("table"), try run("table", "--json"), try run("table", "--concise"), try run("status"),
                        try run("info", "--json"), try run("list"), try run("list", "--tree", "--json"),
                    ]
                    for output in outputs { #expect(!output.contains("5a5a"), "\(output)") }
                    let shown = try run("table", "secret", "--showkeys")
                    #expect(shown == hidden.replacing("<redacted>", with: key))
                    #expect(try json([Tables].self, run("table", "--json", "--showkeys"))[0].lines[0].arguments?.contains(key) == true)
                    // What is printed with keys can be loaded; what is printed without cannot.
                    #expect(try run("ensure", "secret", "-", input: shown) == "unchanged\n")
                    let redacted = try failure("load", "secret", "-", input: hidden)
                    #expect(redacted.hasPrefix("devmap: standard input: line 1, word 5: "), "\(redacted)")
                    try run("suspend", "secret")
                    try run("message", "secret", "0", "key wipe")
                    try run("message", "secret", "0", "key", "set", key)
                    try run("resume", "secret")
                    let refused = try failure("message", "secret", "0", "key", "set", key)
                    #expect(refused.hasPrefix("devmap: DM_TARGET_MSG: secret: ") && !refused.contains("5a5a"), "\(refused)")
                    try run("remove", "secret")
                }
            }
        }

        @Test(arguments: ["mon disque à\\2", "-254:x"])
        func oddNamesWork(_ name: String) throws {
            try leavingNothing {
                try run("create", "--uuid", "uuid of \(name)", "--table", "0 8 zero", "--", name)
                let kernelName = try NameMangling.auto.mangle(name)
                #expect(try mapper.devices().map(\.name) == [kernelName])
                let device = try #require(try json([Device].self, run("info", "--json", "--", name)).first)
                #expect(device.name == name && device.uuid == "uuid of \(name)")
                #expect(device.kernelName == (kernelName == name ? nil : kernelName))
                #expect(try run("list").contains("\n\(name)  "))
                try run("suspend", "--uuid", "uuid of \(name)")
                try run("rename", "--", kernelName, "\(name).")
                try run("remove", "/dev/mapper/\(name).")
            }
        }

        @Test func namesThatOthersHaveNotMangledAreFound() throws {
            try leavingNothing {
                _ = try mapper.create(try DeviceName("as it is"), uuid: nil, access: .readWrite)
                #expect(try run("info", "as it is").hasPrefix("name: as it is\nnumber: "))
                // No name controls the terminal.
                try run("rename", "as it is", "red\u{1b}[31m")
                #expect(try run("info").hasPrefix("name: red\\x1b\\x5b31m\nname in the kernel: "))
                try run("remove", #"red\x1b\x5b31m"#)
            }
        }

        private struct Tree: Decodable, Equatable {
            var name, number: String
            var isMapped: Bool
            var below: [Tree]?
        }

        @Test func stacksAreShownAndRemovedFromTheTop() throws {
            try leavingNothing {
                try withLoop { loop in
                    let list =
                        "a,,10,,0 16 linear \(loop.path) 0;b,,11,,0 16 linear \(loop.path) 16;"
                        + "c,,12,,0 16 linear /dev/mapper/a 0,16 16 linear /dev/mapper/b 0"
                    try run("create", "--concise", "-", input: list)
                    let major = try info("a").number.major
                    let name = "loop\(loop.number.minor)"
                    #expect(
                        try run("list", "--tree") == """
                            c (\(major):12)
                            ├─ a (\(major):10)
                            │  └─ \(name) (\(loop.number))
                            └─ b (\(major):11)
                               └─ \(name) (\(loop.number))

                            """)
                    let disk = Tree(name: name, number: "\(loop.number)", isMapped: false)
                    #expect(
                        try json([Tree].self, run("list", "--tree", "--json")) == [
                            Tree(
                                name: "c", number: "\(major):12", isMapped: true,
                                below: [
                                    Tree(name: "a", number: "\(major):10", isMapped: true, below: [disk]),
                                    Tree(name: "b", number: "\(major):11", isMapped: true, below: [disk]),
                                ])
                        ])
                    #expect(try run("deps", "c") == "\(major):10 a\n\(major):11 b\n")
                    #expect(
                        try run("deps")
                            == "a: \(loop.number) \(name)\nb: \(loop.number) \(name)\nc: \(major):10 a\nc: \(major):11 b\n")
                    #expect(try run("deps", "a", "--json").contains("\"name\" : \"\(name)\""))
                    let busy = try failure("remove", "a", "--wait", "0")
                    #expect(
                        busy.hasPrefix("devmap: DM_DEV_REMOVE: a: the device is in use; unmount it, or close what is on it; --deferred"))
                    #expect(try run("remove", "c", "--stack").split(separator: "\n").sorted() == ["a", "b", "c"])
                }
            }
        }

        @Test func whatIsInUseIsRemovedLater() throws {
            try leavingNothing {
                try mapper.createAndLoad(try DeviceName("disk"), table: table("0 8 zero"))
                let user = try RawFile("/dev/mapper/disk", O_RDONLY)
                #expect(try failure("remove-all", "--yes") == "devmap: still in use: disk\n")
                try run("remove", "disk", "--deferred")
                #expect(try run("list").contains("  active, to be removed  "))
                try run("remove", "disk", "--cancel-deferred")
                #expect(try info("disk").isRemovalDeferred == false)
                withExtendedLifetime(user) {}
                _ = consume user
                try run("remove", "disk")
            }
        }

        @Test func targetsAnswerAndEventsAreWaitedFor() throws {
            try leavingNothing {
                try mapper.createAndLoad(try DeviceName("disk"), table: table("0 8 zero"))
                #expect(try run("message", "disk", "0", "@stats_create", "-", "/1") == "0\n")
                #expect(try run("message", "disk", "0", "@stats_list") == "0: 0+8 8 - -\n")
                let refused = try failure("message", "disk", "0", "no", "such")
                #expect(refused.hasPrefix("devmap: DM_TARGET_MSG: disk: "), "\(refused)")
                let number = try info("disk").eventNumber
                // Another number, not a larger one.
                #expect(try run("wait", "disk", "--after", "\(number &+ 1)") == "\(number)\n")
                #expect(try failure("wait", "disk", "--after", "\(number)", "--timeout", "0.01") == "devmap: disk: no event came in time\n")
                #expect(try failure("wait", "disk", "--timeout", "0.01") == "devmap: disk: no event came in time\n")
            }
        }

        /// Runs `devmap events` until it ends, while a device is made and removed over and over, and returns its lines.
        private func events(_ arguments: String...) throws -> [Substring] {
            let output = Monitor<String?>(nil)
            let following = BackgroundThread { [devmap] in
                let result = try? devmap.run(["events"] + arguments)
                output.withLock { $0 = result?.text ?? "" }
            }
            while !following.hasEnded {
                try mapper.createAndLoad(try DeviceName("new disk"), minor: 99, table: table("0 8 zero"))
                VolumeLaws.pause()
                try mapper.remove(.name(DeviceName("new disk")))
                VolumeLaws.pause()
            }
            following.join()
            return (output.withLock { $0 } ?? "").split(separator: "\n")
        }

        @Test func eventsAreFollowed() throws {
            struct Event: Decodable {
                var event, name, number, time: String
                var eventNumber: UInt32?
            }
            try leavingNothing {
                let lines = try events("--count", "3")
                #expect(lines.count == 3)
                for line in lines {
                    let words = line.split(separator: " ", maxSplits: 3)
                    #expect(["added", "changed", "removed"].contains(words[0]) && words[1].hasSuffix(":99") && words[3] == "new disk")
                }
                let reports = try events("--count", "2", "--json").map { try json(Event.self, String($0)) }
                #expect(reports.count == 2 && reports.allSatisfy { $0.name == "new disk" && $0.number.hasSuffix(":99") })
                #expect(reports.allSatisfy { $0.time.hasSuffix("Z") })
            }
        }

        @Test func versionsAreTold() throws {
            let driver = try mapper.version().description
            #expect(try run("version") == "devmap 0.1.0\ndevice mapper \(driver)\n")
            #expect(try run("version", "--json") == "{\n  \"devmap\" : \"0.1.0\",\n  \"driver\" : \"\(driver)\"\n}\n")
            let zero = try #require(try mapper.targetVersion(of: "zero"))
            #expect(try run("target-versions", "zero") == "TARGET  VERSION\nzero    \(zero)\n")
            #expect(try run("target-versions", "--json").contains("\"name\" : \"linear\""))
            #expect(
                try failure("target-versions", "none")
                    == "devmap: the kernel has no target 'none', and no module dm-none that can be loaded; 'modprobe dm-none' tells why\n")
        }
    }
}
