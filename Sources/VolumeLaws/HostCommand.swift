#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// A program of this machine that a test asks for its opinion, run to its end.
///
/// A program that is not installed is a failure which names the Debian package: a test that passes without its oracle tells nothing.
public struct HostCommand: Sendable {
    /// The program's name, looked up in `PATH` and where administrators' programs are; or its path.
    public let name: String
    /// The Debian package that has the program.
    public let package: String

    /// A program and the Debian package that has it.
    public init(_ name: String, package: String) {
        self.name = name
        self.package = package
    }

    /// What a program left behind.
    public struct Output: Sendable {
        /// Its exit status; 128 and the number of the signal when one ended it.
        public var status: Int32
        /// What it wrote to its standard output.
        public var bytes: [UInt8]
        /// What it wrote to its standard error.
        public var errors: String

        /// What it wrote to its standard output, as text.
        public var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    /// Why a program did not run, or failed.
    public struct Failure: Error, CustomStringConvertible {
        /// What happened, with the program's own words.
        public let description: String

        /// A failure, also one that a test finds in what a program has answered.
        public init(_ description: String) { self.description = description }
    }

    /// Runs the program with `input` as its standard input; throws unless it exits with 0.
    @discardableResult
    public func run(_ arguments: String..., input: [UInt8] = []) throws(Failure) -> Output { try run(arguments, input: input) }

    /// Runs the program with `input` as its standard input; throws unless it exits with 0.
    @discardableResult
    public func run(_ arguments: [String], input: [UInt8] = []) throws(Failure) -> Output {
        let output = try attempt(arguments, input: input)
        guard output.status == 0 else {
            let call = ([name] + arguments).joined(separator: " ")
            throw Failure("\(call): status \(output.status): \(output.errors)\(output.text.prefix(2000))")
        }
        return output
    }

    /// Runs the program with `input` as its standard input, and returns whatever it exits with.
    ///
    /// Its messages are in English, whatever the language of this process.
    public func attempt(_ arguments: [String], input: [UInt8] = []) throws(Failure) -> Output {
        let path = try find()
        // Files, not pipes: nobody has to read and write several at once for fear that the program waits.
        let files = [try file(holding: input), try file(holding: []), try file(holding: [])]
        defer { for file in files { close(file) } }
        var pid: pid_t = 0
        let result = Self.spawn(&pid, path, [name] + arguments, files)
        guard result == 0 else { throw Failure("cannot start \(path): \(Self.message(result))") }
        var status: Int32 = 0
        while unsafe waitpid(pid, &status, 0) < 0 {
            guard errno == EINTR else { throw Failure("cannot wait for \(path): \(Self.message(errno))") }
        }
        return Output(
            status: status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f, bytes: try contents(files[1]),
            errors: String(decoding: try contents(files[2]), as: UTF8.self))
    }

    private func find() throws(Failure) -> String {
        if name.contains("/") {
            if unsafe access(name, X_OK) == 0 { return name }
        } else {
            let path = unsafe getenv("PATH").map { unsafe String(cString: $0) } ?? ""
            for folder in path.split(separator: ":") + ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin"] {
                let candidate = "\(folder)/\(name)"
                if unsafe access(candidate, X_OK) == 0 { return candidate }
            }
        }
        throw Failure("\(name) is not installed: it is in the Debian package \(package)")
    }

    private static func spawn(_ pid: inout pid_t, _ path: String, _ arguments: [String], _ files: [CInt]) -> CInt {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        for (target, file) in files.enumerated() { unsafe posix_spawn_file_actions_adddup2(&actions, file, CInt(target)) }
        var variables = ["LC_ALL=C"]
        var next = unsafe environ
        while let variable = unsafe next.pointee {
            let text = unsafe String(cString: variable)
            if !text.hasPrefix("LC_ALL=") { variables.append(text) }
            unsafe next += 1
        }
        return unsafe withStrings(arguments) { arguments in
            unsafe withStrings(variables) { variables in unsafe posix_spawn(&pid, path, &actions, nil, arguments, variables) }
        }
    }

    private static func withStrings<Result>(
        _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var copies = unsafe strings.map { unsafe strdup($0) } + [nil]
        defer { unsafe copies.forEach { unsafe free($0) } }
        return unsafe body(&copies)
    }

    /// A nameless file that holds `bytes`, at its start.
    private func file(holding bytes: [UInt8]) throws(Failure) -> CInt {
        var template = Array("/tmp/host-command.XXXXXX".utf8CString)
        let file = unsafe mkstemp(&template)
        guard file >= 0 else { throw Failure("cannot make a file in /tmp: \(Self.message(errno))") }
        _ = fcntl(file, F_SETFD, FD_CLOEXEC)
        unsafe unlink(template)
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes[done...].withUnsafeBytes { unsafe write(file, $0.baseAddress, $0.count) }
            guard count > 0 else { throw Failure("cannot write a file in /tmp: \(Self.message(errno))") }
            done += count
        }
        lseek(file, 0, SEEK_SET)
        return file
    }

    private func contents(_ file: CInt) throws(Failure) -> [UInt8] {
        let size = lseek(file, 0, SEEK_END)
        guard size >= 0 else { throw Failure("cannot find the size of a file in /tmp: \(Self.message(errno))") }
        var bytes = [UInt8](repeating: 0, count: Int(size))
        var done = 0
        while done < bytes.count {
            let place = off_t(done)
            let count = unsafe bytes[done...].withUnsafeMutableBytes { unsafe pread(file, $0.baseAddress, $0.count, place) }
            guard count > 0 else { throw Failure("cannot read a file in /tmp: \(Self.message(errno))") }
            done += count
        }
        return bytes
    }

    private static func message(_ code: CInt) -> String { unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)" }
}
