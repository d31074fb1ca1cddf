internal import CShims
package import SystemPackage
#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Ends a wait of another thread: a pipe of which one end is waited for, too.
package final class WakeUp: Sendable {
    let readEnd: FileDescriptor
    private let writeEnd: FileDescriptor

    /// Throws when the process has no descriptors left.
    package init() throws(Errno) {
        do {
            (readEnd, writeEnd) = try FileDescriptor.pipe()
        } catch {
            throw (error as? Errno) ?? .ioError
        }
        for end in [readEnd, writeEnd] { _ = shim_set_close_on_exec(end.rawValue) }
    }

    deinit {
        try? readEnd.close()
        try? writeEnd.close()
    }

    /// Ends the wait, and every later one.
    package func signal() { _ = try? writeEnd.writeAll([0]) }

    /// Whether waits end at once.
    package var isSignalled: Bool {
        var watched = pollfd(fd: readEnd.rawValue, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&watched, 1, 0) > 0
    }
}
