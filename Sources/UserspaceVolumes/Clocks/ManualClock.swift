internal import BlockIO

/// A clock that goes on when it is told to: tests of delays and of flakey devices that wait for nothing and come out the same each time.
public final class ManualClock: VolumeClock {
    private struct State: Sendable {
        var now = Duration.zero
        /// Until when the threads wait that do.
        var deadlines: [UInt64: Duration] = [:]
        var nextWaiter: UInt64 = 0

        /// Those whose time has come have not noticed yet, but wait no longer.
        var waiterCount: Int { deadlines.values.count { $0 > now } }
    }
    private let state = Monitor(State())

    /// A clock that stands at zero.
    public init() {}

    public var now: Duration { state.withLock { $0.now } }

    public func wait(until deadline: Duration, or interruption: Interruption) {
        let waiter = state.withLock { state in
            defer { state.nextWaiter += 1 }
            state.deadlines[state.nextWaiter] = deadline
            return state.nextWaiter
        }
        interruption.telling { [state] in
            state.withLock { _ in }
        } while: {
            state.wait { $0.now >= deadline || interruption.isRaised ? () : nil }
        }
        state.withLock { $0.deadlines[waiter] = nil }
    }

    /// Moves the clock on. Threads whose time has come go on.
    public func advance(by duration: Duration) {
        precondition(duration >= .zero, "a clock does not go back")
        state.withLock { $0.now += duration }
    }

    /// How many threads wait for the clock.
    public var waiterCount: Int { state.withLock { $0.waiterCount } }

    /// Waits until at least `count` threads wait for the clock.
    public func waitForWaiters(_ count: Int) { state.wait { $0.waiterCount >= count ? () : nil } }
}
