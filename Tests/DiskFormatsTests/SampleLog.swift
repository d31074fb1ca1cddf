import BlockIO
import DiskFormats
import StorageUnits
import VolumeLaws

/// A log in memory, and what was written to it.
struct SampleLog {
    var entries: [LogWritesEntry] = []
    var data: [[UInt8]] = []
    let blockSize: Int
    private(set) var bytes: [UInt8] = []

    /// A log of these entries; the data are random bytes.
    init(_ entries: [LogWritesEntry], blockSize: Int = 512, blocks: Int = 64, seed: UInt64 = 1) throws {
        self.entries = entries
        self.blockSize = blockSize
        var random = SeededGenerator(seed: seed)
        data = entries.map { random.bytes(Int($0.dataCount)) }
        let device = MemoryDevice(size: ByteCount(UInt64(blocks * blockSize)))
        let writer = LogWritesWriter(device, blockSize: blockSize)
        for (entry, data) in zip(entries, data) { _ = try writer.append(entry, data) }
        try writer.writeSuperblock()
        bytes = device.contents
    }

    /// One of each kind, in blocks of 512 bytes.
    static func ofEachKind(seed: UInt64 = 1) throws -> SampleLog {
        try SampleLog(
            [
                .mark("begin", blockSize: 512), LogWritesEntry([], offset: 1024, count: 1536),
                LogWritesEntry(.metadata, offset: 0, count: 512),
                LogWritesEntry(.flush), LogWritesEntry(.discard, offset: 4096, count: 8192),
                LogWritesEntry(.forceUnitAccess, offset: 1024, count: 512), LogWritesEntry(.flush), .mark("end", blockSize: 512),
            ], blocks: 20, seed: seed)
    }
}

extension LogWritesWriter {
    func append(_ entry: LogWritesEntry, _ data: [UInt8]) throws -> Bool { try append(entry, unsafe data.span.bytes) }
}

extension LogWritesReader {
    /// All entries that are left.
    func rest() throws(FormatError) -> [Item] {
        var items: [Item] = []
        while let item = try next() { items.append(item) }
        return items
    }

    /// The data of an entry.
    func data(of item: Item) throws(FormatError) -> [UInt8] {
        let device = MemoryDevice(size: ByteCount(max(1, item.entry.dataCount)))
        try AlignedBuffer(count: Int(item.entry.dataCount)).withMutableBytes { (bytes) throws(FormatError) in
            try read(at: 0, of: item, into: &bytes)
            do throws(BlockIOError) { try device.write(bytes.bytes, at: 0) } catch { throw FormatError(.inputOutput, at: 0, "\(error)") }
        }
        return Array(device.contents.prefix(Int(item.entry.dataCount)))
    }
}

/// What reading all of a log fails with; `nil` when it succeeds.
func refusal(of bytes: [UInt8]) -> FormatError? {
    do throws(FormatError) {
        _ = try LogWritesReader(MemoryDevice(bytes)).rest()
        return nil
    } catch {
        return error
    }
}

extension [UInt8] {
    /// Puts a number of eight bytes at a place, least significant byte first.
    mutating func store(_ number: UInt64, at place: Int) {
        for index in 0..<8 { self[place + index] = UInt8(truncatingIfNeeded: number >> (8 * UInt64(index))) }
    }
}
