/// Locks over ranges of a device: requests that overlap take their turn, others go on side by side.
///
/// Readers of a range share it, a writer has it alone; whoever comes first goes first, so nobody starves. To take a range and to give it back costs
/// O(log n) with n ranges held and waited for, plus the number of those that it overlaps, and wakes none but those whose turn it is.
public final class RangeLock: Sendable {
    /// How a range is held.
    public enum Mode: Sendable {
        /// With other readers.
        case shared
        /// Alone.
        case exclusive
    }

    /// A range that is held, or waited for.
    private struct Claim: Sendable {
        var range: Range<UInt64>
        var isExclusive: Bool
        /// When it came: those that came later wait for it, not it for them.
        var number: UInt64
        /// How many of those that came before are still in the way.
        var obstacles = 0
        /// Opened when none is any more; for who waits.
        var turn: Turn?
    }
    /// Whether a claim's turn has come.
    private typealias Turn = Monitor<Bool>

    private struct State: Sendable {
        var claims = IntervalTree<Claim>(minimumCapacity: 64)
        var count: UInt64 = 0
        /// Made when first wanted, and used again.
        var idleTurns: [Turn] = []

        mutating func claim(_ range: Range<UInt64>, isExclusive: Bool) -> Int {
            var claim = Claim(range: range, isExclusive: isExclusive, number: count)
            count += 1
            claims.forEach(overlapping: range) { _, other in
                if isExclusive || other.isExclusive { claim.obstacles += 1 }
            }
            return claims.insert(range, claim)
        }

        /// What to wait for before a claim is free, when it is not.
        mutating func turn(of ticket: Int) -> Turn? {
            guard claims[ticket].obstacles > 0 else { return nil }
            let turn = idleTurns.popLast() ?? Turn(false)
            turn.withLock { $0 = false }
            claims[ticket].turn = turn
            return turn
        }
    }
    private let state: Monitor<State>

    /// A lock that nobody holds.
    public init() {
        var initial = State()
        initial.idleTurns.reserveCapacity(64)
        state = Monitor(initial)
    }

    /// Waits until the range is free, and returns a ticket to give it back with. Who holds a range asks for no other.
    public func acquire(_ range: Range<UInt64>, _ mode: Mode) -> Int {
        let (ticket, turn) = state.withLock { state in
            let ticket = state.claim(range, isExclusive: mode == .exclusive)
            return (ticket, state.turn(of: ticket))
        }
        if let turn { wait(for: turn) }
        return ticket
    }

    /// Stands in line for a range without waiting, and returns the ticket for `wait(for:)`: for who must come in an order that threads do not keep.
    public func enqueue(_ range: Range<UInt64>, _ mode: Mode) -> Int {
        state.withLock { $0.claim(range, isExclusive: mode == .exclusive) }
    }

    /// Waits until the range of a ticket is free. One thread waits for a ticket.
    public func wait(for ticket: Int) {
        if let turn = state.withLock({ $0.turn(of: ticket) }) { wait(for: turn) }
    }

    /// Gives a range back, which was waited for.
    public func release(_ ticket: Int) {
        state.withLock { state in
            let claim = state.claims.remove(ticket)
            state.claims.forEach(overlapping: claim.range) { _, other in
                guard other.number > claim.number, claim.isExclusive || other.isExclusive else { return }
                other.obstacles -= 1
                guard other.obstacles == 0, let turn = other.turn else { return }
                other.turn = nil
                turn.withLock { $0 = true }
            }
        }
    }

    private func wait(for turn: Turn) {
        turn.wait { $0 ? () : nil }
        state.withLock { $0.idleTurns.append(turn) }
    }
}
