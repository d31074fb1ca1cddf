import BlockIO
import DeviceMapperTables
import StorageUnits
import UserspaceVolumes
import VolumeLaws

/// What becomes of an engine, and where it is to fail.
final class Probe: Sendable {
    enum Moment: String, Sendable { case make, resume, read, write, flush, close }

    private let seen = Monitor<[Moment]>([])
    let failing: Moment?
    /// Called by reads, while they are under way.
    let duringRead: @Sendable () -> Void

    init(failing: Moment? = nil, duringRead: @escaping @Sendable () -> Void = {}) {
        self.failing = failing
        self.duringRead = duringRead
    }

    /// What has happened, in order.
    var moments: [Moment] { seen.withLock { $0 } }

    func note(_ moment: Moment) { seen.withLock { $0.append(moment) } }

    func noteOrFail(_ moment: Moment) throws(MappingError) {
        note(moment)
        if failing == moment { throw MappingError(.inputOutput, message: "cannot \(moment)") }
    }
}

/// A target that only tells a test what is done with it.
struct ProbeTarget: UserspaceTarget {
    static let typeName = "probe"
    static let syntax = TargetSyntax(summary: "Tells a test what is done with it.", usage: "", examples: [])
    let probe: Probe

    init(probe: Probe) { self.probe = probe }
    init(parsing arguments: inout ArgumentReader) throws(TableError) { self.init(probe: Probe()) }
    func write(to arguments: inout ArgumentWriter) {}
    mutating func mapDevices(_ transform: (DeviceReference) -> DeviceReference) {}
    func validate(length: Sectors) throws(TableError) {}
    static func == (left: ProbeTarget, right: ProbeTarget) -> Bool { left.probe === right.probe }
    func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(probe)) }

    func makeEngine(in context: EngineContext) throws(MappingError) -> any TargetEngine {
        try probe.noteOrFail(.make)
        return Engine(probe, size: ByteCount(context.length.count * Sectors.bytesPerSector))
    }

    private final class Engine: TargetEngine {
        let probe: Probe
        let size: ByteCount
        let limits = BlockLimits()
        init(_ probe: Probe, size: ByteCount) {
            self.probe = probe
            self.size = size
        }

        func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(BlockIOError) {
            probe.duringRead()
            probe.note(.read)
        }
        func write(_ bytes: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) { probe.note(.write) }
        func flush() throws(BlockIOError) {
            probe.note(.flush)
            if probe.failing == .flush { throw BlockIOError(.inputOutput, message: "cannot flush") }
        }
        func discard(at offset: UInt64, count: UInt64) throws(BlockIOError) {}
        func resume(replacing old: (any TargetEngine)?) throws(MappingError) { try probe.noteOrFail(.resume) }
        func close() throws(MappingError) { try probe.noteOrFail(.close) }
    }
}
