internal import BlockIO

/// Ends the waits of threads before their time: a device that is suspended lets the requests go that it delays.
public final class Interruption: Sendable {
    private struct State: Sendable {
        var isRaised = false
        /// Clocks other than the system's, whose threads wait for them elsewhere.
        var listeners: [UInt64: @Sendable () -> Void] = [:]
        var nextListener: UInt64 = 0
    }
    private let state = Monitor(State())

    /// An interruption that is not raised.
    public init() {}

    /// Whether waits end at once.
    public var isRaised: Bool { state.withLock { $0.isRaised } }

    /// Ends all waits, and those to come, until it is cleared.
    public func raise() {
        let listeners = state.withLock { state in
            state.isRaised = true
            return Array(state.listeners.values)
        }
        for listener in listeners { listener() }
    }

    /// Lets threads wait again.
    public func clear() { state.withLock { $0.isRaised = false } }

    /// Waits until it is raised, for the system's time.
    func wait(for duration: Duration) { _ = state.wait(for: duration) { $0.isRaised ? () : nil } }

    /// Calls `wait`; meanwhile `listener` is called whenever this is raised.
    func telling(_ listener: @escaping @Sendable () -> Void, while wait: () -> Void) {
        let number = state.withLock { state in
            defer { state.nextListener += 1 }
            state.listeners[state.nextListener] = listener
            return state.nextListener
        }
        defer { state.withLock { $0.listeners[number] = nil } }
        wait()
    }
}
