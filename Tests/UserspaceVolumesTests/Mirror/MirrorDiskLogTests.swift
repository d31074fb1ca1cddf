import BlockIO
import DeviceMapperTables
import StorageUnits
import Testing
import UserspaceVolumes
import VolumeLaws

/// A mirror whose log is on a device.
@Suite struct MirrorDiskLogTests {
    /// A log of eight regions, all clean; with other bits, or another header, where a test says so.
    private static func log(bits: [UInt8] = [0xff], version: UInt8 = 2, count: UInt8 = 8, magic: UInt8 = 0x72) -> [UInt8] {
        [magic, 0x52, 0x69, 0x4d, version, 0, 0, 0, count, 0, 0, 0, 0, 0, 0, 0] + [UInt8](repeating: 0x5a, count: 1008) + bits
            + [UInt8](repeating: 0xee, count: 8 - bits.count)
    }
    private static func table(_ sync: String = "", _ options: String = "") -> String {
        sync.isEmpty ? "0 64 mirror disk 2 l 8 2 a 0 b 0" + options : "0 64 mirror disk 3 l 8 \(sync) 2 a 0 b 0" + options
    }
    private static let handle = " 1 handle_errors"
    private static let keep = " 2 handle_errors keep_log"

    /// A mirror that is in sync, with its calls forgotten.
    private func inSync(_ options: String = "") throws -> MirrorBench {
        let bench = try MirrorBench(Self.table("", options), log: Self.log(), equal: true)
        for name in ["a", "b", "l"] as [DeviceReference] { _ = bench.takeCalls(name) }
        return bench
    }

    // MARK: what the log says

    /// A log that is found, and what the mirror says then.
    struct Found: CustomTestStringConvertible {
        var sync = ""
        var bits: [UInt8] = [0xff]
        var version: UInt8 = 2
        var count: UInt8 = 8
        var magic: UInt8 = 0x72
        var inSync: Int
        var health = "A"

        var testDescription: String { "\(sync) version \(version), \(count) regions \(bits)" }
    }

    @Test(arguments: [
        Found(inSync: 8), Found(version: 1, inSync: 8), Found(bits: [0xa6], inSync: 4),
        // A log that was written for fewer regions knows nothing of the others; of one that was written for more the first count.
        Found(count: 3, inSync: 3), Found(bits: [0xa6, 0xff], count: 200, inSync: 4), Found(magic: 0, inSync: 0),
        // The kernel believes no other version, and says that the log has failed.
        Found(version: 3, inSync: 0, health: "D"),
        Found(sync: "sync", inSync: 0), Found(sync: "nosync", bits: [0], inSync: 8),
        Found(sync: "nosync", version: 3, magic: 1, inSync: 8), Found(sync: "sync", version: 3, inSync: 0),
    ])
    func `A log says which regions are in sync, unless the table does`(found: Found) throws {
        let log = Self.log(bits: found.bits, version: found.version, count: found.count, magic: found.magic)
        let bench = try MirrorBench(Self.table(found.sync), access: .readOnly, log: log)
        #expect(try bench.status == "2 a b \(found.inSync)/8 1 AA 3 disk l \(found.health)")
        let before = try bench.bytes("l")
        #expect(try bench.volume.read(at: 0, count: 64 * 512) == (try bench.bytes("a")))
        try bench.end()
        #expect(try bench.bytes("l") == before, "who only reads writes no log")
        #expect(bench.takeCalls("l").map(\.kind) == [.read])
    }

    @Test func `A log is written when the mirror is resumed, and all regions are clean once they are copied`() throws {
        let bench = try MirrorBench(Self.table(), log: Self.log(bits: [0xa6, 0xff], count: 200))
        try bench.volume.wait { $0 == "2 a b 8/8 1 AA 3 disk l A" }
        let (a, before) = (try bench.bytes("a"), try #require(bench.members.initial["b"]))
        for region in 0..<8 {
            let range = region * 4096..<region * 4096 + 4096
            #expect(try bench.bytes("b")[range] == (0xa6 >> region & 1 == 1 ? before[range] : a[range]))
        }
        let log = try bench.bytes("l")
        #expect(log[..<16] == [0x72, 0x52, 0x69, 0x4d, 2, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0])
        #expect(log[16..<1024].allSatisfy { $0 == 0x5a })
        #expect(log[1024..<1032] == [0xff, 0, 0, 0, 0, 0, 0, 0])
        #expect(log[1032...] == (try #require(bench.members.initial["l"]))[1032...], "what is behind the bits is not the log's")
        // Read, written and flushed; then, when the legs were flushed, written again.
        let calls = bench.takeCalls("l")
        #expect(calls.prefix(3) == [.init(.read, count: 1536, pieces: 1), .init(.write, count: 1536, pieces: 1), .init(.flush)])
        #expect(calls.dropFirst(3) == [.init(.write, at: 1024, count: 512, pieces: 1)])
        #expect(bench.takeCalls("b").last == .init(.flush))
        try bench.end()
    }

    @Test func `A log of another version keeps it, and its other bytes`() throws {
        let bench = try MirrorBench(Self.table(), log: Self.log(version: 3))
        try bench.volume.wait { $0 == "2 a b 8/8 1 AA 3 disk l D" }
        #expect(try bench.bytes("l")[..<16] == [0x72, 0x52, 0x69, 0x4d, 3, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0])
        #expect(try bench.logBits() == [0xff, 0, 0, 0, 0, 0, 0, 0])
        try bench.end()
    }

    @Test func `A log is read again when the mirror is resumed`() throws {
        let bench = try inSync()
        try bench.suspend()
        try #require(bench.members.memory["l"]).write([0xfe], at: 1024)
        try #require(bench.members.memory["a"]).write([1, 2, 3], at: 100)
        try bench.resume()
        try bench.volume.wait { $0 == "2 a b 8/8 1 AA 3 disk l A" }
        #expect(try bench.bytes("b")[100..<103] == [1, 2, 3])
        try bench.end()
    }

    // MARK: marks

    @Test func `A region is marked, durably, before it is written, and once`() throws {
        let journal = Journal()
        let bytes = SeededBytes.make(64 * 512)
        let devices = [JournalDevice(bytes, journal, 0), JournalDevice(bytes, journal, 1), JournalDevice(Self.log() + bytes, journal, 2)]
        let clock = ManualClock()
        var environment = VolumeEnvironment()
        environment.clock = clock
        let volume = try Volume(
            try MappingTable(Self.table()), opening: .devices(["a": devices[0], "b": devices[1], "l": devices[2]]), environment: environment
        )
        func steps(_ body: () throws -> Void) rethrows -> [String] {
            journal.clear()
            try body()
            return journal.entries.map { entry in
                switch entry {
                case .write(let device, let offset, let bytes, _): "write \(device) \(offset)+\(bytes.count)"
                case .flush(let device): "flush \(device)"
                case .note: ""
                }
            }
        }
        let log = "write 2 1024+512"
        // Two regions are marked at once.
        #expect(try steps { try volume.write([1, 2], at: 8191) } == [log, "flush 2", "write 0 8191+2", "write 1 8191+2"])
        #expect(devices[2].contents[1024] == 0xf9)
        #expect(try steps { try volume.write([1], at: 4096) } == ["write 0 4096+1", "write 1 4096+1"])
        #expect(
            try steps { try volume.writeZeroes(at: 0, count: 4097, flags: []) } == [
                log, "flush 2", "write 0 0+4097", "write 1 0+4097",
            ])
        #expect(try steps { try volume.flush() } == ["flush 0", "flush 1"])
        #expect(devices[2].contents[1024] == 0xf8)
        // Idle for a while, and not written meanwhile.
        clock.waitForWaiters(1)
        clock.advance(by: .seconds(1))
        clock.waitForWaiters(1)
        #expect(devices[2].contents[1024] == 0xf8)
        #expect(try steps { try volume.write([1], at: 0) } == ["write 0 0+1", "write 1 0+1"])
        let steps = steps {
            clock.advance(by: .seconds(1))
            clock.waitForWaiters(1)
        }
        #expect(steps == ["flush 0", "flush 1", log], "nothing that is lost by a crash but a region to copy")
        #expect(devices[2].contents[1024] == 0xfe)
        // A region that is clean is marked anew.
        #expect(try self.steps(journal) { try volume.write([9], at: 8192) } == 4)
        try volume.close()
        #expect(devices[2].contents[1024] == 0xff)
    }

    private func steps(_ journal: Journal, _ body: () throws -> Void) rethrows -> Int {
        journal.clear()
        try body()
        return journal.entries.count
    }

    @Test func `Those who come while the log is written share the next attempt`() throws {
        let members = Members(["a": 64, "b": 64, "l": 64])
        try #require(members.memory["l"]).write(Self.log(), at: 0)
        let door = Door(try #require(members.memory["l"]))
        let calls = RecordingDevice(door)
        var environment = VolumeEnvironment()
        environment.clock = ManualClock()
        let volume = try Volume(
            try MappingTable(Self.table("nosync")),
            opening: .devices(["a": try #require(members.memory["a"]), "b": try #require(members.memory["b"]), "l": calls]),
            environment: environment)
        _ = calls.takeCalls()
        door.close()
        let threads = (0..<8).map { region in
            let thread = BackgroundThread {
                #expect(failure { () throws(BlockIOError) in try volume.write([UInt8(region)], at: UInt64(region) * 4096) } == nil)
            }
            #expect(thread.comesToWait())
            return thread
        }
        door.open()
        for thread in threads { thread.join() }
        #expect(calls.takeCalls().map(\.kind) == [.write, .flush, .write, .flush])
        for region in 0..<8 { #expect(members.memory["b"]?.contents[region * 4096] == UInt8(region)) }
        try volume.close()
    }

    @Test func `Suspending marks everything clean, and so does closing`() throws {
        let bench = try inSync()
        try bench.volume.write([1], at: 0)
        #expect(try bench.logBits(1) == [0xfe])
        try bench.suspend(flush: false)
        #expect(try bench.logBits(1) == [0xff])
        #expect(bench.takeCalls("b").last == .init(.flush))
        try bench.resume()
        try bench.volume.write([1], at: 8192)
        try bench.end()
        #expect(try bench.logBits(1) == [0xff])
    }

    // MARK: crashes

    /// Whatever of the writes that were not flushed a crash leaves: after it all legs have the same, every byte is one that was written there since the last
    /// flush, or that was there then.
    @Test func `After a crash at any moment all legs are the same, and nothing that was flushed is lost`() throws {
        for round in 0..<scaled(30) {
            let seed = UInt64(round) &+ 77
            var random = SeededGenerator(seed: seed)
            let journal = Journal()
            let initial = [random.bytes(64 * 512), random.bytes(64 * 512), random.bytes(4096)]
            let devices = (0..<3).map { JournalDevice(initial[$0], journal, $0) }
            let clock = ManualClock()
            var environment = VolumeEnvironment()
            environment.clock = clock
            let table = try MappingTable(Self.table())
            let volume = try Volume(
                table, opening: .devices(["a": devices[0], "b": devices[1], "l": devices[2]]), environment: environment)
            // What the volume holds, and may hold, by byte, at each note: the bytes of the last flush, and those since.
            var flushed = initial[0]
            var since: [(range: Range<Int>, bytes: [UInt8])] = []
            var allowed: [(flushed: [UInt8], since: [(range: Range<Int>, bytes: [UInt8])])] = []
            func note() {
                journal.append(.note(allowed.count))
                allowed.append((flushed, since))
            }
            note()
            for _ in 0..<20 {
                switch Int.random(in: 0..<6, using: &random) {
                case 0:
                    try volume.flush()
                    for (range, bytes) in since { flushed.replaceSubrange(range, with: bytes) }
                    since = []
                case 1:
                    clock.advance(by: .seconds(1))
                default:
                    let count = Int.random(in: 1...6000, using: &random)
                    let start = Int.random(in: 0...64 * 512 - count, using: &random)
                    since.append((start..<start + count, random.bytes(count)))
                    // It may be there from now on.
                    note()
                    try volume.write(since[since.count - 1].bytes, at: UInt64(start), flags: [])
                }
                note()
            }
            let count = journal.entries.count
            for _ in 0..<40 {
                let moment = Int.random(in: 1...count, using: &random)
                var now = 0
                for case .note(let number) in journal.entries[..<moment] { now = number }
                let found = journal.crash(after: moment, initial, &random)
                let after = ["a", "b", "l"].enumerated().map { (DeviceReference.path($1), MemoryDevice(found[$0])) }
                let again = try Volume(table, opening: .devices(Dictionary(uniqueKeysWithValues: after)))
                try again.wait { $0 == "2 a b 8/8 1 AA 3 disk l A" }
                try again.close()
                let bytes = after[0].1.contents
                #expect(bytes == after[1].1.contents, "seed \(seed), moment \(moment)")
                let (base, changes) = allowed[now]
                var isAllowed = (0..<bytes.count).map { bytes[$0] == base[$0] }
                for (range, change) in changes {
                    for place in range where bytes[place] == change[place - range.lowerBound] { isAllowed[place] = true }
                }
                #expect(isAllowed.allSatisfy { $0 }, "seed \(seed), moment \(moment)")
            }
            try volume.close()
        }
    }

    @Test func `Under writes from all sides legs and log come out right`() throws {
        for seed in 0..<UInt64(scaled(20)) {
            let bench = try MirrorBench("0 4000 mirror disk 2 l 2 2 a 0 b 0", sectors: 4000)
            let threads = (0..<4).map { number in
                BackgroundThread { [volume = bench.volume, clock = bench.clock] in
                    var random = SeededGenerator(seed: seed * 4 + UInt64(number))
                    for _ in 0..<60 {
                        let count = Int.random(in: 1...3000, using: &random)
                        let start = UInt64.random(in: 0...UInt64(4000 * 512 - count), using: &random)
                        #expect(failure { () throws(BlockIOError) in try volume.write(random.bytes(count), at: start) } == nil)
                        if Int.random(in: 0..<8, using: &random) == 0 { clock.advance(by: .seconds(1)) }
                        if Int.random(in: 0..<8, using: &random) == 0 {
                            #expect(failure { () throws(BlockIOError) in try volume.flush() } == nil)
                        }
                    }
                }
            }
            for thread in threads { thread.join() }
            try bench.volume.wait { $0 == "2 a b 2000/2000 1 AA 3 disk l A" }
            try bench.end()
            #expect(try bench.bytes("a") == bench.bytes("b"), "seed \(seed)")
            #expect(try bench.logBits(256) == [UInt8](repeating: 0xff, count: 250) + [UInt8](repeating: 0, count: 6), "seed \(seed)")
        }
    }

    // MARK: logs that fail

    @Test(arguments: ["", "nosync"])
    func `A log that cannot be read knows nothing`(sync: String) throws {
        let bench = try MirrorBench(Self.table(sync), log: Self.log()) { $0["l"]?.add(.init([.read])) }
        try bench.volume.wait { $0 == "2 a b 8/8 1 AA 3 disk l D" }
        #expect((try bench.bytes("a") == bench.bytes("b")) == sync.isEmpty, "all regions were copied")
        // It was written, though, and serves.
        #expect(try bench.bytes("l")[..<9] == [0x72, 0x52, 0x69, 0x4d, 2, 0, 0, 0, 8])
        try bench.volume.write([1], at: 0)
        #expect(try bench.logBits(1) == [0xfe])
        try bench.end()
    }

    @Test func `Where errors are ignored nobody waits for a log that fails`() throws {
        let bench = try inSync()
        let events = try bench.eventCount
        bench.fail("l", [.write], times: .max)
        try bench.volume.write([1], at: 0)
        try bench.volume.write([1], at: 0)
        #expect(try bench.status == "2 a b 8/8 1 AA 3 disk l D")
        #expect(try bench.eventCount == events + 1)
        #expect(try bench.bytes("b")[0] == 1)
        bench.plans["l"]?.clear()
        try bench.volume.write([2], at: 1)
        #expect(try bench.logBits(1) == [0xfe], "what could not be written is written with what comes next")
        #expect(try bench.status == "2 a b 8/8 1 AA 3 disk l D")
        try bench.end()
        #expect(try bench.logBits(1) == [0xff])
    }

    @Test func `With keep_log nothing is written once the log has failed`() throws {
        let bench = try inSync(Self.keep)
        bench.fail("l", [.write])
        let write = failure { () throws(BlockIOError) in try bench.volume.write([1], at: 3) }
        #expect(write?.description == "the log of the mirror has failed (bytes 3 to 3)")
        // Not even when it would work again.
        let again = failure { () throws(BlockIOError) in try bench.volume.write([1], at: 3) }
        #expect(again?.description == "the log of the mirror has failed (bytes 3 to 3)")
        let flush = failure { () throws(BlockIOError) in try bench.volume.flush() }
        #expect(flush?.description == "the log of the mirror has failed")
        let discard = failure { () throws(BlockIOError) in try bench.volume.discard(at: 0, count: 512) }
        #expect(discard?.description == "the log of the mirror has failed (bytes 0 to 511)")
        #expect(bench.takeCalls("a") == [])
        #expect(try bench.status == "2 a b 8/8 1 AA 3 disk l D")
        try bench.end()
    }

    @Test func `With handle_errors a write waits once the log has failed, until another table has another log`() throws {
        let bench = try inSync(Self.handle)
        bench.fail("l", [.write], times: .max)
        let outcome = HeldOutcome()
        let thread = bench.held(outcome) { (volume) throws(BlockIOError) in try volume.write([5], at: 3) }
        #expect(bench.takeCalls("a") == [])
        try bench.suspend(flush: false)
        try bench.resume("0 64 mirror core 2 8 nosync 2 a 0 b 0 1 handle_errors")
        thread.join()
        #expect(outcome.text == "success")
        #expect(try bench.bytes("b")[3] == 5)
        try bench.end()
    }

    @Test func `A log that cannot be flushed is told`() throws {
        let bench = try inSync(Self.keep)
        bench.fail("l", [.flush])
        let write = failure { () throws(BlockIOError) in try bench.volume.write([1], at: 3) }
        #expect(write?.description == "the log of the mirror has failed (bytes 3 to 3)")
        #expect(try bench.status == "2 a b 8/8 1 AA 3 disk l F")
        bench.fail("l", [.write])
        try bench.suspend()
        #expect(try bench.status == "2 a b 8/8 1 AA 3 disk l F", "the worse stays")
        try bench.end()
    }

    @Test(arguments: [1, 2]) func `A log that cannot be written when the mirror is resumed is told`(after: Int) throws {
        let bench = try MirrorBench(Self.table("nosync", Self.handle)) { plans in
            plans["l"]?.add(.init([.write, .flush], after: after - 1, times: 1))
        }
        #expect(try bench.status == "2 a b 8/8 1 AA 3 disk l \(after == 1 ? "D" : "F")")
        // The next write writes it.
        try bench.volume.write([1], at: 0)
        #expect(try bench.bytes("l")[..<9] == [0x72, 0x52, 0x69, 0x4d, 2, 0, 0, 0, 8])
        #expect(try bench.logBits(1) == [0xfe])
        try bench.end()
    }

    // MARK: legs that fail

    @Test func `What a leg could not write stays marked, and is copied when the mirror is resumed`() throws {
        let bench = try inSync(Self.keep)
        bench.fail("b", [.write])
        try bench.volume.write([1, 2], at: 4096)
        #expect(try bench.status == "2 a b 7/8 1 AD 3 disk l A")
        try bench.volume.write([3], at: 4096)
        try bench.suspend()
        #expect(try bench.logBits(1) == [0xfd])
        try bench.resume()
        try bench.volume.wait { $0 == "2 a b 8/8 1 AA 3 disk l A" }
        #expect(try bench.bytes("b")[4096..<4098] == [3, 2])
        try bench.end()
        #expect(try bench.logBits(1) == [0xff])
    }

    @Test func `A leg that cannot be flushed leaves all regions marked for good`() throws {
        let bench = try inSync(Self.keep)
        try bench.volume.write([1], at: 4096)
        bench.fail("a", [.flush])
        bench.clock.waitForWaiters(1)
        bench.clock.advance(by: .seconds(1))
        bench.clock.waitForWaiters(1)
        bench.clock.advance(by: .seconds(1))
        try bench.volume.wait { $0 == "2 a b 8/8 1 FA 3 disk l A" }
        // Another leg leads.
        _ = bench.takeCalls("a")
        _ = try bench.volume.read(at: 0, count: 1)
        #expect(bench.takeCalls("a") == [])
        try bench.volume.write([2], at: 8192)
        #expect(try bench.bytes("a")[8192] == 2)
        try bench.suspend()
        #expect(try bench.logBits(1) == [0])
        try bench.resume()
        // All is copied; but what failed is forgotten only when regions were out of sync for a write that failed.
        try bench.volume.wait { $0 == "2 a b 8/8 1 FA 3 disk l A" }
        try bench.end()
        #expect(try bench.logBits(1) == [0], "not by the engine that saw it fail")
    }

    @Test func `A write waits until all regions are marked that a failed flush has made doubtful`() throws {
        let (a, log, plan) = (MemoryDevice(size: .kibibytes(32)), MemoryDevice(size: .kibibytes(32)), FaultyDevice.Plan())
        let slow = HangingDevice(log)
        let clock = ManualClock()
        var environment = VolumeEnvironment()
        environment.clock = clock
        let volume = try Volume(
            try MappingTable(Self.table("nosync", Self.keep)),
            opening: .devices(["a": a, "b": FaultyDevice(MemoryDevice(size: .kibibytes(32)), plan), "l": slow]), environment: environment)
        try volume.write([1], at: 0)
        plan.add(.init([.flush]))
        clock.waitForWaiters(1)
        clock.advance(by: .seconds(1))
        clock.waitForWaiters(1)
        slow.hangs = true
        clock.advance(by: .seconds(1))
        slow.waitForRequests(1)
        let writer = BackgroundThread { #expect(failure(of: { () throws(BlockIOError) in try volume.write([2], at: 20_000) }) == nil) }
        #expect(writer.comesToWait())
        #expect(a.contents[20_000] == 0)
        slow.hangs = false
        writer.join()
        #expect(a.contents[20_000] == 2 && log.contents[1024] == 0)
        try volume.close()
    }

    @Test func `A leg whose flushes fail is told once, and then keeps no table from being replaced`() throws {
        let bench = try inSync(" 1 handle_errors")
        try bench.volume.write([1], at: 4096)
        bench.fail("b", [.flush], times: 100)
        #expect(throws: MappingError.self) { try bench.suspend() }
        try bench.resume(Self.table("nosync"))
        #expect(try bench.status.hasPrefix("2 a b 8/8"))
        try bench.volume.write([2], at: 0)
        try bench.volume.close()
    }

    @Test func `After a flush that failed no region is marked clean that was written since the one before`() throws {
        let bench = try inSync()
        try bench.volume.write([1], at: 20_000)
        bench.fail("b", [.flush])
        try bench.volume.flush()
        #expect(try bench.status == "2 a b 8/8 1 AD 3 disk l A")
        try bench.volume.write([1], at: 0)
        try bench.end()
        #expect(try bench.logBits(1) == [0xee])
    }

    @Test func `A log needs its room`() throws {
        let members = Members(["a": 64, "b": 64, "l": 2])
        let error = openingFailure(try MappingTable(Self.table()), members.opener)
        #expect(error?.description == "line 1: l: the device has 2 sectors, the line needs 3")
    }
}

/// A device whose writes and flushes wait while it is closed.
private final class Door: BlockDevice {
    private let base: MemoryDevice
    private let isOpen = Monitor(true)

    init(_ base: MemoryDevice) { self.base = base }

    func open() { isOpen.withLock { $0 = true } }
    func close() { isOpen.withLock { $0 = false } }

    var size: ByteCount { base.size }
    var limits: BlockLimits { base.limits }
    func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(BlockIOError) { try base.read(at: offset, into: &buffer) }
    func write(_ bytes: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        isOpen.wait { $0 ? () : nil }
        try base.write(bytes, at: offset, flags: flags)
    }
    func flush() throws(BlockIOError) {
        isOpen.wait { $0 ? () : nil }
        try base.flush()
    }
    func discard(at offset: UInt64, count: UInt64) throws(BlockIOError) {}
}
