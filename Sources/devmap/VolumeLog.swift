internal import DeviceMapper
internal import Logging

/// What volumes tell that no request is told: printed on standard error as it comes.
enum VolumeLog {
    private static let errorCount = Monitor(0)

    /// Whether something was lost, though every request may have been told that it succeeded. Of what came out well volumes only warn.
    static var hasError: Bool { errorCount.withLock { $0 > 0 } }

    static let logger = Logger(label: "devmap") { _ in Handler() }

    private struct Handler: LogHandler {
        var logLevel = Logger.Level.warning
        var metadata = Logger.Metadata()

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            // A progress bar may stand there.
            Terminal.writeError((Terminal.errorIsTerminal ? "\r\u{1b}[K" : "") + "devmap: warning: \(event.message)\n")
            if event.level >= .error { VolumeLog.errorCount.withLock { $0 += 1 } }
        }
    }
}
