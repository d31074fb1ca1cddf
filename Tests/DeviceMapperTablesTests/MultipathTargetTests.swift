import DeviceMapperTables
import StorageUnits
import Testing

@Suite struct MultipathTargetTests {
    @Test(
        "a multipath line is read and printed",
        arguments: [
            "0 0 0 0", "0 0 1 1 round-robin 0 2 1 a 1 8:16 1000", "0 2 alua x 1 1 queue-length 0 1 1 a 5",
            "8 queue_if_no_path pg_init_retries 50 pg_init_delay_msecs 60000 retain_attached_hw_handler queue_mode bio 0 0 0",
            "2 queue_if_no_path future 0 2 2 service-time 0 1 2 a 1 100 historical-service-time 2 1023 7 1 1 b 1",
            "0 0 1 1 io-affinity 0 2 1 a 3 b 1,0000000c", "0 0 1 1 newest 1 fast 2 2 a 1 2 b 3 4", "0 0 1 1 newest 0 1 0 a",
        ])
    func reads(_ arguments: String) throws {
        let table = try MappingTable(parsing: "0 256 multipath \(arguments)")
        #expect(table.description == "0 256 multipath \(arguments)\n")
        #expect(table.lines[0].target is MultipathTarget)
    }

    @Test(
        "what is left out is printed as what it stands for",
        arguments: [
            ("2 QUEUE_MODE Rq 0 1 1 round-robin 0 2 0 a b", "0 0 1 1 round-robin 0 2 1 a 1 b 1"),
            ("2 queue_mode mq 0 1 1 service-time 0 1 0 a", "0 0 1 1 service-time 0 1 2 a 1 1"),
            ("0 0 1 1 service-time 0 1 1 a 5", "0 0 1 1 service-time 0 1 2 a 5 1"),
            ("0 0 1 1 historical-service-time 0 1 0 a", "0 0 1 1 historical-service-time 2 972 0 1 1 a 1"),
            ("0 0 1 1 historical-service-time 1 5 1 0 a", "0 0 1 1 historical-service-time 2 5 0 1 1 a 1"),
            ("0 0 1 1 io-affinity 0 1 1 a 00000000,0000000F", "0 0 1 1 io-affinity 0 1 1 a f"),
            ("5 what queue_mode bio Queue_If_No_Path queue_if_no_path 0 0 0", "4 queue_if_no_path queue_mode bio what 0 0 0"),
        ])
    func prints(_ arguments: String, _ expected: String) throws {
        #expect(try MappingTable(parsing: "0 256 multipath \(arguments)").description == "0 256 multipath \(expected)\n")
    }

    @Test("its groups and their paths are in the order of the line")
    func parts() throws {
        let target = try onlyTarget(
            "0 32 multipath 2 queue_if_no_path new 2 emc x 2 2 round-robin 0 1 1 8:0 1 other 1 y 1 1 b z", as: MultipathTarget.self)
        var expected = MultipathTarget(
            groups: [.roundRobin([.init("8:0")]), .other(.init(selector: "other", words: ["y"], paths: [.init("b", words: ["z"])]))],
            initialGroup: 2, features: .init(queuesIfNoPath: true), handler: .init("emc", words: ["x"]))
        expected.features.unknown = ["new"]
        #expect(target == expected)
        #expect(target.devices == ["8:0", "b"])
        #expect(target.unknownWords == ["new", "other", "y", "z"])
        #expect(target.groups.map(\.selector) == ["round-robin", "other"])
        #expect(MultipathTarget(groups: []).initialGroup == 0)
        #expect(MultipathTarget(groups: expected.groups).initialGroup == 1)
    }

    @Test("a mask tells its CPUs")
    func masks() throws {
        #expect(MultipathTarget.CPUMask(parsing: "80000001,0000000c")?.cpus == [2, 3, 32, 63])
        #expect(MultipathTarget.CPUMask([0, 33] as [UInt32])?.description == "2,00000001")
        #expect(MultipathTarget.CPUMask([8191] as [UInt32])?.cpus == [8191])
        #expect(MultipathTarget.CPUMask([8192] as [UInt32]) == nil)
        #expect(MultipathTarget.CPUMask().description == "0")
        let low = try #require(MultipathTarget.CPUMask([1] as [UInt32]))
        var both = try #require(MultipathTarget.CPUMask([40] as [UInt32]))
        #expect(!low.isSubset(of: both) && !both.isSubset(of: low))
        both.formUnion(low)
        #expect(low.isSubset(of: both) && both.cpus == [1, 40])
        for wrong in ["", ",1", "1,", "123456789", "0x1", "g", "+1", "é"] {
            #expect(MultipathTarget.CPUMask(parsing: wrong) == nil, "\(wrong)")
        }
    }

    private static let mask = "expected a mask of CPUs 0 to 8191, in up to 8 hexadecimal digits between commas"

    @Test(
        "a wrong multipath line is refused with its line and word",
        arguments: [
            ("", "word 4: number of feature words: the line ends here"),
            ("9 a b c d e f g h i", "word 4: number of feature words: expected 0 to 8, found 9"),
            ("2 a", "word 6: expected 2 feature words, found 1"),
            ("1 pg_init_retries 0 0 0", "word 6: pg_init_retries: the line ends here"),
            ("2 pg_init_retries 0 0 0 0", "word 6: pg_init_retries: expected 1 to 50, found 0"),
            ("2 pg_init_delay_msecs 60001 0 0 0", "word 6: pg_init_delay_msecs: expected 0 to 60000, found 60001"),
            ("2 queue_mode x 0 0 0", "word 6: queue_mode: expected bio, rq or mq, found 'x'"),
            ("0", "word 5: number of handler words: the line ends here"),
            ("0 2 alua", "word 7: expected 2 handler words, found 1"),
            ("0 0", "word 6: number of groups: the line ends here"),
            ("0 0 1025", "word 6: number of groups: expected 0 to 1024, found 1025"),
            ("0 0 0", "word 7: initial group: the line ends here"),
            ("0 0 0 1", "word 7: initial group: expected 0 to 0, found 1"),
            ("0 0 2 0", "word 7: initial group: expected 1 to 2, found 0"),
            ("0 0 2 3", "word 7: initial group: expected 1 to 2, found 3"),
            ("0 0 1 1", "word 8: selector: the line ends here"),
            ("0 0 1 1 round-robin", "word 9: number of selector words: the line ends here"),
            ("0 0 1 1 round-robin 1 x", "word 9: number of selector words: expected 0 to 0, found 1"),
            ("0 0 1 1 round-robin 0", "word 10: number of paths: the line ends here"),
            ("0 0 1 1 round-robin 0 0 0", "word 10: number of paths: expected 1 to 1024, found 0"),
            ("0 0 1 1 round-robin 0 1", "word 11: number of words a path: the line ends here"),
            ("0 0 1 1 queue-length 0 1 2", "word 11: number of words a path: expected 0 to 1, found 2"),
            ("0 0 1 1 round-robin 0 1 1", "word 12: path: the line ends here"),
            ("0 0 1 1 round-robin 0 1 1 a", "word 13: repeat count: the line ends here"),
            ("0 0 1 1 round-robin 0 1 1 a x", "word 13: repeat count: 'x' is not a number"),
            ("0 0 1 1 round-robin 0 1 1 a 1 b", "word 14: unexpected 'b' after the arguments of multipath"),
            ("0 0 1 1 service-time 0 1 3", "word 11: number of words a path: expected 0 to 2, found 3"),
            ("0 0 1 1 service-time 0 1 2 a 1 101", "word 14: relative throughput: expected 0 to 100, found 101"),
            ("0 0 1 1 historical-service-time 3", "word 9: number of selector words: expected 0 to 2, found 3"),
            ("0 0 1 1 historical-service-time 1 1024", "word 10: weight: expected 0 to 1023, found 1024"),
            ("0 0 1 1 historical-service-time 2 1 x", "word 11: threshold multiplier: 'x' is not a number"),
            ("0 0 1 1 io-affinity 0 1 0 a", "word 11: number of words a path: expected 1 to 1, found 0"),
            ("0 0 1 1 io-affinity 0 1 1 a x", "word 13: CPUs: \(mask), found 'x'"),
            ("0 0 1 1 io-affinity 0 1 1 a 0", "word 13: multipath: CPUs: expected one that no path before has, found '0'"),
            ("0 0 1 1 io-affinity 0 2 1 a 3 b 2", "word 15: multipath: CPUs: expected one that no path before has, found '2'"),
            ("0 0 1 1 newest 1", "word 10: selector word: the line ends here"),
            ("0 0 1 1 newest 0 1 1 a", "word 13: word of a path: the line ends here"),
        ])
    func errors(_ arguments: String, _ expected: String) {
        #expect(refusal(of: "0 32 multipath \(arguments)") == "line 1, \(expected)")
    }

    private func refused(_ change: (inout MultipathTarget) -> Void) -> String? {
        var target = MultipathTarget(groups: [.roundRobin([.init("a")])])
        change(&target)
        return DeviceMapperTablesTests.refusal(of: target)
    }

    @Test("values that no line could have are refused")
    func values() {
        typealias Other = MultipathTarget.OtherGroup
        #expect(refused { _ in } == nil)
        let many = Array(repeating: "x", count: 1025)
        let paths = Array(repeating: MultipathTarget.Path("a"), count: 1025)
        let expected: [(String?, String)] = [
            (refused { $0.features.initRetries = 0 }, ": multipath: pg_init_retries: expected 1 to 50, found 0"),
            (
                refused { $0.features.initDelayMilliseconds = 60001 },
                ": multipath: pg_init_delay_msecs: expected 0 to 60000, found 60001"
            ),
            (refused { $0.features.unknown = Array(many[..<9]) }, ", word 4: multipath: feature words: expected 0 to 8, found 9"),
            (refused { $0.features.unknown = ["Queue_Mode"] }, ", word 5: multipath: feature: 'Queue_Mode' is not an unknown word"),
            (refused { $0.features.unknown = [""] }, ", word 5: multipath: feature: a word is empty or has a NUL character"),
            (refused { $0.handler = .init("") }, ": multipath: handler: a word is empty or has a NUL character"),
            (
                refused { $0.handler = .init("alua", words: Array(many[..<1024])) },
                ", word 5: multipath: handler words: expected 0 to 1024, found 1025"
            ),
            (
                refused { $0.groups = Array(repeating: $0.groups[0], count: 1025) },
                ", word 6: multipath: number of groups: expected 0 to 1024, found 1025"
            ),
            (refused { $0.initialGroup = 2 }, ", word 7: multipath: initial group: expected 1 to 1, found 2"),
            (refused { $0.groups = [] }, ", word 7: multipath: initial group: expected 0 to 0, found 1"),
            (refused { $0.groups = [.queueLength([])] }, ", word 10: multipath: number of paths: expected 1 to 1024, found 0"),
            (refused { $0.groups = [.queueLength(paths)] }, ", word 10: multipath: number of paths: expected 1 to 1024, found 1025"),
            (
                refused { $0.groups = [.serviceTime([.init("a"), .init("b", relativeThroughput: 101)])] },
                ", word 17: multipath: relative throughput: expected 0 to 100, found 101"
            ),
            (
                refused { $0.groups = [.historicalServiceTime(.init(weight: 1024), [.init("a")])] },
                ", word 10: multipath: weight: expected 0 to 1023, found 1024"
            ),
            (
                refused { $0.groups.append(.other(Other(selector: "round-robin", paths: [.init("a")]))) },
                ", word 14: multipath: selector: 'round-robin' is not an unknown selector"
            ),
            (
                refused { $0.groups = [.other(Other(selector: "", paths: [.init("a")]))] },
                ": multipath: selector: a word is empty or has a NUL character"
            ),
            (
                refused { $0.groups = [.other(Other(selector: "x", words: [""], paths: [.init("a")]))] },
                ": multipath: selector words: a word is empty or has a NUL character"
            ),
            (
                refused { $0.groups = [.other(Other(selector: "x", words: many, paths: [.init("a")]))] },
                ", word 9: multipath: number of selector words: expected 0 to 1024, found 1025"
            ),
            (
                refused { $0.groups = [.other(Other(selector: "x", paths: [.init("a", words: many)]))] },
                ", word 11: multipath: number of words a path: expected 0 to 1024, found 1025"
            ),
            (
                refused { $0.groups = [.other(Other(selector: "x", paths: [.init("a", words: [""])]))] },
                ": multipath: words of a path: a word is empty or has a NUL character"
            ),
            (
                refused { $0.groups = [.other(Other(selector: "x", paths: [.init("a", words: ["1"]), .init("b")]))] },
                ", word 11: multipath: number of words a path: expected as many for each, found 1 and 0"
            ),
        ]
        for (found, expected) in expected { #expect(found == "line 1" + expected) }
    }

    @Test(
        "what kernels print of a loaded line is what they make of it",
        arguments: [
            ("0 0 1 1 round-robin 0 2 1 7:0 1000 7:1 1000", "0 0 1 1 round-robin 0 2 1 7:0 1 7:1 1 "),
            (
                "1 queue_if_no_path 0 2 1 service-time 0 1 2 7:0 1000 1 queue-length 0 1 1 7:1 1000",
                "1 queue_if_no_path 0 2 1 service-time 0 1 2 7:0 1 1 queue-length 0 1 1 7:1 1 "
            ),
            (
                "3 queue_mode bio queue_if_no_path 0 1 1 round-robin 0 1 1 7:0 1000",
                "4 queue_if_no_path retain_attached_hw_handler queue_mode bio 0 1 1 round-robin 0 1 1 7:0 1 "
            ),
            ("0 2 alua x 0 0", "0 1 alua 0 0 "),
            ("0 2 alua x 0 0", "0 1 alua 0 0 "),
            ("1 retain_attached_hw_handler 1 emc 0 0", "1 retain_attached_hw_handler 1 alua 0 0"),
            ("1 retain_attached_hw_handler 0 0 0", "1 retain_attached_hw_handler 1 alua 0 0"),
            ("2 queue_mode bio 1 alua 0 0", "3 retain_attached_hw_handler queue_mode bio 0 0 0"),
            ("2 queue_mode bio 0 0 0", "2 queue_mode bio 0 0 0"),
            ("0 0 1 1 historical-service-time 0 1 1 a 5", "0 0 1 1 historical-service-time 2 972 0 1 1 a 0"),
            (
                "0 0 2 1 round-robin 0 1 1 a 1 round-robin 0 1 1 b 1", "0 0 2 2 round-robin 0 1 1 a 1 round-robin 0 1 1 b 1"
            ),
        ])
    func satisfied(_ loaded: String, _ printed: String) throws {
        let target = try onlyTarget("0 32768 multipath \(loaded)", as: MultipathTarget.self)
        #expect(target.isSatisfied(by: try onlyTarget("0 32768 multipath \(printed)", as: MultipathTarget.self)))
    }

    @Test(
        "another line is not what kernels make of a loaded one",
        arguments: [
            ("0 0 1 1 round-robin 0 1 1 a 1", "0 0 1 1 round-robin 0 1 1 b 1"),
            ("0 0 1 1 round-robin 0 1 1 a 1", "0 0 1 1 queue-length 0 1 1 a 1"),
            ("0 0 1 1 round-robin 0 1 1 a 1", "0 0 1 1 round-robin 0 1 1 a 0"),
            ("0 0 1 1 round-robin 0 1 1 a 1", "0 0 2 1 round-robin 0 1 1 a 1 round-robin 0 1 1 b 1"),
            ("0 0 1 1 service-time 0 1 2 a 1 1", "0 0 1 1 service-time 0 1 2 a 1 2"),
            ("0 0 1 1 historical-service-time 0 1 1 a 1", "0 0 1 1 historical-service-time 2 971 0 1 1 a 0"),
            ("0 0 1 1 io-affinity 0 1 1 a 1", "0 0 1 1 io-affinity 0 1 1 a 3"),
            ("0 0 0 0", "1 queue_if_no_path 0 0 0"), ("0 0 0 0", "1 retain_attached_hw_handler 0 0 0"),
            ("0 1 alua 0 0", "0 0 0 0"), ("0 1 alua 0 0", "0 1 emc 0 0"), ("0 0 0 0", "0 1 alua 0 0"), ("0 0 0 0", "1 what 0 0 0"),
            ("1 retain_attached_hw_handler 1 alua 0 0", "1 retain_attached_hw_handler 0 0 0"),
        ])
    func notSatisfied(_ loaded: String, _ printed: String) throws {
        let target = try onlyTarget("0 32768 multipath \(loaded)", as: MultipathTarget.self)
        #expect(!target.isSatisfied(by: try onlyTarget("0 32768 multipath \(printed)", as: MultipathTarget.self)))
    }
}
