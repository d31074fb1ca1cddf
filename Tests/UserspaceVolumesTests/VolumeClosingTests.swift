import BlockIO
import DeviceMapperTables
import Logging
import StorageUnits
import Synchronization
import Testing
import UserspaceVolumes
import VolumeLaws

@Suite struct VolumeClosingTests {
    /// A table of probes, a sector each.
    private func table(_ probes: [Probe]) throws -> MappingTable {
        try MappingTable(
            probes.enumerated().map { index, probe in
                MappingTable.Line(try #require(SectorRange(start: Sectors(UInt64(index)), length: 1)), ProbeTarget(probe: probe))
            })
    }

    @Test func `Closing flushes and ends every engine, once`() throws {
        let probes = [Probe(), Probe()]
        let volume = try Volume(try table(probes), opening: .devices([:]))
        try volume.close()
        try volume.close()
        for probe in probes { #expect(probe.moments == [.make, .resume, .flush, .close]) }
    }

    @Test func `A closed volume refuses every request`() throws {
        let (opener, devices) = Members("a", sectors: 8).recording()
        let volume = try Volume(try MappingTable("0 8 linear a 0"), opening: opener)
        try volume.close()
        _ = devices["a"]?.takeCalls()
        func error(_ offset: UInt64, _ count: UInt64) -> BlockIOError {
            BlockIOError(.closed, offset: offset, count: count, message: "the volume is closed")
        }
        #expect(throws: error(1, 2)) { try volume.read(at: 1, count: 2) }
        #expect(throws: error(1, 2)) { try volume.write([1, 2], at: 1) }
        #expect(throws: error(1, 2)) { try volume.writeZeroes(at: 1, count: 2, flags: []) }
        #expect(throws: error(1, 2)) { try volume.discard(at: 1, count: 2) }
        #expect(throws: error(1, 2)) { try volume.extent(at: 1, limit: 2) }
        #expect(throws: error(0, 0)) { try volume.flush() }
        let status = #expect(throws: MappingError.self) { try volume.status() }
        #expect(status?.code == .closed)
        #expect(status?.description == "the volume is closed")
        #expect(devices["a"]?.calls == [])
    }

    @Test(arguments: [Probe.Moment.flush, .close])
    func `What fails at closing is told, and every engine ends nevertheless`(failing: Probe.Moment) throws {
        let probes = [Probe(), Probe(failing: failing), Probe(failing: failing), Probe()]
        let volume = try Volume(try table(probes), opening: .devices([:]))
        let error = try #require(closingFailure(volume))
        #expect(error.code == .inputOutput)
        #expect(error.line == 2)
        #expect(error.description == "line 2: cannot \(failing)")
        for probe in probes { #expect(probe.moments == [.make, .resume, .flush, .close]) }
        #expect(closingFailure(volume) == nil)
    }

    @Test func `A device whose last flush fails is named by its line, and closed`() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.file(size: 64 * 512)
        // The opener lets go of the device: the volume alone keeps it.
        let opener = DeviceOpener(access: .readWrite) { (reference, access) throws(MappingError) in
            do throws(BlockIOError) {
                let device = FaultyDevice(try FileDevice(path: file, access: access), .init([.init([.flush])]))
                return OpenedDevice(device: device, identity: .object(ObjectIdentifier(device)))
            } catch {
                throw MappingError(.deviceUnavailable, message: error.description)
            }
        }
        let volume = try Volume(try MappingTable("0 8 zero", "8 64 linear a 0"), opening: opener)
        try volume.write([1], at: 5000)
        let error = try #require(closingFailure(volume))
        #expect(error.description == "line 2: made to fail")
        #expect((error.underlying as? BlockIOError)?.message == "made to fail")
        #expect(try openDescriptors(of: file) == 0)
        #expect(throws: BlockIOError(.closed, offset: 0, count: 1, message: "the volume is closed")) { try volume.read(at: 0, count: 1) }
    }

    @Test func `Closing waits for the requests under way, and lets no more in`() throws {
        let mayRead = Monitor(false)
        let hasBegun = Monitor(0)
        let probe = Probe(duringRead: {
            hasBegun.withLock { $0 += 1 }
            mayRead.wait { $0 ? () : nil }
        })
        let volume = try Volume(try table([probe]), opening: .devices([:]))
        let failures = Atomic<Int>(0)
        let readers = (0..<2).map { _ in
            BackgroundThread {
                if failure(of: { () throws(BlockIOError) in _ = try volume.read(at: 0, count: 1) }) != nil {
                    failures.add(1, ordering: .relaxed)
                }
            }
        }
        hasBegun.wait { $0 == 2 ? () : nil }
        let closing = BackgroundThread { #expect(closingFailure(volume) == nil) }
        #expect(closing.comesToWait())
        #expect(probe.moments == [.make, .resume])
        #expect(throws: BlockIOError(.closed, message: "the volume is closed")) { try volume.flush() }
        mayRead.withLock { $0 = true }
        for reader in readers { reader.join() }
        closing.join()
        #expect(probe.moments == [.make, .resume, .read, .read, .flush, .close])
        #expect(failures.load(ordering: .relaxed) == 0)
    }

    @Test func `Under requests from all sides a volume closes after the last`() throws {
        for _ in 0..<scaled(500) {
            let probe = Probe()
            let volume = try Volume(try table([probe]), opening: .devices([:]))
            onThreads(4) { index in
                if index == 0 {
                    #expect(closingFailure(volume) == nil)
                } else {
                    while failure(of: { () throws(BlockIOError) in try volume.write([1], at: 0) }) == nil {}
                }
            }
            #expect(Array(probe.moments.suffix(2)) == [.flush, .close])
        }
    }

    @Test func `A volume that is let go without being closed is closed, and the logger hears of a failure`() throws {
        let log = Log()
        var environment = VolumeEnvironment()
        environment.logger = Logger(label: "test") { _ in LogCollector(log: log) }
        do {
            let probe = Probe()
            do { _ = try Volume(try table([probe]), opening: .devices([:]), environment: environment) }
            #expect(probe.moments == [.make, .resume, .flush, .close])
        }
        #expect(log.lines == [])
        do {
            let probe = Probe(failing: .flush)
            do { _ = try Volume(try table([Probe(), probe]), opening: .devices([:]), environment: environment) }
            #expect(probe.moments == [.make, .resume, .flush, .close])
        }
        #expect(log.lines == ["error: a volume was not closed, and its last writes may be lost: line 2: cannot flush"])
        do {
            let volume = try Volume(try table([Probe(failing: .close)]), opening: .devices([:]), environment: environment)
            #expect(closingFailure(volume) != nil)
        }
        #expect(log.lines.count == 1, "what close has told is not told again")
    }
}
