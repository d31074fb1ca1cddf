/// `@stats_delete`: the kernel forgets a region.
public struct DeleteStatisticsRegion: TargetMessage {
    /// The region.
    public var region: StatisticsRegionID

    /// The region.
    public init(_ region: StatisticsRegionID) { self.region = region }

    static let keyword = "@stats_delete"

    public init(parsing words: inout ArgumentReader) throws(TableError) {
        try words.expectKeyword(Self.keyword)
        region = try StatisticsRegionID(parsing: &words)
    }

    public func write(to words: inout ArgumentWriter) {
        words.append(Self.keyword)
        words.append(region.number)
    }
}
