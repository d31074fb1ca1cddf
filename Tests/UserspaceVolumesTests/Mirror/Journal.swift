import BlockIO
import DeviceMapperTables
import StorageUnits
import VolumeLaws

/// What came to several devices, in the order in which it came: from that, what they may hold after a crash at any moment.
final class Journal: Sendable {
    enum Entry: Sendable {
        case write(device: Int, offset: Int, bytes: [UInt8], isDurable: Bool)
        case flush(device: Int)
        /// Something that the test did, between requests.
        case note(Int)
    }
    private let state = Monitor<[Entry]>([])

    var entries: [Entry] { state.withLock { $0 } }
    func append(_ entry: Entry) { state.withLock { $0.append(entry) } }
    func clear() { state.withLock { $0 = [] } }

    /// What devices with these bytes hold after a crash behind `count` entries: everything that was flushed, and any of what was not.
    func crash(after count: Int, _ initial: [[UInt8]], _ random: inout SeededGenerator) -> [[UInt8]] {
        let entries = self.entries[..<count]
        var lastFlush = [Int](repeating: -1, count: initial.count)
        for (index, entry) in entries.enumerated() {
            if case .flush(let device) = entry { lastFlush[device] = index }
        }
        var devices = initial
        for (index, entry) in entries.enumerated() {
            guard case .write(let device, let offset, let bytes, let isDurable) = entry else { continue }
            if index < lastFlush[device] || isDurable || Bool.random(using: &random) {
                devices[device].replaceSubrange(offset..<offset + bytes.count, with: bytes)
            }
        }
        return devices
    }
}

/// A device in memory whose changes are written to a journal.
final class JournalDevice: BlockDevice {
    private let base: MemoryDevice
    private let journal: Journal
    private let number: Int

    init(_ bytes: [UInt8], _ journal: Journal, _ number: Int) {
        base = MemoryDevice(bytes)
        self.journal = journal
        self.number = number
    }

    var size: ByteCount { base.size }
    var limits: BlockLimits { base.limits }
    var contents: [UInt8] { base.contents }

    func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(BlockIOError) { try base.read(at: offset, into: &buffer) }

    func write(_ bytes: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        try base.write(bytes, at: offset, flags: flags)
        let copy = unsafe bytes.withUnsafeBytes { unsafe Array($0) }
        journal.append(.write(device: number, offset: Int(offset), bytes: copy, isDurable: flags.contains(.forceUnitAccess)))
    }

    func flush() throws(BlockIOError) {
        try base.flush()
        journal.append(.flush(device: number))
    }

    func discard(at offset: UInt64, count: UInt64) throws(BlockIOError) {}
}
