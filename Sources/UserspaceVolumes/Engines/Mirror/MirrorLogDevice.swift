internal import BlockIO
internal import DeviceMapperTables
internal import DiskFormats

/// The device that a mirror's log is on.
final class MirrorLogDevice: Sendable {
    /// How the table calls it.
    let name: DeviceReference
    private let part: EngineContext.Part
    /// All bytes of the log, and of the block in which it ends. Whoever reads the log, and then whoever's turn it is to write it, has them alone.
    private let image: AlignedBuffer

    /// The part of a device that begins at its byte 0, as many blocks as a log has.
    init(_ name: DeviceReference, _ part: EngineContext.Part) {
        self.name = name
        self.part = part
        image = AlignedBuffer(count: Int(part.count))
    }

    /// The sizes in which it is written.
    var blockSize: Int { max(512, part.device.limits.logicalBlockSize) }
    var blockCount: Int { image.count / blockSize }

    /// How many bytes of a device with blocks of that size a log takes.
    static func byteCount(regionCount: Int, blockSize: Int) -> Int {
        let block = max(512, blockSize)
        return (MirrorLog.byteCount(regionCount: regionCount) + block - 1) / block * block
    }

    /// Reads the log.
    func read(regionCount: Int) throws(LogFailure) -> MirrorLog {
        do throws(BlockIOError) {
            try image.withMutableBytes { (bytes) throws(BlockIOError) in try part.device.read(at: part.start, into: &bytes) }
        } catch {
            throw LogFailure(message: "cannot be read: \(error)")
        }
        do throws(FormatError) {
            return try image.withBytes { (bytes) throws(FormatError) in try MirrorLog(decoding: bytes, regionCount: regionCount) }
        } catch {
            throw LogFailure(message: "\(error)", code: error.code)
        }
    }

    /// Puts the header of a log into its bytes. Of a header of another version only the number of regions changes.
    func setHeader(of log: MirrorLog, keepingVersion: Bool) {
        image.withMutableBytes { bytes in
            if keepingVersion { log.encodeRegionCount(into: &bytes) } else { log.encodeHeader(into: &bytes) }
        }
    }

    /// Lends the bytes to somebody whose turn it is.
    func withImage(_ body: (inout MutableRawSpan) -> Void) { image.withMutableBytes { body(&$0) } }

    /// Writes some of the bytes.
    func write(_ range: Range<Int>) throws(BlockIOError) {
        try image.withBytes { (bytes) throws(BlockIOError) in
            try part.device.write(bytes.extracting(range), at: part.start + UInt64(range.lowerBound))
        }
    }

    func flush() throws(BlockIOError) { try part.device.flush() }
}

/// Why a log is of no use.
struct LogFailure: Error {
    var message: String
    /// What is wrong with the bytes, if they could be read.
    var code: FormatError.Code?
}
