/// `@stats_set_aux`: what the program that a region belongs to notes with it.
public struct SetStatisticsAuxiliaryData: TargetMessage {
    /// The region.
    public let region: StatisticsRegionID
    /// The data, one line.
    public let data: String

    /// Data for a region. Throws when they are empty, or could not be read again.
    public init(_ region: StatisticsRegionID, to data: String) throws(TableError) {
        try StatisticsRegion.expect(auxiliaryData: data)
        self.region = region
        self.data = data
    }

    static let keyword = "@stats_set_aux"

    public init(parsing words: inout ArgumentReader) throws(TableError) {
        try words.expectKeyword(Self.keyword)
        let region = try StatisticsRegionID(parsing: &words)
        try self.init(region, to: try words.word("auxiliary data"))
    }

    public func write(to words: inout ArgumentWriter) {
        words.append(Self.keyword)
        words.append(region.number)
        words.append(data)
    }
}
