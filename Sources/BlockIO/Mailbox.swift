/// Things between threads that add them and a task that asks for them, one after the other.
package final class Mailbox<Element: Sendable, Failure: Error>: Sendable {
    private typealias Taker = CheckedContinuation<Result<Element?, Failure>, Never>

    private struct State {
        var elements: [Element] = []
        var taker: Taker?
        var hasEnded = false
        var error: Failure?
    }
    private let state = Monitor(State())

    /// An empty one.
    package init() {}

    /// Calls `add` with what nobody has taken yet, unless it has ended: who adds sees to it that who never asks fills no memory.
    package func change(_ add: (inout [Element]) -> Void) {
        state.withLock { if !$0.hasEnded { add(&$0.elements) } }
        deliver()
    }

    /// The first end counts. What is there is still given.
    package func end(_ error: Failure?) {
        state.withLock { state in
            guard !state.hasEnded else { return }
            state.hasEnded = true
            state.error = error
        }
        deliver()
    }

    /// The next element, now or when there is one; `nil` after the end. One task asks at a time.
    package func next() async -> Result<Element?, Failure> {
        await withCheckedContinuation { (taker: Taker) in
            let other = state.withLock { state in
                defer { state.taker = taker }
                return state.taker
            }
            other?.resume(returning: .success(nil))
            deliver()
        }
    }

    private func deliver() {
        // The task goes on behind the lock.
        let delivery = state.withLock { state -> (Taker, Result<Element?, Failure>)? in
            guard let taker = state.taker else { return nil }
            if !state.elements.isEmpty {
                state.taker = nil
                return (taker, .success(state.elements.removeFirst()))
            }
            guard state.hasEnded else { return nil }
            state.taker = nil
            defer { state.error = nil }
            return (taker, state.error.map { .failure($0) } ?? .success(nil))
        }
        delivery.map { $0.resume(returning: $1) }
    }
}
