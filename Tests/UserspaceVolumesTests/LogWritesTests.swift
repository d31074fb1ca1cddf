import BlockIO
import DeviceMapperTables
import DiskFormats
import StorageUnits
import Testing
import UserspaceVolumes
import VolumeLaws

@Suite struct LogWritesTests {
    /// A device and a log in memory, and a volume that logs.
    private struct Bench {
        let device: MemoryDevice
        let log: MemoryDevice
        let volume: Volume

        init(
            sectors: UInt64 = 64, logSectors: UInt64 = 4096, blockSize: Int = 1, budget: ByteCount = .mebibytes(32),
            _ wrap: (any BlockDevice) -> any BlockDevice = { $0 }, log wrapLog: (any BlockDevice) -> any BlockDevice = { $0 }
        ) throws {
            device = MemoryDevice(size: ByteCount(sectors * 512), logicalBlockSize: blockSize)
            log = MemoryDevice(size: ByteCount(logSectors * 512))
            var environment = VolumeEnvironment()
            environment.memoryBudget = budget
            volume = try Volume(
                try MappingTable(parsing: "0 \(sectors) log-writes a log"), opening: .devices(["a": wrap(device), "log": wrapLog(log)]),
                environment: environment)
        }

        var status: String {
            get throws { try volume.status()[0].text }
        }

        func mark(_ text: String) throws { _ = try volume.send(LogWritesTarget.Message.mark(text)) }

        /// What the log has, as far as it counts its entries.
        var entries: [String] {
            get throws {
                let reader = try LogWritesReader(log)
                var entries: [String] = []
                while let item = try reader.next() { entries.append(item.entry.description) }
                return entries
            }
        }
    }

    private func sectors(_ count: Int, _ byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: 512 * count) }

    @Test("what is written waits in its order for a flush; forced writes and marks do not")
    func order() throws {
        let bench = try Bench()
        #expect(try bench.status == "0 0")
        try bench.volume.write(sectors(2, 1), at: 8 * 512)
        try bench.volume.write(sectors(1, 2), at: 20 * 512)
        #expect(try bench.status == "0 0")
        try bench.mark("one")
        #expect(try bench.status == "1 1")
        #expect(try bench.entries == ["mark one"])
        try bench.volume.flush()
        #expect(try bench.status == "4 7")
        // The superblock has not heard of the flush.
        #expect(try bench.entries == ["mark one"])
        try bench.volume.write(sectors(1, 3), at: 0)
        try bench.volume.write(sectors(1, 4), at: 512, flags: .forceUnitAccess)
        #expect(try bench.entries == ["mark one", "write 4096+1024", "write 10240+512", "flush", "write 512+512, fua"])
        try bench.volume.discard(at: 4096, count: 8192)
        try bench.volume.writeZeroes(at: 30 * 512, count: 1024, flags: [])
        try bench.volume.flush()
        try bench.volume.write(sectors(1, 5), at: 1024)
        try bench.volume.writeZeroes(at: 2048, count: 512, flags: .forceUnitAccess)
        try bench.volume.close()
        #expect(
            try bench.entries == [
                "mark one", "write 4096+1024", "write 10240+512", "flush", "write 512+512, fua", "write 0+512", "discard 4096+8192",
                "write 15360+1024", "flush", "write 2048+512, fua", "write 1024+512", "mark dm-log-writes-end",
            ])
    }

    @Test("replayed, a log gives what the device holds")
    func replay() throws {
        let bench = try Bench()
        var random = SeededGenerator(seed: 3)
        for _ in 0..<scaled(400) {
            let start = UInt64.random(in: 0..<60, using: &random) * 512
            switch Int.random(in: 0..<6, using: &random) {
            case 0: try bench.volume.flush()
            case 1: try bench.volume.discard(at: start, count: 1024)
            case 2: try bench.volume.writeZeroes(at: start, count: 700, flags: [])
            default: try bench.volume.write(random.bytes(.random(in: 1...2000, using: &random)), at: start / 512 * 500)
            }
        }
        try bench.volume.close()
        let copy = MemoryDevice(size: bench.device.size)
        try LogReplay(of: bench.log, onto: copy).advance(to: .end)
        #expect(difference(copy.contents, bench.device.contents) == nil)
    }

    @Test("when the log is full logging stops, and the device goes on")
    func fullLog() throws {
        // As in the kernel: see LogWritesTests of KernelTests.
        let bench = try Bench(logSectors: 20)
        try bench.volume.write(sectors(4, 1), at: 0)
        try bench.volume.flush()
        #expect(try bench.status == "2 6")
        try bench.mark("m")
        #expect(try bench.status == "3 7")
        for (place, count) in [(10, 4), (20, 8), (30, 1)] { try bench.volume.write(sectors(count, 2), at: UInt64(place * 512)) }
        try bench.volume.flush()
        #expect(try bench.status == "4 21 logging_disabled")
        try bench.volume.write(sectors(1, 9), at: 40 * 512)
        try bench.volume.flush()
        try bench.mark("n")
        #expect(try bench.status == "4 21 logging_disabled")
        try bench.volume.close()
        #expect(try bench.entries == ["write 0+2048", "flush", "mark m"])
        #expect(Array(bench.device.contents[40 * 512..<41 * 512]) == sectors(1, 9))
    }

    @Test("the superblock does not count anew when the entry that is to be counted does not fit", arguments: [6, 7, 8])
    func fullAtAMark(_ sectors: UInt64) throws {
        let bench = try Bench(logSectors: sectors)
        try bench.volume.write(self.sectors(4, 1), at: 0)
        try bench.volume.close()
        if sectors == 8 {
            #expect(try bench.entries == ["write 0+2048", "mark dm-log-writes-end"])
        } else {
            #expect(bench.log.contents[..<512].allSatisfy { $0 == 0 })
        }
    }

    @Test("a request that the device fails is logged, as the kernel does")
    func failedRequests() throws {
        let plan = FaultyDevice.Plan([.init([.write, .flush, .discard, .writeZeroes], times: 4)])
        let bench = try Bench { FaultyDevice($0, plan) }
        #expect(failure { () throws(BlockIOError) in try bench.volume.write(sectors(1, 1), at: 512) }?.offset == 512)
        #expect(failure { () throws(BlockIOError) in try bench.volume.discard(at: 0, count: 512) } != nil)
        #expect(failure { () throws(BlockIOError) in try bench.volume.writeZeroes(at: 0, count: 512, flags: []) } != nil)
        #expect(failure { () throws(BlockIOError) in try bench.volume.flush() } != nil)
        #expect(plan.failures == 4)
        try bench.volume.close()
        #expect(try bench.entries == ["write 512+512", "discard 0+512", "write 0+512", "flush", "mark dm-log-writes-end"])
    }

    @Test("a log that fails ends logging, closing tells why, and the device goes on")
    func failingLog() throws {
        let plan = FaultyDevice.Plan()
        let bench = try Bench(log: { FaultyDevice($0, plan) })
        try bench.volume.write(sectors(4, 1), at: 0)
        try bench.volume.flush()
        #expect(try bench.status == "2 6")
        plan.add(.init([.write]))
        try bench.volume.write(sectors(4, 1), at: 0)
        try bench.volume.write(sectors(1, 1), at: 4096)
        try bench.volume.flush()
        // The kernel counts the entries whose writing failed.
        #expect(try bench.status == "4 13 logging_disabled")
        try bench.volume.write(sectors(1, 7), at: 8192)
        #expect(closingFailure(bench.volume)?.description == "line 1: made to fail (bytes 3584 to 7167)")
        #expect(Array(bench.device.contents[8192..<8704]) == sectors(1, 7))
    }

    @Test("with little memory what waits for a flush goes to the log early, and the log is right")
    func smallBudget() throws {
        let bench = try Bench(budget: .kibibytes(16))
        let counts = [1, 2, 1, 12, 3, 1, 1, 30, 1]
        for (index, count) in counts.enumerated() { try bench.volume.write(sectors(count, UInt8(index + 1)), at: UInt64(index) * 512) }
        try bench.volume.discard(at: 0, count: 512)
        try bench.mark("m")
        let early = try bench.entries
        #expect(early.last == "mark m" && early.count > 6)
        try bench.volume.close()
        let expected = counts.enumerated().map { "write \($0 * 512)+\($1 * 512)" } + ["discard 0+512"]
        #expect(try bench.entries.filter { !$0.hasPrefix("mark") } == expected)
        let copy = MemoryDevice(size: bench.device.size)
        try LogReplay(of: bench.log, onto: copy).advance(to: .end)
        #expect(difference(copy.contents, bench.device.contents) == nil)
    }

    @Test("what is written while a flush is under way is behind it in the log", arguments: [ByteCount.kibibytes(16), .mebibytes(32)])
    func duringAFlush(_ budget: ByteCount) throws {
        let gate = FlushGate()
        let bench = try Bench(budget: budget) { gate.over($0) }
        try bench.volume.write(sectors(2, 1), at: 0)
        let flush = BackgroundThread { #expect(failure { () throws(BlockIOError) in try bench.volume.flush() } == nil) }
        gate.waitUntilHeld()
        try bench.volume.write(sectors(1, 2), at: 4096)
        // More than a small buffer holds: it waits for the flush, and for a large one it does not.
        let bytes = sectors(20, 3)
        let large = BackgroundThread { #expect(failure { () throws(BlockIOError) in try bench.volume.write(bytes, at: 8192) } == nil) }
        if budget < .mebibytes(1) { #expect(large.comesToWait()) } else { large.join() }
        gate.open()
        flush.join()
        large.join()
        try bench.volume.close()
        #expect(
            try bench.entries == ["write 0+1024", "flush", "write 4096+512", "write 8192+10240", "mark dm-log-writes-end"])
    }

    @Test("any number of threads may write, and the log has every write whole")
    func threads() throws {
        let bench = try Bench(sectors: 256, logSectors: 40000, budget: .kibibytes(64))
        let rounds = scaled(200)
        Workers(count: 8).perform(8) { thread in
            var random = SeededGenerator(seed: UInt64(thread))
            for round in 0..<rounds {
                let place = UInt64(thread * 32 + Int.random(in: 0..<24, using: &random)) * 512
                let bytes = sectors(Int.random(in: 1...8, using: &random), UInt8(truncatingIfNeeded: thread * 31 + round))
                let flags: WriteFlags = []
                if failure(of: { () throws(BlockIOError) in
                    try bench.volume.write(bytes, at: place, flags: flags)
                    if round % 7 == 0 { try bench.volume.flush() }
                }) != nil {
                    Issue.record("a request failed")
                }
            }
        }
        try bench.volume.close()
        let copy = MemoryDevice(size: bench.device.size)
        try LogReplay(of: bench.log, onto: copy).advance(to: .end)
        #expect(difference(copy.contents, bench.device.contents) == nil)
        #expect(try bench.entries.count { $0.hasPrefix("write") } == 8 * rounds)
    }

    @Test("the log has the blocks of the device", arguments: [1, 512, 4096])
    func blocks(_ blockSize: Int) throws {
        let bench = try Bench(blockSize: blockSize)
        try bench.volume.write([1], at: 5000)
        try bench.volume.close()
        let block = max(512, blockSize)
        #expect(try LogWritesReader(bench.log).superblock.blockSize == block)
        #expect(try bench.entries[0] == "write \(5000 / block * block)+\(block)")
        #expect(try Bench(blockSize: blockSize).status == "0 \(block / 512 - 1)")
    }

    @Test("a volume that is read writes no log")
    func readOnly() throws {
        let log = MemoryDevice(size: .mebibytes(1))
        let volume = try Volume(
            try MappingTable("0 8 log-writes a log"),
            opening: .devices(["a": MemoryDevice(size: .kibibytes(4)), "log": log], access: .readOnly))
        _ = try volume.read(at: 0, count: 4096)
        let refusal = #expect(throws: MappingError.self) { try volume.send(LogWritesTarget.Message.mark("x")) }
        #expect(refusal?.description == "line 1: the volume is read-only: no mark can be made")
        try volume.close()
        #expect(log.contents.allSatisfy { $0 == 0 })
    }

    @Test(arguments: DeviceLaws.Law.allCases, [1, 512, 4096])
    func `A volume that logs is a block device`(law: DeviceLaws.Law, blockSize: Int) throws {
        let table = try MappingTable("0 200 log-writes a log")
        try DeviceLaws(
            sizes: [200 * 512], finish: { try #require($0 as? Volume).close() },
            make: { _ in
                try Volume(
                    table,
                    opening: .devices([
                        "a": MemoryDevice(size: ByteCount(200 * 512), logicalBlockSize: blockSize),
                        "log": MemoryDevice(size: .mebibytes(64)),
                    ]))
            }
        ).check(law)
    }

    @Test("a device of a mapper ends its log when its table goes, and begins a new one with the next table")
    func tables() throws {
        let log = MemoryDevice(size: .mebibytes(1))
        let other = MemoryDevice(size: .mebibytes(1))
        let mapper = UserspaceMapper(opening: .devices(["a": MemoryDevice(size: .kibibytes(32)), "log": log, "other": other]))
        func entries(_ log: MemoryDevice) throws -> [String] {
            let reader = try LogWritesReader(log)
            var entries: [String] = []
            while let item = try reader.next() { entries.append(item.entry.description) }
            return entries
        }
        let name = try DeviceName("logged")
        _ = try mapper.create(name)
        let table = try MappingTable("0 64 log-writes a log")
        _ = try mapper.load(table, into: .name(name))
        _ = try mapper.resume(.name(name))
        let volume = try mapper.open(.name(name))
        try volume.write(sectors(1, 1), at: 0)
        // One that is never in force leaves the log alone.
        _ = try mapper.load(table, into: .name(name))
        _ = try mapper.clear(.name(name))
        #expect(throws: FormatError.self) { try entries(log) }
        // To suspend logs nothing, as in the kernel, and a flush behind it is one.
        for flush in [false, true] {
            _ = try mapper.suspend(.name(name), flush: flush)
            #expect(try volume.status()[0].text == "0 0")
            _ = try mapper.resume(.name(name))
        }
        _ = try mapper.load(table, into: .name(name))
        _ = try mapper.resume(.name(name))
        let first = ["write 0+512", "mark dm-log-writes-end"]
        #expect(try entries(log) == first)
        #expect(try volume.status()[0].text == "0 0")
        try volume.write(sectors(1, 2), at: 512)
        _ = try mapper.load(try MappingTable("0 64 log-writes a other"), into: .name(name))
        _ = try mapper.resume(.name(name))
        #expect(try entries(log) == ["write 512+512", "mark dm-log-writes-end"])
        try volume.close()
        try mapper.remove(.name(name))
        // Nothing was logged to that one.
        #expect(other.contents.allSatisfy { $0 == 0 })
    }

    @Test("what logs nothing leaves the log alone that is there")
    func idle() throws {
        let bench = try Bench()
        try bench.volume.write(sectors(1, 1), at: 0)
        try bench.volume.close()
        let log = bench.log.contents
        let (table, opener) = (try MappingTable("0 64 log-writes a log"), DeviceOpener.devices(["a": bench.device, "log": bench.log]))
        let wrong = try OpaqueMessage("note a")
        let volume = try Volume(table, opening: opener)
        #expect(try volume.read(at: 0, count: 512) == sectors(1, 1))
        #expect(requestFailure { () throws(BlockIOError) in try volume.write(sectors(1, 2), at: 64 * 512) }?.code == .outOfRange)
        #expect(throws: MappingError.self) { try volume.send(wrong) }
        try volume.close()
        #expect(throws: MappingError.self) { try Volume(table, opening: opener, messages: [(0, wrong)]) }
        #expect(bench.log.contents == log)
        // The first that is logged begins another.
        let next = try Volume(table, opening: opener)
        _ = try next.send(LogWritesTarget.Message.mark("next"))
        try next.close()
        #expect(try bench.entries == ["mark next", "mark dm-log-writes-end"])
    }

    @Test("a log goes on where a table with the same log does not come into force")
    func failedResume() throws {
        let (a, log) = (MemoryDevice(size: .kibibytes(32)), MemoryDevice(size: .mebibytes(1)))
        let mapper = UserspaceMapper(opening: .devices(["a": a, "log": log]))
        let id = MappedDeviceID.name(try DeviceName("logged"))
        try mapper.createAndLoad(DeviceDefinition(name: try DeviceName("logged"), table: try MappingTable("0 64 log-writes a log")))
        let volume = try mapper.open(id)
        try volume.write(sectors(1, 1), at: 0)
        let failing = try MappingTable([
            MappingTable.Line(try #require(SectorRange(start: 0, length: 64)), LogWritesTarget(device: "a", logDevice: "log")),
            MappingTable.Line(try #require(SectorRange(start: 64, length: 8)), ProbeTarget(probe: Probe(failing: .resume))),
        ])
        _ = try mapper.load(failing, into: id)
        #expect(throws: MappingError.self) { try mapper.resume(id) }
        _ = try mapper.clear(id)
        try volume.write(sectors(1, 2), at: 512)
        try volume.close()
        try mapper.remove(id)
        let reader = try LogWritesReader(log)
        var entries: [String] = []
        while let item = try reader.next() { entries.append(item.entry.description) }
        #expect(entries == ["write 0+512", "mark dm-log-writes-end", "write 512+512", "mark dm-log-writes-end"])
    }

    @Test("a line that begins behind the table's first sector logs and writes the same sectors of its device")
    func lineBehindTheBeginning() throws {
        let (a, log) = (MemoryDevice(size: .kibibytes(32)), MemoryDevice(size: .mebibytes(1)))
        let plan = FaultyDevice.Plan()
        let volume = try Volume(
            try MappingTable("0 8 zero", "8 8 log-writes a log"), opening: .devices(["a": FaultyDevice(a, plan), "log": log]))
        try volume.write(sectors(1, 7), at: 9 * 512)
        try volume.writeZeroes(at: 10 * 512, count: 512, flags: [])
        try volume.discard(at: 11 * 512, count: 512)
        #expect(a.contents[9 * 512] == 7 && a.contents[512] == 0)
        #expect(try volume.read(at: 9 * 512, count: 512) == sectors(1, 7))
        plan.add(.init([.read]))
        let error = requestFailure { () throws(BlockIOError) in _ = try volume.read(at: 9 * 512, count: 512) }
        let place: UInt64 = error?.offset ?? 0
        #expect(place == 9 * 512)
        try volume.close()
        let reader = try LogWritesReader(log)
        var entries: [String] = []
        while let item = try reader.next() { entries.append(item.entry.description) }
        #expect(entries == ["write 4608+512", "write 5120+512", "discard 5632+512", "mark dm-log-writes-end"])
        let short = openingFailure(try MappingTable("0 64 zero", "64 8 log-writes a log"), .devices(["a": a, "log": log]))
        #expect(short?.description == "line 2: a: the device has 64 sectors, the line needs 72")
    }

    @Test("a log that has failed begins anew with the next table, also where it is a device of the mapper")
    func nextTableAfterAFailure() throws {
        let (a, log, plan) = (MemoryDevice(size: .kibibytes(32)), MemoryDevice(size: .mebibytes(1)), FaultyDevice.Plan())
        let mapper = UserspaceMapper(opening: .devices(["a": a, "l": FaultyDevice(log, plan)]))
        try mapper.createAndLoad([
            DeviceDefinition(name: try DeviceName("log"), table: try MappingTable("0 2048 linear l 0")),
            DeviceDefinition(name: try DeviceName("logged"), table: try MappingTable("0 64 log-writes a /dev/mapper/log")),
        ])
        let id = MappedDeviceID.name(try DeviceName("logged"))
        let volume = try mapper.open(id)
        try volume.write(sectors(1, 1), at: 0)
        plan.add(.init([.write]))
        try volume.flush()
        for byte in [2, 3] as [UInt8] {
            _ = try mapper.load(try MappingTable("0 64 log-writes a /dev/mapper/log"), into: id)
            _ = try mapper.resume(id)
            try volume.write(sectors(1, byte), at: UInt64(byte) * 512)
            try volume.flush()
        }
        try volume.close()
        try mapper.remove(id)
        let reader = try LogWritesReader(log)
        var entries: [String] = []
        while let item = try reader.next() { entries.append(item.entry.description) }
        #expect(entries == ["write 1536+512", "flush", "mark dm-log-writes-end"])
    }

    @Test("what cannot be opened is told with its line and device")
    func openingErrors() throws {
        let a = MemoryDevice(size: .kibibytes(4))
        let large = MemoryDevice(size: .kibibytes(64), logicalBlockSize: 4096)
        let opener = DeviceOpener.devices(["a": a, "large": large, "log": MemoryDevice(size: .mebibytes(1))])
        func failure(_ table: String) throws -> String? { openingFailure(try MappingTable(parsing: table), opener)?.description }
        #expect(try failure("0 8 log-writes a log") == nil)
        #expect(try failure("0 8 log-writes large log") == nil)
        #expect(try failure("0 8 log-writes a none") == "line 1: none: there is no such device")
        #expect(try failure("0 9 log-writes a log") == "line 1: a: the device has 8 sectors, the line needs 9")
        #expect(try failure("0 8 log-writes a a") == "line 1: a: the log is the device that is logged")
        #expect(
            try failure("0 8 log-writes large log\n8 8 zero\n16 8 log-writes large log") == "line 3: log: the log is that of line 1")
        #expect(
            try failure("0 8 log-writes a large")
                == "line 1: large: a log in blocks of 512 bytes cannot be written to a device with blocks of 4096")
    }

    @Test("a wrong message is refused")
    func messages() throws {
        let bench = try Bench()
        func refused(_ text: String) throws -> String? {
            let message = try OpaqueMessage(text)
            do throws(MappingError) {
                _ = try bench.volume.send(message)
                return nil
            } catch {
                return error.description
            }
        }
        #expect(try refused("mark a b") == "line 1: unexpected 'b' after the arguments of the message")
        #expect(try refused("note a") == "line 1: message: expected mark, found 'note'")
        #expect(try refused("MARK \(String(repeating: "x", count: 600))") == nil)
        #expect(try bench.entries == ["mark \(String(repeating: "x", count: 479))"])
    }
}

/// Holds back the flushes of a device.
private final class FlushGate: Sendable {
    private let state = Monitor((isOpen: false, held: 0))

    func over(_ device: any BlockDevice) -> any BlockDevice { Held(device, self) }
    func open() { state.withLock { $0.isOpen = true } }
    func waitUntilHeld() { state.wait { $0.held > 0 ? () : nil } }

    private func pass() {
        state.withLock { $0.held += 1 }
        state.wait { $0.isOpen ? () : nil }
    }

    private final class Held: BlockDevice {
        let base: any BlockDevice
        let gate: FlushGate
        init(_ base: any BlockDevice, _ gate: FlushGate) {
            self.base = base
            self.gate = gate
        }
        var size: ByteCount { base.size }
        var limits: BlockLimits { base.limits }
        func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(BlockIOError) { try base.read(at: offset, into: &buffer) }
        func write(_ bytes: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
            try base.write(bytes, at: offset, flags: flags)
        }
        func flush() throws(BlockIOError) {
            gate.pass()
            try base.flush()
        }
        func discard(at offset: UInt64, count: UInt64) throws(BlockIOError) { try base.discard(at: offset, count: count) }
    }
}
