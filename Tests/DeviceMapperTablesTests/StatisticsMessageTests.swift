import DeviceMapperTables
import StorageUnits
import Testing

@Suite struct StatisticsMessageTests {
    private static func region(_ number: UInt32) -> StatisticsRegionID {
        guard let id = StatisticsRegionID(number) else { preconditionFailure() }
        return id
    }

    private static func range(_ start: UInt64, _ length: UInt64) -> SectorRange? {
        SectorRange(start: Sectors(start), length: Sectors(length))
    }

    /// The error that a message is refused with; `nil` when it is read.
    private static func refusal<Message: TargetMessage>(_ text: String, _ type: Message.Type) -> String? {
        do throws(TableError) {
            _ = try Message(text)
            return nil
        } catch {
            return error.description
        }
    }

    /// The error that a region is refused with.
    private static func refusal(_ make: () throws(TableError) -> Void) -> String? {
        do throws(TableError) {
            try make()
            return nil
        } catch {
            return error.description
        }
    }

    @Test("each form of @stats_create is read and written")
    func creates() throws {
        let messages: [(String, CreateStatisticsRegion)] = [
            ("@stats_create - /1", try CreateStatisticsRegion()),
            ("@stats_create - /100", try CreateStatisticsRegion(areas: .count(100))),
            ("@stats_create 0+2048 512", try CreateStatisticsRegion(range: Self.range(0, 2048), areas: .size(512))),
            ("@stats_create - /3 1 precise_timestamps", try CreateStatisticsRegion(areas: .count(3), resolution: .nanoseconds)),
            (
                "@stats_create 5+7 3 1 histogram:1,5",
                try CreateStatisticsRegion(
                    range: Self.range(5, 7), areas: .size(3), latencyBounds: [.milliseconds(1), .milliseconds(5)])
            ),
            (
                "@stats_create - /1 2 precise_timestamps histogram:1000,1000000 prog some\\ data",
                try CreateStatisticsRegion(
                    resolution: .nanoseconds, latencyBounds: [.microseconds(1), .milliseconds(1)], programID: "prog",
                    auxiliaryData: "some data")
            ),
            ("@stats_create - /1 0 7", try CreateStatisticsRegion(programID: "7")),
            ("@stats_create - /1 0 - note", try CreateStatisticsRegion(auxiliaryData: "note")),
        ]
        for (text, message) in messages {
            #expect(message.text() == text)
            #expect(try CreateStatisticsRegion(text) == message)
        }
        #expect(
            try CreateStatisticsRegion("@STATS_CREATE - /1 2 histogram:1000 PRECISE_TIMESTAMPS")
                == CreateStatisticsRegion(resolution: .nanoseconds, latencyBounds: [.microseconds(1)]))
        #expect(try CreateStatisticsRegion("@stats_create - /1 prog") == CreateStatisticsRegion(programID: "prog"))
        #expect(try CreateStatisticsRegion("@stats_create - /1 0 - -") == CreateStatisticsRegion())
    }

    @Test("the other messages are read in any case, and written")
    func others() throws {
        #expect(try ListStatisticsRegions().text() == "@stats_list")
        #expect(try ListStatisticsRegions("@STATS_LIST prog") == ListStatisticsRegions(programID: "prog"))
        #expect(try ListStatisticsRegions(programID: "prog").text() == "@stats_list prog")
        let prints: [(String, PrintStatistics)] = [
            ("@stats_print 0", PrintStatistics(Self.region(0))),
            ("@stats_print 7 1 2", PrintStatistics(Self.region(7), areas: 1..<3)),
            ("@stats_print_clear 2147483647", PrintStatistics(Self.region(.init(Int32.max)), clears: true)),
            ("@stats_print_clear 1 0 18446744073709551615", PrintStatistics(Self.region(1), areas: 0..<UInt64.max, clears: true)),
        ]
        for (text, message) in prints {
            #expect(message.text() == text)
            #expect(try PrintStatistics(text) == message)
            #expect(try PrintStatistics(text.uppercased()) == message)
        }
        #expect(try ClearStatistics("@stats_clear 5").text() == "@stats_clear 5")
        #expect(try DeleteStatisticsRegion("@stats_delete 5").text() == "@stats_delete 5")
        let note = try SetStatisticsAuxiliaryData("@stats_set_aux 3 foo\\ bar\\ baz")
        #expect(note.region.number == 3 && note.data == "foo bar baz" && note.text() == "@stats_set_aux 3 foo\\ bar\\ baz")
    }

    @Test(
        "a wrong @stats_create is refused with its word",
        arguments: [
            ("", "word 1: message: the line ends here"),
            ("stats_create", "word 1: message: expected @stats_create, found 'stats_create'"),
            ("@stats_create", "word 2: range: the line ends here"),
            ("@stats_create 5", "word 2: range: expected START+LENGTH, or '-' for the whole device, found '5'"),
            ("@stats_create 5+0 1", "word 2: range: expected START+LENGTH, or '-' for the whole device, found '5+0'"),
            ("@stats_create 1+2+3 1", "word 2: range: expected START+LENGTH, or '-' for the whole device, found '1+2+3'"),
            (
                "@stats_create 18446744073709551615+1 1",
                "word 2: range: expected START+LENGTH, or '-' for the whole device, found '18446744073709551615+1'"
            ),
            ("@stats_create -", "word 3: areas: the line ends here"),
            ("@stats_create - x", "word 3: areas: expected a number of sectors, or '/' and a number of areas, found 'x'"),
            ("@stats_create - /", "word 3: areas: expected a number of sectors, or '/' and a number of areas, found '/'"),
            ("@stats_create - 0", "word 3: areas: expected at least 1 sector, found 0"),
            ("@stats_create - /0", "word 3: areas: expected 1 to 4294967295, found 0"),
            ("@stats_create - /4294967296", "word 3: areas: expected 1 to 4294967295, found 4294967296"),
            ("@stats_create - 1 3 a b c", "word 4: number of options: expected 0 to 2, found 3"),
            ("@stats_create - 1 1", "word 5: expected 1 options, found 0"),
            (
                "@stats_create - 1 1 bogus",
                "word 5: option: expected precise_timestamps or histogram: and growing numbers, found 'bogus'"
            ),
            (
                "@stats_create - 1 1 histogram:5,5",
                "word 5: option: expected precise_timestamps or histogram: and growing numbers, found 'histogram:5,5'"
            ),
            (
                "@stats_create - 1 1 histogram:0",
                "word 5: option: expected precise_timestamps or histogram: and growing numbers, found 'histogram:0'"
            ),
            (
                "@stats_create - 1 1 histogram:",
                "word 5: option: expected precise_timestamps or histogram: and growing numbers, found 'histogram:'"
            ),
            ("@stats_create - 1 a b c", "word 6: unexpected 'c' after the arguments of the message"),
        ])
    func wrongCreates(_ text: String, _ expected: String) {
        #expect(Self.refusal(text, CreateStatisticsRegion.self) == expected)
    }

    @Test("what the kernel would refuse, or could not print again, is refused before")
    func wrongRegions() throws {
        func refusal(
            range: SectorRange? = nil, areas: StatisticsAreas = .one, resolution: StatisticsResolution = .milliseconds,
            latencyBounds: [Duration] = [], programID: String? = nil, auxiliaryData: String? = nil
        ) -> String? {
            Self.refusal { () throws(TableError) in
                _ = try CreateStatisticsRegion(
                    range: range, areas: areas, resolution: resolution, latencyBounds: latencyBounds, programID: programID,
                    auxiliaryData: auxiliaryData)
            }
        }
        #expect(refusal(range: Self.range(8, 0)) == "range: expected at least 1 sector, found 0")
        #expect(refusal(areas: .size(0)) == "areas: expected at least 1 sector, found 0")
        #expect(refusal(areas: .count(0)) == "areas: expected 1 to 4294967295, found 0")
        #expect(
            refusal(latencyBounds: [.microseconds(1)])
                == "histogram: expected whole milliseconds that fit 64 bits, found 1e-06 seconds")
        #expect(
            refusal(resolution: .nanoseconds, latencyBounds: [.seconds(Int64.max)])
                == "histogram: expected whole nanoseconds that fit 64 bits, found 9.223372036854776e+18 seconds")
        #expect(
            refusal(latencyBounds: [.seconds(-1)]) == "histogram: expected whole milliseconds that fit 64 bits, found -1.0 seconds")
        #expect(
            refusal(latencyBounds: [.seconds(2), .seconds(2)]) == "histogram: expected bounds above 0 that grow, found 2.0 seconds")
        #expect(refusal(latencyBounds: [.zero]) == "histogram: expected bounds above 0 that grow, found 0.0 seconds")
        #expect(refusal(programID: "") == "program: expected a word, found ''")
        #expect(refusal(programID: "a b") == "program: expected a word, found 'a b'")
        #expect(refusal(auxiliaryData: "") == "auxiliary data: expected one line that is not empty")
        #expect(refusal(auxiliaryData: "a\nb") == "auxiliary data: expected one line that is not empty")
        #expect(
            refusal(auxiliaryData: "a precise_timestamps")
                == "auxiliary data: the end of 'a precise_timestamps' would be taken for options of the region")
        #expect(
            refusal(auxiliaryData: "a histogram:1,2")
                == "auxiliary data: the end of 'a histogram:1,2' would be taken for options of the region")
        #expect(refusal(auxiliaryData: "precise_timestamps") == nil)
    }

    @Test("a wrong message of another kind is refused with its word")
    func wrongOthers() {
        #expect(Self.refusal("@stats_list a b", ListStatisticsRegions.self) == "word 3: unexpected 'b' after the arguments of the message")
        #expect(
            Self.refusal("@stats_prints 1", PrintStatistics.self)
                == "word 1: message: expected @stats_print or @stats_print_clear, found '@stats_prints'")
        #expect(Self.refusal("@stats_print", PrintStatistics.self) == "word 2: region: the line ends here")
        #expect(Self.refusal("@stats_print -1", PrintStatistics.self) == "word 2: region: '-1' is not a number")
        #expect(
            Self.refusal("@stats_print 2147483648", PrintStatistics.self)
                == "word 2: region: expected 0 to 2147483647, found 2147483648")
        #expect(Self.refusal("@stats_print 1 1", PrintStatistics.self) == "word 4: number of areas: the line ends here")
        #expect(
            Self.refusal("@stats_print 1 18446744073709551615 1", PrintStatistics.self)
                == "word 4: number of areas: expected 0 to 0, found 1")
        #expect(Self.refusal("@stats_delete", DeleteStatisticsRegion.self) == "word 2: region: the line ends here")
        #expect(Self.refusal("@stats_clear x", ClearStatistics.self) == "word 2: region: 'x' is not a number")
        #expect(Self.refusal("@stats_set_aux 1", SetStatisticsAuxiliaryData.self) == "word 3: auxiliary data: the line ends here")
    }
}
