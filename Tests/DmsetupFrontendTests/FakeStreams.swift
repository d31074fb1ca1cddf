import DmsetupFrontend
import StorageUnits

/// Streams of a test: what is printed is kept.
final class FakeStreams: DmsetupStreams {
    var input = ""
    /// What each write to standard output wrote.
    private(set) var writes: [String] = []
    var output: String { writes.joined() }
    private(set) var errors = ""

    func writeOutput(_ bytes: Span<UInt8>) -> Bool {
        writes.append(String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self))
        return true
    }

    func writeError(_ text: String) { errors += text }

    func readInput(into text: inout SecretBuffer) -> String? {
        text.append(input)
        return nil
    }

    func readLine() -> String? {
        guard !input.isEmpty else { return nil }
        let line = input.prefix { $0 != "\n" }
        input = String(input[line.endIndex...].dropFirst())
        return String(line)
    }

    func readFile(_ path: String, into text: inout SecretBuffer) -> String? {
        guard path == "/proc/devices" else { return "No such file or directory" }
        text.append("Block devices:\n254 device-mapper\n")
        return nil
    }
    func writeFile(_ path: String, _ text: String) -> String? { "No such file or directory" }
}

/// A log of a test.
final class FakeLog: ReportLog {
    private(set) var lines: [String] = []
    func error(_ message: String) { lines.append(message) }
    func warn(_ message: String) { lines.append("(\(message))") }
}
