#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif
package import StorageUnits

/// The process's own standard streams.
package struct StandardStreams: DmsetupStreams {
    package init() {}

    package func writeOutput(_ bytes: Span<UInt8>) -> Bool { Self.write(bytes, to: STDOUT_FILENO) }
    package func writeError(_ text: String) { _ = Self.write(Array(text.utf8).span, to: STDERR_FILENO) }

    package func readInput(into text: inout SecretBuffer) -> String? { Self.read(STDIN_FILENO, into: &text) }

    package func readLine() -> String? { Swift.readLine() }

    package func readFile(_ path: String, into text: inout SecretBuffer) -> String? {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return System.errorText(errno) }
        defer { close(file) }
        return Self.read(file, into: &text)
    }

    package func writeFile(_ path: String, _ text: String) -> String? {
        let file = unsafe open(path, O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return System.errorText(errno) }
        defer { close(file) }
        return Self.write(Array(text.utf8).span, to: file) ? nil : System.errorText(errno)
    }

    private static func read(_ file: CInt, into text: inout SecretBuffer) -> String? {
        while true {
            var error: CInt = 0
            let before = text.count
            text.append(upTo: 1 << 16) { bytes in
                let count = unsafe bytes.withUnsafeMutableBytes { unsafe systemRead(file, $0.baseAddress, $0.count) }
                error = count < 0 ? errno : 0
                return max(0, count)
            }
            if error == EINTR || error == EAGAIN { continue }
            if error != 0 { return System.errorText(error) }
            if text.count == before { return nil }
        }
    }

    private static func write(_ bytes: Span<UInt8>, to file: CInt) -> Bool {
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.extracting(done...).withUnsafeBytes { unsafe systemWrite(file, $0.baseAddress, $0.count) }
            if count >= 0 { done += count } else if errno != EINTR { return false }
        }
        return true
    }
}

private func systemRead(_ file: CInt, _ bytes: UnsafeMutableRawPointer?, _ count: Int) -> Int { unsafe read(file, bytes, count) }
private func systemWrite(_ file: CInt, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int { unsafe write(file, bytes, count) }
