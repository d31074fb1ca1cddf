internal import CShims
package import SystemPackage
#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// What a process waits for until udev is done with its changes: a System V semaphore that libdevmapper, its `dmsetup udevcomplete` in udev's rules,
/// and this package agree on.
///
/// The semaphore's key is 0x0D4D and, below it, 16 random bits, the cookie's base. Its value is 1, and 1 more for each change that udev has not
/// completed; who waits takes the first 1 away, waits for 0, and removes it.
///
/// A set that is made here has four more semaphores, which libdevmapper does not look at: they say that it is one of ours, and which process of which
/// namespace has made it, so that what a killed process left behind is found and removed. One that is to outlive its process has none of them.
package struct UdevCookie: Hashable, Sendable {
    private static let magic: UInt32 = 0x0d4d
    /// The second semaphore's value: the set is one of ours.
    private static let mark: CInt = 0x5dd
    private static let semaphoreCount: CInt = 5
    /// Between making a set and giving it values there is nothing that takes time.
    private static let secondsOfMaking: Int64 = 10

    /// The lower 16 bits, never 0.
    package let base: UInt16

    /// The semaphore's key: what commands print and take.
    package var value: UInt32 { Self.magic << 16 | UInt32(base) }

    /// The cookie of a value; of udev's, in which flags stand instead of the upper bits, too. `nil` when the base is 0.
    package init?(value: UInt32) {
        guard value & 0xffff != 0 else { return nil }
        base = UInt16(truncatingIfNeeded: value)
    }

    /// Whether a value is a semaphore's key.
    package static func isKey(_ value: UInt32) -> Bool { value >> 16 == magic && value & 0xffff != 0 }

    #if os(Linux)
    /// A new cookie, which is this process's own, or whoever's that knows its value. Those that killed processes have left are removed first.
    package static func make(owned: Bool = true) throws(Errno) -> UdevCookie {
        sweep()
        while true {
            guard let cookie = UdevCookie(value: UInt32.random(in: 1...0xffff)) else { continue }
            let process = getpid()
            let values = [1, mark, process & 0x7fff, process >> 15, namespace].prefix(owned ? Int(semaphoreCount) : 1)
                .map { UInt16(truncatingIfNeeded: $0) }
            let set = shim_semaphore_make(cookie.value, CInt(values.count))
            if set < 0 {
                let error = Errno(rawValue: errno)
                if error == .fileExists { continue }
                throw error
            }
            guard unsafe values.withUnsafeBufferPointer({ unsafe shim_semaphore_set_values(set, $0.baseAddress) }) == 0 else {
                let error = Errno(rawValue: errno)
                _ = shim_semaphore_remove(set)
                throw error
            }
            return cookie
        }
    }

    /// Removes cookies of this package whose process is gone, and which nobody waits for; and those whose process was killed before it could say
    /// that they are its own. What others are just making is told from the latter by its age at `time`, in seconds since 1970.
    package static func sweep(at time: Int64 = now) {
        for cookie in all() {
            guard let status = try? cookie.status(), status.waiters == 0 else { continue }
            let isGone = status.process.map { kill($0, 0) != 0 && errno == ESRCH } ?? false
            if isGone || (status.hasNoValues && time - status.made > secondsOfMaking) { try? cookie.remove() }
        }
    }

    /// The system's clock, in seconds since 1970.
    package static var now: Int64 { Int64(time(nil)) }

    /// Something that processes which know each other by the same numbers have in common, small enough for a semaphore.
    private static var namespace: CInt {
        var status = stat()
        guard unsafe stat("/proc/self/ns/pid", &status) == 0 else { return 0 }
        return CInt(status.st_ino % 32749)
    }

    /// All cookies of the machine, libdevmapper's too.
    package static func all() -> [UdevCookie] {
        guard let file = unsafe try? FileDescriptor.open("/proc/sysvipc/sem", .readOnly, options: .closeOnExec) else { return [] }
        defer { try? file.close() }
        var text: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 1 << 16)
        while let count = try? unsafe block.withUnsafeMutableBytes({ unsafe try file.read(into: $0) }), count > 0 {
            text += block[..<count]
        }
        return text.split(separator: UInt8(ascii: "\n")).compactMap { line in
            guard let word = line.split(separator: UInt8(ascii: " ")).first,
                let key = Int64(String(decoding: word, as: UTF8.self)).map({ UInt32(truncatingIfNeeded: $0) }), isKey(key)
            else { return nil }
            return UdevCookie(value: key)
        }
    }

    /// What the system knows of a cookie.
    package struct Status: Sendable {
        /// The system's number of the semaphore.
        package var semaphore: Int
        /// How many changes udev has not completed, and 1 unless somebody waits.
        package var value: Int
        /// How many wait.
        package var waiters: Int
        /// When it was last used, and when it was made or set, in seconds since 1970; 0 when it never was.
        package var used: Int64
        package var made: Int64
        /// The process whose own it is; `nil` for one of libdevmapper, one that is nobody's, and of a process that is not seen from here.
        package var process: CInt?
        /// Whether it is one of ours that was given no values yet.
        package var hasNoValues: Bool
    }

    package func status() throws(Errno) -> Status {
        let set = try semaphore()
        var count: UInt64 = 0
        var used: Int64 = 0
        var made: Int64 = 0
        try Self.check(unsafe shim_semaphore_status(set, &count, &used, &made))
        let value = try Self.check(shim_semaphore_value(set, 0))
        let waiters = try Self.check(shim_semaphore_waiters(set))
        var process: CInt?
        if count == UInt64(Self.semaphoreCount), shim_semaphore_value(set, 1) == Self.mark, shim_semaphore_value(set, 4) == Self.namespace {
            process = shim_semaphore_value(set, 2) | shim_semaphore_value(set, 3) << 15
        }
        let hasNoValues = count == UInt64(Self.semaphoreCount) && shim_semaphore_value(set, 1) == 0
        return Status(
            semaphore: Int(set), value: Int(value), waiters: Int(waiters), used: used, made: made, process: process,
            hasNoValues: hasNoValues)
    }

    /// Counts a change that udev is to complete.
    package func increment() throws(Errno) { try Self.check(shim_semaphore_add(try semaphore(), 1)) }

    /// Completes a change.
    package func decrement() throws(Errno) { try Self.check(shim_semaphore_add(try semaphore(), -1)) }

    /// Waits until udev has completed all changes that were counted, or until the deadline; false when it has not. The cookie's own 1 must
    /// have been taken away. A cookie that somebody has removed is complete.
    package func waitForZero(until deadline: ContinuousClock.Instant) throws(Errno) -> Bool {
        while true {
            do throws(Errno) {
                let left = max(.zero, deadline - .now).components
                try Self.check(shim_semaphore_wait_for_zero(try semaphore(), left.seconds, left.attoseconds / 1_000_000_000))
                return true
            } catch .resourceTemporarilyUnavailable {
                if deadline <= .now { return false }
            } catch .interrupted {
                continue
            } catch .identifierRemoved {
                return true
            } catch .noSuchFileOrDirectory {
                return true
            } catch .invalidArgument {
                return true  // it was removed in between
            }
        }
    }

    /// Removes the semaphore; whoever waits goes on.
    package func remove() throws(Errno) { try Self.check(shim_semaphore_remove(try semaphore())) }

    private func semaphore() throws(Errno) -> CInt { try Self.check(shim_semaphore_find(value)) }

    @discardableResult
    private static func check(_ result: CInt) throws(Errno) -> CInt {
        guard result >= 0 else { throw Errno(rawValue: errno) }
        return result
    }
    #else
    package static func make(owned: Bool = true) throws(Errno) -> UdevCookie { throw .notSupported }
    package func increment() throws(Errno) {}
    package func decrement() throws(Errno) {}
    package func waitForZero(until deadline: ContinuousClock.Instant) throws(Errno) -> Bool { true }
    package func remove() throws(Errno) {}
    #endif
}
