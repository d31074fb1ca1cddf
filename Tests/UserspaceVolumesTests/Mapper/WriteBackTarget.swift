import BlockIO
import DeviceMapperTables
import StorageUnits
import UserspaceVolumes
import VolumeLaws

/// A target with state on disk, on which what mappers do to engines is tested: writes stay in memory until a flush, and the sector before the data says whether
/// any are missing.
///
/// It says what an engine may count on: `makeEngine` may come while the engine before is at work, `resume` finds on disk what `suspend` left there or gets it from
/// the engine before, and nothing is written after `suspend`,
/// unless that was without a flush and comes again with one.
struct WriteBackTarget: UserspaceTarget {
    static let typeName = "writeback"
    static let syntax = TargetSyntax(summary: "Keeps writes in memory until they are flushed.", usage: "<device>", examples: [])
    var device: DeviceReference
    /// What went wrong, of all engines.
    let complaints: Complaints
    /// How often `resume` is to fail.
    let failures: Monitor<Int>

    final class Complaints: Sendable {
        private let list = Monitor<[String]>([])
        var all: [String] { list.withLock { $0 } }
        func add(_ text: String) { list.withLock { $0.append(text) } }
    }

    init(_ device: DeviceReference, _ complaints: Complaints, failures: Int = 0) {
        self.device = device
        self.complaints = complaints
        self.failures = Monitor(failures)
    }

    init(parsing arguments: inout ArgumentReader) throws(TableError) {
        self.init(try arguments.device("device"), Complaints())
    }
    func write(to arguments: inout ArgumentWriter) { arguments.append(device) }
    mutating func mapDevices(_ transform: (DeviceReference) -> DeviceReference) { device = transform(device) }
    func validate(length: Sectors) throws(TableError) {}
    static func == (left: WriteBackTarget, right: WriteBackTarget) -> Bool { left.device == right.device }
    func hash(into hasher: inout Hasher) { hasher.combine(device) }

    func makeEngine(in context: EngineContext) throws(MappingError) -> any TargetEngine {
        WriteBackEngine(try context.open(device, start: 0, length: Sectors(context.length.count + 1)), complaints, failures)
    }
}

private final class WriteBackEngine: TargetEngine {
    let size: ByteCount
    let limits = BlockLimits(logicalBlockSize: 512)
    private let device: any BlockDevice
    private let complaints: WriteBackTarget.Complaints
    private let failures: Monitor<Int>

    private struct State {
        var isServing = false
        var unwritten: [UInt64: [UInt8]] = [:]
    }
    private let state = Monitor(State())

    init(_ part: EngineContext.Part, _ complaints: WriteBackTarget.Complaints, _ failures: Monitor<Int>) {
        device = part.device
        size = ByteCount(part.count - 512)
        self.complaints = complaints
        self.failures = failures
    }

    func resume(replacing old: (any TargetEngine)?) throws(MappingError) {
        let mayResume = failures.withLock { failures in
            defer { failures -= failures > 0 ? 1 : 0 }
            return failures == 0
        }
        guard mayResume else { throw MappingError(.inputOutput, message: "made not to resume") }
        let taken = (old as? WriteBackEngine)?.state.withLock { old in
            defer { old.unwritten = [:] }
            if old.isServing { complaints.add("the engine before still serves") }
            return old.unwritten
        }
        let isClean = (try? device.read(at: 0, count: 1)) == [0]
        state.withLock { state in
            if state.isServing { complaints.add("resumed twice") }
            if let taken { state.unwritten = taken }
            if !isClean, state.unwritten.isEmpty, taken == nil { complaints.add("writes are missing") }
            state.isServing = true
        }
        mark(1)
    }

    func suspend(flush: Bool) throws(MappingError) {
        let isEmpty = state.withLock { state in
            if !state.isServing, !flush { complaints.add("suspended twice") }
            state.isServing = false
            if flush { write(&state) }
            return state.unwritten.isEmpty
        }
        if isEmpty { mark(0) }
    }

    func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(BlockIOError) {
        // Looked up before the device is read: in the other order a flush in between would take the bytes past both.
        let unwritten = state.withLock { $0.unwritten }
        try device.read(at: offset + 512, into: &buffer)
        for sector in stride(from: offset, to: offset + UInt64(buffer.byteCount), by: 512) {
            guard let bytes = unwritten[sector] else { continue }
            for (index, byte) in bytes.enumerated() {
                buffer.storeBytes(of: byte, toByteOffset: Int(sector - offset) + index, as: UInt8.self)
            }
        }
    }

    func write(_ bytes: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        state.withLock { state in
            if !state.isServing { complaints.add("a write came while nobody serves") }
            for start in stride(from: 0, to: bytes.byteCount, by: 512) {
                state.unwritten[offset + UInt64(start)] = (start..<start + 512).map {
                    unsafe bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self)
                }
            }
        }
    }

    func flush() throws(BlockIOError) {
        state.withLock { write(&$0) }
        try device.flush()
    }

    func discard(at offset: UInt64, count: UInt64) throws(BlockIOError) { try device.discard(at: offset + 512, count: count) }

    private func write(_ state: inout State) {
        for (sector, bytes) in state.unwritten { try? device.write(bytes, at: sector + 512) }
        state.unwritten = [:]
    }

    private func mark(_ value: UInt8) { try? device.write([value], at: 0) }
}
