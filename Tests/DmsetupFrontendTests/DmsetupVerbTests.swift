import DeviceMapperControl
import DmsetupFrontend
import Testing

@Suite("dmsetup's verbs, without a kernel")
struct DmsetupVerbTests {
    let kernel = FakeDevices([
        .init(name: "a", minor: 0, table: [("linear", "7:0 0")]),
        .init(name: "my\\x20disk", uuid: "LVM-x", minor: 1, table: [("crypt", "aes-xts-plain64 0011aabb 0 7:0 0"), ("zero", "")]),
    ])
    let streams = FakeStreams()

    /// Runs a command: its status, what it prints, and what it complains about.
    private func dmsetup(
        _ words: String..., environment: [String: String] = [:], isUdevDisabled: Bool = true, udev: any UdevCalls = NoUdev(),
        pause: @escaping (Duration) -> Void = { _ in }
    ) -> (status: Int32, output: String, errors: String) {
        let streams = FakeStreams()
        streams.input = self.streams.input
        let status = DmsetupCommand.run(
            words, program: "dmsetup",
            in: Dmsetup.Surroundings(
                streams: streams,
                environment: { name in
                    if name == "DM_DISABLE_UDEV" { return isUdevDisabled ? "1" : nil }
                    return (["DM_DEV_DIR": "/nonexistent"].merging(environment) { $1 })[name]
                },
                openKernel: { [kernel] (_) throws(KernelAbsence) in kernel }, udev: udev, pause: pause))
        return (status, streams.output, streams.errors)
    }

    @Test("create makes a device, loads its table by number, and resumes it")
    func create() {
        let result = dmsetup("create", "new one", "--uuid", "u", "-r", "--table", "0 8 linear a\\b 0\n8 8 zero")
        #expect(result.status == 0 && result.output == "")
        #expect(
            kernel.calls == [
                #"create new\x20one uuid=u"#, #"reload 254:2 [0 8 linear a\\b 0] [8 8 zero ] ro"#, #"resume new\x20one ro"#,
            ])
    }

    @Test("a device whose table is refused is removed again")
    func createRefused() {
        kernel.failures = [.reload: 22]
        let result = dmsetup("create", "new", "--table", "0 8 zero")
        #expect(result.status == 1)
        #expect(result.errors == "device-mapper: reload ioctl on new (254:2) failed: error 22\nCommand failed.\n")
        #expect(kernel.calls == ["create new", "reload 254:2 [0 8 zero ]", "remove new"])
    }

    @Test("a uuid that is too long is refused in every mode of mangling")
    func longUUID() {
        let uuid = String(repeating: "u", count: 129)
        for mode in ["none", "auto", "hex"] {
            let result = dmsetup("--manglename", mode, "create", "x", "-n", "-u", uuid)
            #expect(
                result.errors
                    == """
                    Mangled form of the UUID too long for "\(uuid)".
                    Failed to mangle device uuid "\(uuid)".
                    Command failed.

                    """)
        }
        #expect(dmsetup("--manglename", "none", "create", "x", "-n", "-u", String(uuid.dropLast())).status == 0)
        #expect(kernel.calls == ["create x uuid=\(uuid.dropLast())"])
    }

    @Test("a device whose name is not UTF-8 is listed, and found again")
    func nameOfOtherBytes() {
        kernel.devices = [.init(name: #"a\xff\x20b"#, minor: 0, table: [("zero", "")])]
        #expect(dmsetup("table").output == #"a\xff\x20b: 0 8 zero "# + "\n")
        #expect(kernel.calls == ["names", #"table a\xff\x20b"#])
    }

    @Test("an interval may be any number of seconds", arguments: [4295, 2_147_483_647])
    func interval(_ seconds: Int) {
        var pauses: [Duration] = []
        let result = dmsetup("info", "-c", "--interval", "\(seconds)", "--count", "2") { pauses.append($0) }
        #expect(result.status == 0 && pauses == [.seconds(seconds)])
    }

    @Test("what is repeated is printed each time, with and without a report", arguments: [["info", "a"], ["info", "-c", "a"], ["table"]])
    func repeatedOutput(_ words: [String]) {
        let streams = FakeStreams()
        let status = DmsetupCommand.run(
            words + ["--count", "3"], program: "dmsetup",
            in: Dmsetup.Surroundings(
                streams: streams, environment: { ["DM_DISABLE_UDEV": "1", "DM_DEV_DIR": "/nonexistent"][$0] },
                openKernel: { [kernel] (_) throws(KernelAbsence) in kernel }, udev: NoUdev(), pause: { _ in }))
        #expect(status == 0)
        #expect(streams.writes.count == 3 && streams.writes.allSatisfy { $0.contains("a") }, "\(streams.writes)")
    }

    #if os(Linux)
    @Test("a cookie that is made for those who come later is nobody's own")
    func cookieForOthers() throws {
        let result = dmsetup("udevcreatecookie", isUdevDisabled: false, udev: RunningUdev())
        let value = try #require(UInt32(result.output.dropFirst(2).dropLast(), radix: 16), "\(result)")
        let cookie = try #require(UdevCookie(value: value))
        let status = try cookie.status()
        #expect(status.process == nil && !status.hasNoValues && status.value == 1)
        try cookie.remove()
        let own = try #require(UdevCookie(value: try UdevSemaphores().createCookie(owned: true)))
        #expect(try own.status().process != nil)
        try own.remove()
    }
    #endif

    @Test("keys are zeroes unless they are asked for, and names are unmangled")
    func keys() {
        #expect(
            dmsetup("table").output == "a: 0 8 linear 7:0 0\nmy disk: 0 8 crypt aes-xts-plain64 00000000 0 7:0 0\nmy disk: 8 8 zero \n")
        #expect(dmsetup("table", "--showkeys", "my disk").output == "0 8 crypt aes-xts-plain64 0011aabb 0 7:0 0\n8 8 zero \n")
        #expect(
            dmsetup("table", "--concise").output
                == "a,,0,rw,0 8 linear 7:0 0;my disk,LVM-x,1,rw,0 8 crypt aes-xts-plain64 00000000 0 7:0 0,8 8 zero \n")
        #expect(dmsetup("status", "--target", "zero").output == "my disk: 8 8 zero \n")
    }

    @Test("a table that cannot be read is told by its line, and without its words")
    func secrets() {
        for result in [
            dmsetup("create", "x", "--table", "0 crypt secret"), dmsetup("create", "--concise", "x,,,,secret\\"),
            dmsetup("create", "--concise", "x,u,0 8 crypt secret"), dmsetup("create", "--concise", "x,,,0 8 crypt secret,8 8 zero"),
            dmsetup("create", "--concise", "0 8 crypt secret"),
        ] {
            #expect(result.status == 1 && !result.errors.contains("secret"))
        }
    }

    @Test("what is done for every device goes on where it fails, and fails then; what is done for operands stops")
    func repetition() {
        kernel.failures = [.table: 5]
        let all = dmsetup("table")
        #expect(all.status == 1 && all.output.hasPrefix("my disk: 0 8 crypt"))
        #expect(all.errors == "device-mapper: table ioctl on a  failed: error 5\nCommand failed.\n")
        let some = dmsetup("suspend", "a", "nope", "my disk")
        #expect(some.errors == "device-mapper: suspend ioctl on nope  failed: No such device or address\nCommand failed.\n")
        #expect(kernel.calls.suffix(2) == ["suspend a", "suspend nope"])
    }

    @Test("a selection says for which devices a verb is done")
    func selection() {
        #expect(dmsetup("suspend", "-S", "uuid=~^LVM").status == 0)
        #expect(kernel.calls == ["names", "info a", #"info my\x20disk"#, #"suspend my\x20disk"#])
    }

    @Test("ls names devices by their numbers, and says when there is none")
    func list() {
        #expect(dmsetup("ls").output == "a\t(254:0)\nmy disk\t(254:1)\n")
        kernel.devices = []
        #expect(dmsetup("ls").output == "No devices found\n")
    }

    @Test("messages go to the kernel with a blank between their words")
    func message() {
        #expect(dmsetup("message", "a", "5", "one", "two  three").status == 0)
        #expect(kernel.calls == ["message a 5:'one two  three'"])
        #expect(dmsetup("message", "a", "x", "y").errors == "Invalid sector.\nCommand failed.\n")
    }

    @Test("a device is given by name, uuid or number")
    func devices() {
        _ = dmsetup("clear", "a")
        _ = dmsetup("clear", "-u", "some uuid")
        _ = dmsetup("clear", "-j", "254", "-m", "1")
        #expect(kernel.calls == ["clear a", #"clear uuid=some\x20uuid"#, "clear 254:1"])
        #expect(dmsetup("clear").errors == "No device specified.\nCommand failed.\n")
        #expect(
            dmsetup("clear", "-j", "254").errors == "Please specify both major number and minor number.\nCouldn't process command line.\n")
    }

    @Test("without a device mapper, that is told once")
    func noKernel() {
        let streams = FakeStreams()
        let status = DmsetupCommand.run(
            ["ls"], program: "dmsetup",
            in: Dmsetup.Surroundings(
                streams: streams, environment: { _ in nil },
                openKernel: { (_) throws(KernelAbsence) in throw KernelAbsence(messages: ["no control device"]) }, udev: NoUdev()))
        #expect(status == 1)
        #expect(
            streams.errors
                == "no control device\nIncompatible libdevmapper 1.02.185 (2022-05-18) and kernel driver (unknown version).\nCommand failed.\n"
        )
    }

    @Test("help and version decide about the exit status, whatever else is wrong")
    func exitStatus() {
        #expect(dmsetup("--version").output == "Library version:   1.02.185 (2022-05-18)\nDriver version:    4.47.0\n")
        #expect(dmsetup("-h", "--bogus").status == 0)
        #expect(dmsetup("--bogus").errors == "dmsetup: unrecognized option '--bogus'\nCouldn't process command line.\n")
        #expect(dmsetup("bogus").status == 1)
        #expect(dmsetup("bogus").errors.hasPrefix("Unknown command.\nUsage:"))
        #expect(dmsetup("create", "1", "2", "3").errors.hasPrefix("Incorrect number of arguments.\nUsage:"))
    }

    @Test("cookies' flags are printed as variables of udev's rules")
    func flags() {
        #expect(
            dmsetup("udevflags", "0x01410000").output
                == "DM_UDEV_DISABLE_DM_RULES_FLAG='1'\nDM_UDEV_PRIMARY_SOURCE_FLAG='1'\nDM_SUBSYSTEM_UDEV_FLAG0='1'\n")
        #expect(dmsetup("udevflags", "0").errors == "Incorrect cookie value.\nCommand failed.\n")
        #expect(dmsetup("udevcomplete", "0x600000").output == "DM_COOKIE_COMPLETED=0x600000    \n")
    }
}
