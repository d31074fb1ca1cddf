internal import BlockIO

/// Work of an engine on a thread of its own, which can be stopped.
final class BackgroundTask: Sendable {
    private struct State: Sendable {
        var work: (@Sendable (() -> Bool) -> Void)?
        var isRunning = false
        var isWanted = false
    }
    private let state = Monitor(State())

    /// Begins the work, which is to ask often whether it is still wanted; one at a time. False when the system has no thread to give.
    func start(_ work: @escaping @Sendable (_ isWanted: () -> Bool) -> Void) -> Bool {
        state.withLock { $0 = State(work: work, isRunning: true, isWanted: true) }
        guard Thread.detach({ [self] in run() }) else {
            state.withLock { $0 = State() }
            return false
        }
        return true
    }

    /// Waits until the work has ended, and holds nothing any more; it is told that it is not wanted.
    func stop() {
        state.withLock { $0.isWanted = false }
        state.wait { $0.isRunning ? nil : () }
    }

    private func run() {
        perform()
        state.withLock { $0.isRunning = false }
    }

    /// By itself, so that the work and what it holds are gone on return: devices are to be closed when `stop` returns.
    @inline(never)
    private func perform() {
        let work = state.withLock { state in
            defer { state.work = nil }
            return state.work
        }
        work? { [state] in state.withLock { $0.isWanted } }
    }
}
