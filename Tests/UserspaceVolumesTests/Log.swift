import BlockIO
import Logging

/// What a logger was told.
final class Log: Sendable {
    private let told = Monitor<[String]>([])
    var lines: [String] { told.withLock { $0 } }
    func add(_ line: String) { told.withLock { $0.append(line) } }
}

/// Writes down what is logged: the level, and the message.
struct LogCollector: LogHandler {
    let log: Log
    var logLevel = Logger.Level.trace
    var metadata = Logger.Metadata()

    init(log: Log) { self.log = log }
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }
    func log(event: LogEvent) { log.add("\(event.level): \(event.message)") }
}
