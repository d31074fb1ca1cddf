internal import BlockIO

/// Requests that wait until the mirror is suspended, so that somebody can replace a leg or the log that failed. The kernel's `hold_bio`.
final class HeldRequests: Sendable {
    private struct State: Sendable {
        var isSuspending = false
        var flushes = false
        var releases = 0
    }
    private let state = Monitor(State())

    /// Holds a request. The error tells what becomes of it: when nothing is to be flushed it is given back, to be sent again to whatever table is then in force.
    /// Otherwise it has failed.
    func hold(offset: UInt64, count: UInt64) -> BlockIOError {
        var start: Int?
        let flushes = state.wait { state -> Bool? in
            let first = start ?? state.releases
            start = first
            return state.isSuspending || state.releases != first ? state.flushes : nil
        }
        if flushes {
            return BlockIOError(
                .inputOutput, offset: offset, count: count,
                message: "the mirror held the request, for a device has failed, and was suspended with a flush")
        }
        return BlockIOError(.requeued, offset: offset, count: count, message: "the mirror is suspended")
    }

    /// Lets all go, and holds none any more.
    func release(flush: Bool) {
        state.withLock { state in
            state.isSuspending = true
            state.flushes = flush
            state.releases += 1
        }
    }

    /// Holds requests from now on.
    func begin() { state.withLock { $0.isSuspending = false } }
}
