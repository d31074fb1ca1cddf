public import StorageUnits

/// What the kernel has counted of an area since its region was made or cleared: a line of `@stats_print`. `Time` is `UInt64` for times as the kernel
/// prints them, and `Duration` once it is known what they were counted in.
public struct AreaStatistics<Time: Hashable & Sendable>: Hashable, Sendable {
    /// What was counted of reads, or of writes.
    public struct Direction: Hashable, Sendable {
        /// Requests that were completed. One that crosses the border of an area counts in each.
        public var completed: UInt64
        /// Requests that were merged with the one before.
        public var merged: UInt64
        /// The sectors of the area that were transferred.
        public var sectors: Sectors
        /// The times of all requests, added up.
        public var duration: Time
        /// How long there was any such request: the additional counters 12 and 13.
        public var busy: Time

        /// What was counted.
        public init(completed: UInt64, merged: UInt64, sectors: Sectors, duration: Time, busy: Time) {
            self.completed = completed
            self.merged = merged
            self.sectors = sectors
            self.duration = duration
            self.busy = busy
        }
    }

    /// The sectors of the area; the kernel tells the last one of a region as long as the others, also where the region ends before.
    public var range: SectorRange
    /// Reads.
    public var reads: Direction
    /// Writes; discards are among them.
    public var writes: Direction
    /// The requests that are under way now. Clearing does not change it.
    public var inProgress: Int32
    /// How long there was any request: `io_ticks`.
    public var busy: Time
    /// That time, each part of it multiplied by the requests that were under way: `time_in_queue`.
    public var weighted: Time
    /// How many requests took how long: those below the first of the region's bounds, those between it and the second, and so on; the last number is of
    /// those at or above the last bound. Empty when the region has no histogram.
    public var histogram: [UInt64]

    /// What was counted of an area.
    public init(
        range: SectorRange, reads: Direction, writes: Direction, inProgress: Int32, busy: Time, weighted: Time, histogram: [UInt64] = []
    ) {
        self.range = range
        self.reads = reads
        self.writes = writes
        self.inProgress = inProgress
        self.busy = busy
        self.weighted = weighted
        self.histogram = histogram
    }

    /// The same with each time put through `transform`.
    func mapTimes<Other>(_ transform: (Time) -> Other) -> AreaStatistics<Other> {
        func map(_ direction: Direction) -> AreaStatistics<Other>.Direction {
            AreaStatistics<Other>.Direction(
                completed: direction.completed, merged: direction.merged, sectors: direction.sectors,
                duration: transform(direction.duration), busy: transform(direction.busy))
        }
        return AreaStatistics<Other>(
            range: range, reads: map(reads), writes: map(writes), inProgress: inProgress, busy: transform(busy),
            weighted: transform(weighted), histogram: histogram)
    }
}

extension AreaStatistics<UInt64> {
    /// The same with times of a region that counts in `resolution`.
    public func durations(in resolution: StatisticsResolution) -> AreaStatistics<Duration> { mapTimes(resolution.duration) }

    /// Reads `START+LENGTH`, thirteen numbers, and, where there is a histogram, its numbers with colons between them.
    init(parsing line: Substring) throws(TableError) {
        func refused(_ what: String) -> TableError {
            TableError(.invalidValue, message: "counters: expected \(what), found \(quoteForMessage(String(line)))")
        }
        // Not a reader of arguments, which may be keys: it wipes its memory, and there may be a million lines.
        let words = StatisticsText.parts(line, most: 16)
        guard words.count == 14 || words.count == 15 else { throw refused("a range, 13 numbers and perhaps a histogram") }
        guard let range = SectorRange(parsingStatistics: words[0]) else { throw refused("START+LENGTH") }
        var numbers: [UInt64] = []
        // The ninth alone has a sign: the kernel adds up what the processors have counted without stopping them.
        for (index, word) in words[1...13].enumerated() where index != 8 {
            guard !word.isEmpty, let number = ArgumentReader.decimal(word) else { throw refused("numbers that fit 64 bits") }
            numbers.append(number)
        }
        guard let inProgress = Int32(words[9]) else { throw refused("a number of requests under way") }
        var histogram: [UInt64] = []
        if words.count == 15 {
            for digits in words[14].split(separator: ":", omittingEmptySubsequences: false) {
                guard !digits.isEmpty, let count = ArgumentReader.decimal(digits) else { throw refused("numbers with ':' between them") }
                histogram.append(count)
            }
        }
        self.init(
            range: range,
            reads: Direction(
                completed: numbers[0], merged: numbers[1], sectors: Sectors(numbers[2]), duration: numbers[3], busy: numbers[10]),
            writes: Direction(
                completed: numbers[4], merged: numbers[5], sectors: Sectors(numbers[6]), duration: numbers[7], busy: numbers[11]),
            inProgress: inProgress, busy: numbers[8], weighted: numbers[9], histogram: histogram)
    }
}

extension AreaStatistics: CustomStringConvertible where Time == UInt64 {
    /// The line as the kernel prints it.
    public var description: String {
        func numbers(_ direction: Direction) -> String {
            "\(direction.completed) \(direction.merged) \(direction.sectors) \(direction.duration)"
        }
        let text = "\(range) \(numbers(reads)) \(numbers(writes)) \(inProgress) \(busy) \(weighted) \(reads.busy) \(writes.busy)"
        return histogram.isEmpty ? text : text + " " + histogram.map(String.init).joined(separator: ":")
    }
}
