import BlockIO
import Glibc
import VolumeLaws

/// A file or a device as the kernel has it, without any code of the package between.
final class RawFile {
    /// `O_DIRECT` of x86-64, the lab's only machine. The C library's header hides it.
    static let direct: CInt = 0o40000

    let path: String
    private let descriptor: CInt

    init(_ path: String, _ flags: CInt) throws {
        self.path = path
        descriptor = unsafe open(path, flags | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure("open", path) }
    }

    deinit { close(descriptor) }

    /// All bytes of a file.
    static func bytes(_ path: String) throws -> [UInt8] {
        let file = try RawFile(path, O_RDONLY)
        return try file.read(at: 0, count: Int(lseek(file.descriptor, 0, SEEK_END)))
    }

    func write(_ bytes: [UInt8], at offset: Int = 0) throws {
        // Aligned, as `O_DIRECT` wants memory.
        let buffer = AlignedBuffer(count: bytes.count)
        try buffer.withMutableBytes { room in
            room.copy(from: unsafe bytes.span.bytes)
            try unsafe room.withUnsafeMutableBytes { room in
                var done = 0
                while done < bytes.count {
                    let start = unsafe room.baseAddress.map { unsafe $0 + done }
                    let moved = unsafe pwrite(descriptor, start, bytes.count - done, off_t(offset + done))
                    guard moved > 0 else { throw Self.failure("write", path) }
                    done += moved
                }
            }
        }
    }

    func read(at offset: Int, count: Int) throws -> [UInt8] {
        let buffer = AlignedBuffer(count: count)
        return try buffer.withMutableBytes { room in
            try unsafe room.withUnsafeMutableBytes { room in
                var done = 0
                while done < count {
                    let start = unsafe room.baseAddress.map { unsafe $0 + done }
                    let moved = unsafe pread(descriptor, start, count - done, off_t(offset + done))
                    guard moved > 0 else { throw Self.failure("read", path) }
                    done += moved
                }
                return unsafe Array(room)
            }
        }
    }

    /// Waits until everything that was written has left the page cache for the device.
    func synchronize() throws {
        guard fsync(descriptor) == 0 else { throw Self.failure("synchronize", path) }
    }

    /// Asks the device something: `ioctl(2)`.
    func control(_ request: UInt, _ value: CInt = 0) throws -> CInt {
        let result = ioctl(descriptor, request, value)
        guard result >= 0 else { throw Self.failure("control", path) }
        return result
    }

    /// Asks the device something with a structure, which the answer replaces.
    func control(_ request: UInt, _ structure: inout [UInt8]) throws {
        guard unsafe ioctl(descriptor, request, &structure) >= 0 else { throw Self.failure("control", path) }
    }

    /// Asks the device something about a file.
    func control(_ request: UInt, about file: RawFile) throws { _ = try control(request, file.descriptor) }

    /// What the last system call has reported.
    private static func failure(_ action: String, _ path: String) -> HostCommand.Failure {
        HostCommand.Failure("cannot \(action) \(path): \(unsafe String(cString: strerror(errno)))")
    }
}
