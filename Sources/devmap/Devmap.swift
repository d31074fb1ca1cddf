internal import ArgumentParser
internal import CShims
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
struct Devmap: ParsableCommand {
    static let version = "0.1.0"
    static let configuration = CommandConfiguration(
        commandName: "devmap",
        abstract: "Read, write and check device-mapper tables without root, kernel modules or a VM.",
        discussion: """
            A table says what each run of a device's sectors is mapped to, in the words of dmsetup(8):

              0 32768 crypt aes-xts-plain64 :64:file:volume.key 0 disk.img 32768

            Sizes and offsets are bytes, or have a unit: 512, 8s (sectors), 4KiB, 10MiB, 1GiB, 1MB (powers of 1000).
            """,
        version: version,
        subcommands: [Volume.self, Lint.self, Targets.self, Help.self])

    static func main() {
        forbidDumps()
        if let status = runDmsetup(CommandLine.arguments) { exit(withError: ExitCode(status)) }
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let failure as CommandFailure {
            Terminal.writeError("devmap: \(failure.message)\n")
            exit(withError: ExitCode(1))
        } catch {
            exit(withError: error)
        }
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

/// What keeps a command from doing its work: told on standard error, with exit status 1.
struct CommandFailure: Error {
    var message: String
    init(_ message: String) { self.message = message }
}
