/// Locks over ranges of a device: requests that overlap take their turn, others go on side by side.
///
/// Readers of a range share it, a writer has it alone; whoever comes first goes first, so nobody starves. The ranges held at one time are
/// as many as the threads in a request, so that a scan over them is short.
public final class RangeLock: Sendable {
    /// How a range is held.
    public enum Mode: Sendable {
        /// With other readers.
        case shared
        /// Alone.
        case exclusive
    }

    private struct Claim: Sendable {
        var ticket: UInt64
        var range: Range<UInt64>
        var isExclusive: Bool
    }
    private struct State: Sendable {
        var claims: [Claim] = []  // in order of arrival, those that wait included
        var nextTicket: UInt64 = 0

        /// Whether nobody who came before is in the way.
        func isFree(_ ticket: UInt64) -> Bool {
            guard let mine = claims.first(where: { $0.ticket == ticket }) else { return true }
            for claim in claims {
                if claim.ticket == ticket { break }
                if claim.isExclusive || mine.isExclusive, claim.range.overlaps(mine.range) { return false }
            }
            return true
        }
    }
    private let state: Monitor<State>

    /// A lock that nobody holds.
    public init() {
        var initial = State()
        initial.claims.reserveCapacity(64)
        state = Monitor(initial)
    }

    /// Waits until the range is free, and returns a ticket to give it back with. Who holds a range asks for no other.
    public func acquire(_ range: Range<UInt64>, _ mode: Mode) -> UInt64 {
        let isExclusive = mode == .exclusive
        var ticket: UInt64?
        return state.wait { state -> UInt64? in
            let mine = ticket ?? state.nextTicket
            if ticket == nil {
                state.claims.append(Claim(ticket: mine, range: range, isExclusive: isExclusive))
                state.nextTicket += 1
                ticket = mine
            }
            return state.isFree(mine) ? mine : nil
        }
    }

    /// Stands in line for a range without waiting, and returns the ticket for `wait(for:)`: for who must come in an order that threads do not keep.
    public func enqueue(_ range: Range<UInt64>, _ mode: Mode) -> UInt64 {
        state.withLock { state in
            defer { state.nextTicket += 1 }
            state.claims.append(Claim(ticket: state.nextTicket, range: range, isExclusive: mode == .exclusive))
            return state.nextTicket
        }
    }

    /// Waits until the range of a ticket is free.
    public func wait(for ticket: UInt64) { state.wait { $0.isFree(ticket) ? () : nil } }

    /// Gives a range back.
    public func release(_ ticket: UInt64) {
        state.withLock { state in
            if let index = state.claims.firstIndex(where: { $0.ticket == ticket }) { state.claims.remove(at: index) }
        }
    }
}
