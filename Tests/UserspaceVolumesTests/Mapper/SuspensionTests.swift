import BlockIO
import DeviceMapperTables
import StorageUnits
import Synchronization
import Testing
import UserspaceVolumes
import VolumeLaws

/// What becomes of requests when a device is suspended, resumed, and gets another table.
@Suite struct SuspensionTests {
    private let id = MappedDeviceID.number(DeviceNumber(major: 4095, minor: 0))
    private static let sectors: UInt64 = 64

    private func mapper(_ devices: [DeviceReference: any BlockDevice], _ table: MappingTable) throws -> UserspaceMapper {
        let mapper = UserspaceMapper(opening: .devices(devices))
        try mapper.createAndLoad(DeviceDefinition(name: try DeviceName("a"), table: table))
        return mapper
    }

    private func table(_ target: some UserspaceTarget, sectors: UInt64 = Self.sectors) throws -> MappingTable {
        try MappingTable(length: Sectors(sectors), target)
    }

    @Test func `Requests to a suspended device wait, and go to the table that is in force then`() throws {
        let (first, second) = (MemoryDevice(size: .kibibytes(32)), MemoryDevice(size: .kibibytes(32)))
        let mapper = try mapper(["first": first, "second": second], try MappingTable("0 64 linear first 0"))
        let volume = try mapper.open(id)
        #expect(try mapper.suspend(id, flush: true).isSuspended)
        #expect(try mapper.suspend(id).isSuspended, "suspending again does nothing")
        let writer = BackgroundThread { #expect(failure(of: { () throws(BlockIOError) in try volume.write([5], at: 3) }) == nil) }
        #expect(writer.comesToWait())
        // What asks about the device does not wait.
        #expect(try mapper.status(of: id).count == 1)
        #expect(try mapper.table(of: id).lines.count == 1)
        #expect(volume.size == .kibibytes(32))
        _ = try mapper.load(try MappingTable("0 64 linear second 0"), into: id)
        #expect(!writer.hasEnded)
        #expect(try mapper.resume(id).isSuspended == false)
        writer.join()
        #expect(first.contents[3] == 0 && second.contents[3] == 5)
        #expect(try mapper.resume(id).isSuspended == false, "resuming again does nothing")
    }

    @Test func `Suspending waits for the requests under way, and flushes`() throws {
        let mayRead = Monitor(false)
        let hasBegun = Monitor(false)
        let probe = Probe(duringRead: {
            hasBegun.withLock { $0 = true }
            mayRead.wait { $0 ? () : nil }
        })
        let mapper = try mapper([:], try table(ProbeTarget(probe: probe)))
        let volume = try mapper.open(id)
        let reader = BackgroundThread { _ = try? volume.read(at: 0, count: 1) }
        hasBegun.wait { $0 ? () : nil }
        let suspending = BackgroundThread { _ = try? mapper.suspend(id) }
        #expect(suspending.comesToWait())
        // The device is asked, and told something, meanwhile.
        #expect(try mapper.info(of: id).isSuspended == false)
        #expect(try mapper.status(of: id).count == 1)
        mayRead.withLock { $0 = true }
        reader.join()
        suspending.join()
        #expect(probe.moments == [.make, .resume, .read, .flush])
        #expect(try mapper.info(of: id).isSuspended)
        _ = try mapper.resume(id)
        _ = try mapper.suspend(id, flush: false)
        #expect(probe.moments == [.make, .resume, .read, .flush, .resume])
        // What was not flushed is, when the device goes.
        try volume.close()
        try mapper.remove(id)
        #expect(probe.moments == [.make, .resume, .read, .flush, .resume, .flush, .close])
    }

    @Test func `A flush that a suspension left out is made up for, once`() throws {
        let probe = Probe()
        let mapper = try mapper([:], try table(ProbeTarget(probe: probe)))
        _ = try mapper.suspend(id, flush: false)
        #expect(probe.moments == [.make, .resume])
        for _ in 0..<2 {
            _ = try mapper.suspend(id, flush: true)
            #expect(probe.moments == [.make, .resume, .flush])
        }
        try mapper.remove(id)
        #expect(probe.moments == [.make, .resume, .flush, .close])
        let disk = MemoryDevice(size: .kibibytes(64))
        let complaints = WriteBackTarget.Complaints()
        let other = try self.mapper(["disk": disk], try table(WriteBackTarget("disk", complaints)))
        try other.open(id).write([7], at: 0)
        _ = try other.suspend(id, flush: false)
        #expect(disk.contents[512] == 0)
        _ = try other.suspend(id)
        #expect(disk.contents[512] == 7)
        _ = try other.resume(id)
        try other.open(id).write([8], at: 0)
        _ = try other.suspend(id)
        #expect(disk.contents[512] == 8, "each suspension flushes anew")
        try other.removeAll()
        #expect(complaints.all == [])
    }

    @Test func `A suspended device that cannot flush stays suspended`() throws {
        let probe = Probe(failing: .flush)
        let mapper = try mapper([:], try table(ProbeTarget(probe: probe)))
        _ = try mapper.suspend(id, flush: false)
        for _ in 0..<2 {
            #expect(throws: MappingError.self) { try mapper.suspend(id) }
            #expect(try mapper.info(of: id).isSuspended)
        }
        _ = try mapper.resume(id)
        #expect(probe.moments == [.make, .resume, .flush, .flush, .resume])
    }

    @Test func `A device that cannot flush is not suspended, and keeps its table`() throws {
        let (failing, other) = (Probe(failing: .flush), Probe())
        let mapper = try mapper([:], try table(ProbeTarget(probe: failing)))
        let volume = try mapper.open(id)
        #expect(throws: MappingError.self) { try mapper.suspend(id) }
        #expect(try mapper.info(of: id).isSuspended == false)
        try volume.write([1], at: 0)
        _ = try mapper.load(try table(ProbeTarget(probe: other)), into: id)
        #expect(throws: MappingError.self) { try mapper.resume(id) }
        let info = try mapper.info(of: id)
        #expect(!info.isSuspended && info.hasInactiveTable)
        try volume.write([1], at: 0)
        #expect(other.moments == [.make])
        #expect(failing.moments == [.make, .resume, .flush, .resume, .write, .flush, .resume, .write])
    }

    @Test(arguments: [false, true])
    func `A table that cannot serve leaves everything as it was, and may be tried again`(isSuspended: Bool) throws {
        let disk = MemoryDevice(size: .kibibytes(64))
        let complaints = WriteBackTarget.Complaints()
        let mapper = try mapper(["disk": disk], try table(WriteBackTarget("disk", complaints)))
        let volume = try mapper.open(id)
        try volume.write([1], at: 0)
        if isSuspended { _ = try mapper.suspend(id, flush: false) }
        _ = try mapper.load(try table(WriteBackTarget("disk", complaints, failures: 2)), into: id)
        for _ in 0..<2 {
            let error = #expect(throws: MappingError.self) { try mapper.resume(id) }
            #expect(error?.description == "line 1: made not to resume")
            let info = try mapper.info(of: id)
            #expect(info.isSuspended == isSuspended && info.hasInactiveTable)
            if !isSuspended { try volume.write([2], at: 1) }
        }
        _ = try mapper.resume(id)
        #expect(try mapper.info(of: id).hasInactiveTable == false)
        #expect(try volume.read(at: 0, count: 2) == (isSuspended ? [1, 0] : [1, 2]))
        try volume.close()
        try mapper.remove(id)
        #expect(complaints.all == [])
        #expect(disk.contents[512] == 1)
    }

    @Test func `The reason of a table that cannot serve is told, whatever the table before it does`() throws {
        let disk = MemoryDevice(size: .kibibytes(64))
        let before = WriteBackTarget("disk", WriteBackTarget.Complaints())
        let mapper = try mapper(["disk": disk], try table(before))
        _ = try mapper.load(try table(ProbeTarget(probe: Probe(failing: .resume))), into: id)
        before.failures.withLock { $0 = 1 }
        let error = #expect(throws: MappingError.self) { try mapper.resume(id) }
        #expect(error?.description == "line 1: cannot resume")
        // Nobody serves, so that requests wait for another try.
        #expect(try mapper.info(of: id).isSuspended)
        #expect(try mapper.clear(id).isSuspended)
        #expect(try mapper.resume(id).isSuspended == false)
        try mapper.open(id).write([1], at: 0)
    }

    @Test func `A first table that cannot serve is told the reason of, and the device is not suspended`() throws {
        let mapper = UserspaceMapper(opening: .devices(["disk": MemoryDevice(size: .kibibytes(64))]))
        let (below, above) = (MappedDeviceID.name(try DeviceName("below")), MappedDeviceID.name(try DeviceName("above")))
        try mapper.createAndLoad(DeviceDefinition(name: try DeviceName("below"), table: try MappingTable("0 64 linear disk 0")))
        _ = try mapper.create(try DeviceName("above"))
        _ = try mapper.load(try MappingTable("0 64 linear /dev/mapper/below 0"), into: above)
        _ = try mapper.load(try MappingTable("0 32 linear disk 0"), into: below)
        _ = try mapper.resume(below)
        for isSuspended in [false, true] {
            if isSuspended { _ = try mapper.suspend(above) }
            let error = #expect(throws: MappingError.self) { try mapper.resume(above) }
            #expect(error?.code == .deviceTooSmall)
            let info = try mapper.info(of: above)
            #expect(info.isSuspended == isSuspended && info.hasInactiveTable && !info.hasActiveTable)
        }
        _ = try mapper.load(try MappingTable("0 64 linear disk 0"), into: below)
        _ = try mapper.resume(below)
        _ = try mapper.resume(above)
        try mapper.open(above).write([1], at: 0)
    }

    // MARK: ends above a suspended device

    /// Three devices, each on the one before; the lowest is on `disk`.
    private func stack(_ disk: any BlockDevice) throws -> UserspaceMapper {
        let mapper = UserspaceMapper(opening: .devices(["disk": disk]))
        try mapper.createAndLoad(
            try DeviceDefinition.list(
                parsingConcise: "a,,,rw,0 64 linear disk 0;b,,,rw,0 64 linear /dev/mapper/a 0;c,,,rw,0 64 linear /dev/mapper/b 0"))
        return mapper
    }

    @Test func `A device that was suspended with a flush goes, though one below it is suspended`() throws {
        let mapper = try stack(MemoryDevice(size: .kibibytes(32)))
        for letter in ["c", "b", "a"] { _ = try mapper.suspend(.name(try DeviceName(letter))) }
        try mapper.remove(.name(try DeviceName("c")))
        try mapper.removeAll()
        #expect(mapper.devices() == [])
    }

    @Test(arguments: [["a"], ["b"], ["a", "b"], ["c", "b", "a"]], [false, true])
    func `A mapper that is let go waits for no suspended device`(suspended: [String], flush: Bool) throws {
        let disk = MemoryDevice(size: .kibibytes(32))
        var mapper: UserspaceMapper? = try stack(disk)
        let volume = try #require(try mapper?.open(.name(try DeviceName("b"))))
        for letter in suspended {
            // What is suspended without a flush is to be flushed through those below it, in the end.
            let isTop = suspended.firstIndex(of: letter) == 0
            _ = try mapper?.suspend(.name(try DeviceName(letter)), flush: flush && isTop)
        }
        let writer = BackgroundThread { #expect(failure(of: { () throws(BlockIOError) in try volume.write([7], at: 9) }) == nil) }
        #expect(writer.comesToWait())
        mapper = nil
        writer.join()
        #expect(disk.contents[9] == 7)
        try volume.close()
    }

    @Test func `Requests to a device that does not resume when its mapper is let go end`() throws {
        let disk = MemoryDevice(size: .kibibytes(64))
        let target = WriteBackTarget("disk", WriteBackTarget.Complaints())
        var mapper: UserspaceMapper? = try self.mapper(["disk": disk], try table(target))
        let volume = try #require(try mapper?.open(id))
        _ = try mapper?.suspend(id)
        let reader = BackgroundThread { _ = try? volume.read(at: 0, count: 1) }
        #expect(reader.comesToWait())
        target.failures.withLock { $0 = 1 }
        mapper = nil
        reader.join()
    }

    @Test func `Under requests from all sides tables are exchanged and devices suspended, and no request is lost`() throws {
        for seed in 0..<UInt64(scaled(40)) {
            let disk = MemoryDevice(size: .kibibytes(64))
            let complaints = WriteBackTarget.Complaints()
            let mapper = try mapper(["disk": disk], try table(WriteBackTarget("disk", complaints)))
            let ended = Atomic(false)
            let volume = try mapper.open(id)
            // Each thread has sectors of its own, and knows what it wrote there last.
            let threads = (0..<6).map { thread in
                BackgroundThread {
                    var random = SeededGenerator(seed: seed &* 100 &+ UInt64(thread))
                    var last = [UInt8](repeating: 0, count: 8)
                    while !ended.load(ordering: .relaxed) {
                        let index = Int.random(in: 0..<8, using: &random)
                        let place = UInt64(thread * 8 + index) * 512 + 100
                        #expect((try? volume.read(at: place, count: 1)) == [last[index]], "seed \(seed)")
                        last[index] &+= 1
                        let error = failure(of: { () throws(BlockIOError) in try volume.write([last[index]], at: place) })
                        #expect(error == nil, "seed \(seed)")
                        if index == 0 { #expect(failure(of: { () throws(BlockIOError) in try volume.flush() }) == nil, "seed \(seed)") }
                    }
                    for (index, byte) in last.enumerated() {
                        #expect((try? volume.read(at: UInt64(thread * 8 + index) * 512 + 100, count: 1)) == [byte], "seed \(seed)")
                    }
                }
            }
            var random = SeededGenerator(seed: seed)
            for _ in 0..<40 {
                switch Int.random(in: 0..<4, using: &random) {
                case 0: _ = try mapper.load(try table(WriteBackTarget("disk", complaints)), into: id)
                case 1: _ = try mapper.suspend(id, flush: .random(using: &random))
                default: _ = try mapper.resume(id)
                }
            }
            _ = try mapper.resume(id)
            ended.store(true, ordering: .relaxed)
            for thread in threads { thread.join() }
            let bytes = try volume.read(at: 0, count: 48 * 512)
            try volume.close()
            try mapper.remove(id)
            #expect(complaints.all == [], "seed \(seed)")
            #expect(disk.contents[0] == 0, "seed \(seed)")
            #expect(Array(disk.contents[512..<512 + bytes.count]) == bytes, "seed \(seed)")
        }
    }

    @Test func `A request that an engine gives back comes to the next table`() throws {
        let disk = MemoryDevice(size: .kibibytes(32))
        let held = Holding()
        let mapper = try mapper(["disk": disk], try table(HoldingTarget(holding: held)))
        let volume = try mapper.open(id)
        let writers = (0..<4).map { index in
            BackgroundThread {
                #expect(failure(of: { () throws(BlockIOError) in try volume.write([UInt8(index + 1)], at: UInt64(index)) }) == nil)
            }
        }
        held.waitFor(4)
        // With a flush what is held is to come to an end, without it may be given back.
        _ = try mapper.load(try MappingTable("0 64 linear disk 0"), into: id)
        _ = try mapper.suspend(id, flush: false)
        #expect(writers.allSatisfy { $0.comesToWait() })
        _ = try mapper.resume(id)
        for writer in writers { writer.join() }
        #expect(Array(disk.contents[..<4]) == [1, 2, 3, 4])
    }

    @Test func `Requests that wait for a device end when it is closed`() throws {
        let held = Holding()
        let volume = try Volume(try table(HoldingTarget(holding: held)), opening: .devices([:]))
        let writer = BackgroundThread {
            #expect(
                failure(of: { () throws(BlockIOError) in try volume.write([1], at: 0) })?.description == "held no longer (bytes 0 to 0)")
        }
        held.waitFor(1)
        try volume.close()
        writer.join()
    }

    @Test(arguments: [
        "0 64 linear slow 0\n64 64 linear fast 0",
        "0 64 crypt aes-cbc-plain \(Keys.cbc) 0 slow 0\n64 64 crypt aes-cbc-plain \(Keys.cbc) 0 fast 0",
    ])
    func `A device that hangs stalls only the requests that need it, with hundreds of them under way`(lines: String) throws {
        let fast = MemoryDevice(size: .kibibytes(32))
        let mapper = UserspaceMapper(opening: .devices(["fast": fast, "disk": MemoryDevice(size: .kibibytes(32))]))
        try mapper.createAndLoad(DeviceDefinition(name: try DeviceName("a"), table: try MappingTable("0 64 linear disk 0")))
        try mapper.createAndLoad(
            DeviceDefinition(
                name: try DeviceName("b"), table: try MappingTable(parsing: lines.replacing("slow", with: "/dev/mapper/a"))))
        let volume = try mapper.open(.name(try DeviceName("b")))
        _ = try mapper.suspend(id)
        let stalled = (0..<300).map { index in
            BackgroundThread {
                // Parts of sectors, and whole ones.
                let bytes = [UInt8](repeating: 7, count: index % 3 == 0 ? 512 : 1)
                #expect(failure(of: { () throws(BlockIOError) in try volume.write(bytes, at: UInt64(index % 64) * 512) }) == nil)
            }
        }
        #expect(stalled.allSatisfy { $0.comesToWait() })
        for place in stride(from: 32768 as UInt64, to: 65536, by: 300) {
            try volume.write([3, 4], at: place)
            #expect(try volume.read(at: place, count: 2) == [3, 4])
        }
        _ = try mapper.resume(id)
        for thread in stalled { thread.join() }
        #expect(try volume.read(at: 63 * 512, count: 1) == [7])
    }
}

/// Requests that an engine holds until its device is suspended.
private final class Holding: Sendable {
    private let count = Monitor(0)
    let interruption = Interruption()
    func waitFor(_ wanted: Int) { count.wait { $0 == wanted ? () : nil } }
    func enter() { count.withLock { $0 += 1 } }
}

/// Holds every write.
private struct HoldingTarget: UserspaceTarget {
    static let typeName = "holding"
    static let syntax = TargetSyntax(summary: "Holds every write.", usage: "", examples: [])
    let holding: Holding

    init(holding: Holding) { self.holding = holding }
    init(parsing arguments: inout ArgumentReader) throws(TableError) { self.init(holding: Holding()) }
    func write(to arguments: inout ArgumentWriter) {}
    mutating func mapDevices(_ transform: (DeviceReference) -> DeviceReference) {}
    func validate(length: Sectors) throws(TableError) {}
    static func == (left: HoldingTarget, right: HoldingTarget) -> Bool { left.holding === right.holding }
    func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(holding)) }

    func makeEngine(in context: EngineContext) throws(MappingError) -> any TargetEngine {
        Engine(holding, size: ByteCount(context.length.count * Sectors.bytesPerSector), context.clock)
    }

    private final class Engine: TargetEngine {
        let size: ByteCount
        let limits = BlockLimits()
        private let holding: Holding
        private let clock: any VolumeClock
        private let isFlushed = Atomic(false)
        init(_ holding: Holding, size: ByteCount, _ clock: any VolumeClock) {
            self.holding = holding
            self.size = size
            self.clock = clock
        }

        func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(BlockIOError) {}
        func write(_ bytes: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
            holding.enter()
            clock.wait(until: .seconds(1 << 40), or: holding.interruption)
            let code: BlockIOError.Code = isFlushed.load(ordering: .relaxed) ? .inputOutput : .requeued
            throw BlockIOError(code, offset: offset, count: UInt64(bytes.byteCount), message: "held no longer")
        }
        func flush() throws(BlockIOError) {}
        func discard(at offset: UInt64, count: UInt64) throws(BlockIOError) {}
        func prepareToSuspend(flush: Bool) {
            isFlushed.store(flush, ordering: .relaxed)
            holding.interruption.raise()
        }
    }
}
