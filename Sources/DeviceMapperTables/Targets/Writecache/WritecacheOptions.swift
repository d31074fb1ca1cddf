internal import StorageUnits

extension WritecacheTarget.Medium {
    /// The first word of a line.
    var letter: String {
        switch self {
        case .persistentMemory: "p"
        case .ssd: "s"
        }
    }
}

extension WritecacheTarget.Options {
    /// How many words a kernel takes.
    static let limit = 18
    private static let watermarks: ClosedRange<UInt32> = 0...100
    private static let autocommitTimes: ClosedRange<UInt32> = 0...3_600_000
    private static let maxAges: ClosedRange<UInt32> = 0...86_400_000
    private static let pauses: ClosedRange<UInt32> = 0...60_000
    private static let defaultHighWatermark: UInt32 = 50
    private static let defaultLowWatermark: UInt32 = 45
    private static let withValue = [
        "start_sector", "high_watermark", "low_watermark", "writeback_jobs", "autocommit_blocks", "autocommit_time", "max_age",
        "pause_writeback",
    ]
    private static let withoutValue = ["cleaner", "fua", "nofua", "metadata_only"]

    /// Reads one option. The kernel does not look at the case, and of an option that comes twice the last counts.
    mutating func read(_ words: inout ArgumentReader, medium: inout WritecacheTarget.Medium) throws(TableError) {
        let option = try words.word("option")
        let name = ArgumentReader.lowercased(option)
        guard !words.isAtEnd || !Self.withValue.contains(name) else {
            throw words.error(.invalidValue, "option: \(words.lastWordQuoted) has no value")
        }
        switch name {
        case "start_sector": startSector = try words.sectors(name)
        case "high_watermark": highWatermark = try words.number32(name, in: Self.watermarks)
        case "low_watermark": lowWatermark = try words.number32(name, in: Self.watermarks)
        case "writeback_jobs": writebackJobs = try words.number32(name)
        case "autocommit_blocks": autocommitBlocks = try words.number32(name)
        case "autocommit_time": autocommitTime = try words.number32(name, in: Self.autocommitTimes)
        case "max_age": maxAge = try words.number32(name, in: Self.maxAges)
        case "cleaner": cleaner = true
        case "metadata_only": metadataOnly = true
        case "fua", "nofua":
            guard case .persistentMemory = medium else {
                throw words.error(.invalidValue, "option: \(words.lastWordQuoted) is for persistent memory, 'p', only")
            }
            medium = .persistentMemory(fua: name == "fua")
        case "pause_writeback":
            guard case .ssd = medium else { throw words.error(.invalidValue, "option: \(words.lastWordQuoted) is for an SSD, 's', only") }
            medium = .ssd(pauseWriteback: try words.number32(name, in: Self.pauses))
        default: unknown.append(option)
        }
        guard words.isAtEnd else { return }
        if let refusal = watermarkRefusal { throw words.error(.outOfRange, refusal) }
    }

    /// The options in the order in which the kernel prints them.
    func words(medium: WritecacheTarget.Medium) -> [String] {
        var words: [String] = []
        func add(_ name: String, _ number: (some CustomStringConvertible)?) {
            if let number { words += [name, number.description] }
        }
        add("start_sector", startSector)
        add("high_watermark", highWatermark)
        add("low_watermark", lowWatermark)
        add("writeback_jobs", writebackJobs)
        add("autocommit_blocks", autocommitBlocks)
        add("autocommit_time", autocommitTime)
        add("max_age", maxAge)
        if cleaner { words.append("cleaner") }
        if case .persistentMemory(let fua?) = medium { words.append(fua ? "fua" : "nofua") }
        if metadataOnly { words.append("metadata_only") }
        if case .ssd(let pause) = medium { add("pause_writeback", pause) }
        return words + unknown
    }

    func validate(medium: WritecacheTarget.Medium) throws(TableError) {
        if let startSector, startSector > Sectors.max {
            throw TableError(.outOfRange, message: "start_sector: expected 0 to \(Sectors.max), found \(startSector)")
        }
        var pause: UInt32?
        if case .ssd(let milliseconds) = medium { pause = milliseconds }
        let numbers = [
            ("high_watermark", highWatermark, Self.watermarks), ("low_watermark", lowWatermark, Self.watermarks),
            ("autocommit_time", autocommitTime, Self.autocommitTimes), ("max_age", maxAge, Self.maxAges),
            ("pause_writeback", pause, Self.pauses),
        ]
        for case (let name, let number?, let range) in numbers where !range.contains(number) {
            throw TableError(.outOfRange, message: "\(name): expected \(range.lowerBound) to \(range.upperBound), found \(number)")
        }
        if let refusal = watermarkRefusal { throw TableError(.outOfRange, message: refusal) }
        let count = words(medium: medium).count
        guard count <= Self.limit else {
            throw TableError(.outOfRange, word: 8, message: "number of words of options: expected 0 to \(Self.limit), found \(count)")
        }
        try unknown.expectWords("option", besides: Self.withValue + Self.withoutValue)
    }

    private var watermarkRefusal: String? {
        let (high, low) = (highWatermark ?? Self.defaultHighWatermark, lowWatermark ?? Self.defaultLowWatermark)
        return high < low ? "high_watermark: expected at least the low watermark, \(low), found \(high)" : nil
    }
}
