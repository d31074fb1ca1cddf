internal import CShims
internal import SystemPackage
#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The system calls on an open file: each returns a value or throws the error number. Interrupted calls are repeated here and nowhere else.
struct OpenFile {
    let descriptor: FileDescriptor
    private var rawValue: CInt { descriptor.rawValue }

    /// What `fstat(2)` tells.
    struct Status {
        enum Kind { case regularFile, blockDevice, directory, other }
        var kind: Kind
        var size: UInt64
        var device: UInt64
        var inode: UInt64
        var rawDevice: (major: UInt32, minor: UInt32)
    }

    func status() throws(Errno) -> Status {
        var found = stat()
        _ = try Self.retrying { unsafe Int(fstat(rawValue, &found)) }
        return Status(found)
    }

    static func status(of path: String) throws(Errno) -> Status {
        var found = stat()
        _ = try retrying { unsafe Int(stat(path, &found)) }
        return Status(found)
    }

    func blockDeviceSize() throws(Errno) -> UInt64 {
        #if os(Linux)
        var bytes: UInt64 = 0
        _ = try Self.retrying { unsafe Int(shim_block_device_size(rawValue, &bytes)) }
        return bytes
        #else
        throw .notSupported
        #endif
    }

    /// Reads into several places of memory: as many bytes as the system likes, 0 at the end of the file.
    func readPieces(_ pieces: UnsafeBufferPointer<iovec>, at offset: UInt64) throws(Errno) -> Int {
        try Self.retrying {
            // Nearly every request is of one piece, and the system copies no list for it.
            pieces.count == 1
                ? unsafe pread(rawValue, pieces[0].iov_base, pieces[0].iov_len, off_t(offset))
                : unsafe preadv(rawValue, pieces.baseAddress, CInt(pieces.count), off_t(offset))
        }
    }

    /// Writes from several places of memory: as many bytes as the system likes.
    func writePieces(_ pieces: UnsafeBufferPointer<iovec>, at offset: UInt64, durably: Bool) throws(Errno) -> Int {
        try Self.retrying {
            if durably { return unsafe shim_pwritev_durable(rawValue, pieces.baseAddress, CInt(pieces.count), off_t(offset)) }
            return pieces.count == 1
                ? unsafe pwrite(rawValue, pieces[0].iov_base, pieces[0].iov_len, off_t(offset))
                : unsafe pwritev(rawValue, pieces.baseAddress, CInt(pieces.count), off_t(offset))
        }
    }

    func synchronizeData() throws(Errno) { _ = try Self.retrying { Int(shim_sync_data(rawValue)) } }

    func punchHole(at offset: UInt64, count: UInt64) throws(Errno) {
        _ = try Self.retrying { Int(shim_punch_hole(rawValue, off_t(offset), off_t(count))) }
    }

    func zeroRange(at offset: UInt64, count: UInt64) throws(Errno) {
        _ = try Self.retrying { Int(shim_zero_range(rawValue, off_t(offset), off_t(count))) }
    }

    /// The size of a block device's own sectors: what it can discard no part of.
    func blockDeviceSectorSize() throws(Errno) -> UInt64 {
        #if os(Linux)
        var bytes: CInt = 0
        _ = try Self.retrying { unsafe Int(shim_block_device_sector_size(rawValue, &bytes)) }
        return UInt64(max(1, bytes))
        #else
        throw .notSupported
        #endif
    }

    func discardBlocks(at offset: UInt64, count: UInt64) throws(Errno) {
        #if os(Linux)
        _ = try Self.retrying { Int(shim_block_device_discard(rawValue, offset, count)) }
        #else
        throw .notSupported
        #endif
    }

    /// The next place from `offset` on where data is stored, or `nil` when only a hole follows.
    func nextData(from offset: UInt64) throws(Errno) -> UInt64? { try seekExtent(offset, shim_seek_data) }

    /// The next place from `offset` on where a hole begins, or `nil` when `offset` is behind the end.
    func nextHole(from offset: UInt64) throws(Errno) -> UInt64? { try seekExtent(offset, shim_seek_hole) }

    private func seekExtent(_ offset: UInt64, _ whence: CInt) throws(Errno) -> UInt64? {
        do throws(Errno) {
            return UInt64(try Self.retrying { Int(lseek(rawValue, off_t(offset), whence)) })
        } catch .noSuchAddressOrDevice {
            return nil
        }
    }

    func truncate(to size: UInt64) throws(Errno) { _ = try Self.retrying { Int(ftruncate(rawValue, off_t(size))) } }

    static func remove(_ path: String) { unsafe unlink(path) }

    /// Takes or converts the lock on the whole file that belongs to this open file description; throws instead of waiting.
    func lockFile(exclusively: Bool) throws(Errno) { _ = try Self.retrying { Int(shim_lock_file(rawValue, exclusively ? 2 : 1)) } }

    private static func retrying(_ call: () -> Int) throws(Errno) -> Int {
        while true {
            let result = call()
            if result >= 0 { return result }
            let error = Errno(rawValue: errno)
            if error != .interrupted { throw error }
        }
    }
}

extension OpenFile.Status {
    init(_ status: stat) {
        kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .regularFile
            case S_IFBLK: .blockDevice
            case S_IFDIR: .directory
            default: .other
            }
        size = UInt64(max(0, status.st_size))
        device = UInt64(truncatingIfNeeded: status.st_dev)
        inode = UInt64(status.st_ino)
        rawDevice = (shim_major(status.st_rdev), shim_minor(status.st_rdev))
    }
}
