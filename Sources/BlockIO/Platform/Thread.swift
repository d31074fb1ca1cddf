#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// A thread of the system, detached. Requests to devices block, and must not do so on Swift's cooperative threads.
package enum Thread {
    private final class Start {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Runs `body` on a new thread; false when the system has none to give.
    package static func detach(_ body: @escaping @Sendable () -> Void) -> Bool {
        let start = unsafe Unmanaged.passRetained(Start(body))
        #if canImport(Darwin)
        var thread: pthread_t?
        #else
        var thread = pthread_t()
        #endif
        let status = unsafe pthread_create(
            &thread, nil,
            { argument in
                #if canImport(Darwin)
                let start = unsafe Unmanaged<Start>.fromOpaque(argument)
                #else
                guard let argument = unsafe argument else { return nil }
                let start = unsafe Unmanaged<Start>.fromOpaque(argument)
                #endif
                unsafe start.takeRetainedValue().body()
                return nil
            }, start.toOpaque())
        guard status == 0 else {
            unsafe start.release()
            return false
        }
        #if canImport(Darwin)
        if let thread = unsafe thread { unsafe pthread_detach(thread) }
        #else
        pthread_detach(thread)
        #endif
        return true
    }

    /// How many processors may run threads of this process at once.
    static var processorCount: Int {
        #if canImport(Darwin)
        return max(1, sysconf(_SC_NPROCESSORS_ONLN))
        #else
        return max(1, sysconf(CInt(_SC_NPROCESSORS_ONLN)))
        #endif
    }
}
