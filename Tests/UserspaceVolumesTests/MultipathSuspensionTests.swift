import BlockIO
import DeviceMapperTables
import StorageUnits
import Testing
import UserspaceVolumes
import VolumeLaws

/// What becomes of requests that wait for a path, and of paths, when the device is suspended or gets another table.
@Suite struct MultipathSuspensionTests {
    /// A device `mp` of a mapper, over paths to a device in memory, each with faults of its own.
    private struct Bench {
        let disk = MemoryDevice(SeededBytes.make(64 * 512))
        let plans: [DeviceReference: FaultyDevice.Plan]
        let mapper: UserspaceMapper
        let device: MappedDeviceID
        let volume: Volume

        init(_ arguments: String) throws {
            let plans = Dictionary(uniqueKeysWithValues: "abc".map { (DeviceReference.path(String($0)), FaultyDevice.Plan()) })
            self.plans = plans
            mapper = UserspaceMapper(opening: .devices(plans.mapValues { [disk] in FaultyDevice(disk, $0) }))
            let name = try DeviceName("mp")
            device = .name(name)
            try mapper.createAndLoad(DeviceDefinition(name: name, table: try MappingTable("0 64 multipath " + arguments)))
            volume = try mapper.open(device)
        }

        var status: String { get throws { try #require(mapper.status(of: device).first).text } }

        /// What a message fails with; `nil` when it is taken.
        func send(_ text: String) -> MappingError? { volume.failure(of: text) }

        func load(_ arguments: String) throws { _ = try mapper.load(try MappingTable("0 64 multipath " + arguments), into: device) }

        /// A thread whose write of a byte waits for a path, and what comes of that.
        func waitingWriter(_ byte: UInt8, expecting error: String? = nil) -> BackgroundThread {
            let thread = BackgroundThread { [volume] in
                #expect(failure { () throws(BlockIOError) in try volume.write([byte], at: 0) }?.description == error)
            }
            #expect(thread.comesToWait())
            return thread
        }
    }

    private static let queueing = "1 queue_if_no_path 0 1 1 round-robin 0 2 1 a 1 b 1"

    @Test func `A suspension with a flush ends the waiting, and after it requests wait again`() throws {
        let bench = try Bench(Self.queueing)
        for path in "ab" { #expect(bench.send("fail_path \(path)") == nil) }
        let writer = bench.waitingWriter(1, expecting: "no path works (bytes 0 to 0)")
        _ = try bench.mapper.suspend(bench.device)
        writer.join()
        _ = try bench.mapper.resume(bench.device)
        let second = bench.waitingWriter(2)
        #expect(bench.send("reinstate_path b") == nil)
        second.join()
        #expect(bench.disk.contents[0] == 2)
    }

    @Test func `A message that comes during a suspension makes no request wait that the suspension waits for`() throws {
        let plan = FaultyDevice.Plan()
        let slow = HangingDevice(FaultyDevice(MemoryDevice(size: .kibibytes(32)), plan))
        let mapper = UserspaceMapper(opening: .devices(["a": slow]))
        let name = try DeviceName("mp")
        try mapper.createAndLoad(
            DeviceDefinition(name: name, table: try MappingTable("0 64 multipath 0 0 1 1 round-robin 0 1 1 a 1")))
        let volume = try mapper.open(.name(name))
        slow.hangs = true
        plan.add(.init([.read], error: BlockIOError(.inputOutput, message: "made to fail")))
        let reader = BackgroundThread {
            #expect(failure { () throws(BlockIOError) in _ = try volume.read(at: 0, count: 512) }?.code == .inputOutput)
        }
        slow.waitForRequests(1)
        let suspending = BackgroundThread { #expect((try? mapper.suspend(.name(name)))?.isSuspended == true) }
        #expect(suspending.comesToWait())
        _ = try mapper.send(MultipathTarget.Message.queueIfNoPath, to: .name(name))
        slow.hangs = false
        reader.join()
        suspending.join()
        // It counts from the resume on.
        _ = try mapper.resume(.name(name))
        let waiting = BackgroundThread { _ = try? volume.read(at: 0, count: 512) }
        #expect(waiting.comesToWait())
        _ = try mapper.send(MultipathTarget.Message.failIfNoPath, to: .name(name))
        waiting.join()
    }

    @Test func `Without a flush requests are given back, and wait for a path again`() throws {
        let bench = try Bench(Self.queueing)
        for path in "ab" { #expect(bench.send("fail_path \(path)") == nil) }
        let writer = bench.waitingWriter(7)
        for _ in 0..<3 {
            _ = try bench.mapper.suspend(bench.device, flush: false)
            #expect(writer.comesToWait(), "for the device now")
            _ = try bench.mapper.resume(bench.device)
            #expect(writer.comesToWait(), "for a path again")
        }
        #expect(bench.send("reinstate_path a") == nil)
        writer.join()
        #expect(bench.disk.contents[0] == 7)
    }

    @Test func `Requests that were given back go over the paths of another table`() throws {
        let bench = try Bench(Self.queueing)
        for path in "ab" { #expect(bench.send("fail_path \(path)") == nil) }
        let writers = (0..<100).map { bench.waitingWriter(UInt8($0)) }
        _ = try bench.mapper.suspend(bench.device, flush: false)
        try bench.load("0 0 1 1 queue-length 0 1 1 c 1")
        _ = try bench.mapper.resume(bench.device)
        for writer in writers { writer.join() }
        #expect(try bench.status == "2 0 0 0 1 1 A 0 1 1 c A 0 0")
        // The same table again begins with all paths in use, and none has ever failed.
        try bench.load(Self.queueing)
        _ = try bench.mapper.resume(bench.device)
        #expect(try bench.status == "2 1 0 0 1 1 E 0 2 0 a A 0 b A 0")
    }

    @Test func `A request that is under way when the device is suspended is given back when its path fails`() throws {
        let disk = MemoryDevice(SeededBytes.make(64 * 512))
        let plan = FaultyDevice.Plan()
        let hanging = HangingDevice(FaultyDevice(disk, plan))
        let mapper = UserspaceMapper(opening: .devices(["a": hanging]))
        let name = try DeviceName("mp")
        try mapper.createAndLoad(
            DeviceDefinition(name: name, table: try MappingTable("0 64 multipath 0 0 1 1 round-robin 0 1 1 a 1")))
        let volume = try mapper.open(.name(name))
        hanging.hangs = true
        let writer = BackgroundThread { #expect(failure { () throws(BlockIOError) in try volume.write([9], at: 5) } == nil) }
        hanging.waitForRequests(1)
        plan.add(.init())
        let suspending = BackgroundThread { #expect(throws: Never.self) { try mapper.suspend(.name(name), flush: false) } }
        #expect(suspending.comesToWait())
        hanging.hangs = false
        suspending.join()
        #expect(try mapper.status(of: .name(name)).first?.text == "2 0 0 0 1 1 A 0 1 0 a F 1")
        #expect(writer.comesToWait())
        _ = try mapper.load(try MappingTable("0 64 multipath 0 0 1 1 round-robin 0 1 1 a 1"), into: .name(name))
        _ = try mapper.resume(.name(name))
        writer.join()
        #expect(disk.contents[5] == 9)
    }

    @Test func `A device that is suspended takes no messages`() throws {
        let bench = try Bench(Self.queueing)
        for flush in [true, false] {
            _ = try bench.mapper.suspend(bench.device, flush: flush)
            for message in ["fail_path a", "fail_if_no_path", "what"] {
                let error = bench.send(message)
                #expect(error?.code == .busy)
                #expect(error?.description == "line 1: a multipath device takes no messages while it is suspended")
            }
            _ = try bench.mapper.resume(bench.device)
            #expect(bench.send("fail_path a") == nil)
        }
        // What was said before a suspension holds after it.
        #expect(bench.send("fail_path b") == nil)
        #expect(bench.send("fail_if_no_path") == nil)
        _ = try bench.mapper.suspend(bench.device)
        _ = try bench.mapper.resume(bench.device)
        #expect(failure { () throws(BlockIOError) in try bench.volume.flush() }?.description == "no path works")
    }

    @Test func `A suspension that is to flush what was written fails when no path works, and everything goes on`() throws {
        let bench = try Bench(Self.queueing)
        try bench.volume.write([1], at: 0)
        for path in "ab" { #expect(bench.send("fail_path \(path)") == nil) }
        let error = #expect(throws: MappingError.self) { try bench.mapper.suspend(bench.device) }
        #expect(error?.description == "line 1: no path works")
        #expect(try !bench.mapper.info(of: bench.device).isSuspended)
        let writer = bench.waitingWriter(3)
        #expect(bench.send("reinstate_path a") == nil)
        writer.join()
        bench.plans["a"]?.add(.init([.flush], error: BlockIOError(.noSpace, message: "full")))
        #expect(throws: MappingError.self) { try bench.mapper.suspend(bench.device) }
        _ = try bench.mapper.suspend(bench.device)
    }

    @Test func `What was written and is not flushed is not forgotten with the table`() throws {
        let bench = try Bench("0 0 1 1 round-robin 0 1 1 a 1")
        try bench.volume.write([1], at: 0)
        _ = try bench.mapper.suspend(bench.device, flush: false)
        try bench.load("0 0 1 1 round-robin 0 1 1 b 1")
        _ = try bench.mapper.resume(bench.device)
        #expect(bench.send("fail_path b") == nil)
        let error = #expect(throws: MappingError.self) { try bench.mapper.suspend(bench.device) }
        #expect(error?.description == "line 1: no path works")
        #expect(bench.send("reinstate_path b") == nil)
        try bench.volume.flush()
        #expect(bench.send("fail_path b") == nil)
        _ = try bench.mapper.suspend(bench.device)
    }

    @Test func `The flush before a suspension takes no path's turn`() throws {
        let bench = try Bench("0 0 1 1 round-robin 0 3 1 a 1 b 1 c 1")
        for path in "abcabc" {
            let name = DeviceReference.path(String(path))
            let before = bench.plans[name]?.requests ?? 0
            try bench.volume.write([1], at: 0)
            #expect(bench.plans[name]?.requests == before + 1)
            _ = try bench.mapper.suspend(bench.device)
            _ = try bench.mapper.resume(bench.device)
        }
    }

    @Test func `An event is raised when a path fails or comes back, and when a group is chosen`() throws {
        let bench = try Bench("0 0 2 1 round-robin 0 2 1 a 1 b 1 round-robin 0 1 1 c 1")
        var expected = try bench.mapper.info(of: bench.device).eventNumber
        for (message, events) in [
            ("fail_path a", 1), ("fail_path a", 0), ("reinstate_path a", 1), ("reinstate_path a", 0), ("disable_group 2", 1),
            ("disable_group 2", 1), ("enable_group 2", 1), ("switch_group 1", 1), ("queue_if_no_path", 0), ("fail_if_no_path", 0),
        ] as [(String, UInt32)] {
            #expect(bench.send(message) == nil)
            expected += events
            #expect(try bench.mapper.info(of: bench.device).eventNumber == expected, "\(message)")
        }
        for path in ["a", "b"] as [DeviceReference] { bench.plans[path]?.add(.init([.flush])) }
        try bench.volume.flush()
        #expect(try bench.mapper.info(of: bench.device).eventNumber == expected + 2)
    }

    @Test func `Paths that are devices of the mapper go by name and by number`() throws {
        let mapper = UserspaceMapper(opening: .devices(["disk": MemoryDevice([UInt8](repeating: 0, count: 64 * 512))]))
        func make(_ name: String, _ table: String) throws -> MappedDeviceInfo {
            try mapper.createAndLoad(DeviceDefinition(name: try DeviceName(name), table: try MappingTable(table)))
        }
        let numbers = try (0..<2).map { try make("path\($0)", "0 64 linear disk 0").number }
        let device = MappedDeviceID.number(
            try make("mp", "0 64 multipath 0 0 1 1 round-robin 0 2 1 /dev/mapper/path0 1 \(numbers[1]) 1").number)
        let volume = try mapper.open(device)
        for message in ["fail_path \(numbers[0])", "fail_path /dev/mapper/path1"] { #expect(volume.failure(of: message) == nil) }
        #expect(try mapper.status(of: device).first?.text == "2 1 0 0 1 1 E 0 2 0 /dev/mapper/path0 F 1 \(numbers[1]) F 1")
        // One that is asked about and is no path is not kept open.
        let other = try make("other", "0 64 linear disk 0").number
        #expect(
            volume.failure(of: "fail_path /dev/mapper/other")?.description
                == "line 1: /dev/mapper/other: the device is no path of the table")
        try mapper.remove(.number(other))
        #expect(volume.failure(of: "fail_path \(other)")?.code == .notFound)
        // A path that gets another name, and another table, is the path it was.
        try mapper.rename(.number(numbers[0]), to: try DeviceName("renamed"))
        #expect(volume.failure(of: "reinstate_path /dev/mapper/renamed") == nil)
        #expect(volume.failure(of: "fail_path /dev/mapper/path0") == nil)
        _ = try mapper.load(try MappingTable("0 64 error"), into: .number(numbers[0]))
        _ = try mapper.resume(.number(numbers[0]))
        for path in 0..<2 { #expect(volume.failure(of: "reinstate_path /dev/mapper/path\(path)") == nil) }
        for _ in 0..<2 { try volume.write([1], at: 0) }
        #expect(try mapper.status(of: device).first?.text == "2 0 0 0 1 1 A 0 2 0 /dev/mapper/path0 F 3 \(numbers[1]) A 1")
    }
}
