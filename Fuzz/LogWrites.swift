import BlockIO
import DiskFormats
import StorageUnits

/// Whatever the bytes are: they are refused at a place of theirs, or are a log whose entries lie within it, print as they are, and can be replayed.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let log = MemoryDevice(unsafe Array(UnsafeBufferPointer(start: bytes, count: count)))
    do throws(FormatError) {
        let reader = try LogWritesReader(log)
        while let item = try reader.next() { try check(item, reader, log) }
    } catch {
        guard error.offset <= UInt64(count), !error.message.isEmpty else { fatalError("no place: \(error)") }
    }
    let device = MemoryDevice(size: .kibibytes(64))
    do throws(LogReplay.Failure) { try LogReplay(of: log, onto: device).advance(to: .end) } catch {
        guard !error.description.isEmpty else { fatalError("no reason") }
    }
    return 0
}

private func check(_ item: LogWritesReader.Item, _ reader: LogWritesReader, _ log: MemoryDevice) throws(FormatError) {
    let size = reader.superblock.blockSize
    guard item.place + UInt64(size) + item.entry.dataCount <= log.size.count else { fatalError("entry \(item.number) is not in the log") }
    guard !item.entry.description.isEmpty else { fatalError("entry \(item.number) says nothing") }
    let again = try AlignedBuffer(count: size).withMutableBytes { (block) throws(FormatError) in
        item.entry.encode(into: &block, blockSize: size)
        return try LogWritesEntry(decoding: block.bytes, blockSize: size, at: 0)
    }
    guard again == item.entry else { fatalError("entry \(item.number) is another when it is written and read") }
}
