#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// State that threads share, and can wait for: a mutex with a condition variable, which `Synchronization` lacks.
@safe
public final class Monitor<State>: @unchecked Sendable {  // `state` and `waiters` are touched only under the mutex
    private var state: State
    private var waiters = 0
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let changed: UnsafeMutablePointer<pthread_cond_t>

    /// A monitor over `state`.
    public init(_ state: sending State) {
        self.state = state
        unsafe mutex = .allocate(capacity: 1)
        unsafe changed = .allocate(capacity: 1)
        unsafe pthread_mutex_init(mutex, nil)
        #if canImport(Darwin)
        unsafe pthread_cond_init(changed, nil)
        #else
        // Timed waits are measured by the clock that nobody sets.
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        unsafe pthread_cond_init(changed, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
        #endif
    }

    deinit {
        unsafe pthread_cond_destroy(changed)
        unsafe pthread_mutex_destroy(mutex)
        unsafe changed.deallocate()
        unsafe mutex.deallocate()
    }

    /// Calls `body` alone with the state; whoever waits looks at the state again afterwards.
    public func withLock<Result, Failure: Error>(_ body: (inout State) throws(Failure) -> Result) throws(Failure) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer {
            if waiters > 0 { unsafe pthread_cond_broadcast(changed) }
            unsafe pthread_mutex_unlock(mutex)
        }
        return try body(&state)
    }

    /// Calls `body` alone with the state, again after every change, until it returns something.
    public func wait<Result>(until body: (inout State) -> Result?) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while true {
            if let result = body(&state) { return result }
            waiters += 1
            unsafe pthread_cond_wait(changed, mutex)
            waiters -= 1
        }
    }

    /// Calls `body` alone with the state, again after every change, until it returns something or `duration` is over; then it returns `nil`. It is called
    /// at least once.
    public func wait<Result>(for duration: Duration, until body: (inout State) -> Result?) -> Result? {
        let deadline = SuspendingClock.now + max(.zero, min(duration, Self.longestWait))
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while true {
            if let result = body(&state) { return result }
            let left = deadline - SuspendingClock.now
            guard left > .zero else { return nil }
            waiters += 1
            unsafe Self.wait(changed, mutex, for: left)
            waiters -= 1
        }
    }

    /// Longer than any process runs, and short enough to be added to any time.
    private static var longestWait: Duration { .seconds(1 << 31) }

    /// Waits for a change, or for as long.
    private static func wait(
        _ changed: UnsafeMutablePointer<pthread_cond_t>, _ mutex: UnsafeMutablePointer<pthread_mutex_t>, for duration: Duration
    ) {
        let (seconds, attoseconds) = duration.components
        #if canImport(Darwin)
        var time = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
        _ = unsafe pthread_cond_timedwait_relative_np(changed, mutex, &time)
        #else
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        let nanoseconds = Int(time.tv_nsec) + Int(attoseconds / 1_000_000_000)
        time.tv_sec += time_t(seconds) + time_t(nanoseconds / 1_000_000_000)
        time.tv_nsec = type(of: time.tv_nsec).init(nanoseconds % 1_000_000_000)
        _ = unsafe pthread_cond_timedwait(changed, mutex, &time)
        #endif
    }
}
