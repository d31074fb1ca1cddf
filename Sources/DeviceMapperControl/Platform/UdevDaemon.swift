internal import CShims
internal import SystemPackage
#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Whether there is an udev that sees this process's changes and can complete its cookies.
package enum UdevDaemon {
    /// Where udevd listens for its commands.
    private static let path = "/run/udev/control"

    /// Whether udevd listens, and has the semaphores that this process has: in another namespace (a container's) it can complete none.
    package static var isRunning: Bool {
        #if os(Linux)
        guard let listener = listener() else { return false }
        // A daemon that went into the background is not the process that began to listen: then it is taken for one of the first process's
        // namespace. Without the right to look, or where this process has a first process of its own, there is only the deadline.
        guard let its = namespace(of: "\(listener)") ?? namespace(of: "1"), let ours = namespace(of: "thread-self") else { return true }
        return its == ours
        #else
        return false
        #endif
    }

    /// The file of a socket, as far as it tells one from the next that has its name.
    package struct SocketFile: Hashable, Sendable {
        private let device, inode: UInt64
        private let seconds, nanoseconds: Int64

        package init(device: UInt64, inode: UInt64, seconds: Int64, nanoseconds: Int64) {
            self.device = device
            self.inode = inode
            self.seconds = seconds
            self.nanoseconds = nanoseconds
        }
    }

    /// The file of the socket at which udevd listens, if there is one. Each udevd that is started makes one of its own.
    package static var socketFile: SocketFile? {
        #if os(Linux)
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return SocketFile(
            device: UInt64(status.st_dev), inode: UInt64(status.st_ino), seconds: Int64(status.st_ctim.tv_sec),
            nanoseconds: Int64(status.st_ctim.tv_nsec))
        #else
        return nil
        #endif
    }

    /// Whether the environment says, as for libdevmapper, that udev is to be left out.
    static var isDisabledByEnvironment: Bool { unsafe getenv("DM_DISABLE_UDEV") != nil }

    #if os(Linux)
    /// The process that listens; `nil` when none does: the name of a socket outlives a daemon that was killed.
    private static func listener() -> CInt? {
        // What the name of a socket needs, SOCK_SEQPACKET as udevd has it.
        let socket = Glibc.socket(AF_UNIX, CInt(SOCK_SEQPACKET.rawValue) | CInt(SOCK_CLOEXEC.rawValue) | CInt(SOCK_NONBLOCK.rawValue), 0)
        guard socket >= 0 else { return nil }
        defer { close(socket) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: Array(path.utf8)) }
        let connected = unsafe withUnsafePointer(to: &address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        // A queue that is full is one of a daemon that is alive.
        guard connected == 0 || errno == EAGAIN else { return nil }
        return shim_peer_process(socket)
    }

    private static func namespace(of process: String) -> String? {
        var target = [CChar](repeating: 0, count: 64)
        let count = unsafe readlink("/proc/\(process)/ns/ipc", &target, target.count)
        guard count > 0 else { return nil }
        return String(decoding: target[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    #endif
}
