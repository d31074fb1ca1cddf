import BlockIO
import DeviceMapperTables
import StorageUnits
import Testing
import UserspaceVolumes
import VolumeLaws

/// When requests to a delay line go on, in which order, and where to.
@Suite struct DelayTests {
    /// A line over devices in memory that write down their calls, with a clock of the test's own.
    private struct Bench: Sendable {
        let members: Members
        let devices: [DeviceReference: RecordingDevice]
        let clock = ManualClock()
        let volume: Volume

        init(_ table: String, _ names: String = "abc", sectors: UInt64 = 256, blockSize: Int = 1) throws {
            members = Members(names, sectors: sectors, blockSize: blockSize)
            let (opener, devices) = members.recording()
            self.devices = devices
            var environment = VolumeEnvironment()
            environment.clock = clock
            volume = try Volume(try MappingTable(table), opening: opener, environment: environment)
        }

        func calls(_ name: DeviceReference) -> [String] { devices[name]?.takeCalls().map(\.description) ?? [] }

        func contents(_ name: DeviceReference) -> [UInt8] { members.memory[name]?.contents ?? [] }

        /// Starts a request, and returns when it waits for the clock.
        func start(_ request: @escaping @Sendable (Volume) throws(BlockIOError) -> Void) -> BackgroundThread {
            let before = clock.waiterCount
            let thread = BackgroundThread { [volume] in
                #expect(requestFailure { () throws(BlockIOError) in try request(volume) } == nil)
            }
            clock.waitForWaiters(before + 1)
            return thread
        }

        func startWrite(_ byte: UInt8, at offset: UInt64, count: Int = 512) -> BackgroundThread {
            start { (volume) throws(BlockIOError) in try volume.write([UInt8](repeating: byte, count: count), at: offset) }
        }
    }

    @Test func `Without a delay nothing waits, and requests go to their devices`() throws {
        let bench = try Bench("0 64 delay a 1 0 b 2 0 c 3 0")
        _ = try bench.volume.read(at: 100, count: 1000)
        try bench.volume.write([1, 2, 3], at: 512, flags: .forceUnitAccess)
        try bench.volume.writeZeroes(at: 1024, count: 512, flags: .mayUnmap)
        try bench.volume.discard(at: 2048, count: 512)
        try bench.volume.flush()
        #expect(bench.calls("a") == ["read 612+1000"])
        #expect(bench.calls("b") == ["write 1536+3, durable", "writeZeroes 2048+512, may unmap", "discard 3072+512"])
        #expect(bench.calls("c") == ["flush"])
        #expect(bench.volume.statusText == "0 0 0")
    }

    @Test(arguments: [
        ("0 64 delay a 0 100", ["a", "a", "a"], [100, 100, 100]), ("0 64 delay a 0 100 b 0 200", ["a", "b", "b"], [100, 200, 200]),
        ("0 64 delay a 0 100 b 0 200 c 0 300", ["a", "b", "c"], [100, 200, 300]),
        ("0 64 delay a 0 300 a 0 200 a 0 100", ["a", "a", "a"], [300, 200, 100]),
        ("0 64 delay a 0 4294967295 b 0 1", ["a", "b", "b"], [4_294_967_295, 1, 1]),
    ])
    func `Reads, writes and flushes wait as long as theirs do, and go to their devices`(
        table: String, names: [String], delays: [Int64]
    ) throws {
        let calls = ["read 0+512", "write 0+1", "flush", "write 0+1, durable", "discard 0+512", "writeZeroes 0+512"]
        for (index, call) in calls.enumerated() {
            let bench = try Bench(table)
            let kind = index < 3 ? index : 1
            let thread = bench.start { (volume) throws(BlockIOError) in
                switch index {
                case 0: _ = try volume.read(at: 0, count: 512)
                case 1: try volume.write([1], at: 0)
                case 2: try volume.flush()
                case 3: try volume.write([1], at: 0, flags: .forceUnitAccess)
                case 4: try volume.discard(at: 0, count: 512)
                default: try volume.writeZeroes(at: 0, count: 512, flags: [])
                }
            }
            #expect(bench.volume.statusText == ["1 0 0", "0 1 0", "0 0 1"][kind])
            bench.clock.advance(by: .milliseconds(delays[kind] - 1))
            #expect(bench.clock.waiterCount == 1)
            #expect(bench.devices.values.allSatisfy { $0.calls.isEmpty })
            bench.clock.advance(by: .milliseconds(1))
            #expect(bench.volume.statusText == "0 0 0")
            thread.join()
            #expect(bench.calls(.path(names[kind])) == [call])
            #expect(bench.devices.values.allSatisfy { $0.calls.isEmpty })
        }
    }

    @Test func `Hundreds of requests wait at one time, and go when their time has come`() throws {
        let bench = try Bench("0 256 delay a 0 1000 a 0 2000 a 0 3000", "a")
        let kinds = 130
        var threads: [BackgroundThread] = []
        for index in 0..<3 * kinds {
            threads.append(
                BackgroundThread { [volume = bench.volume] in
                    let failure = requestFailure { () throws(BlockIOError) in
                        switch index % 3 {
                        case 0: _ = try volume.read(at: UInt64(index) * 64, count: 64)
                        case 1: try volume.write([UInt8](repeating: UInt8(index % 251), count: 64), at: 65536 + UInt64(index) * 64)
                        default: try volume.flush()
                        }
                    }
                    #expect(failure == nil)
                })
        }
        bench.clock.waitForWaiters(3 * kinds)
        #expect(bench.volume.statusText == "\(kinds) \(kinds) \(kinds)")
        #expect(bench.calls("a") == [])
        for step in 1...3 {
            bench.clock.advance(by: .seconds(1))
            #expect(bench.volume.statusText == ["0 \(kinds) \(kinds)", "0 0 \(kinds)", "0 0 0"][step - 1])
            for (index, thread) in threads.enumerated() where index % 3 == step - 1 { thread.join() }
            #expect(bench.calls("a").count == kinds)
        }
        for index in 0..<3 * kinds where index % 3 == 1 {
            let place = 65536 + index * 64
            #expect(bench.contents("a")[place..<place + 64].allSatisfy { $0 == UInt8(index % 251) })
        }
    }

    @Test func `Of writes to one place the one that came last remains, whichever thread wakes first`() throws {
        for _ in 0..<scaled(100) {
            let bench = try Bench("0 64 delay a 0 100", "a")
            let threads = (1...6).map { bench.startWrite(UInt8($0), at: 512 * UInt64($0 % 2), count: 1024) }
            bench.clock.advance(by: .seconds(1))
            for thread in threads { thread.join() }
            #expect(Array(bench.contents("a")[..<512]) == [UInt8](repeating: 6, count: 512))
            #expect(Array(bench.contents("a")[512..<1024]) == [UInt8](repeating: 6, count: 512))
            #expect(Array(bench.contents("a")[1024..<1536]) == [UInt8](repeating: 5, count: 512))
        }
    }

    @Test func `A read that waits less than a write before it finds what was there, one behind it what was written`() throws {
        for (delays, isNew) in [("100 a 0 200", false), ("200 a 0 200", true), ("200 a 0 100", true)] {
            let bench = try Bench("0 64 delay a 0 \(delays)", "a")
            let found = Monitor<[UInt8]>([])
            let old = Array(bench.contents("a")[..<512])
            let write = bench.startWrite(7, at: 0)
            let read = bench.start { (volume) throws(BlockIOError) in
                let bytes = try volume.read(at: 0, count: 512)
                found.withLock { $0 = bytes }
            }
            bench.clock.advance(by: .seconds(1))
            write.join()
            read.join()
            #expect(found.withLock { $0 } == (isNew ? [UInt8](repeating: 7, count: 512) : old))
        }
    }

    @Test func `A device that hangs holds up only what overlaps with it`() throws {
        let stuck = StuckDevice(MemoryDevice(size: ByteCount(32768)))
        let free = RecordingDevice(MemoryDevice(size: ByteCount(32768)))
        let clock = ManualClock()
        var environment = VolumeEnvironment()
        environment.clock = clock
        let volume = try Volume(
            try MappingTable("0 64 delay free 0 10 stuck 0 20 free 0 30"), opening: .devices(["free": free, "stuck": stuck]),
            environment: environment)
        let write = BackgroundThread { #expect(requestFailure { () throws(BlockIOError) in try volume.write([1], at: 0) } == nil) }
        clock.waitForWaiters(1)
        clock.advance(by: .milliseconds(20))
        stuck.waitUntilStuck()
        let read = BackgroundThread { #expect((try? volume.read(at: 0, count: 512)) != nil) }
        let flush = BackgroundThread { #expect(requestFailure { () throws(BlockIOError) in try volume.flush() } == nil) }
        clock.waitForWaiters(2)
        clock.advance(by: .milliseconds(30))
        read.join()
        flush.join()
        #expect(!write.hasEnded)
        stuck.free()
        write.join()
    }

    @Test(arguments: [true, false])
    func `A suspension lets go what waits, and what comes later waits again after it`(flush: Bool) throws {
        let members = Members("a", sectors: 64)
        let clock = ManualClock()
        var environment = VolumeEnvironment()
        environment.clock = clock
        let mapper = UserspaceMapper(opening: members.opener, environment: environment)
        let id = MappedDeviceID.name(try DeviceName("slow"))
        try mapper.createAndLoad(DeviceDefinition(name: DeviceName("slow"), table: try MappingTable("0 64 delay a 0 1000")))
        let volume = try mapper.open(id)
        func start(_ byte: UInt8) -> BackgroundThread {
            BackgroundThread { #expect(requestFailure { () throws(BlockIOError) in try volume.write([byte], at: 0) } == nil) }
        }
        func status() throws -> [String] { try mapper.status(of: id, in: .active).map(\.text) }
        let threads = (1...3).map { byte in
            let thread = start(UInt8(byte))
            clock.waitForWaiters(byte)
            return thread
        }
        #expect(try status() == ["0 3 0"])
        _ = try mapper.suspend(id, flush: flush)
        for thread in threads { thread.join() }
        #expect(members.memory["a"]?.contents[0] == 3)
        #expect(try status() == ["0 0 0"])
        let later = start(4)
        #expect(later.comesToWait())
        #expect(clock.waiterCount == 0)
        _ = try mapper.resume(id)
        clock.waitForWaiters(1)
        #expect(try status() == ["0 1 0"])
        clock.advance(by: .seconds(1))
        later.join()
        #expect(members.memory["a"]?.contents[0] == 4)
        try volume.close()
        try mapper.remove(id, deferred: false)
    }

    @Test func `Closing lets go what waits, and makes writes durable wherever they went`() throws {
        let bench = try Bench("0 64 delay a 0 1000000 b 0 1000000 c 0 1000000")
        let threads = [
            bench.startWrite(7, at: 0), bench.start { (volume) throws(BlockIOError) in _ = try volume.read(at: 0, count: 1) },
            bench.start { (volume) throws(BlockIOError) in try volume.flush() }, bench.startWrite(8, at: 0),
        ]
        #expect(bench.volume.statusText == "1 2 1")
        #expect(closingFailure(bench.volume) == nil)
        for thread in threads { thread.join() }
        #expect(bench.contents("b")[..<512].allSatisfy { $0 == 8 }, "in the order in which they came")
        #expect(bench.calls("b").last == "flush")
        #expect(bench.calls("c") == ["flush", "flush"])
    }

    @Test func `What is let go all at once goes in the order in which it came, whatever the times were`() throws {
        let bench = try Bench("0 64 delay a 0 10 a 0 1000", "a")
        let found = Monitor<[UInt8]>([])
        let write = bench.startWrite(7, at: 0)
        let read = bench.start { (volume) throws(BlockIOError) in
            let bytes = try volume.read(at: 0, count: 512)
            found.withLock { $0 = bytes }
        }
        #expect(closingFailure(bench.volume) == nil)
        write.join()
        read.join()
        #expect(found.withLock { $0 } == [UInt8](repeating: 7, count: 512))
    }

    @Test func `What a device fails is told in bytes of the line`() throws {
        let plan = FaultyDevice.Plan([.init([.read, .write, .flush, .discard, .writeZeroes, .extent], times: .max)])
        let devices = Members("abc", sectors: 40).opener { FaultyDevice($0, plan) }
        let volume = try Volume(try MappingTable("0 32 delay a 8 0 b 7 0 c 6 0"), opening: devices)
        let errors = [
            requestFailure { () throws(BlockIOError) in _ = try volume.read(at: 1024, count: 512) },
            requestFailure { () throws(BlockIOError) in try volume.write([UInt8](repeating: 0, count: 512), at: 1024) },
            requestFailure { () throws(BlockIOError) in try volume.discard(at: 1024, count: 512) },
            requestFailure { () throws(BlockIOError) in try volume.writeZeroes(at: 1024, count: 512, flags: []) },
            requestFailure { () throws(BlockIOError) in _ = try volume.extent(at: 1024, limit: 512) },
        ]
        for error in errors.dropLast() { #expect(error?.description == "made to fail (bytes 1024 to 1535)") }
        #expect(errors.last??.offset == 1024)
        #expect(requestFailure { () throws(BlockIOError) in try volume.flush() }?.message == "made to fail")
        plan.clear()
    }

    @Test(arguments: [
        ("0 64 delay a 1 0", "line 1: a: the device has 64 sectors, the line needs 65"),
        ("0 64 delay a 0 0 b 2 0", "line 1: b: the device has 64 sectors, the line needs 66"),
        ("0 64 delay a 0 0 b 0 0 c 3 0", "line 1: c: the device has 64 sectors, the line needs 67"),
    ])
    func `Devices that are shorter than the line are refused`(table: String, message: String) throws {
        #expect(openingFailure(try MappingTable(table), Members("abc", sectors: 64).opener)?.description == message)
    }

    @Test func `With the system's clock requests go on by themselves`() throws {
        let members = Members("a", sectors: 64)
        let volume = try Volume(try MappingTable("0 64 delay a 0 3 a 0 2 a 0 1"), opening: members.opener)
        onThreads(8) { thread in
            for round in 0..<5 {
                let place = UInt64(thread) * 4096 + UInt64(round) * 512
                #expect(
                    requestFailure { () throws(BlockIOError) in try volume.write([UInt8](repeating: UInt8(thread), count: 512), at: place) }
                        == nil)
                #expect((try? volume.read(at: place, count: 1)) == [UInt8(thread)])
                #expect(requestFailure { () throws(BlockIOError) in try volume.flush() } == nil)
            }
        }
        #expect(volume.statusText == "0 0 0")
    }
}

/// A device over another whose first write does not end before it is told to.
private final class StuckDevice: BlockDevice {
    private struct State: Sendable {
        var isStuck = false
        var isFree = false
    }
    private let base: any BlockDevice
    private let state = Monitor(State())
    init(_ base: any BlockDevice) { self.base = base }
    var size: ByteCount { base.size }
    var limits: BlockLimits { base.limits }
    func waitUntilStuck() { state.wait { $0.isStuck ? () : nil } }
    func free() { state.withLock { $0.isFree = true } }
    func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(BlockIOError) { try base.read(at: offset, into: &buffer) }
    func write(_ bytes: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        state.withLock { $0.isStuck = true }
        state.wait { $0.isFree ? () : nil }
        try base.write(bytes, at: offset, flags: flags)
    }
    func flush() throws(BlockIOError) { try base.flush() }
    func discard(at offset: UInt64, count: UInt64) throws(BlockIOError) { try base.discard(at: offset, count: count) }
}
