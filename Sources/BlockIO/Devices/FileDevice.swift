internal import CShims
public import StorageUnits
internal import Synchronization
internal import SystemPackage
#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// A regular file or a block device.
///
/// The file is closed, and its lock given back, with the last reference to the object. Its size is the one found at opening.
public final class FileDevice: BlockDevice {
    /// Whether other processes are kept out.
    public enum Locking: Sendable {
        /// An open file description lock (`F_OFD_SETLK`) on the whole file: readers share it, a writer has it alone. A block device
        /// is opened with `O_EXCL` for writing too, so that one which is mounted, or used by another mapping, is refused.
        case enforced
        /// No lock is taken: somebody else sees to it that the file does not change under its readers.
        case none
    }

    /// Where the file is.
    public let path: String
    /// What the file is, whatever its name.
    public let identity: DeviceIdentity
    public let size: ByteCount
    public let limits: BlockLimits

    private let file: OpenFile
    private let isBlockDevice: Bool
    /// The first flush that failed. The system forgets which pages were lost once it has told of them, so that a second call would
    /// wrongly succeed: from the first failure on every flush of this object fails.
    private let failedFlush = Monitor<BlockIOError?>(nil)
    private let durableWriting = DurableWriting()
    /// How many writes have returned, and how many of them a flush has made durable since: a flush with nothing to do costs nothing,
    /// so that a table of many lines on one file may flush each line. What was written before the file was opened for writing is one write more: nobody knows
    /// whether it is durable.
    private let writes: Atomic<UInt64>
    private let durableWrites = Atomic<UInt64>(0)
    /// True once the file is closed, and its lock given back: a little after the last reference has gone.
    package let isClosed = Monitor(false)

    /// Opens the regular file or block device at `path`.
    ///
    /// Throws `notFound`, `permissionDenied`, `readOnly`, `wrongFileType` (a directory, a pipe, a character device), or `inUse` when the
    /// lock of another process, or of another device of this one, excludes this one; only in the first case with the system's error number.
    public convenience init(path: String, access: Access, locking: Locking = .enforced) throws(BlockIOError) {
        try self.init(try Self.openExisting(path, access, locking), path, access, locking)
    }

    /// Opens the file at `path` if that is the one of `identity`; `nil` when the path leads to another one, whose lock is not asked for.
    package static func open(
        _ identity: DeviceIdentity, path: String, access: Access, locking: Locking
    ) throws(BlockIOError) -> FileDevice? {
        let file = try openExisting(path, access, locking)
        let found: DeviceIdentity
        do throws(BlockIOError) {
            found = Self.identity(try calling("inspect", path) { () throws(Errno) in try file.status() })
        } catch {
            try? file.descriptor.close()
            throw error
        }
        guard found == identity else {
            try? file.descriptor.close()
            return nil
        }
        return try FileDevice(file, path, access, locking)
    }

    /// Makes a regular file of `size` bytes that reads as zeroes, in place of what a file at `path` held before, and opens it for writing.
    /// A block device is opened as it is; ``DeviceCopy/init(from:creating:locking:)`` minds that.
    ///
    /// What a file holds is not lost where another process has it locked, where a device of this process has it open, whatever the locking
    /// (both are `inUse`), and where it cannot have that size.
    public static func create(path: String, size: ByteCount, locking: Locking = .enforced) throws(BlockIOError) -> FileDevice {
        guard size.count <= UInt64(Int64.max) else {
            throw BlockIOError(.noSpace, message: "cannot create '\(path)': no file has \(size) bytes")
        }
        do throws(BlockIOError) {
            let file = try open(
                path, .readWrite, [.create, .exclusiveCreate, .closeOnExec], permissions: [.ownerReadWrite, .groupRead, .otherRead])
            do throws(BlockIOError) {
                return try FileDevice(file, path, .readWrite, locking, newSize: size)
            } catch {
                OpenFile.remove(path)  // nothing half-made stays
                throw error
            }
        } catch {
            guard error.errno == .fileExists else { throw error }
        }
        let status = try calling("open", path) { () throws(Errno) in try OpenFile.status(of: path) }
        if status.kind == .blockDevice {
            try expectNotOpen(status, path)
            return try FileDevice(path: path, access: .readWrite, locking: locking)
        }
        try checkKind(status.kind, path)
        return try FileDevice(try open(path, .readWrite, [.closeOnExec, .nonBlocking]), path, .readWrite, locking, newSize: size)
    }

    /// Takes over an open file, which is closed when this throws. A regular file is emptied and given the new size, if there is one.
    private init(_ file: OpenFile, _ path: String, _ access: Access, _ locking: Locking, newSize: ByteCount? = nil) throws(BlockIOError) {
        self.file = file
        writes = Atomic(access == .readOnly ? 0 : 1)
        do throws(BlockIOError) {
            if locking == .enforced { try Self.lock(file, path, access) }
            var status = try Self.calling("inspect", path) { () throws(Errno) in try file.status() }
            try Self.checkKind(status.kind, path)
            if let newSize, status.kind == .regularFile {
                try Self.replaceContents(of: file, status, size: newSize.count, path)
                status.size = newSize.count
            }
            isBlockDevice = status.kind == .blockDevice
            size = ByteCount(
                status.kind == .blockDevice
                    ? try Self.calling("find the size of", path) { () throws(Errno) in try file.blockDeviceSize() } : status.size)
            identity = Self.identity(status)
            limits = BlockLimits(isReadOnly: access == .readOnly)
            self.path = path  // last: from here on deinit closes the file
            Self.noteOpening(of: identity)
        } catch {
            try? file.descriptor.close()
            throw error
        }
    }

    deinit {
        Self.noteClosing(of: identity)
        try? file.descriptor.close()
        isClosed.withLock { $0 = true }
    }

    public func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(BlockIOError) {
        if buffer.byteCount == 0 { return }  // no piece is empty
        let whole: [1 of Range<Int>] = [0..<buffer.byteCount]
        try read(at: offset, into: &buffer, pieces: whole.span)
    }

    public func write(_ bytes: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        if bytes.byteCount == 0 { return }  // no piece is empty
        let whole: [1 of Range<Int>] = [0..<bytes.byteCount]
        try write(bytes, pieces: whole.span, at: offset, flags: flags)
    }

    public func read(at offset: UInt64, into buffer: inout MutableRawSpan, pieces: Span<Range<Int>>) throws(BlockIOError) {
        var failure: BlockIOError?
        unsafe buffer.withUnsafeMutableBytes { bytes in
            do throws(BlockIOError) {
                unsafe try transfer(pieces, of: bytes, at: offset, "read") { (pieces, position) throws(Errno) in
                    unsafe try file.readPieces(pieces, at: position)
                }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    public func write(_ bytes: RawSpan, pieces: Span<Range<Int>>, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        if limits.isReadOnly { throw .readOnlyDevice(offset, Self.total(pieces)) }
        var failure: BlockIOError?
        var needsFlush = false
        unsafe bytes.withUnsafeBytes { source in
            do throws(BlockIOError) {
                unsafe try transfer(pieces, of: UnsafeMutableRawBufferPointer(mutating: source), at: offset, "write") {
                    (pieces, position) throws(Errno) in
                    if flags.contains(.forceUnitAccess), !needsFlush {
                        do throws(Errno) {
                            return try durableWriting.perform { () throws(Errno) in
                                unsafe try file.writePieces(pieces, at: position, durably: true)
                            }
                        } catch .notSupported {
                            needsFlush = true
                        } catch .notSupportedOnSocket {
                            needsFlush = true
                        }
                    }
                    return unsafe try file.writePieces(pieces, at: position, durably: false)
                }
            } catch {
                failure = error
            }
        }
        // Counted even when it failed: a part may be written.
        if !flags.contains(.forceUnitAccess) || needsFlush || failure != nil { countWrite() }
        if let failure { throw failure }
        if needsFlush { try flushRange(at: offset, count: Self.total(pieces)) }
    }

    public func flush() throws(BlockIOError) {
        if areWritesDurable() { return }
        // One at a time: the system tells of lost pages once, and the flush that it does not tell must not succeed before the other has
        // failed. Whoever waits here may find its writes durable afterwards.
        try failedFlush.withLock { (failure) throws(BlockIOError) in
            if let failure { throw failure }
            if areWritesDurable() { return }
            let finished = writes.load(ordering: .acquiring)
            do throws(Errno) {
                try file.synchronizeData()
                try durableWriting.check()
                durableWrites.store(finished, ordering: .releasing)
            } catch {
                let first = BlockIOError.system(error, "flush", path)
                failure = first
                throw first
            }
        }
    }

    /// Whether a flush has nothing to do. Never again once one has failed: what it left behind stays counted.
    private func areWritesDurable() -> Bool {
        let finished = writes.load(ordering: .acquiring)
        return durableWrites.load(ordering: .acquiring) >= finished
    }

    /// Of a block device, only whole sectors are discarded; the rest of the range stays as it is.
    public func discard(at offset: UInt64, count: UInt64) throws(BlockIOError) {
        if limits.isReadOnly { throw .readOnlyDevice(offset, count) }
        if count == 0 { return }
        defer { countWrite() }
        do throws(Errno) {
            if isBlockDevice {
                let sector = try file.blockDeviceSectorSize()
                let first = (offset + sector - 1) / sector * sector
                let end = (offset + count) / sector * sector
                if first < end { try file.discardBlocks(at: first, count: end - first) }
            } else {
                try file.punchHole(at: offset, count: count)
            }
        } catch {
            throw .system(error, "discard in", path, offset: offset, count: count)
        }
    }

    public func writeZeroes(at offset: UInt64, count: UInt64, flags: ZeroFlags) throws(BlockIOError) {
        if limits.isReadOnly { throw .readOnlyDevice(offset, count) }
        if count == 0 { return }
        // What the file system or disk cannot do quickly is written out: the result is the same.
        if (try? flags.contains(.mayUnmap) ? file.punchHole(at: offset, count: count) : file.zeroRange(at: offset, count: count))
            == nil
        {
            try writeZeroBytes(at: offset, count: count, flags: [])
        }
        countWrite()
        if flags.contains(.forceUnitAccess) { try flushRange(at: offset, count: count) }
    }

    /// A flush for the sake of one request: when it fails, nothing is sure of the request's range.
    private func flushRange(at offset: UInt64, count: UInt64) throws(BlockIOError) {
        do throws(BlockIOError) { try flush() } catch { throw error.moved(to: offset, count: count) }
    }

    private func countWrite() { writes.wrappingAdd(1, ordering: .releasing) }

    public func extent(at offset: UInt64, limit: UInt64) throws(BlockIOError) -> Extent {
        if isBlockDevice { return Extent(.data, count: limit) }
        do throws(Errno) {
            guard let data = try file.nextData(from: offset) else {
                // Behind the end of a file that has become shorter there is no hole: whoever reads there is told.
                return Extent(try file.status().size < size.count ? .data : .hole, count: limit)
            }
            if data > offset { return Extent(.hole, count: min(data - offset, limit)) }
            guard let hole = try file.nextHole(from: offset), hole > offset else { return Extent(.data, count: limit) }
            return Extent(.data, count: min(hole - offset, limit))
        } catch {
            // A file system without holes says so in many ways.
            return Extent(.data, count: limit)
        }
    }

    // MARK: opening

    /// What the file at `path` is, without opening it.
    package static func identity(of path: String) throws(BlockIOError) -> DeviceIdentity {
        identity(try calling("open", path) { () throws(Errno) in try OpenFile.status(of: path) })
    }

    static func identity(_ status: OpenFile.Status) -> DeviceIdentity {
        status.kind == .blockDevice
            ? .blockDevice(DeviceNumber(major: status.rawDevice.major, minor: status.rawDevice.minor))
            : .file(device: status.device, inode: status.inode)
    }

    private static func checkKind(_ kind: OpenFile.Status.Kind, _ path: String) throws(BlockIOError) {
        switch kind {
        case .regularFile, .blockDevice: return
        case .directory: throw BlockIOError(.wrongFileType, message: "cannot open '\(path)': it is a directory")
        case .other: throw BlockIOError(.wrongFileType, message: "cannot open '\(path)': it is neither a file nor a block device")
        }
    }

    private static func openExisting(_ path: String, _ access: Access, _ locking: Locking) throws(BlockIOError) -> OpenFile {
        // Looked at before it is opened: opening a pipe can wait, opening a tape can move it.
        let found = try calling("open", path) { () throws(Errno) in try OpenFile.status(of: path) }
        try checkKind(found.kind, path)
        var options: FileDescriptor.OpenOptions = [.closeOnExec, .nonBlocking]
        if found.kind == .blockDevice, access == .readWrite, locking == .enforced { options.insert(.exclusiveCreate) }
        do throws(BlockIOError) { return try open(path, access == .readOnly ? .readOnly : .readWrite, options) } catch {
            var error = error
            if error.code == .inUse, isOpen(identity(found)) { error.errno = nil }  // it is nobody else
            throw error
        }
    }

    private static func open(
        _ path: String, _ mode: FileDescriptor.AccessMode, _ options: FileDescriptor.OpenOptions, permissions: FilePermissions? = nil
    ) throws(BlockIOError) -> OpenFile {
        do {
            return OpenFile(
                descriptor: try FileDescriptor.open(
                    FilePath(path), mode, options: options, permissions: permissions, retryOnInterrupt: true))
        } catch let error as Errno {
            throw .system(error, mode == .readOnly ? "open" : "open for writing", path)
        } catch {
            throw BlockIOError(.inputOutput, message: "cannot open '\(path)': \(error)")
        }
    }

    private static func lock(_ file: OpenFile, _ path: String, _ access: Access) throws(BlockIOError) {
        do throws(Errno) {
            try file.lockFile(exclusively: access == .readWrite)
        } catch .resourceTemporarilyUnavailable {
            let isOurs = (try? file.status()).map { isOpen(identity($0)) } ?? false
            let holder = isOurs ? "this process" : "another process"
            throw BlockIOError(
                .inUse, errno: isOurs ? nil : .resourceTemporarilyUnavailable,
                message: access == .readWrite
                    ? "cannot lock '\(path)' for writing: \(holder) has it open"
                    : "cannot lock '\(path)' for reading: \(holder) has it open for writing")
        } catch {
            throw .system(error, "lock", path)
        }
    }

    private static func calling<Result>(
        _ action: String, _ path: String, _ call: () throws(Errno) -> Result
    ) throws(BlockIOError) -> Result {
        do throws(Errno) { return try call() } catch { throw .system(error, action, path) }
    }

    // MARK: transfers

    /// Moves all `pieces` of `bytes` to or from the file, in as few calls as there can be. A call may move less than it is asked to:
    /// the rest is asked for again. Nothing is allocated; few pieces take little stack.
    private func transfer(
        _ pieces: Span<Range<Int>>, of bytes: UnsafeMutableRawBufferPointer, at offset: UInt64, _ action: String,
        _ call: (UnsafeBufferPointer<iovec>, UInt64) throws(Errno) -> Int
    ) throws(BlockIOError) {
        guard let base = bytes.baseAddress else { return }
        if pieces.count == 1 {
            try unsafe transfer(pieces, base, offset, action, [1 of iovec](repeating: iovec()), call)
        } else if pieces.count <= 32 {
            try unsafe transfer(pieces, base, offset, action, [32 of iovec](repeating: iovec()), call)
        } else {
            try unsafe transfer(pieces, base, offset, action, [1024 of iovec](repeating: iovec()), call)  // IOV_MAX
        }
    }

    private func transfer<let capacity: Int>(
        _ pieces: Span<Range<Int>>, _ base: UnsafeMutableRawPointer, _ offset: UInt64, _ action: String,
        _ room: consuming [capacity of iovec], _ call: (UnsafeBufferPointer<iovec>, UInt64) throws(Errno) -> Int
    ) throws(BlockIOError) {
        var vectors = unsafe room
        var piece = 0  // the first that is not done
        var skip = 0  // how much of it is
        var position = offset
        while piece < pieces.count {
            let batch = min(capacity, pieces.count - piece)
            for index in 0..<batch {
                let range = pieces[piece + index]
                let start = index == 0 ? range.lowerBound + skip : range.lowerBound
                unsafe vectors[index] = unsafe iovec(iov_base: base + start, iov_len: range.upperBound - start)
            }
            var moved: Int
            do throws(Errno) {
                moved = unsafe try vectors.span.extracting(0..<batch).withUnsafeBufferPointer { vectors throws(Errno) in
                    unsafe try call(vectors, position)
                }
            } catch {
                throw .system(error, action, path, offset: position, count: Self.total(pieces) - (position - offset))
            }
            if moved == 0 {
                throw BlockIOError(
                    .endOfFile, offset: position, count: Self.total(pieces) - (position - offset),
                    message: "cannot \(action) '\(path)': it ends at \(position), but had \(size) bytes when it was opened")
            }
            position += UInt64(moved)
            while moved > 0 {
                let left = pieces[piece].count - skip
                if moved < left {
                    skip += moved
                    moved = 0
                } else {
                    moved -= left
                    piece += 1
                    skip = 0
                }
            }
        }
    }

    private static func total(_ pieces: Span<Range<Int>>) -> UInt64 {
        var bytes: UInt64 = 0
        for index in pieces.indices { bytes += UInt64(pieces[index].count) }
        return bytes
    }
}
