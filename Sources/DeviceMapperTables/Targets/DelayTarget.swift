public import StorageUnits

/// Passes requests on to other devices after a while.
public struct DelayTarget: Target {
    public static let typeName = "delay"
    public static let syntax = TargetSyntax(
        summary: "Passes requests on after a while: reads, writes and flushes each with their own device and delay.",
        usage: "<device> <start sector> <milliseconds> [<device> <start sector> <milliseconds> [<device> <start sector> <milliseconds>]]",
        options: [
            .init(
                "<device> <start sector> <milliseconds>", "Where reads go, and how long they wait; without more, writes and flushes too."),
            .init("a second time", "Where writes go; without a third, flushes too."),
            .init("a third time", "Where flushes go."),
        ],
        status: [
            .init("<reads>", "How many reads wait."), .init("<writes>", "How many writes wait."),
            .init("<flushes>", "How many flushes wait."),
        ],
        examples: [
            .init(length: 2048, "/dev/sda 0 500"),
            .init(length: 2048, "8:0 2048 0 8:16 2048 100"),
            .init(length: 2048, "/dev/sda 0 0 /dev/sda 0 5 /dev/sda 0 10"),
        ],
        statusExamples: ["0 0 0", "3 12 1"])

    /// Where some requests go, and when.
    public struct Path: Hashable, Sendable {
        /// The device.
        public var device: DeviceReference
        /// Where its part begins.
        public var start: Sectors
        /// How long a request waits, in milliseconds.
        public var milliseconds: UInt32

        /// The part of `device` from `start` on, after some milliseconds.
        public init(device: DeviceReference, start: Sectors = 0, milliseconds: UInt32) {
            self.device = device
            self.start = start
            self.milliseconds = milliseconds
        }
    }

    /// Which requests go where.
    public enum Paths: Hashable, Sendable {
        /// All of them to one.
        case all(Path)
        /// Reads to one; writes and flushes to another.
        case separateWrites(reads: Path, writes: Path)
        /// Reads, writes, and flushes to one each.
        case separateFlushes(reads: Path, writes: Path, flushes: Path)
    }

    /// Which requests go where.
    public var paths: Paths

    /// Requests go to `paths`.
    public init(_ paths: Paths) { self.paths = paths }

    public init(parsing arguments: inout ArgumentReader) throws(TableError) {
        let reads = try Self.path("", &arguments)
        guard !arguments.isAtEnd else {
            paths = .all(reads)
            return
        }
        let writes = try Self.path(" of writes", &arguments)
        guard !arguments.isAtEnd else {
            paths = .separateWrites(reads: reads, writes: writes)
            return
        }
        paths = .separateFlushes(reads: reads, writes: writes, flushes: try Self.path(" of flushes", &arguments))
    }

    private static func path(_ of: String, _ arguments: inout ArgumentReader) throws(TableError) -> Path {
        let device = try arguments.device("device\(of)")
        let start = try arguments.sectors("start sector\(of)")
        return Path(device: device, start: start, milliseconds: try arguments.number32("milliseconds\(of)"))
    }

    public func write(to arguments: inout ArgumentWriter) {
        for path in list {
            arguments.append(path.device)
            arguments.append(path.start)
            arguments.append(path.milliseconds)
        }
    }

    private var list: [Path] {
        switch paths {
        case .all(let path): [path]
        case .separateWrites(let reads, let writes): [reads, writes]
        case .separateFlushes(let reads, let writes, let flushes): [reads, writes, flushes]
        }
    }

    public mutating func mapDevices(_ transform: (DeviceReference) -> DeviceReference) {
        func mapped(_ path: Path) -> Path { Path(device: transform(path.device), start: path.start, milliseconds: path.milliseconds) }
        switch paths {
        case .all(let path): paths = .all(mapped(path))
        case .separateWrites(let reads, let writes): paths = .separateWrites(reads: mapped(reads), writes: mapped(writes))
        case .separateFlushes(let reads, let writes, let flushes):
            paths = .separateFlushes(reads: mapped(reads), writes: mapped(writes), flushes: mapped(flushes))
        }
    }

    public func validate(length: Sectors) throws(TableError) {
        for (index, path) in list.enumerated() {
            try path.start.expectRoom(for: length, word: 5 + 3 * index, "start sector")
        }
    }

    /// How many requests wait.
    public struct Status: TargetStatus {
        /// Reads.
        public var reads: UInt64
        /// Writes.
        public var writes: UInt64
        /// Flushes; kernels before 5.0 count them as writes and do not tell.
        public var flushes: UInt64?

        /// These many requests wait.
        public init(reads: UInt64, writes: UInt64, flushes: UInt64? = nil) {
            self.reads = reads
            self.writes = writes
            self.flushes = flushes
        }

        public init(parsing words: inout ArgumentReader) throws(TableError) {
            reads = try words.number("reads")
            writes = try words.number("writes")
            flushes = words.isAtEnd ? nil : try words.number("flushes")
        }

        public func write(to words: inout ArgumentWriter) {
            words.append(reads)
            words.append(writes)
            if let flushes { words.append(flushes) }
        }
    }
}
