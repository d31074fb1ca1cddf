public import StorageUnits

/// Works for some seconds and misbehaves for some, in turns: for tests of what stands errors.
public struct FlakeyTarget: Target {
    public static let typeName = "flakey"
    public static let syntax = TargetSyntax(
        summary: "Works for some seconds and misbehaves for some, in turns.",
        usage: "<device> <start sector> <up seconds> <down seconds> [<number of words> <option>...]",
        options: [
            .init("error_reads", "While down, reads fail. Linux 6.3 and newer."),
            .init("error_writes", "While down, writes fail."),
            .init("drop_writes", "While down, writes succeed and are forgotten."),
            .init(
                "corrupt_bio_byte <N> <r|w> <value> <flags>",
                "While down, byte N of each read or written request, from 1, becomes the value, 0 to 255; with flags, only of requests that have all of them."
            ),
            .init("random_read_corrupt <P>", "While down, P of 1000000000 reads get a random byte. Linux 6.5 and newer."),
            .init("random_write_corrupt <P>", "While down, P of 1000000000 writes get a random byte. Linux 6.5 and newer."),
            .init("no option", "While down, reads and writes fail."),
        ],
        examples: [
            .init(length: 2048, "/dev/sda 0 60 0"),
            .init(length: 2048, "/dev/sda 2048 5 1 1 drop_writes"),
            .init(length: 2048, "8:0 0 5 1 2 error_reads error_writes"),
            .init(length: 2048, "8:0 0 0 1 5 corrupt_bio_byte 32 r 1 0"),
            .init(length: 2048, "8:0 0 0 1 6 error_writes corrupt_bio_byte 32 r 1 0"),
            .init(length: 2048, "8:0 0 0 1 10 error_reads corrupt_bio_byte 1 w 255 2048 random_read_corrupt 500000 random_write_corrupt 1"),
        ])

    /// The device.
    public var device: DeviceReference
    /// Where its part begins.
    public var start: Sectors
    /// For how many seconds it works. Not 0 if `downSeconds` is; their sum fits 32 bits.
    public var upSeconds: UInt32
    /// For how many seconds it misbehaves.
    public var downSeconds: UInt32
    /// What happens in that time. Nothing at all stands for failing reads and writes.
    public var faults: Faults

    /// What happens while the device is down.
    public struct Faults: Hashable, Sendable {
        /// Reads fail. Linux 6.3 and newer; before, they fail when there are no faults.
        public var failsReads = false
        /// What becomes of writes, and of a byte of each request.
        public var change = Change.writes(.pass)
        /// How many of 1,000,000,000 reads get a random byte: 0 to 1,000,000,000. Linux 6.5 and newer.
        public var randomReadCorruption: UInt32 = 0
        /// How many of 1,000,000,000 writes get a random byte: 0 to 1,000,000,000. Linux 6.5 and newer.
        public var randomWriteCorruption: UInt32 = 0
        /// Options of newer kernels, as they were read.
        public var unknown: [String] = []

        /// These faults.
        public init(
            failsReads: Bool = false, change: Change = .writes(.pass), randomReadCorruption: UInt32 = 0, randomWriteCorruption: UInt32 = 0
        ) {
            self.failsReads = failsReads
            self.change = change
            self.randomReadCorruption = randomReadCorruption
            self.randomWriteCorruption = randomWriteCorruption
        }

        /// Reads and writes fail.
        public static let failAll = Faults(failsReads: true, change: .writes(.fail))
    }

    /// What becomes of writes, and of a byte of each request: writes of which a byte is changed are neither dropped nor failed.
    public enum Change: Hashable, Sendable {
        /// No byte is changed.
        case writes(Writes)
        /// A byte of each read is changed.
        case corruptReads(Corruption, writes: Writes)
        /// A byte of each write is changed.
        case corruptWrites(Corruption)
    }

    /// What becomes of writes.
    public enum Writes: Hashable, Sendable {
        /// They are written.
        case pass
        /// They succeed, and are forgotten.
        case drop
        /// They fail.
        case fail
    }

    /// Which byte becomes what.
    public struct Corruption: Hashable, Sendable {
        /// The place of the byte in each request, from 1.
        public var byte: UInt32
        /// What it becomes.
        public var value: UInt8
        /// Only requests with all of these flags of the kernel's `bio` are changed; 0 is every request.
        public var flags: UInt32

        /// The byte at `byte`, from 1, becomes `value`.
        public init(byte: UInt32, value: UInt8, flags: UInt32 = 0) {
            self.byte = byte
            self.value = value
            self.flags = flags
        }
    }

    /// The part of `device` from `start` on, up and down in turns.
    public init(device: DeviceReference, start: Sectors = 0, upSeconds: UInt32, downSeconds: UInt32, faults: Faults = Faults()) {
        self.device = device
        self.start = start
        self.upSeconds = upSeconds
        self.downSeconds = downSeconds
        self.faults = faults
    }

    public init(parsing arguments: inout ArgumentReader) throws(TableError) {
        device = try arguments.device("device")
        start = try arguments.sectors("start sector")
        upSeconds = try arguments.number32("up seconds")
        downSeconds = try arguments.number32("down seconds")
        faults = Faults()
        var options = OptionWords()
        try arguments.options("words of options", limit: 32) { (words) throws(TableError) in try options.read(&words) }
        faults = options.faults
    }

    public func write(to arguments: inout ArgumentWriter) {
        arguments.append(device)
        arguments.append(start)
        arguments.append(upSeconds)
        arguments.append(downSeconds)
        let words = faults.words
        if !words.isEmpty { arguments.append(counted: words) }
    }

    public mutating func mapDevices(_ transform: (DeviceReference) -> DeviceReference) { device = transform(device) }

    public func validate(length: Sectors) throws(TableError) {
        try start.expectRoom(for: length, word: 5, "start sector")
        guard upSeconds > 0 || downSeconds > 0 else {
            throw TableError(.outOfRange, word: 7, message: "down seconds: expected at least 1, as the up seconds are 0, found 0")
        }
        guard !upSeconds.addingReportingOverflow(downSeconds).overflow else {
            throw TableError(
                .outOfRange, word: 7, message: "down seconds: \(upSeconds) up and \(downSeconds) down are more than \(UInt32.max) together")
        }
        try faults.validate()
    }

    public var unknownWords: [String] { faults.unknown }

    /// A kernel that reads no faults fails reads and writes, and since Linux 6.5 says so.
    public func isSatisfied(by reported: FlakeyTarget) -> Bool {
        var effective = self
        if effective.faults == Faults(), reported.faults == .failAll { effective.faults = .failAll }
        return effective == reported
    }
}

extension FlakeyTarget.Faults {
    /// The options in the order in which the kernel prints them.
    fileprivate var words: [String] {
        var words: [String] = []
        if failsReads { words.append("error_reads") }
        switch change {
        case .writes(let writes): words += writes.words
        case .corruptReads(let corruption, let writes): words += writes.words + corruption.words("r")
        case .corruptWrites(let corruption): words += corruption.words("w")
        }
        if randomReadCorruption > 0 { words += ["random_read_corrupt", "\(randomReadCorruption)"] }
        if randomWriteCorruption > 0 { words += ["random_write_corrupt", "\(randomWriteCorruption)"] }
        return words + unknown
    }

    fileprivate func validate() throws(TableError) {
        switch change {
        case .writes: break
        case .corruptReads(let corruption, _), .corruptWrites(let corruption):
            guard corruption.byte > 0 else { throw TableError(.outOfRange, message: "corrupt_bio_byte: bytes count from 1, found 0") }
        }
        for (name, chance) in [("random_read_corrupt", randomReadCorruption), ("random_write_corrupt", randomWriteCorruption)]
        where chance > 1_000_000_000 {
            throw TableError(.outOfRange, message: "\(name): expected 0 to 1000000000, found \(chance)")
        }
        try unknown.expectWords("option")
    }
}

extension FlakeyTarget.Writes {
    fileprivate var words: [String] {
        switch self {
        case .pass: []
        case .drop: ["drop_writes"]
        case .fail: ["error_writes"]
        }
    }
}

extension FlakeyTarget.Corruption {
    fileprivate func words(_ direction: String) -> [String] { ["corrupt_bio_byte", "\(byte)", direction, "\(value)", "\(flags)"] }
}

/// The options as they are read, in any order; what they mean together is known at the end.
private struct OptionWords {
    var faults = FlakeyTarget.Faults()
    private var writes: FlakeyTarget.Writes?
    private var corruption: (direction: String, FlakeyTarget.Corruption)?

    mutating func read(_ words: inout ArgumentReader) throws(TableError) {
        let option = try words.word("option")
        switch ArgumentReader.lowercased(option) {
        case "error_reads":
            guard !faults.failsReads else { throw words.error(.invalidValue, "option: error_reads stands there twice") }
            faults.failsReads = true
        case "drop_writes": try set(.drop, words)
        case "error_writes": try set(.fail, words)
        case "corrupt_bio_byte":
            let byte = try words.number32("byte", in: 1...UInt32.max)
            let direction = try words.choice("direction", among: ["r", "w"], ignoringCase: true)
            let value = UInt8(truncatingIfNeeded: try words.number("value", in: 0...255))
            corruption = (direction, .init(byte: byte, value: value, flags: try words.number32("flags")))
        case "random_read_corrupt": faults.randomReadCorruption = try words.number32("chance", in: 0...1_000_000_000)
        case "random_write_corrupt": faults.randomWriteCorruption = try words.number32("chance", in: 0...1_000_000_000)
        default: faults.unknown.append(option)
        }
        if let corruption, corruption.direction == "w", writes != nil {
            throw words.error(.invalidValue, "option: writes of which a byte is changed are neither dropped nor failed")
        }
        switch corruption {
        case .none: faults.change = .writes(writes ?? .pass)
        case .some(("r", let corruption)): faults.change = .corruptReads(corruption, writes: writes ?? .pass)
        case .some((_, let corruption)): faults.change = .corruptWrites(corruption)
        }
    }

    private mutating func set(_ value: FlakeyTarget.Writes, _ words: borrowing ArgumentReader) throws(TableError) {
        guard writes == nil else {
            throw words.error(
                .invalidValue,
                writes == value ? "option: \(value.words[0]) stands there twice" : "option: writes are dropped or failed, not both")
        }
        writes = value
    }
}
