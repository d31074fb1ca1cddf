import BlockIO
import DeviceMapperTables
import StorageUnits
import Testing
import UserspaceVolumes
import VolumeLaws

/// When a flakey line is down, and what it does then.
@Suite struct FlakeyTests {
    /// A line over a device in memory that writes down its calls, with a clock and a source of random numbers of the test's own.
    private struct Bench {
        let member: MemoryDevice
        let calls: RecordingDevice
        let clock = ManualClock()
        let random: RandomSource
        let volume: Volume

        init(_ options: String, intervals: String = "0 1", numbers: [UInt64] = [], blockSize: Int = 1) throws {
            member = MemoryDevice((0..<65536).map { UInt8(truncatingIfNeeded: $0 / 512) }, logicalBlockSize: blockSize)
            calls = RecordingDevice(member)
            random = RandomSource(numbers)
            var environment = VolumeEnvironment()
            environment.clock = clock
            environment.random = { [random] in random.next() }
            volume = try Volume(
                try MappingTable("0 112 flakey a 8 \(intervals)\(options)"), opening: .devices(["a": calls]), environment: environment)
        }

        func requests() -> [String] { calls.takeCalls().map(\.description) }

        /// What becomes of one request of each kind: what it fails with, or what the device is asked.
        func outcomes() -> [String] {
            [RequestKind.read, .write, .writeZeroes, .discard, .flush].map { kind in
                let failure = requestFailure { () throws(BlockIOError) in
                    switch kind {
                    case .read: _ = try volume.read(at: 512, count: 1024)
                    case .write: try volume.write([UInt8](repeating: 1, count: 1024), at: 512)
                    case .writeZeroes: try volume.writeZeroes(at: 512, count: 1024, flags: .mayUnmap)
                    case .discard: try volume.discard(at: 512, count: 1024)
                    default: try volume.flush()
                    }
                }
                let calls = self.requests().joined(separator: "; ")
                return failure.map { "\($0)" } ?? (calls.isEmpty ? "(forgotten)" : calls)
            }
        }
    }

    /// The numbers that a test wants, then zeroes.
    private final class RandomSource: Sendable {
        private let numbers: Monitor<[UInt64]>
        init(_ numbers: [UInt64]) { self.numbers = Monitor(numbers.reversed()) }
        func next() -> UInt64 { numbers.withLock { $0.popLast() ?? 0 } }
        var left: Int { numbers.withLock { $0.count } }
    }

    private static let up = ["read 4608+1024", "write 4608+1024", "writeZeroes 4608+1024, may unmap", "discard 4608+1024", "flush"]
    private static let failedRead = "the flakey device is down, and fails reads (bytes 512 to 1535)"
    private static let failedWrites = [
        "the flakey device is down, and fails writes (bytes 512 to 1535)",
        "the flakey device is down, and fails writes (bytes 512 to 1535)",
        "the flakey device is down, and fails discards (bytes 512 to 1535)", "the flakey device is down, and fails flushes",
    ]
    private static let forgotten = [String](repeating: "(forgotten)", count: 4)

    // MARK: time

    @Test func `It is up and down in turns, in whole seconds from when it was opened`() throws {
        let bench = try Bench("", intervals: "5 2")
        var states = ""
        for _ in 0..<64 {
            states += bench.outcomes() == Self.up ? "u" : "d"
            bench.clock.advance(by: .milliseconds(250))
        }
        #expect(states == "uuuuuuuuuuuuuuuuuuuudddddddduuuuuuuuuuuuuuuuuuuudddddddduuuuuuuu")
    }

    @Test(arguments: [("60 0", false), ("1 0", false), ("0 1", true), ("0 4294967295", true), ("4294967294 1", false)])
    func `Without one of the times it is up, or down, all the time`(intervals: String, isDown: Bool) throws {
        let bench = try Bench("", intervals: intervals)
        for _ in 0..<10 {
            #expect(bench.outcomes() == (isDown ? [Self.failedRead] + Self.failedWrites : Self.up))
            bench.clock.advance(by: .milliseconds(700))
        }
    }

    @Test func `Years on it still takes turns`() throws {
        let bench = try Bench("", intervals: "4294967290 5")
        bench.clock.advance(by: .seconds(4_294_967_289))
        #expect(bench.outcomes() == Self.up)
        bench.clock.advance(by: .seconds(1))
        #expect(bench.outcomes()[0] == Self.failedRead)
        bench.clock.advance(by: .seconds(5))
        #expect(bench.outcomes() == Self.up)
    }

    @Test func `A request that began before it went down is not changed`() throws {
        let member = MemoryDevice(size: ByteCount(512))
        let slow = HookedDevice(member)
        var environment = VolumeEnvironment()
        let clock = ManualClock()
        environment.clock = clock
        let volume = try Volume(
            try MappingTable("0 1 flakey a 0 1 1 5 corrupt_bio_byte 1 r 9 0"), opening: .devices(["a": slow]), environment: environment)
        slow.duringRead.withLock { $0 = { clock.advance(by: .seconds(1)) } }
        #expect(try volume.read(at: 0, count: 2) == [0, 0], "it went down meanwhile")
        #expect(try volume.read(at: 0, count: 2) == [9, 0], "it came up meanwhile")
    }

    // MARK: faults

    /// Options, whether reads fail, and what becomes of the others.
    private static let cases: [(options: String, failsReads: Bool, others: [String])] = {
        let passed = Array(up[1...])
        return [
            ("", true, failedWrites), (" 0", true, failedWrites), (" 2 error_reads error_writes", true, failedWrites),
            (" 1 error_reads", true, passed), (" 1 error_writes", false, failedWrites), (" 1 drop_writes", false, forgotten),
            (" 2 error_reads drop_writes", true, forgotten),
            (" 6 error_writes corrupt_bio_byte 1 r 1 0", false, failedWrites),
            (" 6 drop_writes corrupt_bio_byte 1 r 1 0", false, forgotten),
            (" 5 corrupt_bio_byte 9999 w 1 0", false, passed), (" 5 corrupt_bio_byte 1 r 1 0", false, passed),
            (" 2 random_write_corrupt 1", false, passed), (" 2 random_read_corrupt 1", false, passed),
        ]
    }()

    @Test(arguments: 0..<13) func `While it is down requests do what the options say`(index: Int) throws {
        let (options, failsReads, others) = Self.cases[index]
        let bench = try Bench(options, numbers: [999_999_999, 999_999_999])
        #expect(bench.outcomes() == [failsReads ? Self.failedRead : Self.up[0]] + others)
        #expect(bench.volume.statusText == "")
    }

    @Test func `What it forgets the device does not have, and what it fails neither`() throws {
        for options in ["", " 1 drop_writes", " 1 error_writes"] {
            let bench = try Bench(options)
            let before = bench.member.contents
            _ = bench.outcomes()
            #expect(bench.member.contents == before)
        }
    }

    @Test func `A table with options that are not known is refused`() throws {
        let error = openingFailure(try MappingTable("0 8 flakey a 0 1 1 2 lose_interest 5"), Members("a", sectors: 8).opener)
        #expect(error?.code == .unsupported)
        #expect(error?.description == "line 1: flakey option 'lose_interest' is not known in user space")
    }

    @Test func `A device that is shorter than its line is refused`() throws {
        #expect(
            openingFailure(try MappingTable("0 8 flakey a 1 1 1"), Members("a", sectors: 8).opener)?.description
                == "line 1: a: the device has 8 sectors, the line needs 9")
    }

    @Test(arguments: ["", " 1 drop_writes", " 1 error_writes"])
    func `It is closed, and its device flushed, while it is down`(options: String) throws {
        let bench = try Bench(options)
        #expect(closingFailure(bench.volume) == nil)
        #expect(bench.requests() == ["flush"])
    }

    /// What tests of file systems do: let it forget writes, and then work again.
    @Test func `Another table takes its place while it is down`() throws {
        let members = Members("a", sectors: 64)
        let mapper = UserspaceMapper(opening: members.opener)
        let id = MappedDeviceID.name(try DeviceName("disk"))
        let up = try MappingTable("0 64 flakey a 0 180 0")
        try mapper.createAndLoad(DeviceDefinition(name: DeviceName("disk"), table: up))
        let volume = try mapper.open(id)
        for down in ["1 drop_writes", "2 error_reads error_writes", "0"] {
            try volume.write([7, 7], at: 0)
            for (table, isUp) in [(try MappingTable("0 64 flakey a 0 0 180 \(down)"), false), (up, true)] {
                _ = try mapper.load(table, into: id)
                _ = try mapper.suspend(id, flush: true)
                _ = try mapper.resume(id)
                let failure = requestFailure { () throws(BlockIOError) in try volume.write([8], at: 1) }
                #expect((failure == nil) == (isUp || down == "1 drop_writes"))
                #expect(members.memory["a"]?.contents[1] == (isUp ? 8 : 7))
            }
        }
        try volume.close()
    }

    // MARK: bytes

    @Test(arguments: [(1, 0), (600, 599), (1024, 1023)])
    func `One byte of each read is another, and the device keeps its own`(byte: Int, place: Int) throws {
        let bench = try Bench(" 5 corrupt_bio_byte \(byte) r 255 0")
        let before = bench.member.contents
        var expected = Array(before[4608..<5632])
        expected[place] = 255
        #expect(try bench.volume.read(at: 512, count: 1024) == expected)
        #expect(bench.member.contents == before)
    }

    @Test func `A request without the byte is not changed`() throws {
        let bench = try Bench(" 5 corrupt_bio_byte 1025 r 255 0")
        #expect(try bench.volume.read(at: 512, count: 1024) == Array(bench.member.contents[4608..<5632]))
        let writes = try Bench(" 5 corrupt_bio_byte 1025 w 255 0")
        try writes.volume.write([UInt8](repeating: 7, count: 1024), at: 512)
        #expect(writes.member.contents[4608..<5632].allSatisfy { $0 == 7 })
    }

    /// The kernel's numbers of the operation "write", of a write past the page cache, and of a durable one.
    private static let masks: [(mask: UInt32, changesPlain: Bool, changesDurable: Bool)] = {
        let (write, sync, idle, durable) = (UInt32(1), UInt32(1 << 11), UInt32(1 << 15), UInt32(1 << 17))
        return [
            (0, true, true), (write, true, true), (sync, true, true), (idle, true, true), (durable, false, true),
            (write | sync | idle, true, true), (write | sync | idle | durable, false, true), (2, false, false), (3, false, false),
            (1 << 12, false, false), (1 << 18, false, false), (.max, false, false),
        ]
    }()

    @Test(arguments: 0..<12) func `Of writes those are changed that have all flags`(index: Int) throws {
        let (mask, changesPlain, changesDurable) = Self.masks[index]
        let bench = try Bench(" 5 corrupt_bio_byte 3 w 255 \(mask)")
        try bench.volume.write([UInt8](repeating: 7, count: 8), at: 0)
        #expect(bench.member.contents[4098] == (changesPlain ? 255 : 7))
        try bench.volume.write([UInt8](repeating: 7, count: 8), at: 512, flags: .forceUnitAccess)
        #expect(bench.member.contents[4610] == (changesDurable ? 255 : 7))
    }

    @Test(arguments: [0, 1 << 11, 1, 1 << 15, 1 << 17, 1 | 1 << 11]) func `Of flags reads have that of who waits`(mask: Int) throws {
        let bench = try Bench(" 5 corrupt_bio_byte 1 r 255 \(mask)")
        #expect(try bench.volume.read(at: 0, count: 1) == [mask == 0 || mask == 1 << 11 ? 255 : 8])
    }

    @Test(arguments: [(1 << 11, true), (1 << 15, false), (1 << 17, false)])
    func `Zeroes are changed as what is written by whoever waits`(mask: UInt32, isChanged: Bool) throws {
        let bench = try Bench(" 5 corrupt_bio_byte 9000 w 255 \(mask)")
        try bench.volume.writeZeroes(at: 0, count: 20_480, flags: .mayUnmap)
        var expected = [UInt8](repeating: 0, count: 20_480)
        if isChanged { expected[8999] = 255 }
        #expect(Array(bench.member.contents[4096..<24_576]) == expected)
        #expect(
            bench.requests()
                == (isChanged
                    ? ["writeZeroes 4096+8192, may unmap", "write 12288+4096", "writeZeroes 16384+8192, may unmap"]
                    : ["writeZeroes 4096+20480, may unmap"]))
    }

    @Test(arguments: [1, 512, 8192])
    func `A changed write leaves its own memory as it is, and comes to the device around the byte`(blockSize: Int) throws {
        let bench = try Bench(" 5 corrupt_bio_byte 10000 w 255 0", blockSize: blockSize == 8192 ? 4096 : blockSize)
        let bytes = SeededBytes.make(16_384)
        try bench.volume.write(bytes, at: 8192, flags: .forceUnitAccess)
        var expected = bytes
        expected[9999] = 255
        #expect(Array(bench.member.contents[12_288..<28_672]) == expected)
        #expect(bytes == SeededBytes.make(16_384))
        #expect(bench.requests() == ["write 12288+8192, durable", "write 20480+4096, durable", "write 24576+4096, durable"])
    }

    @Test func `A request is counted from its beginning, and from where it is split at lines`() throws {
        let members = Members("ab", sectors: 16)
        let volume = try Volume(
            try MappingTable(
                "0 2 linear a 0", "2 4 flakey a 2 0 1 5 corrupt_bio_byte 5 r 255 0", "6 4 flakey b 0 0 1 5 corrupt_bio_byte 5 r 255 0"),
            opening: members.opener)
        let found = try volume.read(at: 512, count: 4000)
        let a = try #require(members.initial["a"])
        let b = try #require(members.initial["b"])
        var expected = Array(a[512..<3072] + b[..<1440])
        expected[512 + 4] = 255
        expected[2560 + 4] = 255
        #expect(found == expected)
        #expect(try volume.read(at: 1028, count: 8)[4] == 255)
    }

    // MARK: chance

    @Test func `Chance decides on each read, and on place and value of its byte`() throws {
        let bench = try Bench(" 2 random_read_corrupt 500000000", numbers: [499_999_999, 2000, 0x1ab, 500_000_000, 5_499_999_999, 7, 0])
        var expected = Array(bench.member.contents[4608..<5632])
        expected[2000 % 1024] = 0xab
        #expect(try bench.volume.read(at: 512, count: 1024) == expected)
        expected[2000 % 1024] = bench.member.contents[4608 + 2000 % 1024]
        #expect(try bench.volume.read(at: 512, count: 1024) == expected, "the second time it decides against it")
        expected[7] = 0
        #expect(try bench.volume.read(at: 512, count: 1024) == expected)
        #expect(bench.random.left == 0)
    }

    @Test func `A byte by name and one by chance are both changed, and of one place the latter stays`() throws {
        let options = " 7 corrupt_bio_byte 5 w 255 0 random_write_corrupt 1"
        let bench = try Bench(options, numbers: [0, 12_000, 17, 0, 4, 18, 0, 4097, 19])
        let bytes = [UInt8](repeating: 7, count: 16_384)
        for (count, changed) in [(16_384, [4: 255, 12_000: 17]), (8, [4: 18]), (16_384, [4: 255, 4097: 19])] as [(Int, [Int: UInt8])] {
            try bench.volume.write(Array(bytes[..<count]), at: 0)
            var expected = Array(bytes[..<count])
            for (place, value) in changed { expected[place] = value }
            #expect(Array(bench.member.contents[4096..<4096 + count]) == expected)
        }
        #expect(
            bench.requests() == [
                "write 4096+4096", "write 8192+4096", "write 12288+4096", "write 16384+4096", "write 4096+8", "write 4096+4096",
                "write 8192+4096", "write 12288+8192",
            ])
    }

    @Test func `As many requests are changed as the chance says`() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        let generator = Monitor(SeededGenerator(seed: seed))
        var environment = VolumeEnvironment()
        environment.random = { generator.withLock { $0.next() } }
        let member = MemoryDevice(size: ByteCount(512))
        let volume = try Volume(
            try MappingTable("0 1 flakey a 0 0 1 4 random_read_corrupt 250000000 random_write_corrupt 500000000"),
            opening: .devices(["a": member]), environment: environment)
        var reads = 0
        var writes = 0
        let zeroes = [UInt8](repeating: 0, count: 512)
        for _ in 0..<8000 {
            if try volume.read(at: 0, count: 512) != zeroes { reads += 1 }
            try volume.write(zeroes, at: 0)
            if member.contents != zeroes { writes += 1 }
            try member.write(zeroes, at: 0)
        }
        // A quarter and a half, less the one in 256 whose byte comes out as it was; seven standard deviations to either side.
        #expect((1722...2262).contains(reads), "seed \(seed)")
        #expect((3671...4297).contains(writes), "seed \(seed)")
    }

    @Test func `An end of chance: never, and always`() throws {
        let never = try Bench(" 4 random_read_corrupt 0 random_write_corrupt 0")
        #expect(never.outcomes() == [Self.failedRead] + Self.failedWrites, "no option is left: all fails")
        let always = try Bench(" 4 random_read_corrupt 1000000000 random_write_corrupt 1000000000", numbers: [999_999_999, 0, 255])
        #expect(try always.volume.read(at: 0, count: 1) == [255])
    }

    // MARK: holes, and devices that fail

    @Test func `Holes are told only while reads find zeroes`() throws {
        for (options, kind) in [
            (" 1 drop_writes", .hole), (" 1 error_writes", .hole), (" 1 error_reads", .data), (" 5 corrupt_bio_byte 1 r 1 0", .data),
            (" 2 random_read_corrupt 1", .data), (" 5 corrupt_bio_byte 1 w 1 0", .hole),
        ] as [(String, Extent.Kind)] {
            let volume = try Volume(
                try MappingTable("0 16 flakey a 0 0 1\(options)"),
                opening: .devices(["a": SparseDevice(MemoryDevice(size: ByteCount(8192)))]))
            #expect(try volume.extent(at: 0, limit: 8192) == Extent(kind, count: 8192))
        }
    }

    @Test func `What the device fails is told in bytes of the line`() throws {
        let plan = FaultyDevice.Plan([.init([.read, .write, .flush, .discard, .writeZeroes], times: .max)])
        for options in ["60 0", "0 1 5 corrupt_bio_byte 5000 w 1 0"] {
            let volume = try Volume(
                try MappingTable("0 32 flakey a 8 \(options)"),
                opening: .devices(["a": FaultyDevice(MemoryDevice(size: ByteCount(20480)), plan)]))
            let errors = [
                requestFailure { () throws(BlockIOError) in _ = try volume.read(at: 1024, count: 8192) },
                requestFailure { () throws(BlockIOError) in try volume.write([UInt8](repeating: 0, count: 8192), at: 1024) },
                requestFailure { () throws(BlockIOError) in try volume.writeZeroes(at: 1024, count: 8192, flags: []) },
                requestFailure { () throws(BlockIOError) in try volume.discard(at: 1024, count: 8192) },
            ]
            for error in errors { #expect(error?.description == "made to fail (bytes 1024 to 9215)") }
            #expect(requestFailure { () throws(BlockIOError) in try volume.flush() }?.message == "made to fail")
        }
        plan.clear()
        plan.add(.init([.write], after: 1))
        let volume = try Volume(
            try MappingTable("0 32 flakey a 8 0 1 5 corrupt_bio_byte 5000 w 1 0"),
            opening: .devices(["a": FaultyDevice(MemoryDevice(size: ByteCount(20480)), plan)]))
        let error = requestFailure { () throws(BlockIOError) in try volume.write([UInt8](repeating: 0, count: 8192), at: 1024) }
        #expect(error?.description == "made to fail (bytes 5120 to 9215)", "the first 4096 bytes were written")
    }
}

/// A device over another that calls the test while it reads.
private final class HookedDevice: BlockDevice {
    private let base: any BlockDevice
    let duringRead = Monitor<@Sendable () -> Void>({})
    init(_ base: any BlockDevice) { self.base = base }
    var size: ByteCount { base.size }
    var limits: BlockLimits { base.limits }
    func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(BlockIOError) {
        let hook = duringRead.withLock { $0 }
        hook()
        try base.read(at: offset, into: &buffer)
    }
    func write(_ bytes: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        try base.write(bytes, at: offset, flags: flags)
    }
    func flush() throws(BlockIOError) { try base.flush() }
    func discard(at offset: UInt64, count: UInt64) throws(BlockIOError) { try base.discard(at: offset, count: count) }
}
