public import BlockIO
public import DeviceMapperTables
internal import Logging
public import StorageUnits
internal import Synchronization

/// A table, opened in this process: read and written with the bytes that the kernel's device mapper would read and write.
///
/// Any range of bytes can be read and written, from any number of threads. A request that covers a part of a block (a sector of an encrypted
/// volume) is read, modified and written as a whole, alone on its blocks; requests that overlap take their turn. Requests are split at
/// lines; within a line an engine gives each member one call.
///
/// A write is durable after the next `flush()`, or on return with `.forceUnitAccess`. Close the volume to learn whether the last writes
/// have come to the disk; a volume that is let go without is flushed too, but then only the logger hears of a failure.
///
/// A volume is made of a table of its own, or opened from a device of a ``UserspaceMapper``. Then others may have the device open, too: requests wait while it
/// is suspended, and its table, with its size, may be replaced. Such a volume is only a way to the device: closing it, or letting it go,
/// flushes nothing, but where the device ends with it; call `flush()`.
public final class Volume: BlockDevice {
    let front: DeviceFront
    /// The table that was in force when the volume was opened.
    private let firstTable: MappingTable
    private let access: Access
    private let isClosed = Atomic(false)
    /// What is to be done at the end.
    private let end: @Sendable () throws(MappingError) -> Void
    private let logger: Logger

    /// Opens the devices of a table: all of them, or none stays open.
    ///
    /// `messages` are sent, in their order, before there is a volume, each to the target of the line that has its sector: bad blocks of a dust, regions of a
    /// switch, failed paths of a multipath, which targets have in memory only.
    ///
    /// Throws `unsupported` when a target has no engine here, whatever keeps a device from being opened, each with the table's line, and what
    /// ``send(_:at:)`` throws.
    public convenience init(
        _ table: MappingTable, opening opener: DeviceOpener = .files(.readWrite),
        messages: [(sector: Sectors, message: any TargetMessage)] = [], environment: VolumeEnvironment = VolumeEnvironment()
    ) throws(MappingError) {
        try self.init(table, opening: opener, messages: messages, environment: environment) {}
    }

    /// The same; `end` is called last of all when the volume ends, and also when this throws.
    convenience init(
        _ table: MappingTable, opening opener: DeviceOpener, messages: [(sector: Sectors, message: any TargetMessage)],
        environment: VolumeEnvironment, end: @escaping @Sendable () throws(MappingError) -> Void
    ) throws(MappingError) {
        let loaded = try LoadedTable(table, opener, environment, end: end)
        do throws(MappingError) { try loaded.resume(replacing: nil) } catch {
            try? loaded.close()
            throw error
        }
        let front = DeviceFront(loaded)
        do throws(MappingError) { for (sector, message) in messages { _ = try loaded.send(message, at: sector) } } catch {
            try? front.close()
            throw error
        }
        self.init(front, table, opener.access, environment.logger) { () throws(MappingError) in try front.close() }
    }

    /// A way to a device with a table, which is let go with `end`.
    init(
        _ front: DeviceFront, _ table: MappingTable, _ access: Access, _ logger: Logger,
        end: @escaping @Sendable () throws(MappingError) -> Void
    ) {
        self.front = front
        firstTable = table
        self.access = access
        self.logger = logger
        self.end = end
    }

    deinit {
        do throws(MappingError) {
            try close()
        } catch {
            logger.error("a volume was not closed, and its last writes may be lost: \(error)")
        }
    }

    /// The table in force.
    public var table: MappingTable { front.appearance.table ?? firstTable }

    public var size: ByteCount { front.size }

    public var limits: BlockLimits {
        var limits = front.appearance.limits
        limits.isReadOnly = limits.isReadOnly || access == .readOnly
        return limits
    }

    /// Waits for the requests under way, makes all writes durable, and closes the devices. Requests that come later throw `closed`; closing
    /// again does nothing. Throws the first failure, after everything is closed: then any write since the last flush may be lost.
    ///
    /// A device of a mapper stays as it is; only this volume ends, and nothing is flushed.
    public func close() throws(MappingError) {
        if isClosed.exchange(true, ordering: .acquiringAndReleasing) { return }
        try end()
    }

    /// What `dmsetup status` would print of the volume.
    public func status() throws(MappingError) -> [StatusLine] {
        try expectOpen()
        return try front.visit { (table) throws(MappingError) in table.status() }
    }

    /// Tells the target at `sector` something: `dmsetup message`. Returns what it answers.
    ///
    /// Throws `invalidMessage` when the target does not take it, `unsupported` when it takes none, and `notFound` when no line has the sector.
    public func send(_ message: some TargetMessage, at sector: Sectors = 0) throws(MappingError) -> String? {
        try expectOpen()
        return try front.visit { (table) throws(MappingError) in try table.send(message, at: sector) }
    }

    /// What requests each line takes best; none once the volume is closed.
    public var lineLimits: [BlockLimits] {
        (try? front.visit { (table) throws(MappingError) in table.lines.map(\.engine.limits) }) ?? []
    }

    private func expectOpen() throws(MappingError) {
        if isClosed.load(ordering: .relaxed) { throw MappingError(.closed, message: "the volume is closed") }
    }

    // MARK: requests

    public func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(BlockIOError) {
        let count = UInt64(buffer.byteCount)
        try expectOpen(offset, count)
        try front.request(at: offset, count: count) { (table) throws(BlockIOError) in try table.read(at: offset, into: &buffer) }
    }

    public func write(_ bytes: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        let count = UInt64(bytes.byteCount)
        try expectWritable(offset, count)
        try front.request(at: offset, count: count) { (table) throws(BlockIOError) in try table.write(bytes, at: offset, flags: flags) }
    }

    public func flush() throws(BlockIOError) {
        try expectOpen(0, 0)
        try front.flush()
    }

    /// Discards the whole blocks of the range; parts of blocks at its ends stay as they are.
    public func discard(at offset: UInt64, count: UInt64) throws(BlockIOError) {
        try expectWritable(offset, count)
        try front.request(at: offset, count: count) { (table) throws(BlockIOError) in try table.discard(at: offset, count: count) }
    }

    public func writeZeroes(at offset: UInt64, count: UInt64, flags: ZeroFlags) throws(BlockIOError) {
        try expectWritable(offset, count)
        try front.request(at: offset, count: count) { (table) throws(BlockIOError) in
            try table.writeZeroes(at: offset, count: count, flags: flags)
        }
    }

    public func extent(at offset: UInt64, limit: UInt64) throws(BlockIOError) -> Extent {
        try expectOpen(offset, limit)
        return try front.request(at: offset, count: limit) { (table) throws(BlockIOError) in try table.extent(at: offset, limit: limit) }
    }

    @inline(__always)
    private func expectOpen(_ offset: UInt64, _ count: UInt64) throws(BlockIOError) {
        if isClosed.load(ordering: .relaxed) { throw BlockIOError(.closed, offset: offset, count: count, message: "the volume is closed") }
    }

    @inline(__always)
    private func expectWritable(_ offset: UInt64, _ count: UInt64) throws(BlockIOError) {
        try expectOpen(offset, count)
        if access == .readOnly { throw .readOnlyDevice(offset, count) }
    }
}
