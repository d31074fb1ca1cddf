internal import DeviceMapperControl
internal import SystemPackage

/// udev of this machine.
package final class UdevSemaphores: UdevCalls {
    /// The longest that anybody waits for udev. dmsetup waits for ever, and people with it.
    private let deadline: Duration

    package init(deadline: Duration = .seconds(3600)) { self.deadline = deadline }

    package var isRunning: Bool { UdevDaemon.isRunning }
    package var hasSemaphores: Bool { true }

    package func createCookie(owned: Bool) throws(UdevFailure) -> UInt32 {
        do throws(Errno) { return try UdevCookie.make(owned: owned).value } catch { throw Self.failure(error) }
    }

    package func semaphore(of cookie: UInt32) throws(UdevFailure) -> Int32 {
        Int32(truncatingIfNeeded: try call(cookie) { (cookie) throws(Errno) in try cookie.status() }.semaphore)
    }

    package func increment(_ cookie: UInt32) throws(UdevFailure) {
        try call(cookie) { (cookie) throws(Errno) in try cookie.increment() }
    }

    package func decrement(_ cookie: UInt32) throws(UdevFailure) {
        try call(cookie) { (cookie) throws(Errno) in try cookie.decrement() }
    }

    package func waitForZero(_ cookie: UInt32) throws(UdevFailure) {
        let end = ContinuousClock.now + deadline
        guard try call(cookie, { (cookie) throws(Errno) in try cookie.waitForZero(until: end) }) else {
            throw Self.failure(.timeout)
        }
    }

    package func destroy(_ cookie: UInt32) throws(UdevFailure) {
        try call(cookie) { (cookie) throws(Errno) in try cookie.remove() }
    }

    package func cookies() throws(UdevFailure) -> [UdevSemaphore] {
        UdevCookie.all().compactMap { cookie in
            guard let status = try? cookie.status() else { return nil }
            return UdevSemaphore(
                identifier: Int32(truncatingIfNeeded: status.semaphore), cookie: cookie.value,
                value: Int32(truncatingIfNeeded: status.value), operationTime: status.used, changeTime: status.made)
        }
    }

    private func call<Result>(_ cookie: UInt32, _ body: (UdevCookie) throws(Errno) -> Result) throws(UdevFailure) -> Result {
        guard let cookie = UdevCookie(value: cookie) else { throw Self.failure(.noSuchFileOrDirectory) }
        do throws(Errno) { return try body(cookie) } catch { throw Self.failure(error) }
    }

    private static func failure(_ error: Errno) -> UdevFailure {
        let kind: UdevFailure.Kind =
            switch error {
            case .noSuchFileOrDirectory, .identifierRemoved: .absent
            case .permissionDenied: .denied
            case .resourceTemporarilyUnavailable: .wrongState
            default: .other
            }
        return UdevFailure(kind, text: System.errorText(error.rawValue))
    }
}
