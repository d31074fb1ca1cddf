internal import BlockIO
internal import Synchronization

/// Counts the requests that are under way, so that whoever suspends or closes can wait for the last of them. While the gate is shut requests wait before it;
/// when it is closed for good none comes in any more.
final class RequestGate: Sendable {
    /// The number of requests under way, and the two highest bits.
    private let state = Atomic<UInt64>(0)
    private static let closedBit: UInt64 = 1 << 63
    private static let shutBit: UInt64 = 1 << 62
    private static let bits = closedBit | shutBit

    /// Where waiting is done, by requests and by whoever waits for them; the state itself is above. (A monitor of nothing at all would have its state where its
    /// next field begins, and the thread sanitizer takes one for the other.)
    private let change = Monitor(false)

    /// Lets a request in, when the gate is open; false when it is closed for good.
    func enter() -> Bool {
        while true {
            let seen = state.wrappingAdd(1, ordering: .acquiring).newValue
            if seen & Self.bits == 0 { return true }
            leave()
            if seen & Self.closedBit != 0 { return false }
            change.wait { _ in state.load(ordering: .acquiring) & Self.bits == Self.shutBit ? nil : () }
        }
    }

    /// What becomes of a request that does not wait for whatever holds the gate shut.
    enum Entry {
        case entered
        case turnedAway
        case closed
    }

    /// Lets a request in, when the gate is open; or turns it away once `isAway`, which whoever makes it so has told the gate.
    func enter(unless isAway: () -> Bool) -> Entry {
        while true {
            let seen = state.wrappingAdd(1, ordering: .acquiring).newValue
            if seen & Self.bits == 0 { return .entered }
            leave()
            if seen & Self.closedBit != 0 { return .closed }
            let isTurnedAway = change.wait { _ -> Bool? in
                if state.load(ordering: .acquiring) & Self.bits != Self.shutBit { return false }
                return isAway() ? true : nil
            }
            if isTurnedAway { return .turnedAway }
        }
    }

    /// Those that wait look again.
    func tell() { change.withLock { _ in } }

    /// A request that was let in is done.
    func leave() {
        let left = state.wrappingSubtract(1, ordering: .releasing).newValue
        // Only whoever shut or closed the gate waits for the last one.
        if left & Self.bits != 0, left & ~Self.bits == 0 { change.withLock { _ in } }
    }

    /// Lets no more in until it is opened.
    func shut() { state.bitwiseOr(Self.shutBit, ordering: .acquiringAndReleasing) }

    /// Waits until the last request has left a gate that is shut or closed.
    func waitUntilEmpty() { change.wait { _ in state.load(ordering: .acquiring) & ~Self.bits == 0 ? () : nil } }

    /// Lets requests in again, those that wait first of all.
    func open() {
        state.bitwiseAnd(~Self.shutBit, ordering: .acquiringAndReleasing)
        change.withLock { _ in }
    }

    /// Lets no more in for good, also those that wait; false when the gate was closed before.
    func close() -> Bool {
        guard state.bitwiseOr(Self.closedBit, ordering: .acquiringAndReleasing).oldValue & Self.closedBit == 0 else { return false }
        change.withLock { _ in }
        return true
    }
}
