public import BlockIO
internal import DeviceMapperTables
internal import DiskFormats
public import StorageUnits
internal import UserspaceVolumes

/// The device that a workload of a ``CrashTest`` works on: a volume over log-writes, which notes all that is written to it.
///
/// It takes any range of bytes. Put on it whatever you test: a table with it as a device, a file system, a log of your own.
public final class CrashDisk: BlockDevice {
    private let volume: Volume
    private let engine: LogWritesEngine

    init(_ device: any BlockDevice, log: any BlockDevice, report: @escaping @Sendable (String) -> Void) throws(MappingError) {
        let sizes = LogWritesSuperblock.blockSizes
        let blockSize = max(sizes.lowerBound, log.limits.logicalBlockSize)
        guard sizes.contains(blockSize) else {
            throw MappingError(
                .unsupported, message: "a log has blocks of at most \(sizes.upperBound) bytes, the device for it has blocks of \(blockSize)"
            )
        }
        let engine = LogWritesEngine(
            device, size: device.size, log: log, blockSize: blockSize, order: .asMade, memory: .mebibytes(16), report: report)
        self.engine = engine
        let table: MappingTable
        do throws(TableError) {
            table = try MappingTable(length: Sectors(wholeSectorsIn: device.size), NotedTarget(engine: engine))
        } catch {
            throw MappingError(.invalidTable, message: error.message)
        }
        volume = try Volume(table, opening: .devices([:]))
        // A workload that writes nothing has a log, too.
        engine.begin()
    }

    /// Puts a mark into the log: a checker is told the marks that came before the crash, and knows from them what was promised.
    ///
    /// Of the text 479 bytes are kept.
    public func mark(_ text: String) { engine.mark(text) }

    func close() throws(MappingError) { try volume.close() }

    public var size: ByteCount { volume.size }
    public var limits: BlockLimits { volume.limits }

    public func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(BlockIOError) {
        try volume.read(at: offset, into: &buffer)
    }

    public func write(_ bytes: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        try volume.write(bytes, at: offset, flags: flags)
    }

    /// Whoever makes it: that of a volume above which ends is a flush like any other to a disk.
    public func flush() throws(BlockIOError) { try engine.flush(volume) }

    public func discard(at offset: UInt64, count: UInt64) throws(BlockIOError) { try volume.discard(at: offset, count: count) }

    public func writeZeroes(at offset: UInt64, count: UInt64, flags: ZeroFlags) throws(BlockIOError) {
        try volume.writeZeroes(at: offset, count: count, flags: flags)
    }

    public func extent(at offset: UInt64, limit: UInt64) throws(BlockIOError) -> Extent { try volume.extent(at: offset, limit: limit) }
}

/// A line of a table whose engine is there already.
private struct NotedTarget: UserspaceTarget {
    static let typeName = "crash-test"
    static let syntax = TargetSyntax(summary: "Maps onto a device of a crash test.", usage: "", examples: [])
    let engine: LogWritesEngine?

    init(engine: LogWritesEngine) { self.engine = engine }

    init(parsing arguments: inout ArgumentReader) throws(TableError) { engine = nil }

    func write(to arguments: inout ArgumentWriter) {}
    mutating func mapDevices(_ transform: (DeviceReference) -> DeviceReference) {}
    func validate(length: Sectors) throws(TableError) {}

    func makeEngine(in context: EngineContext) throws(MappingError) -> any TargetEngine {
        guard let engine else { throw context.error(.unsupported, "a crash test is no target of tables") }
        return engine
    }

    static func == (left: NotedTarget, right: NotedTarget) -> Bool { left.engine === right.engine }
    func hash(into hasher: inout Hasher) { hasher.combine(engine.map { ObjectIdentifier($0) }) }
}
