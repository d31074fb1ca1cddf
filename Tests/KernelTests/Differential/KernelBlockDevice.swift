import BlockIO
import DeviceMapper
import Glibc
import StorageUnits
import VolumeLaws

/// A device of the kernel, past the page cache, with nothing of the package between but the memory: one request is one `bio` of the kernel, as long as it is small.
final class KernelBlockDevice: BlockDevice {
    /// `BLKDISCARD`, `BLKZEROOUT` and `BLKGETSIZE64` of `linux/fs.h`.
    private enum Request {
        static let discard: UInt = 0x1277
        static let zero: UInt = 0x127f
        static let size: UInt = 0x8008_1272
    }
    private let path: String
    private let descriptor: CInt
    init(_ path: String) throws {
        self.path = path
        descriptor = unsafe Glibc.open(path, O_RDWR | RawFile.direct | O_CLOEXEC)
        guard descriptor >= 0 else { throw HostCommand.Failure("cannot open \(path): \(unsafe String(cString: strerror(errno)))") }
    }

    deinit { close(descriptor) }

    /// As it is now: a table of another length gives it another.
    var size: ByteCount {
        var count: UInt64 = 0
        return unsafe ioctl(descriptor, Request.size, &count) == 0 ? ByteCount(count) : .zero
    }
    let limits = BlockLimits(logicalBlockSize: 512)

    func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(BlockIOError) {
        let room = AlignedBuffer(count: buffer.byteCount)
        let moved = room.withMutableBytes { bytes in
            unsafe bytes.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress, $0.count, off_t(offset)) }
        }
        try expect(moved, offset, buffer.byteCount)
        room.withBytes { buffer.copy(from: $0) }
    }

    func write(_ bytes: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        let room = AlignedBuffer(count: bytes.byteCount)
        room.withMutableBytes { $0.copy(from: bytes) }
        // With `O_DSYNC` a direct write has the kernel's `REQ_FUA`; only another descriptor can have it.
        let isDurable = flags.contains(.forceUnitAccess)
        let file = isDurable ? unsafe Glibc.open(path, O_RDWR | RawFile.direct | O_DSYNC | O_CLOEXEC) : descriptor
        defer { if isDurable { close(file) } }
        let moved = room.withBytes { bytes in
            unsafe bytes.withUnsafeBytes { unsafe pwrite(file, $0.baseAddress, $0.count, off_t(offset)) }
        }
        try expect(moved, offset, bytes.byteCount)
    }

    func flush() throws(BlockIOError) { try expect(Int(fsync(descriptor)), 0, 0) }

    func discard(at offset: UInt64, count: UInt64) throws(BlockIOError) { try control(Request.discard, offset, count) }

    func writeZeroes(at offset: UInt64, count: UInt64, flags: ZeroFlags) throws(BlockIOError) { try control(Request.zero, offset, count) }

    private func control(_ request: UInt, _ offset: UInt64, _ count: UInt64) throws(BlockIOError) {
        var range = (offset, count)
        try expect(Int(unsafe ioctl(descriptor, request, &range)), 0, 0)
    }

    private func expect(_ result: Int, _ offset: UInt64, _ count: Int) throws(BlockIOError) {
        guard result != count else { return }
        // Some of it was done; the first that was not is what failed.
        let code: BlockIOError.Code =
            switch result < 0 ? errno : EIO {
            case ENOSPC: .noSpace
            case EOPNOTSUPP: .unsupported
            case EROFS, EPERM: .readOnly
            default: .inputOutput
            }
        let message = result < 0 ? unsafe String(cString: strerror(errno)) : "\(result) of \(count) bytes"
        throw BlockIOError(code, offset: offset, count: UInt64(count), message: message)
    }
}
