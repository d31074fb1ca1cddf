internal import CShims
internal import SystemPackage
#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The process's standard streams.
enum Terminal {
    static var outputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
    static var errorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    static func writeError(_ text: String) { _ = write(Array(text.utf8).span, to: STDERR_FILENO) }

    /// Writes text to standard output; what cannot be written (a full disk, a closed pipe) is a failure of the command.
    static func print(_ text: String) throws(CommandFailure) { try print(Array(text.utf8).span) }

    /// Writes text in UTF-8 to standard output, without a copy that stays behind: it may hold keys.
    static func print(_ text: Span<UInt8>) throws(CommandFailure) {
        guard let error = write(text, to: STDOUT_FILENO) else { return }
        throw CommandFailure("cannot write to standard output: \(Errno(rawValue: error))")
    }

    /// The columns of the terminal on standard error.
    static var errorColumns: Int {
        let columns = shim_terminal_columns(STDERR_FILENO)
        return columns > 0 ? Int(columns) : 80
    }

    private static func write(_ bytes: Span<UInt8>, to descriptor: CInt) -> CInt? {
        var done = 0
        while done < bytes.count {
            let written = unsafe bytes.extracting(done...).withUnsafeBytes { unsafe systemWrite(descriptor, $0.baseAddress, $0.count) }
            if written >= 0 { done += written } else if errno != EINTR { return errno }
        }
        return nil
    }
}

/// `write(2)`, which `Terminal` has a function of the same name beside.
private func systemWrite(_ descriptor: CInt, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int { unsafe write(descriptor, bytes, count) }
