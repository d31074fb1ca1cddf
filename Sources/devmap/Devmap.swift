internal import ArgumentParser
internal import CShims
internal import DeviceMapper
internal import DmsetupFrontend
#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The `devmap` command.
@main
struct Devmap: AsyncParsableCommand {
    static let version = "0.1.0"
    static let configuration = CommandConfiguration(
        commandName: "devmap",
        abstract: "Device-mapper tables: check them, run them in this process, or give them to the kernel.",
        discussion: """
            A table says what each run of a device's sectors is mapped to, in the words of dmsetup(8):

              0 32768 crypt aes-xts-plain64 :64:file:volume.key 0 disk.img 32768

            'volume', 'log', 'lint' and 'targets' need no root, kernel modules or VM. The kernel's commands need Linux and root rights; a device is \
            given as its name, the path of its node, MAJOR:MINOR, or --uuid UUID.

            'devmap dmsetup ...', or devmap under the name dmsetup, is Debian 12's dmsetup; 'devmap dmsetup help' tells its verbs.

            Sizes and offsets are bytes, or have a unit: 512, 8s (sectors), 4KiB, 10MiB, 1GiB, 1MB (powers of 1000).
            """,
        version: version,
        subcommands: [Volume.self, Log.self, Lint.self, Targets.self, Help.self],
        groupedSubcommands: [
            CommandGroup(name: "Kernel report", subcommands: [List.self, Info.self, Table.self, Status.self, Deps.self]),
            CommandGroup(
                name: "Kernel device",
                subcommands: [
                    Create.self, Ensure.self, Load.self, Clear.self, Suspend.self, Resume.self, Rename.self, SetUUID.self,
                    SetGeometry.self, Remove.self, RemoveAll.self,
                ]),
            CommandGroup(
                name: "Kernel message",
                subcommands: [Message.self, Wait.self, Events.self, TargetVersions.self, Version.self]),
        ])

    static func main() async {
        forbidDumps()
        expectUTF8()
        if let status = runDmsetup(CommandLine.arguments) { exit(withError: ExitCode(status)) }
        do {
            var command = try parseAsRoot()
            if var waiting = command as? any AsyncParsableCommand {
                try await waiting.run()
            } else {
                try command.run()
            }
            if VolumeLog.hasError {
                throw CommandFailure("not all that was written is where the table wants it, as the warnings tell")
            }
        } catch let failure as CommandFailure {
            fail(failure)
        } catch let error as MappingError {
            fail(CommandFailure(error))
        } catch {
            exit(withError: error)
        }
    }

    /// In `CommandLine.arguments` what is not UTF-8 is replaced: a name would be another one.
    private static func expectUTF8() {
        for index in 1..<max(1, Int(CommandLine.argc)) {
            guard let word = unsafe CommandLine.unsafeArgv[index], unsafe String(validatingCString: word) == nil else { continue }
            fail(CommandFailure("word \(index) of the command line is not UTF-8"))
        }
    }

    private static func fail(_ failure: CommandFailure) -> Never {
        Terminal.writeError("devmap: \(failure.message)\n")
        exit(withError: ExitCode(1))
    }

    /// Called as `dmsetup`, or as `devmap dmsetup`, the command is that one, with its own ways of reading a command line.
    private static func runDmsetup(_ arguments: [String]) -> Int32? {
        guard let program = arguments.first else { return nil }
        if DmsetupCommand.isCalled(program) { return DmsetupCommand.run(Array(arguments.dropFirst()), program: program) }
        guard arguments.dropFirst().first == "dmsetup" else { return nil }
        return DmsetupCommand.run(Array(arguments.dropFirst(2)), program: "\(program) dmsetup")
    }

    /// Keys that the command works with are not to be found in a core dump, not by a debugger of the same user, and not in what Swift's
    /// backtracer prints of a crash, which is registers and the memory that they point to.
    private static func forbidDumps() {
        _ = shim_forbid_core_dump()
        for crash in [SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGQUIT, SIGSEGV, SIGTRAP] { signal(crash, SIG_DFL) }
    }
}
