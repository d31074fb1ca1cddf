/// `@stats_print` and `@stats_print_clear`: what was counted of the areas of a region.
public struct PrintStatistics: TargetMessage {
    /// The region.
    public var region: StatisticsRegionID
    /// The areas by their numbers from 0; `nil` is all. Those that the region does not have are left out.
    public var areas: Range<UInt64>?
    /// Whether these areas begin at 0 again, with nothing lost in between.
    public var clears: Bool

    /// What was counted of some or all areas of a region.
    public init(_ region: StatisticsRegionID, areas: Range<UInt64>? = nil, clears: Bool = false) {
        self.region = region
        self.areas = areas
        self.clears = clears
    }

    private enum Keyword: String, CaseIterable, CustomStringConvertible {
        case print = "@stats_print"
        case printClear = "@stats_print_clear"
        var description: String { rawValue }
    }

    public init(parsing words: inout ArgumentReader) throws(TableError) {
        clears = try words.choice("message", of: Keyword.self, ignoringCase: true) == .printClear
        region = try StatisticsRegionID(parsing: &words)
        guard !words.isAtEnd else { return }
        let first = try words.number("first area")
        let count = try words.number("number of areas", in: 0...UInt64.max - first)
        areas = first..<first + count
    }

    public func write(to words: inout ArgumentWriter) {
        words.append((clears ? Keyword.printClear : .print).rawValue)
        words.append(region.number)
        guard let areas else { return }
        words.append(areas.lowerBound)
        words.append(areas.upperBound - areas.lowerBound)
    }

    /// What was counted, area by area, with times in what the region counts in.
    public func reply(parsing text: String?) throws(TableError) -> [AreaStatistics<UInt64>] {
        var areas: [AreaStatistics<UInt64>] = []
        for line in try StatisticsText.lines(text, "counters") { areas.append(try AreaStatistics(parsing: line)) }
        return areas
    }
}
