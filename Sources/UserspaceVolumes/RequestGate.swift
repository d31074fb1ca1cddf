internal import BlockIO
internal import Synchronization

/// Counts the requests that are under way, so that closing waits for the last of them and lets no more in.
final class RequestGate: Sendable {
    /// The number of requests under way; `closedBit` when no more may come.
    private let state = Atomic<UInt64>(0)
    private let drained = Monitor(false)
    private static let closedBit: UInt64 = 1 << 63

    /// Lets a request in; false when the gate is closed.
    func enter() -> Bool {
        guard state.wrappingAdd(1, ordering: .acquiring).newValue & Self.closedBit == 0 else {
            leave()
            return false
        }
        return true
    }

    /// A request that was let in is done.
    func leave() {
        if state.wrappingSubtract(1, ordering: .releasing).newValue == Self.closedBit { drained.withLock { $0 = true } }
    }

    /// Lets no more in, and waits until the last request has left; false when the gate was closed before.
    func close() -> Bool {
        let old = state.bitwiseOr(Self.closedBit, ordering: .acquiringAndReleasing).oldValue
        guard old & Self.closedBit == 0 else { return false }
        if old != 0 { drained.wait { $0 ? () : nil } }
        return true
    }
}
