import DeviceMapper
import DeviceMapperControl
import Foundation
import Glibc
import Testing
import VolumeLaws

extension InTheLab {
    /// The statistics that real kernels keep, beside what was read and written, and beside what dmsetup shows.
    struct StatisticsTests {
        private let mapper: KernelMapper
        private let test: DeviceName

        init() throws {
            mapper = try KernelMapper.open()
            test = try DeviceName("test")
        }

        /// Lends the statistics of a device of 2048 sectors, which maps a loop device, and a file that reads and writes it past the page cache.
        private func withDevice(
            _ table: (LoopDevice) -> String = { "0 2048 linear \($0.path) 0" }, _ body: (KernelStatistics, RawFile) throws -> Void
        ) throws {
            let directory = try GuestDirectory()
            try KernelDevices.withLoops([try directory.file("disk", [UInt8](repeating: 1, count: 1 << 20))]) { loops in
                try mapper.createAndLoad(test, table: try MappingTable(parsing: table(loops[0])))
                defer { #expect(throws: Never.self) { try mapper.remove(.name(test)) } }
                try body(mapper.statistics(of: .name(test)), RawFile("/dev/mapper/test", O_RDWR | RawFile.direct))
            }
        }

        private func error(_ body: () throws -> Void) throws -> MappingError {
            do { try body() } catch let error as MappingError { return error }
            throw HostCommand.Failure("no error")
        }

        private func range(_ start: UInt64, _ length: UInt64) throws -> SectorRange {
            try #require(SectorRange(start: Sectors(start), length: Sectors(length)))
        }

        private func dmsetup(_ words: String...) throws -> String { try KernelDevices.dmsetup.run(words).text }

        @Test func whatIsReadAndWrittenIsCountedExactlyAreaByArea() throws {
            try withDevice { statistics, device in
                let id = try statistics.create(over: try range(0, 2048), areas: .size(512), resolution: .nanoseconds)
                let region = try statistics.region(id)
                #expect(region == StatisticsRegion(id: id, range: try range(0, 2048), areaSize: 512, resolution: .nanoseconds))
                #expect(region.areaCount == 4)
                for index in 0..<5 { _ = try device.read(at: index * 4096, count: 4096) }
                for index in 0..<3 { try device.write([UInt8](repeating: 2, count: 8192), at: 512 * 1024 + index * 8192) }
                // Half in the second area, half in the third.
                _ = try device.read(at: 512 * 1024 - 2048, count: 4096)
                let areas = try statistics.counters(of: region)
                #expect(areas.map(\.range.description) == ["0+512", "512+512", "1024+512", "1536+512"])
                #expect(areas.map(\.reads.completed) == [5, 1, 1, 0])
                #expect(areas.map(\.reads.sectors.count) == [40, 4, 4, 0])
                #expect(areas.map(\.writes.completed) == [0, 0, 3, 0])
                #expect(areas.map(\.writes.sectors.count) == [0, 0, 48, 0])
                #expect(areas.allSatisfy { $0.inProgress == 0 && $0.histogram.isEmpty })
                #expect(areas[0].reads.duration > .zero && areas[0].reads.busy > .zero && areas[0].writes.duration == .zero)
                #expect(areas[0].busy <= areas[0].weighted && areas[0].busy < .seconds(100))
                #expect(areas[3].busy == .zero && areas[3].weighted == .zero)
                #expect(try statistics.counters(of: region, areas: 1..<3).map(\.range.start) == [512, 1024])
                try statistics.delete(id)
            }
        }

        @Test func aHistogramCountsEachRequestOnce() throws {
            try withDevice { statistics, device in
                let bounds: [Duration] = [.nanoseconds(1), .seconds(1000)]
                let precise = try statistics.region(try statistics.create(resolution: .nanoseconds, latencyBounds: bounds))
                let coarse = try statistics.region(try statistics.create(areas: .count(3), latencyBounds: [.milliseconds(1_000_000)]))
                #expect(precise.latencyBounds == bounds && coarse.latencyBounds == [.seconds(1000)])
                for index in 0..<7 { _ = try device.read(at: index * 4096, count: 4096) }
                #expect(try statistics.counters(of: precise).map(\.histogram) == [[0, 7, 0]])
                #expect(try statistics.counters(of: coarse).map(\.histogram) == [[7, 0], [0, 0], [0, 0]])
            }
        }

        @Test func countersBeginAtZeroAgainWhereTheyAreCleared() throws {
            try withDevice { statistics, device in
                let region = try statistics.region(try statistics.create(areas: .count(2)))
                _ = try device.read(at: 0, count: 4096)
                _ = try device.read(at: 512 * 1024, count: 4096)
                #expect(try statistics.counters(of: region, areas: 0..<1, clearing: true).map(\.reads.completed) == [1])
                #expect(try statistics.counters(of: region).map(\.reads.completed) == [0, 1])
                #expect(try statistics.counters(of: region, clearing: true).map(\.reads.completed) == [0, 1])
                #expect(try statistics.counters(of: region).map(\.reads.completed) == [0, 0])
                try device.write([UInt8](repeating: 3, count: 4096), at: 0)
                #expect(try statistics.counters(of: region).map(\.writes.sectors) == [8, 0])
                try statistics.clear(region.id)
                #expect(try statistics.counters(of: region).map(\.writes.sectors) == [0, 0])
            }
        }

        @Test func regionsBelongToProgramsAndHaveNotes() throws {
            try withDevice { statistics, _ in
                #expect(try statistics.regions() == [])
                let mine = try statistics.create(areas: .count(3), programID: "mine", auxiliaryData: "a note  with spaces\\")
                let number = try statistics.create(over: try range(5, 7), areas: .size(3), programID: "42")
                let nobodys = try statistics.create(over: try range(0, 8), latencyBounds: [.milliseconds(5)])
                #expect(try statistics.regions().map(\.id) == [mine, number, nobodys])
                #expect(try statistics.regions(of: "mine").map(\.auxiliaryData) == ["a note  with spaces\\"])
                #expect(try statistics.regions(of: "42").map(\.description) == ["1: 5+7 3 42 -"])
                #expect(try statistics.regions(of: "-").map(\.id) == [nobodys])
                #expect(try statistics.regions(of: "nobody") == [])
                // A third of 2048 sectors is 683, as the kernel rounds.
                #expect(try statistics.region(mine).areaSize == 683 && statistics.region(mine).areaCount == 3)
                try statistics.setAuxiliaryData("another à note", of: mine)
                #expect(try statistics.region(mine).auxiliaryData == "another à note")
                let printed = try statistics.regions().map { "\($0)\n" }.joined()
                #expect(try dmsetup("message", "test", "0", "@stats_list") == printed)
                try statistics.delete(number)
                #expect(try statistics.regions().map(\.id) == [mine, nobodys])
                #expect(try statistics.create() == number)
            }
        }

        @Test func eachLineOfATableMayHaveARegion() throws {
            try withDevice({ "0 1024 linear \($0.path) 0\n1024 512 zero\n1536 512 linear \($0.path) 1024" }) { statistics, _ in
                let ids = try statistics.createForEachTarget(programID: "lines")
                #expect(ids.map(\.number) == [0, 1, 2])
                #expect(try statistics.regions(of: "lines").map(\.range.description) == ["0+1024", "1024+512", "1536+512"])
            }
        }

        @Test func whatIsNotThereIsNotFound() throws {
            try withDevice { statistics, _ in
                let id = try statistics.create()
                let region = try statistics.region(id)
                try statistics.delete(id)
                let missing = "test: the device has no statistics' region 0"
                #expect(try error { try statistics.delete(id) }.description == missing)
                #expect(try error { try statistics.clear(id) }.description == missing)
                #expect(try error { try statistics.setAuxiliaryData("x", of: id) }.description == missing)
                #expect(try error { _ = try statistics.counters(of: region) }.description == missing)
                #expect(try error { _ = try statistics.region(id) }.description == missing)
                // The number is another region's now.
                _ = try statistics.create(areas: .count(2))
                #expect(try error { _ = try statistics.counters(of: region) }.code == .kernel)
            }
            let gone = try error { _ = try mapper.statistics(of: .name(test)).regions() }
            #expect(gone.description == "DM_TARGET_MSG: test: there is no such device" && gone.code == .notFound)
        }

        @Test func aMessageThatTheKernelRefusesIsRefusedByTheTypes() throws {
            try withDevice { _, _ in
                for text in [
                    "@stats_create - 0", "@stats_create 10+0 1", "@stats_create - /0", "@stats_create - /3 1 histogram:0,5",
                    "@stats_create - /3 1 histogram:5,5", "@stats_create - /3 1 bogus", "@stats_create - /3 a b c", "@stats_create -",
                    "@stats_print", "@stats_print x", "@stats_print 1 1", "@stats_list a b", "@stats_set_aux 0", "@stats_delete",
                ] {
                    let output = try KernelDevices.dmsetup.attempt(["message", "test", "0", text])
                    #expect(output.status == 1 && output.errors.contains("Invalid argument"), "\(text): \(output.errors)")
                    #expect(throws: TableError.self, "\(text)") {
                        switch text.split(separator: " ")[0] {
                        case "@stats_create": _ = try CreateStatisticsRegion(text)
                        case "@stats_list": _ = try ListStatisticsRegions(text)
                        case "@stats_set_aux": _ = try SetStatisticsAuxiliaryData(text)
                        case "@stats_delete": _ = try DeleteStatisticsRegion(text)
                        default: _ = try PrintStatistics(text)
                        }
                    }
                }
            }
        }

        @Test func thousandsOfAreasAreReadInParts() throws {
            try mapper.createAndLoad(test, table: try MappingTable(parsing: "0 20000 zero"))
            defer { #expect(throws: Never.self) { try mapper.remove(.name(test)) } }
            let statistics = mapper.statistics(of: .name(test))
            let region = try statistics.region(
                try statistics.create(areas: .size(1), resolution: .nanoseconds, latencyBounds: [.milliseconds(1), .seconds(1)]))
            #expect(region.areaCount == 20_000)
            let device = try RawFile("/dev/mapper/test", O_RDONLY | RawFile.direct)
            _ = try device.read(at: 512 * 16380, count: 4096)
            let areas = try statistics.counters(of: region, clearing: true)
            #expect(areas.count == 20_000)
            #expect(areas.indices.filter { areas[$0].reads.sectors > 0 } == Array(16380..<16388))
            #expect(try statistics.counters(of: region).allSatisfy { $0.reads.completed == 0 })
        }

        @Test func dmsetupShowsTheSame() throws {
            try withDevice { statistics, device in
                let made = try dmsetup("stats", "create", "--areas", "4", "--precise", "--bounds", "1ms,1s", "test")
                #expect(made == "test: Created new region with 4 area(s) as region ID 0\n")
                for index in 0..<5 { _ = try device.read(at: index * 4096, count: 4096) }
                let regions = try statistics.regions(of: "dmstats")
                #expect(regions.map(\.latencyBounds) == [[.milliseconds(1), .seconds(1)]])
                let ours = try mapper.ask(PrintStatistics(regions[0].id), of: .name(test))
                #expect(try dmsetup("stats", "print", "--regionid", "0", "test") == ours.map { "\($0)\n" }.joined())
                // A report begins to count at 0 again.
                let counters = try statistics.counters(of: regions[0])
                let fields = "region_start,region_len,area_len,area_count,read_count,read_sector_count,read_time,precise"
                let row = try dmsetup(
                    "stats", "report", "--count", "1", "--noheadings", "--units", "s", "--nosuffix", "--separator", " ", "-o", fields,
                    "test")
                let time = try #require(StatisticsResolution.nanoseconds.ticks(counters[0].reads.duration))
                #expect(row.split(separator: "\n").first.map(String.init) == "0 2048 512 4 5 40 \(time) 1", "\(row)")
            }
        }

        /// What a command says and does: of the real dmsetup, or of ours, the `devmap` beside the tests.
        private func run(_ command: [String], ours: Bool) throws -> String {
            let devmap = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().appending(path: "devmap")
                .path
            let program = ours ? HostCommand(devmap, package: "devmap") : KernelDevices.dmsetup
            let output = try program.attempt((ours ? ["dmsetup"] : []) + ["stats"] + command)
            return "\(output.text)\(output.errors)status \(output.status)"
        }

        @Test func ourDmsetupMakesTheSameRegions() throws {
            try withDevice { statistics, _ in
                for command in [
                    "test", "--areas 4 test", "--areasize 128k --precise test", "--areas 0 test", "--alldevices", "/dev/mapper/test",
                    "--start 8 --length 1024 --bounds 10ms,20ms,30ms --programid prog --userdata hello test", "--bounds 10us test",
                    "--start 1 test", "--length 1k test", "--start 1k --length 200K --areasize 3k test", "--bounds 1s,2 test",
                    "--segments --nogroup test", "", "nonexist", "--areas 3 --areasize 5 test", "--bounds 10,5 test", "--length x test",
                    "--areasize 5b test", "--allregions test",
                ] {
                    let words = ["create"] + command.split(separator: " ").map(String.init)
                    var made: [[String]] = []
                    for ours in [false, true] {
                        let output = try run(words, ours: ours)
                        made.append([output] + (try statistics.regions().map(\.description)))
                        for region in try statistics.regions() { try statistics.delete(region.id) }
                    }
                    #expect(made[0] == made[1], "\(command)")
                }
            }
        }

        @Test func ourDmsetupShowsTheSame() throws {
            try withDevice { statistics, device in
                for command in [
                    "--areas 2 test", "--precise --bounds 1ns,1000s --areasize 256k test", "--programid prog --length 100 test",
                ] {
                    _ = try run(["create"] + command.split(separator: " ").map(String.init), ours: true)
                }
                for command in [
                    "list", "list -v --area --programid prog", "list --histogram", "list --histogram --notimesuffix", "list --area",
                    "list --allprograms", "list test", "list -c", "list --noheadings", "list --nameprefixes", "list --rows",
                    "list --units s",
                    "list --units m --nosuffix", "list --units H", "list --units 3k", "list --units x", "list --separator :",
                    "list --allprograms --programid x", "list --allregions --regionid 1", "list -O -region_id", "list -S region_id=1",
                    "list -S region_len>100k --allprograms", "list -o name,region_id,major,minor", "list nonexist",
                    "list -o +user_data,precise,hist_bins,hist_ranges,area_offset --area", "print test", "print --regionid 1 test",
                    "print --regionid 9 test", "clear test", "clear --regionid 1 test", "clear --regionid 2 test", "delete test",
                    "delete --regionid 99 test", "version", "report nonexist",
                ] {
                    let words = command.split(separator: " ").map(String.init)
                    #expect(try run(words, ours: true) == run(words, ours: false), "\(command)")
                }
                // Each report begins to count at 0: both see the same requests. Regions that are summed up are shown with an undefined start by dmsetup.
                let counts = "read_count,write_count,read_sector_count,reads_per_sec,writes_per_sec,read_size_per_sec,avg_request_size"
                for command in [
                    "report -o region_id,area_id,\(counts),throughput,interval_ns,interval", "report --area --units s -o \(counts)",
                    "report -o hist_count,hist_count_bounds,hist_count_ranges,hist_percent,hist_percent_bounds,hist_percent_ranges",
                    "report --noheadings -o hist_count,hist_count_bounds,hist_percent_ranges",
                    "report --notimesuffix -o hist_count,hist_count_bounds,hist_count_ranges,hist_percent_ranges",
                ] {
                    var outputs: [String] = []
                    for ours in [false, true] {
                        for region in try statistics.regions() { try statistics.clear(region.id) }
                        for index in 0..<3 { _ = try device.read(at: index * 8192, count: 4096) }
                        try device.write([UInt8](repeating: 1, count: 8192), at: 600 * 1024)
                        outputs.append(try run(command.split(separator: " ").map(String.init), ours: ours))
                    }
                    #expect(outputs[0] == outputs[1], "\(command)")
                }
            }
        }
    }
}
