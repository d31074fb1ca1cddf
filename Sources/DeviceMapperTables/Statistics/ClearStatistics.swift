/// `@stats_clear`: all counters of a region begin at 0 again, but for the requests under way.
public struct ClearStatistics: TargetMessage {
    /// The region.
    public var region: StatisticsRegionID

    /// The region.
    public init(_ region: StatisticsRegionID) { self.region = region }

    static let keyword = "@stats_clear"

    public init(parsing words: inout ArgumentReader) throws(TableError) {
        try words.expectKeyword(Self.keyword)
        region = try StatisticsRegionID(parsing: &words)
    }

    public func write(to words: inout ArgumentWriter) {
        words.append(Self.keyword)
        words.append(region.number)
    }
}
