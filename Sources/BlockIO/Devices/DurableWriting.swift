internal import SystemPackage

/// Writes that are durable when they return. Each of them asks the system, as a flush does, whether pages of the file were lost, those of writes before it, too;
/// and what one has been told no flush is told again. A flush has to ask here, then.
final class DurableWriting: Sendable {
    private struct State: Sendable {
        /// How many are under way that began before the last flush, and how many that began after it; the two take turns.
        var underWay: [2 of Int] = .init(repeating: 0)
        var turn = 0
        var failure: Errno?
    }
    private let state = Monitor(State())

    /// Makes such a write.
    func perform<Result>(_ body: () throws(Errno) -> Result) throws(Errno) -> Result {
        let turn = state.withLock { state in
            state.underWay[state.turn] += 1
            return state.turn
        }
        var failure: Errno?
        defer {
            state.withLock { state in
                state.underWay[turn] -= 1
                if state.failure == nil { state.failure = failure }
            }
        }
        do throws(Errno) { return try body() } catch {
            // What the system says of lost pages; anything else is about this write.
            if error == .ioError || error == .noSpace || error == .diskQuotaExceeded { failure = error }
            throw error
        }
    }

    /// Throws what one of them has failed with, those included that are under way. Called by one flush at a time, after the system has been asked.
    func check() throws(Errno) {
        let before = state.withLock { state in
            defer { state.turn = 1 - state.turn }
            return state.turn
        }
        let failure = state.wait { $0.underWay[before] == 0 ? .some($0.failure) : nil }
        if let failure { throw failure }
    }
}
