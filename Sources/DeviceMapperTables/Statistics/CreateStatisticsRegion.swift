public import StorageUnits

/// `@stats_create`: the kernel begins to keep statistics of a region of a device. It answers with the region's number.
public struct CreateStatisticsRegion: TargetMessage {
    /// The sectors; `nil` is the whole device. They may be more than the device has.
    public let range: SectorRange?
    /// The areas that the region is cut into.
    public let areas: StatisticsAreas
    /// What times are counted in.
    public let resolution: StatisticsResolution
    /// The bounds of a histogram of latencies; empty is none.
    public let latencyBounds: [Duration]
    /// The program that the region belongs to.
    public let programID: String?
    /// What that program notes with it.
    public let auxiliaryData: String?

    /// A region to be. Throws when the kernel would refuse it, or could not print it such that it can be read again: `range` has a sector at least, bounds
    /// are above 0, grow, and are whole numbers of what times are counted in; the program is one word, and auxiliary data are one line.
    public init(
        range: SectorRange? = nil, areas: StatisticsAreas = .one, resolution: StatisticsResolution = .milliseconds,
        latencyBounds: [Duration] = [], programID: String? = nil, auxiliaryData: String? = nil
    ) throws(TableError) {
        if let range, range.length == 0 { throw TableError(.outOfRange, message: "range: expected at least 1 sector, found 0") }
        try areas.expectSome()
        if !latencyBounds.isEmpty { _ = try LatencyBounds.word(latencyBounds, in: resolution) }
        if let programID { try StatisticsRegion.expect(programID: programID) }
        if let auxiliaryData { try StatisticsRegion.expect(auxiliaryData: auxiliaryData) }
        self.range = range
        self.areas = areas
        self.resolution = resolution
        self.latencyBounds = latencyBounds
        self.programID = programID == StatisticsRegion.nothing ? nil : programID
        self.auxiliaryData = auxiliaryData == StatisticsRegion.nothing ? nil : auxiliaryData
    }

    static let keyword = "@stats_create"
    private static let precise = "precise_timestamps"

    public init(parsing words: inout ArgumentReader) throws(TableError) {
        try words.expectKeyword(Self.keyword)
        let range = try Self.range(&words)
        let areas = try StatisticsAreas(parsing: &words)
        var isPrecise = false
        var histogram: String?
        // A number here is the number of options, even where a program was meant.
        if let word = words.peek(), ArgumentReader.decimal(word) != nil {
            try words.options("options", limit: 2) { (words) throws(TableError) in
                let option = try words.word("option")
                if ArgumentReader.isSame(option, Self.precise) {
                    isPrecise = true
                } else if LatencyBounds.read(option, in: .milliseconds) != nil {
                    histogram = option
                } else {
                    throw words.error(
                        .invalidValue,
                        "option: expected precise_timestamps or histogram: and growing numbers, found \(words.lastWordQuoted)")
                }
            }
        }
        let program = words.isAtEnd ? nil : try words.word("program")
        let data = words.isAtEnd ? nil : try words.word("auxiliary data")
        let resolution: StatisticsResolution = isPrecise ? .nanoseconds : .milliseconds
        try self.init(
            range: range, areas: areas, resolution: resolution,
            latencyBounds: histogram.flatMap { LatencyBounds.read($0, in: resolution) } ?? [], programID: program, auxiliaryData: data)
    }

    private static func range(_ words: inout ArgumentReader) throws(TableError) -> SectorRange? {
        let word = try words.word("range")
        if word == "-" { return nil }
        guard let range = SectorRange(parsingStatistics: word) else {
            throw words.error(.invalidValue, "range: expected START+LENGTH, or '-' for the whole device, found \(words.lastWordQuoted)")
        }
        return range
    }

    public func write(to words: inout ArgumentWriter) {
        words.append(Self.keyword)
        words.append(range?.description ?? "-")
        words.append(areas.description)
        var options = resolution == .nanoseconds ? [Self.precise] : []
        if !latencyBounds.isEmpty, let word = try? LatencyBounds.word(latencyBounds, in: resolution) { options.append(word) }
        // Without the number, a program that looks like one would be taken for it.
        if !options.isEmpty || programID != nil || auxiliaryData != nil { words.append(counted: options) }
        if programID != nil || auxiliaryData != nil { words.append(programID ?? StatisticsRegion.nothing) }
        if let auxiliaryData { words.append(auxiliaryData) }
    }

    /// The number of the region.
    public func reply(parsing text: String?) throws(TableError) -> StatisticsRegionID {
        guard let id = StatisticsRegionID(text ?? "") else {
            throw TableError(
                .notANumber,
                message: "answer to \(Self.keyword): expected the number of a region, found \(text.map(quoteForMessage) ?? "nothing")")
        }
        return id
    }
}
