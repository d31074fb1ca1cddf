import DeviceMapperControl
import DeviceMapperTables
import StorageUnits
import SystemPackage
import Testing
import VolumeLaws

@Suite struct KernelStatisticsTests {
    /// A kernel that answers each message with what `answer` says of its words.
    private static func kernel(_ answer: @escaping @Sendable (String) throws(Errno) -> String?) -> FakeKernel {
        FakeKernel { (call, bytes) throws(Errno) in
            guard let reply = try answer(call.text(at: 320)) else { return }
            let text = Array(reply.utf8) + [0]
            func store(_ number: UInt32, at place: Int) {
                for index in 0..<4 { bytes[place + index] = UInt8(truncatingIfNeeded: number >> (8 * index)) }
            }
            let dataOut = ControlFlags.dataOut.rawValue
            guard 312 + text.count <= bytes.count else {
                store(dataOut | ControlFlags.bufferFull.rawValue, at: 28)
                return
            }
            bytes.replaceSubrange(312..<312 + text.count, with: text)
            store(UInt32(312 + text.count), at: 12)
            store(312, at: 16)
            store(dataOut, at: 28)
        }
    }

    private static func statistics(_ kernel: FakeKernel) throws -> KernelStatistics {
        KernelMapper(kernel).statistics(of: .name(try DeviceName("test")))
    }

    private static func words(_ kernel: FakeKernel) -> [String] { kernel.calls.map { $0.text(at: 320) } }

    private static func error(_ body: () throws -> Void) throws -> MappingError {
        do { try body() } catch let error as MappingError { return error }
        throw HostCommand.Failure("no error")
    }

    private static func line(_ range: String, _ histogram: String = "") -> String { "\(range) 1 2 3 4 5 6 7 8 9 10 11 12 13\(histogram)\n" }

    private let region: StatisticsRegion

    init() throws {
        region = StatisticsRegion(
            id: try #require(StatisticsRegionID(4)), range: try #require(SectorRange(start: 8, length: 20)), areaSize: 8)
    }

    @Test("a request is a header, sector 0 and the words with a zero byte")
    func bytes() throws {
        let kernel = Self.kernel { _ in "7" }
        let id = try Self.statistics(kernel).create(
            over: SectorRange(start: 8, length: 1024), areas: .size(128), resolution: .nanoseconds, latencyBounds: [.milliseconds(1)],
            programID: "prog", auxiliaryData: "my note")
        #expect(id.number == 7)
        let call = try #require(kernel.calls.first)
        #expect(kernel.calls.count == 1 && call.command == .message)
        #expect(call.text(at: 48) == "test" && call.number(at: 16) == 312 && call.flags == .secureData)
        #expect(call.number(at: 12) == UInt64(call.bytes.count))
        let payload = Array("@stats_create 8+1024 128 2 precise_timestamps histogram:1000000 prog my\\ note".utf8)
        #expect(call.bytes[312..<320].allSatisfy { $0 == 0 })
        #expect(Array(call.bytes[320..<320 + payload.count]) == payload)
        #expect(call.bytes[(320 + payload.count)...].allSatisfy { $0 == 0 })
    }

    @Test("each call is one message")
    func messages() throws {
        let list = "4: 8+20 8 - -\n"
        let lines = Self.line("8+8") + Self.line("16+8") + Self.line("24+8")
        let kernel = Self.kernel { words in
            words.hasPrefix("@stats_list") ? list : words.hasPrefix("@stats_print") ? lines : nil
        }
        let statistics = try Self.statistics(kernel)
        #expect(try statistics.regions() == [region])
        #expect(try statistics.regions(of: "prog") == [region])
        #expect(try statistics.region(region.id) == region)
        let counters = try statistics.counters(of: region)
        #expect(counters.map(\.range.description) == ["8+8", "16+8", "24+8"])
        #expect(counters[0].reads.duration == .milliseconds(4) && counters[0].writes.busy == .milliseconds(13))
        #expect(try statistics.counters(of: region, clearing: true) == counters)
        try statistics.clear(region.id)
        try statistics.setAuxiliaryData("x", of: region.id)
        try statistics.delete(region.id)
        #expect(
            Self.words(kernel) == [
                "@stats_list", "@stats_list prog", "@stats_list", "@stats_print 4", "@stats_print_clear 4", "@stats_clear 4",
                "@stats_set_aux 4 x", "@stats_delete 4",
            ])
    }

    @Test("many areas are asked for in parts, and an answer that does not fit is asked for again with more room")
    func parts() throws {
        let kernel = Self.kernel { words in
            let numbers = words.split(separator: " ").compactMap { UInt64($0) }
            return (numbers[1]..<numbers[1] + numbers[2]).map { Self.line("\($0)+1") }.joined()
        }
        var region = region
        region.range = try #require(SectorRange(start: 0, length: 40_000))
        region.areaSize = 1
        let counters = try Self.statistics(kernel).counters(of: region)
        #expect(counters.map(\.range.start.count) == Array(0..<40_000))
        var words = Self.words(kernel)
        words = words.indices.filter { $0 == 0 || words[$0] != words[$0 - 1] }.map { words[$0] }
        #expect(words == ["@stats_print 4 0 16384", "@stats_print 4 16384 16384", "@stats_print 4 32768 7232"])
        #expect(kernel.calls.count > 3)
        #expect(try Self.statistics(kernel).counters(of: region, areas: 5..<5) == [])
        #expect(try Self.statistics(kernel).counters(of: region, areas: 5..<7).map(\.range.description) == ["5+1", "6+1"])
        let error = try Self.error { _ = try Self.statistics(kernel).counters(of: region, areas: 39_999..<40_001) }
        #expect(error.description == "test: the statistics' region 4 has 40000 areas, and no area 40000")
        #expect(error.code == .notFound)
    }

    @Test(
        "counters that are not those of the region are refused",
        arguments: [
            (["8+8", "16+8"], "the kernel's answer has the counters of 2 areas, and was asked for 3: is region 4 another one now?"),
            ([], "the kernel's answer has the counters of 0 areas, and was asked for 3: is region 4 another one now?"),
            (
                ["8+8", "17+8", "24+8"],
                "the kernel's answer has the counters of 17+8, which is no area of the region: is 4 another one now?"
            ),
            (
                ["8+8", "16+8", "24+5"],
                "the kernel's answer has the counters of 24+5, which is no area of the region: is 4 another one now?"
            ),
        ])
    func otherRegions(_ ranges: [String], _ message: String) throws {
        let kernel = Self.kernel { _ in ranges.map { Self.line($0) }.joined() }
        let error = try Self.error { _ = try Self.statistics(kernel).counters(of: region) }
        #expect(error.code == .kernel && error.message == message)
        #expect(error.description == "test: " + message)
    }

    @Test("a histogram that the region does not have is refused, and one that it has is expected")
    func histograms() throws {
        var region = region
        region.areaSize = 20
        let without = Self.kernel { _ in Self.line("8+20") }
        let with = Self.kernel { _ in Self.line("8+20", " 1:2") }
        #expect(try Self.statistics(without).counters(of: region).count == 1)
        #expect(try Self.error { _ = try Self.statistics(with).counters(of: region) }.code == .kernel)
        region.latencyBounds = [.milliseconds(5)]
        #expect(try Self.statistics(with).counters(of: region).map(\.histogram) == [[1, 2]])
        #expect(try Self.error { _ = try Self.statistics(without).counters(of: region) }.code == .kernel)
    }

    @Test(
        "refusals say what they mean here",
        arguments: [
            (Errno.noSuchFileOrDirectory, MappingError.Code.notFound, "test: the device has no statistics' region 4"),
            (.noSuchAddressOrDevice, .notFound, "DM_TARGET_MSG: test: there is no such device"),
            (.invalidArgument, .invalidMessage, "DM_TARGET_MSG: test: the kernel refuses '@stats_clear 4'"),
            (
                .notSupported, .unsupported,
                "DM_TARGET_MSG: test: the kernel keeps no statistics of this device, whose requests it never cuts"
            ),
            (.noMemory, .outOfMemory, "DM_TARGET_MSG: test: the kernel has no memory left"),
        ])
    func refusals(_ errno: Errno, _ code: MappingError.Code, _ description: String) throws {
        let kernel = Self.kernel { (_) throws(Errno) in throw errno }
        let error = try Self.error { try Self.statistics(kernel).clear(region.id) }
        #expect(error.code == code && error.description == description)
    }

    @Test("values that no region can have are refused before the kernel sees them")
    func values() throws {
        let kernel = Self.kernel { _ in "1" }
        let statistics = try Self.statistics(kernel)
        let bounds = try Self.error { _ = try statistics.create(latencyBounds: [.microseconds(3)]) }
        #expect(bounds.code == .invalidMessage)
        #expect(bounds.description == "histogram: expected whole milliseconds that fit 64 bits, found 3e-06 seconds")
        #expect(try Self.error { _ = try statistics.regions(of: "a b") }.description == "program: expected a word, found 'a b'")
        #expect(
            try Self.error { try statistics.setAuxiliaryData("", of: region.id) }.description
                == "auxiliary data: expected one line that is not empty")
        #expect(kernel.calls.isEmpty)
    }

    @Test("a region that is not in the list is not found, and an answer that makes no sense is an error")
    func strangeAnswers() throws {
        let empty = try Self.statistics(Self.kernel { _ in "" })
        #expect(try empty.regions() == [])
        #expect(try Self.error { _ = try empty.region(region.id) }.description == "test: the device has no statistics' region 4")
        let error = try Self.error { _ = try empty.create() }
        #expect(
            error.description
                == "DM_TARGET_MSG: the answer cannot be read: answer to @stats_create: expected the number of a region, found ''")
        let silent = try Self.statistics(Self.kernel { _ in nil })
        #expect(
            try Self.error { _ = try silent.regions() }.description
                == "DM_TARGET_MSG: the answer cannot be read: list of regions: there is no answer")
    }

    @Test("regions of each line of a table: those that were made are deleted when one is refused")
    func targets() throws {
        let kernel = FakeKernel { (call, bytes) throws(Errno) in
            func store(_ number: UInt32, at place: Int) {
                for index in 0..<4 { bytes[place + index] = UInt8(truncatingIfNeeded: number >> (8 * index)) }
            }
            store(312, at: 16)
            if call.command == .tableStatus {
                // Two lines, 0+8 and 8+8, of `zero`.
                store(2, at: 20)
                store(ControlFlags.hasActiveTable.rawValue, at: 28)
                for (place, start) in [(312, UInt32(0)), (312 + 48, 8)] {
                    store(start, at: place)
                    store(8, at: place + 8)
                    store(UInt32(place - 312 + 48), at: place + 20)
                    bytes.replaceSubrange(place + 24..<place + 28, with: Array("zero".utf8))
                }
                store(312 + 96, at: 12)
                return
            }
            let words = call.text(at: 320)
            if words.hasPrefix("@stats_create 8+8") { throw .noMemory }
            if words.hasPrefix("@stats_create") {
                bytes[312] = UInt8(ascii: "3")
                store(314, at: 12)
                store(ControlFlags.dataOut.rawValue, at: 28)
            }
        }
        let error = try Self.error { _ = try Self.statistics(kernel).createForEachTarget() }
        #expect(error.code == .outOfMemory)
        #expect(Self.words(kernel).dropFirst() == ["@stats_create 0+8 /1", "@stats_create 8+8 /1", "@stats_delete 3"])
    }
}
