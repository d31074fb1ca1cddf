import Foundation
import Testing

@Suite("devmap lint")
struct LintCommandTests {
    let devmap: Devmap
    init() throws { devmap = try Devmap() }

    @Test("a table is printed in canonical form, without its keys")
    func canonical() throws {
        let key = String(repeating: "0f", count: 32)
        try devmap.write(
            "# comment\n\n 0  8   linear  /dev/sda\\ 1   0 \n8 8 crypt aes-xts-plain64 \(key) 0 8:16 0 2 IV_LARGE_SECTORS sector_size:4096\n",
            to: "table")
        let result = try devmap("lint", "table")
        #expect(result.status == 0 && result.errors == "")
        #expect(
            result.text == """
                0 8 linear /dev/sda\\ 1 0
                8 8 crypt aes-xts-plain64 <redacted> 0 8:16 0 2 sector_size:4096 iv_large_sectors

                """)
        #expect(try devmap("lint", "table", "--showkeys").text.contains(key))
        #expect(try !devmap("lint", "table", "--json").text.contains("0f0f"))
        #expect(try devmap("lint", "table", "--json", "--showkeys").text.contains(key))
    }

    @Test("a mistake is told with line, word and reason, as text and as JSON, with status 1")
    func mistake() throws {
        let table = Array("0 8 zero\n8 8 linear /dev/sda x\n".utf8)
        let text = try devmap("lint", "-", input: table)
        #expect(text.status == 1 && text.output.isEmpty)
        #expect(text.errors == "devmap: standard input: line 2, word 5: start sector: 'x' is not a number\n")
        let json = try devmap("lint", "-", "--json", input: table)
        #expect(json.status == 1 && json.errors == "")
        #expect(
            json.text == """
                {
                  "error" : {
                    "code" : "notANumber",
                    "line" : 2,
                    "message" : "start sector: 'x' is not a number",
                    "word" : 5
                  },
                  "valid" : false
                }

                """)
    }

    @Test("a target that is not known is let through with a warning")
    func unknown() throws {
        let result = try devmap("lint", "--table", "0 8 newtarget a b c")
        #expect(result.status == 0 && result.text == "0 8 newtarget a b c\n")
        #expect(result.errors == "devmap: --table: warning: target 'newtarget' is not known, its arguments were not checked\n")
    }

    @Test("an option that is not known is let through with a warning that shows no key")
    func unknownOption() throws {
        let result = try devmap("lint", "--table", "0 8 flakey /dev/sda 0 1 1 2 drop_wirtes \(String(repeating: "ab", count: 16))")
        #expect(result.status == 0 && result.text == "0 8 flakey /dev/sda 0 1 1 2 drop_wirtes <redacted>\n")
        #expect(
            result.errors == """
                devmap: --table: warning: 'drop_wirtes' is not known as an option of flakey
                devmap: --table: warning: '<redacted>' is not known as an option of flakey

                """)
    }

    @Test("a list of devices in concise form is printed in canonical form")
    func concise() throws {
        let text = "a,,,, 0 8 linear /dev/sda 0,8 8 zero;\n b,UUID-1,3,ro,0 8  error"
        let result = try devmap("lint", "--concise", "--table", text)
        #expect(result.status == 0 && result.errors == "")
        #expect(result.text == "a,,,rw,0 8 linear /dev/sda 0,8 8 zero;b,UUID-1,3,ro,0 8 error\n")
        let json = try devmap("lint", "--concise", "--json", "--table", "b,UUID-1,3,ro,0 8 error")
        #expect(json.status == 0 && json.errors == "")
        #expect(
            json.text == """
                {
                  "devices" : [
                    {
                      "access" : "ro",
                      "lines" : [
                        {
                          "arguments" : "",
                          "isKnown" : true,
                          "length" : 8,
                          "start" : 0,
                          "target" : "error"
                        }
                      ],
                      "minor" : 3,
                      "name" : "b",
                      "uuid" : "UUID-1"
                    }
                  ],
                  "valid" : true
                }

                """)
    }

    @Test("a mistake in a list of devices is told with its device")
    func conciseMistake() throws {
        let text = "a,,,,0 8 zero;b,,,,0 8 linear /dev/sda x"
        let result = try devmap("lint", "--concise", "--table", text)
        #expect(result.status == 1 && result.output.isEmpty)
        #expect(result.errors == "devmap: --table: device 2, line 1, word 5: start sector: 'x' is not a number\n")
        let json = try devmap("lint", "--concise", "--json", "--table", text)
        #expect(json.status == 1 && json.text.contains(#""device" : 2"#))
    }

    @Test("no device is opened")
    func opensNothing() throws {
        #expect(try devmap("lint", "--table", "0 8 linear /nowhere/at/all 0").status == 0)
    }

    @Test("an output that cannot be written is a failure")
    func fullDisk() throws {
        let result = try devmap.run("/bin/sh", ["-c", "'\(Devmap.binary.path)' lint --table '0 8 zero' >/dev/full"])
        #expect(result.status == 1 && result.errors == "devmap: cannot write to standard output: No space left on device\n")
    }

    /// Kills a program once it has read all of its input, and says whether the system dumped its memory.
    private static let killer = """
        import array, fcntl, os, resource, signal, subprocess, sys, termios
        resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        process = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE)
        process.stdin.write(b"0 8 crypt aes-xts-plain64 " + b"0f" * 64)
        process.stdin.flush()
        unread = array.array("i", [1])
        while unread[0]:
            fcntl.ioctl(process.stdin.fileno(), termios.FIONREAD, unread)
        process.send_signal(signal.SIGABRT)
        _, status = os.waitpid(process.pid, 0)
        print(os.WTERMSIG(status), os.WCOREDUMP(status))
        """

    @Test("a key is in no core dump: there is none")
    func coreDump() throws {
        // What this machine does with another program: without it the test would prove nothing.
        #expect(try devmap.run("/usr/bin/python3", ["-c", Self.killer, "/bin/cat"]).text.hasSuffix("6 True\n"))
        #expect(try devmap.run("/usr/bin/python3", ["-c", Self.killer, Devmap.binary.path, "lint", "-"]).text == "6 False\n")
    }
}
