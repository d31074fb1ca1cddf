#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Programs that dmsetup starts: `ls --exec`.
enum Program {
    /// Runs a program with arguments, found along `PATH`, and waits for its end, however it comes; when there is no such program, nothing happens.
    static func run(_ words: [String]) {
        guard let program = words.first else { return }
        var arguments: [UnsafeMutablePointer<CChar>?] = unsafe words.map { unsafe strdup($0) }
        unsafe arguments.append(nil)
        var process = pid_t()
        let error = unsafe posix_spawnp(&process, program, nil, nil, arguments, environ)
        unsafe arguments.forEach { unsafe free($0) }
        guard error == 0 else { return }
        var status: CInt = 0
        while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
    }
}
