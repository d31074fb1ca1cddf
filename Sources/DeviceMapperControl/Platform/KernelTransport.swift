internal import CShims
package import DeviceMapperTables
package import SystemPackage
#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The kernel's control device, `/dev/mapper/control`.
package final class KernelTransport: ControlTransport {
    /// The character device 10:236 (`MAPPER_CTRL_MINOR` of `linux/miscdevice.h`); opening it loads the module.
    private static let path = "/dev/mapper/control"
    private static let directory = "/dev/mapper"
    private static let major: UInt32 = 10
    private static let minor: UInt32 = 236

    private let descriptor: FileDescriptor

    /// Opens the control device, and makes its node when there is none. Requires `CAP_SYS_ADMIN`, as every request does.
    package init() throws(MappingError) {
        #if os(Linux)
        do throws(Errno) {
            descriptor = try Self.open()
        } catch .noSuchFileOrDirectory {
            let made = Self.makeNode()
            do throws(Errno) { descriptor = try Self.open() } catch {
                Self.remove(made)
                throw Self.failure(error)
            }
        } catch {
            throw Self.failure(error)
        }
        #else
        throw MappingError(.unsupported, message: "this system has no device mapper: only Linux has; tables can be opened as volumes here")
        #endif
    }

    deinit { try? descriptor.close() }

    private static func open() throws(Errno) -> FileDescriptor {
        do {
            return unsafe try FileDescriptor.open(path, .readWrite, options: .closeOnExec)
        } catch {
            throw (error as? Errno) ?? .ioError
        }
    }

    /// Makes the node as devtmpfs would, and tells what of its path was not there. When that fails, so does opening it.
    private static func makeNode() -> (directory: Bool, node: Bool) {
        #if os(Linux)
        let directory = unsafe mkdir(directory, 0o755) == 0
        let node = unsafe mknod(path, S_IFCHR | 0o600, shim_make_device(major, minor)) == 0
        return (directory, node)
        #else
        return (false, false)
        #endif
    }

    /// Where there is no device mapper nothing stays that looks like one.
    private static func remove(_ made: (directory: Bool, node: Bool)) {
        #if os(Linux)
        if made.node { _ = unsafe unlink(path) }
        if made.directory { _ = unsafe rmdir(directory) }
        #endif
    }

    private static func failure(_ error: Errno) -> MappingError {
        switch error {
        case .permissionDenied, .notPermitted:
            MappingError(
                .permissionDenied, device: path, errno: error.rawValue,
                message: "cannot open it: device mapper needs root rights (CAP_SYS_ADMIN); tables can be opened as volumes without")
        case .noSuchFileOrDirectory, .noSuchAddressOrDevice, .operationNotSupportedByDevice:
            MappingError(
                .unsupported, device: path, errno: error.rawValue,
                message: "this kernel has no device mapper, or its module cannot be loaded (modprobe dm-mod)")
        default: MappingError(.kernel, device: path, errno: error.rawValue, message: "cannot open it: \(error)")
        }
    }

    package func perform(_ command: ControlCommand, _ bytes: inout MutableRawSpan) throws(Errno) -> CInt {
        let status = unsafe bytes.withUnsafeMutableBytes { unsafe shim_control(descriptor.rawValue, command.request, $0.baseAddress) }
        if status < 0 { throw Errno(rawValue: errno) }
        return status
    }

    package func waitForEvent(until deadline: ContinuousClock.Instant?, wakeUp: WakeUp) throws(Errno) -> Bool {
        var watched = [
            pollfd(fd: descriptor.rawValue, events: Int16(POLLIN), revents: 0),
            pollfd(fd: wakeUp.readEnd.rawValue, events: Int16(POLLIN), revents: 0),
        ]
        while true {
            let left = deadline.map { Swift.max(.zero, $0 - .now) }
            let count = unsafe poll(&watched, 2, left.map(Self.milliseconds) ?? -1)
            if count > 0 { return watched[1].revents == 0 && watched[0].revents != 0 }
            if count == 0 {
                if let deadline, deadline > .now { continue }
                return false
            }
            let error = Errno(rawValue: errno)
            if error != .interrupted { throw error }
        }
    }

    /// What `poll(2)` is asked to wait. Rounded up, so that a deadline has passed when the time is over; what is longer than it can wait,
    /// some 24 days, is waited for in several parts.
    package static func milliseconds(_ duration: Duration) -> Int32 {
        // Compared first: a duration may have more seconds than a number of 64 bits.
        guard duration < .milliseconds(Int64(Int32.max)) else { return .max }
        let (seconds, attoseconds) = duration.components
        return Int32(clamping: seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1)
    }

    package func duplicate() throws(MappingError) -> any ControlTransport { try KernelTransport() }
}
