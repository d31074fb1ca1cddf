internal import BlockIO

/// Requests that wait for their time, each in its own thread.
///
/// They go on in the order of their times, and of their arrival where these are equal, whichever thread wakes first: one whose time has come stands in line
/// for its range of the device before any later one does, so that of two writes to one place the later wins. Requests that do not overlap go on side by side.
final class DelayQueue: Sendable {
    /// Requests with a delay of their own.
    enum Kind: Int, CaseIterable {
        case read
        case write
        case flush
    }

    /// What a request touches.
    struct Touch: Sendable {
        /// That of the device.
        var lock: RangeLock
        /// In bytes of the device.
        var range: Range<UInt64>
        var mode: RangeLock.Mode
    }

    private struct Waiting: Sendable {
        var time: Duration
        var number: UInt64
        var touch: Touch?
    }

    /// Those of one kind: as all wait equally long, those that came first go first.
    private struct Line: Sendable {
        private var items: [Waiting] = []
        private var begin = 0

        var count: Int { items.count - begin }
        var first: Waiting? { begin < items.count ? items[begin] : nil }

        mutating func append(_ waiting: Waiting) { items.append(waiting) }

        mutating func removeFirst() {
            begin += 1
            guard begin * 2 > items.count else { return }
            items.removeFirst(begin)
            begin = 0
        }
    }

    private struct State: Sendable {
        var lines: [3 of Line] = .init(repeating: Line())
        var nextNumber: UInt64 = 0
        var mayDelay = true
        /// The places in line of requests whose time has come, until their threads take them.
        var tickets: [UInt64: Int] = [:]

        /// Lets those go whose time has come, or all of them: then as they came, as the kernel does.
        mutating func release(until time: Duration?) {
            while let index = next(byArrival: time == nil), let first = lines[index].first {
                if let time, first.time > time { return }
                lines[index].removeFirst()
                if let touch = first.touch { tickets[first.number] = touch.lock.enqueue(touch.range, touch.mode) }
            }
        }

        private func next(byArrival: Bool) -> Int? {
            var best: Int?
            for index in 0..<3 {
                guard let one = lines[index].first else { continue }
                guard let best1 = best, let other = lines[best1].first else {
                    best = index
                    continue
                }
                let isEarlier = byArrival || one.time == other.time ? one.number < other.number : one.time < other.time
                if isEarlier { best = index }
            }
            return best
        }
    }

    private let state = Monitor(State())
    private let clock: any VolumeClock
    private let interruption = Interruption()

    init(clock: any VolumeClock) { self.clock = clock }

    /// How many requests of each kind wait.
    var counts: (reads: Int, writes: Int, flushes: Int) {
        state.withLock { state in
            state.release(until: clock.now)
            return (state.lines[0].count, state.lines[1].count, state.lines[2].count)
        }
    }

    /// Calls `body` after the delay.
    func perform(
        _ kind: Kind, after delay: Duration, touching touch: Touch?, _ body: () throws(BlockIOError) -> Void
    ) throws(BlockIOError) {
        guard delay > .zero else { return try body() }
        let (waiting, place) = state.withLock { state -> (Waiting?, Int?) in
            // Behind those that were let go just now.
            guard state.mayDelay else { return (nil, touch.map { $0.lock.enqueue($0.range, $0.mode) }) }
            defer { state.nextNumber += 1 }
            let waiting = Waiting(time: clock.now + delay, number: state.nextNumber, touch: touch)
            state.lines[kind.rawValue].append(waiting)
            return (waiting, nil)
        }
        var ticket = place
        if let waiting {
            clock.wait(until: waiting.time, or: interruption)
            ticket = state.withLock { state in
                state.release(until: max(waiting.time, clock.now))
                return state.tickets.removeValue(forKey: waiting.number)
            }
        }
        guard let ticket, let touch else { return try body() }
        touch.lock.wait(for: ticket)
        defer { touch.lock.release(ticket) }
        try body()
    }

    /// Lets all requests go, and delays none until `delay()`.
    func letGo() {
        state.withLock { state in
            state.mayDelay = false
            state.release(until: nil)
        }
        interruption.raise()
    }

    /// Requests wait from now on.
    func delay() {
        interruption.clear()
        state.withLock { $0.mayDelay = true }
    }
}
