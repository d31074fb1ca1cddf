/// `@stats_list`: the regions of a device, or those of one program.
public struct ListStatisticsRegions: TargetMessage {
    /// The program whose regions are meant; `nil` is all of them. Regions of no program are those of `-`.
    public let programID: String?

    /// All regions, or those of a program, which is one word.
    public init(programID: String? = nil) throws(TableError) {
        if let programID { try StatisticsRegion.expect(programID: programID) }
        self.programID = programID
    }

    static let keyword = "@stats_list"

    public init(parsing words: inout ArgumentReader) throws(TableError) {
        try words.expectKeyword(Self.keyword)
        try self.init(programID: words.isAtEnd ? nil : try words.word("program"))
    }

    public func write(to words: inout ArgumentWriter) {
        words.append(Self.keyword)
        if let programID { words.append(programID) }
    }

    /// The regions, in the order of their numbers.
    public func reply(parsing text: String?) throws(TableError) -> [StatisticsRegion] {
        var regions: [StatisticsRegion] = []
        for line in try StatisticsText.lines(text, "list of regions") { regions.append(try StatisticsRegion(parsing: line)) }
        return regions
    }
}
