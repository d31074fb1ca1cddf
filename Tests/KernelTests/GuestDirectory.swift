import BlockIO
import Glibc
import VolumeLaws

/// A directory in the guest's memory, removed with the last reference to the object.
final class GuestDirectory {
    let path: String

    init() throws {
        var template = Array("/run/kernel-tests.XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else { throw HostCommand.Failure("cannot make a directory in /run") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { _ = try? HostCommand("rm", package: "coreutils").run("-rf", path) }

    /// The path of a file in the directory.
    func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

    /// Makes a file with these bytes, and returns its path.
    func file(_ name: String, _ bytes: [UInt8]) throws -> String {
        try RawFile(self(name), O_RDWR | O_CREAT).write(bytes)
        return self(name)
    }
}

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

    private static func failure(_ action: String, _ path: String) -> HostCommand.Failure {
        HostCommand.Failure("cannot \(action) \(path): \(unsafe String(cString: strerror(errno)))")
    }
}
