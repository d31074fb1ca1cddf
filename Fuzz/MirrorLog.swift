import BlockIO
import DiskFormats

/// Whatever the bytes are: they are refused at a place of theirs, or are a log that is the same when it is written and read, for as many regions as the first byte
/// says, in hundreds.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard count > 0, let bytes = unsafe bytes else { return 0 }
    let regionCount = 1 + Int(unsafe bytes[0]) * 100
    let input = AlignedBuffer(count: count - 1)
    input.withMutableBytes { room in
        for index in 1..<count { room.storeBytes(of: unsafe bytes[index], toByteOffset: index - 1, as: UInt8.self) }
    }
    do throws(FormatError) {
        let log = try input.withBytes { (bytes) throws(FormatError) in try MirrorLog(decoding: bytes, regionCount: regionCount) }
        let size = MirrorLog.byteCount(regionCount: regionCount)
        let again = try AlignedBuffer(count: size).withMutableBytes { (bytes) throws(FormatError) in
            log.encodeHeader(into: &bytes)
            log.encodeBits(in: 0..<size, into: &bytes)
            return try MirrorLog(decoding: bytes.bytes, regionCount: regionCount)
        }
        guard again == log else { fatalError("another log when it is written and read") }
    } catch {
        guard error.offset < UInt64(count), !error.message.isEmpty else { fatalError("no place: \(error)") }
    }
    return 0
}
