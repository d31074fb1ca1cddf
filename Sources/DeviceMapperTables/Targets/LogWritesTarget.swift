public import StorageUnits

/// Maps onto a device, and writes every write to a log as well, so that it can be replayed up to any point.
public struct LogWritesTarget: Target {
    public static let typeName = "log-writes"
    public static let syntax = TargetSyntax(
        summary: "Maps onto a device, and writes every write to a log on another.",
        usage: "<device> <log device>",
        messages: [.init("mark <text>", "Puts a mark into the log; of the text, as much as fits a sector less 33 bytes.")],
        status: [
            .init("<entries>", "How many were logged."),
            .init("<last sector>", "The last sector of the log that is in use."),
            .init("logging_disabled", "Added once the log was full, or could not be written: nothing is logged any more."),
        ],
        examples: [.init(length: 32768, "/dev/sda /dev/sdb"), .init(length: 8, "8:0 8:16")],
        messageExamples: ["mark mkfs", "mark before-the-crash"],
        statusExamples: ["18 2066", "18 2066 logging_disabled"])

    /// The device that is mapped onto, from its first sector on.
    public var device: DeviceReference
    /// The device that holds the log, written from its first sector on.
    public var logDevice: DeviceReference

    /// `device`, with a log in `logDevice`.
    public init(device: DeviceReference, logDevice: DeviceReference) {
        self.device = device
        self.logDevice = logDevice
    }

    public init(parsing arguments: inout ArgumentReader) throws(TableError) {
        device = try arguments.device("device")
        logDevice = try arguments.device("log device")
    }

    public func write(to arguments: inout ArgumentWriter) {
        arguments.append(device)
        arguments.append(logDevice)
    }

    public mutating func mapDevices(_ transform: (DeviceReference) -> DeviceReference) {
        device = transform(device)
        logDevice = transform(logDevice)
    }

    public func validate(length: Sectors) throws(TableError) {}

    /// How far the log is: `18 2066`.
    public struct Status: TargetStatus {
        /// How many entries were logged.
        public var entries: UInt64
        /// The last sector of the log that is in use.
        public var lastSector: Sectors
        /// Whether writes are still logged; not any more once the log was full, or could not be written.
        public var isLogging: Bool

        /// So many entries, up to a sector.
        public init(entries: UInt64, lastSector: Sectors, isLogging: Bool = true) {
            self.entries = entries
            self.lastSector = lastSector
            self.isLogging = isLogging
        }

        public init(parsing words: inout ArgumentReader) throws(TableError) {
            entries = try words.number("entries")
            lastSector = try words.sectors("last sector", in: 0...UInt64.max)
            isLogging = words.isAtEnd
            if !isLogging { _ = try words.choice("state", among: ["logging_disabled"]) }
        }

        public func write(to words: inout ArgumentWriter) {
            words.append(entries)
            words.append(lastSector)
            if !isLogging { words.append("logging_disabled") }
        }
    }

    /// What an active device can be told.
    public enum Message: TargetMessage {
        /// Puts a mark into the log: a word of one character at least, which may have blanks. Of it is kept what fits a sector of the
        /// device less 33 bytes.
        case mark(String)

        public init(parsing words: inout ArgumentReader) throws(TableError) {
            _ = try words.choice("message", among: ["mark"], ignoringCase: true)
            self = .mark(try words.word("text"))
        }

        public func write(to words: inout ArgumentWriter) {
            switch self {
            case .mark(let text):
                words.append("mark")
                words.append(text)
            }
        }
    }
}
