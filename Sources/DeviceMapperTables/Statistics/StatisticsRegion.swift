public import StorageUnits

/// A region of a mapped device of which the kernel keeps statistics: a line of `@stats_list`.
public struct StatisticsRegion: Hashable, Sendable {
    /// Its number on the device.
    public var id: StatisticsRegionID
    /// Its sectors, which may be more than the device has.
    public var range: SectorRange
    /// The size of its areas, of which the last one may be smaller.
    public var areaSize: Sectors
    /// The program that it belongs to, by the name that this has given; `nil` when it gave none.
    public var programID: String?
    /// What that program has noted with it.
    public var auxiliaryData: String?
    /// What its times are counted in.
    public var resolution: StatisticsResolution
    /// The bounds of its histogram of latencies, growing; empty when there is none.
    public var latencyBounds: [Duration]

    /// A region.
    public init(
        id: StatisticsRegionID, range: SectorRange, areaSize: Sectors, programID: String? = nil, auxiliaryData: String? = nil,
        resolution: StatisticsResolution = .milliseconds, latencyBounds: [Duration] = []
    ) {
        self.id = id
        self.range = range
        self.areaSize = areaSize
        self.programID = programID
        self.auxiliaryData = auxiliaryData
        self.resolution = resolution
        self.latencyBounds = latencyBounds
    }

    /// How many areas it has.
    public var areaCount: UInt64 {
        guard areaSize.count > 0 else { return 0 }
        let (whole, rest) = range.length.count.quotientAndRemainder(dividingBy: areaSize.count)
        return whole + (rest > 0 ? 1 : 0)
    }

    /// What the kernel has in place of a program or of auxiliary data that nobody gave.
    static let nothing = "-"

    /// Reads `ID: START+LENGTH STEP PROGRAM AUXILIARY [precise_timestamps] [histogram:N,...]`. Auxiliary data are printed as they are, spaces and all.
    init(parsing line: Substring) throws(TableError) {
        let parts = StatisticsText.parts(line, most: 5)
        guard parts.count == 5, parts[0].hasSuffix(":"), let id = StatisticsRegionID(parts[0].dropLast()),
            let range = SectorRange(parsingStatistics: parts[1]), !parts[2].isEmpty, let size = ArgumentReader.decimal(parts[2]), size > 0,
            !parts[3].isEmpty
        else {
            throw TableError(
                .invalidValue,
                message: "list of regions: expected 'ID: START+LENGTH STEP PROGRAM DATA', found \(quoteForMessage(String(line)))")
        }
        let options = Options(behind: parts[4])
        self.init(
            id: id, range: range, areaSize: Sectors(size), programID: parts[3] == Self.nothing ? nil : String(parts[3]),
            auxiliaryData: options.auxiliaryData == Self.nothing ? nil : String(options.auxiliaryData), resolution: options.resolution,
            latencyBounds: options.latencyBounds)
    }

    /// What stands at the end of a line: auxiliary data, of which there is one character at least, then options.
    struct Options {
        var auxiliaryData: Substring
        var resolution = StatisticsResolution.milliseconds
        var latencyBounds: [Duration] = []

        private static let precise = " precise_timestamps"

        init(behind text: Substring) {
            var rest = text
            var histogram: Substring?
            if let space = rest.utf8.lastIndex(of: UInt8(ascii: " ")), space > rest.startIndex,
                LatencyBounds.read(rest[rest.utf8.index(after: space)...], in: .milliseconds) != nil
            {
                histogram = rest[rest.utf8.index(after: space)...]
                rest = rest[..<space]
            }
            if rest.hasSuffix(Self.precise), rest.utf8.count > Self.precise.utf8.count {
                resolution = .nanoseconds
                rest = rest.dropLast(Self.precise.count)
            }
            auxiliaryData = rest
            if let histogram { latencyBounds = LatencyBounds.read(histogram, in: resolution) ?? [] }
        }

        /// Whether there is nothing but auxiliary data.
        var isEmpty: Bool { resolution == .milliseconds && latencyBounds.isEmpty }
    }

    /// Throws when the kernel would not print `data` such that it could be read again.
    static func expect(auxiliaryData data: String) throws(TableError) {
        guard !data.isEmpty, !data.utf8.contains(0), !data.utf8.contains(UInt8(ascii: "\n")) else {
            throw TableError(.invalidText, message: "auxiliary data: expected one line that is not empty")
        }
        guard Options(behind: data[...]).isEmpty else {
            throw TableError(
                .invalidValue, message: "auxiliary data: the end of \(quoteForMessage(data)) would be taken for options of the region")
        }
    }

    /// Throws when the kernel would not print `program` such that it could be read again.
    static func expect(programID program: String) throws(TableError) {
        guard !program.isEmpty, program.utf8.allSatisfy({ $0 > UInt8(ascii: " ") && $0 != 0x7f }) else {
            throw TableError(.invalidText, message: "program: expected a word, found \(quoteForMessage(program))")
        }
    }
}

extension StatisticsRegion: CustomStringConvertible {
    /// The line as the kernel prints it.
    public var description: String {
        var text = "\(id): \(range) \(areaSize) \(programID ?? Self.nothing) \(auxiliaryData ?? Self.nothing)"
        if resolution == .nanoseconds { text += " precise_timestamps" }
        if !latencyBounds.isEmpty, let word = try? LatencyBounds.word(latencyBounds, in: resolution) { text += " \(word)" }
        return text
    }
}
