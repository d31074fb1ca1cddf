import DeviceMapperTables
import StorageUnits
import Testing

/// Replies as Linux 6.1 has given them.
@Suite struct StatisticsReplyTests {
    private let region: StatisticsRegionID

    init() throws { region = try #require(StatisticsRegionID(1)) }

    private static let list = """
        0: 0+20480 6827 - -
        1: 0+2048 512 prog some aux data precise_timestamps histogram:1000,1000000,1000000000
        2: 5+7 3 - - histogram:1,5
        3: 10+30000 1 - -

        """

    private static let counters = """
        0+512 3 2 24 14138600 2 1 16 47870 0 13416880 13416880 13400270 16610 0:4:1:0
        512+512 0 0 0 0 0 0 0 0 0 0 0 0 0 0:0:0:0

        """

    /// The error that an answer is refused with; `nil` when it is read.
    private func refusal<Message: TargetMessage>(_ answer: String?, to message: Message) -> String? {
        do throws(TableError) {
            _ = try message.reply(parsing: answer)
            return nil
        } catch {
            return error.description
        }
    }

    @Test("the list of regions is read, and written again")
    func list() throws {
        let regions = try ListStatisticsRegions().reply(parsing: Self.list)
        #expect(regions.map { "\($0)\n" }.joined() == Self.list)
        #expect(regions.map(\.id.number) == [0, 1, 2, 3])
        #expect(regions.map(\.areaCount) == [3, 4, 3, 30_000])
        #expect(regions[0].programID == nil && regions[0].auxiliaryData == nil && regions[0].latencyBounds == [])
        #expect(regions[1].programID == "prog" && regions[1].auxiliaryData == "some aux data")
        #expect(regions[1].resolution == .nanoseconds)
        #expect(regions[1].latencyBounds == [.microseconds(1), .milliseconds(1), .seconds(1)])
        #expect(regions[2].resolution == .milliseconds && regions[2].latencyBounds == [.milliseconds(1), .milliseconds(5)])
        #expect(regions[2].range.start == 5 && regions[2].range.length == 7 && regions[2].areaSize == 3)
        #expect(try ListStatisticsRegions().reply(parsing: "") == [])
    }

    @Test(
        "auxiliary data are what stands before the options",
        arguments: [
            ("precise_timestamps", "precise_timestamps", StatisticsResolution.milliseconds, 0),
            ("precise_timestamps precise_timestamps", "precise_timestamps", .nanoseconds, 0),
            ("histogram:1", "histogram:1", .milliseconds, 0),
            ("histogram:1 histogram:1,2", "histogram:1", .milliseconds, 2),
            ("a histogram:x", "a histogram:x", .milliseconds, 0),
            (" a  b ", " a  b ", .milliseconds, 0),
            ("é\u{301} precise_timestamps", "é\u{301}", .nanoseconds, 0),
            ("a histogram:1\u{301}", "a histogram:1\u{301}", .milliseconds, 0),
            ("a\r", "a\r", .milliseconds, 0),
        ] as [(String, String, StatisticsResolution, Int)])
    func auxiliaryData(_ text: String, _ data: String, _ resolution: StatisticsResolution, _ bounds: Int) throws {
        let regions = try ListStatisticsRegions().reply(parsing: "7: 0+8 8 p \(text)\n")
        #expect(regions.map(\.auxiliaryData) == [data])
        #expect(regions.map(\.resolution) == [resolution])
        #expect(regions.map(\.latencyBounds.count) == [bounds])
    }

    @Test("counters are read, and written again")
    func counters() throws {
        let areas = try PrintStatistics(region).reply(parsing: Self.counters)
        #expect(areas.map { "\($0)\n" }.joined() == Self.counters)
        let area = areas[0].durations(in: .nanoseconds)
        #expect(area.range == SectorRange(start: 0, length: 512))
        #expect(area.reads.completed == 3 && area.reads.merged == 2 && area.reads.sectors == 24)
        #expect(area.reads.duration == .nanoseconds(14_138_600) && area.reads.busy == .nanoseconds(13_400_270))
        #expect(area.writes.completed == 2 && area.writes.merged == 1 && area.writes.sectors == 16)
        #expect(area.writes.duration == .nanoseconds(47_870) && area.writes.busy == .nanoseconds(16_610))
        #expect(area.inProgress == 0 && area.busy == .nanoseconds(13_416_880) && area.weighted == .nanoseconds(13_416_880))
        #expect(area.histogram == [0, 4, 1, 0])
        let coarse = try PrintStatistics(region).reply(parsing: "0+6827 3 2 24 16 2 1 16 0 -1 16 17 15 1\n")
        #expect(coarse.map(\.description) == ["0+6827 3 2 24 16 2 1 16 0 -1 16 17 15 1"])
        #expect(coarse[0].durations(in: .milliseconds).weighted == .milliseconds(17) && coarse[0].inProgress == -1)
        #expect(try PrintStatistics(region).reply(parsing: "") == [])
    }

    @Test("times as long as the kernel can count them are read")
    func longTimes() throws {
        let line = "0+1 0 0 0 18446744073709551615 0 0 0 0 0 0 0 0 0\n"
        let area = try #require(try PrintStatistics(region).reply(parsing: line).first)
        #expect(area.durations(in: .milliseconds).reads.duration == .milliseconds(UInt64.max))
        #expect(StatisticsResolution.milliseconds.ticks(.milliseconds(UInt64.max)) == .max)
        #expect(StatisticsResolution.milliseconds.ticks(.microseconds(1)) == nil)
        #expect(StatisticsResolution.nanoseconds.ticks(.seconds(Int64.max)) == nil)
    }

    @Test("the number of a new region is read")
    func created() throws {
        #expect(try CreateStatisticsRegion().reply(parsing: "17").number == 17)
        for answer in ["", "-1", "2147483648", "1 2", "x"] {
            #expect(
                try refusal(answer, to: CreateStatisticsRegion())
                    == "answer to @stats_create: expected the number of a region, found '\(answer)'")
        }
        #expect(
            try refusal(nil, to: CreateStatisticsRegion())
                == "answer to @stats_create: expected the number of a region, found nothing")
    }

    @Test("answers that are cut off are refused, but between two lines, which nobody can tell")
    func truncations() throws {
        for (text, isRefused) in [
            (Self.list, { try refusal($0, to: ListStatisticsRegions()) != nil }),
            (Self.counters, { refusal($0, to: PrintStatistics(region)) != nil }),
        ] as [(String, (String) throws -> Bool)] {
            for count in 0..<text.utf8.count {
                let part = String(decoding: text.utf8.prefix(count), as: UTF8.self)
                #expect(try isRefused(part) == (!part.isEmpty && !part.hasSuffix("\n")), "\(part)")
            }
        }
        #expect(refusal("0+1 0", to: PrintStatistics(region)) == "counters: the answer ends within a line")
        #expect(refusal(nil, to: PrintStatistics(region)) == "counters: there is no answer")
        #expect(try refusal(nil, to: ListStatisticsRegions()) == "list of regions: there is no answer")
    }

    @Test("lines with a word less or more are refused")
    func words() throws {
        let line = "0+512 3 2 24 14138600 2 1 16 47870 0 13416880 13416880 13400270 16610 0:4:1:0"
        let words = line.split(separator: " ")
        for count in 0..<words.count - 2 {
            let part = words.prefix(count).joined(separator: " ")
            #expect(
                refusal(part + "\n", to: PrintStatistics(region))
                    == "counters: expected a range, 13 numbers and perhaps a histogram, found '\(part)'")
        }
        #expect(
            refusal(line + " 1\n", to: PrintStatistics(region))?.hasPrefix("counters: expected a range, 13 numbers and perhaps a histogram")
                == true)
        for count in 0..<5 {
            let part = "0: 0+8 8 prog data".split(separator: " ").prefix(count).joined(separator: " ")
            #expect(
                try refusal(part + "\n", to: ListStatisticsRegions())
                    == "list of regions: expected 'ID: START+LENGTH STEP PROGRAM DATA', found '\(part)'")
        }
    }

    @Test(
        "a wrong line of counters is refused",
        arguments: [
            ("0+0 0 0 0 0 0 0 0 0 0 0 0 0 0", "counters: expected START+LENGTH, found '0+0 0 0 0 0 0 0 0 0 0 0 0 0 0'"),
            (
                "18446744073709551615+2 0 0 0 0 0 0 0 0 0 0 0 0 0",
                "counters: expected START+LENGTH, found '18446744073709551615+2 0 0 0 0 0 0 0 0 0 0 0 0 0'"
            ),
            (
                "0+8 0 0 0 0 -1 0 0 0 0 0 0 0 0",
                "counters: expected numbers that fit 64 bits, found '0+8 0 0 0 0 -1 0 0 0 0 0 0 0 0'"
            ),
            (
                "0+8 18446744073709551616 0 0 0 0 0 0 0 0 0 0 0 0",
                "counters: expected numbers that fit 64 bits, found '0+8 18446744073709551616 0 0 0 0 0 0 0 0 0 0 0 0'"
            ),
            (
                "0+8 0 0 0 0 0 0 0 0 2147483648 0 0 0 0",
                "counters: expected a number of requests under way, found '0+8 0 0 0 0 0 0 0 0 2147483648 0 0 0 0'"
            ),
            (
                "0+8 0 0 0 0 0 0 0 0 0 0 0 0 0 1::2",
                "counters: expected numbers with ':' between them, found '0+8 0 0 0 0 0 0 0 0 0 0 0 0 0 1::2'"
            ),
        ])
    func wrongCounters(_ line: String, _ expected: String) {
        #expect(refusal(line + "\n", to: PrintStatistics(region)) == expected)
    }

    @Test(
        "a wrong line of the list is refused",
        arguments: [
            "0 0+8 8 - -", "x: 0+8 8 - -", "-1: 0+8 8 - -", "2147483648: 0+8 8 - -", "0: 8 8 - -", "0: 0+0 8 - -", "0: 0+8 0 - -",
            "0: 0+8 -8 - -", "0:  0+8 8 - -", "0: 0+8 8  - -", "",
        ])
    func wrongList(_ line: String) throws {
        #expect(
            try refusal(line + "\n", to: ListStatisticsRegions())
                == "list of regions: expected 'ID: START+LENGTH STEP PROGRAM DATA', found '\(line)'")
    }

    @Test("an answer with any byte changed is read or refused, and never ends the process")
    func corruptions() throws {
        for text in [Self.list, Self.counters] {
            for index in 0..<text.utf8.count {
                for byte: UInt8 in [0, 9, 10, 13, 32, 43, 44, 45, 48, 57, 58, 0x80, 0xcc, 0xff] {
                    var bytes = Array(text.utf8)
                    bytes[index] = byte
                    let changed = String(decoding: bytes, as: UTF8.self)
                    _ = try? ListStatisticsRegions().reply(parsing: changed)
                    _ = try? PrintStatistics(region).reply(parsing: changed)
                }
            }
        }
    }
}
