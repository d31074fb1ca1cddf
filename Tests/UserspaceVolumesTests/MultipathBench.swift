import BlockIO
import DeviceMapperTables
import Logging
import StorageUnits
import Testing
import UserspaceVolumes
import VolumeLaws

/// A multipath device over paths to a device in memory, each with faults of its own.
struct MultipathBench {
    let disk: MemoryDevice
    let log = Log()
    let volume: Volume
    private let plans: [DeviceReference: FaultyDevice.Plan]
    private let calls: [DeviceReference: RecordingDevice]

    /// The table, over paths with names of one letter.
    init(_ table: String, _ names: String, sectors: Int = 64) throws {
        let disk = MemoryDevice(SeededBytes.make(sectors * 512, seed: 2))
        self.disk = disk
        plans = Dictionary(uniqueKeysWithValues: names.map { (.path(String($0)), FaultyDevice.Plan()) })
        calls = plans.mapValues { RecordingDevice(FaultyDevice(disk, $0)) }
        var environment = VolumeEnvironment()
        environment.logger = Logger(label: "test") { [log] _ in LogCollector(log: log) }
        volume = try Volume(try MappingTable(table), opening: .devices(calls), environment: environment)
    }

    /// The next such requests of a path fail.
    func fail(
        _ path: DeviceReference, _ kinds: Set<RequestKind>, times: Int = 1,
        error: BlockIOError = BlockIOError(.inputOutput, message: "made to fail"), written: UInt64 = 0
    ) {
        plans[path]?.add(.init(kinds, times: times, written: written, error: error))
    }

    /// The calls of a path since this was last asked.
    func take(_ path: DeviceReference) -> [String] { calls[path]?.takeCalls().map(\.description) ?? ["no such path"] }

    var status: String { get throws { try #require(volume.status().first).text } }

    /// What a message fails with; `nil` when it is taken.
    func send(_ text: String) -> MappingError? { volume.failure(of: text) }
}

extension Volume {
    /// What a message fails with; `nil` when it is taken.
    func failure(of text: String) -> MappingError? {
        do throws(MappingError) {
            let message: OpaqueMessage
            do throws(TableError) { message = try OpaqueMessage(text) } catch { return MappingError(.invalidMessage, message: "\(error)") }
            _ = try send(message)
            return nil
        } catch {
            return error
        }
    }
}
