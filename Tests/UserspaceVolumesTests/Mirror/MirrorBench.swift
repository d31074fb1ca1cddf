import BlockIO
import DeviceMapperTables
import StorageUnits
import Testing
import UserspaceVolumes
import VolumeLaws

/// A mirror of legs in memory, each with faults of its own and with its calls written down, as a device of a mapper. Its clock stands still.
struct MirrorBench {
    let members: Members
    let plans: [DeviceReference: FaultyDevice.Plan]
    let calls: [DeviceReference: RecordingDevice]
    let clock = ManualClock()
    let mapper: UserspaceMapper
    let volume: Volume
    private let id: MappedDeviceID

    /// Legs `a`, `b`, ... of random bytes; where a table says so, the log is on `l`, whose bytes are `log` and then random ones.
    init(
        _ table: String, _ names: String = "ab", sectors: UInt64 = 64, access: Access = .readWrite, log: [UInt8]? = nil,
        equal: Bool = false, prepare: ([DeviceReference: FaultyDevice.Plan]) -> Void = { _ in }
    ) throws {
        let table = try MappingTable(table)
        var sizes = Dictionary(uniqueKeysWithValues: names.map { (DeviceReference.path(String($0)), Sectors(sectors)) })
        sizes["l"] = 64
        members = Members(sizes, mirroredBy: equal ? table : nil)
        if let log { try #require(members.memory["l"]).write(log, at: 0) }
        let plans = members.memory.mapValues { _ in FaultyDevice.Plan() }
        prepare(plans)
        self.plans = plans
        calls = Dictionary(
            uniqueKeysWithValues: members.memory.map { name, device in
                (name, RecordingDevice(FaultyDevice(device, plans[name] ?? FaultyDevice.Plan())))
            })
        var environment = VolumeEnvironment()
        environment.clock = clock
        mapper = UserspaceMapper(opening: .devices(calls, access: access), environment: environment)
        id = .number(try mapper.createAndLoad(DeviceDefinition(name: try DeviceName("m"), table: table)).number)
        volume = try mapper.open(id, access: access)
    }

    func fail(_ leg: DeviceReference, _ kinds: Set<RequestKind>, range: Range<UInt64>? = nil, times: Int = 1) {
        plans[leg]?.add(.init(kinds, range: range, times: times))
    }

    var status: String { get throws { try #require(volume.status().first).text } }
    var eventCount: UInt32 { get throws { try mapper.info(of: id).eventNumber } }

    func bytes(_ name: DeviceReference) throws -> [UInt8] { try #require(members.memory[name]).contents }
    /// The bits of the log on its device, as bytes.
    func logBits(_ count: Int = 8) throws -> [UInt8] { Array(try bytes("l")[1024..<1024 + count]) }
    func takeCalls(_ name: DeviceReference) -> [RecordingDevice.Call] { calls[name]?.takeCalls() ?? [] }

    func suspend(flush: Bool = true) throws { _ = try mapper.suspend(id, flush: flush) }
    func resume(_ table: String? = nil) throws {
        if let table { _ = try mapper.load(try MappingTable(table), into: id) }
        _ = try mapper.resume(id)
    }

    /// Begins a request that is to wait, and returns its thread once it does; what it fails with comes to `outcome`.
    func held(_ outcome: HeldOutcome, _ request: @escaping @Sendable (Volume) throws(BlockIOError) -> Void) -> BackgroundThread {
        let thread = BackgroundThread { [volume] in
            let error = failure { () throws(BlockIOError) in try request(volume) }
            outcome.value.withLock { $0 = error?.description ?? "success" }
        }
        #expect(thread.comesToWait())
        return thread
    }

    /// Ends the mirror; what fails then is thrown.
    func end() throws {
        try volume.close()
        try mapper.remove(id)
    }
}

/// What became of a request that was made to wait.
final class HeldOutcome: Sendable {
    fileprivate let value = Monitor("")
    var text: String { value.withLock { $0 } }
}
