package import StorageUnits

/// Where dmsetup reads and writes: the process's standard streams and files, or a test's.
package protocol DmsetupStreams {
    /// Writes to standard output; `false` when it cannot.
    func writeOutput(_ bytes: Span<UInt8>) -> Bool
    func writeError(_ text: String)
    /// Adds all of standard input to `text`; returns an error's text when it cannot.
    func readInput(into text: inout SecretBuffer) -> String?
    /// Reads a line from standard input; `nil` at its end.
    func readLine() -> String?
    func readFile(_ path: String, into text: inout SecretBuffer) -> String?
    func writeFile(_ path: String, _ text: String) -> String?
}

/// What a run prints. Standard output is kept until the end, or until something else must come behind it; it may hold keys.
final class DmsetupOutput: ReportLog {
    private let streams: any DmsetupStreams
    private var text = SecretBuffer()
    /// Whether all that was printed came where it should.
    private(set) var isComplete = true

    init(_ streams: any DmsetupStreams) { self.streams = streams }

    func print(_ text: String) { self.text.append(text) }

    func print(_ text: Span<UInt8>) {
        for index in text.indices { self.text.append(text[index]) }
    }

    func printLine(_ text: String) { print(text + "\n") }

    func error(_ message: String) { streams.writeError(message + "\n") }
    func warn(_ message: String) { streams.writeError(message + "\n") }

    func flush() {
        if !text.withBytes({ streams.writeOutput($0) }) { isComplete = false }
        text.removeAll()
    }
}
