internal import SystemPackage
#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Commands that the shell runs for us, in our own group of processes: they may read from the terminal, and ^C ends them, too.
enum ShellCommand {
    /// How a command ended.
    enum End: Equatable, CustomStringConvertible {
        case exit(status: CInt)
        case signal(CInt)

        var description: String {
            switch self {
            case .exit(let status): "exited with status \(status)"
            case .signal(let number): "was ended by signal \(number)"
            }
        }
    }

    /// Runs a command, with variables added to the environment, and waits for its end.
    static func run(_ command: String, adding variables: [String: String]) throws(CommandFailure) -> End {
        // No other thread looks at the environment.
        for (name, value) in variables { unsafe setenv(name, value, 1) }
        let words = ["sh", "-c", command]
        var arguments: [UnsafeMutablePointer<CChar>?] = unsafe words.map { unsafe strdup($0) }
        unsafe arguments.append(nil)
        var process = pid_t()
        let error = unsafe posix_spawn(&process, "/bin/sh", nil, nil, arguments, environ)
        unsafe arguments.forEach { unsafe free($0) }
        guard error == 0 else { throw CommandFailure("cannot start /bin/sh: \(Errno(rawValue: error))") }
        var status: CInt = 0
        while unsafe waitpid(process, &status, 0) < 0 {
            guard errno == EINTR else { throw CommandFailure("cannot wait for /bin/sh: \(Errno(rawValue: errno))") }
        }
        return status & 0x7f == 0 ? .exit(status: status >> 8 & 0xff) : .signal(status & 0x7f)
    }
}
