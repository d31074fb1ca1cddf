/// The path whose requests were the fastest of late, as far as its load lets expect that again.
/// Source: the kernel's dm-ps-historical-service-time, and in its arithmetic: fixed-point numbers with 10 bits behind the point.
package struct HistoricalServiceTimeSelector: PathSelector {
    /// A path, as it was used.
    private struct History: Sendable {
        /// The mean service time in 1/1024 ns, in which old requests count less and less.
        var serviceTime: UInt64 = 1 << fractionBits
        /// Requests on their way.
        var underWay: UInt64 = 0
        /// When what is known of the path is too old to be trusted, in nanoseconds.
        var staleAfter: UInt64 = 0
        /// When a request ended last, in nanoseconds.
        var lastEnd: UInt64 = 0
    }

    private static let fractionBits: UInt64 = 10
    private static let one: UInt64 = 1 << fractionBits
    private static let largestTime = UInt64.max >> fractionBits
    /// With so many requests under way times are compared in whole nanoseconds, lest products overflow.
    private static let manyRequests: UInt64 = 1024
    /// A request weighs by its time, in steps of 2^24 ns, about 17 ms.
    private static let stepBits: UInt64 = 24
    private static let stepCount = 64

    private var order: PathOrder
    private var histories: [History]
    private let base: UInt32
    private let threshold: UInt64
    /// The weight of the past by the steps that a request took; 0 from the last one on.
    private let weights: [UInt64]

    /// A selector of that many paths. The past has a weight of `weight` of 1024, 0 to 1023, and a path is preferred to another if that
    /// took more than `threshold` times as long.
    package init(count: Int, weight: UInt32, threshold: UInt32) {
        order = PathOrder(count: count)
        histories = [History](repeating: History(), count: count)
        base = weight
        self.threshold = UInt64(threshold)
        weights = (1..<Self.stepCount).map { Self.power(UInt64(weight), $0) } + [0]
    }

    /// A number between 0 and 1 to the power of `exponent`, rounded after each product.
    private static func power(_ base: UInt64, _ exponent: Int) -> UInt64 {
        var (result, square, rest) = (one, base, exponent)
        while rest > 0 {
            if rest & 1 == 1 { result = rounded(result * square) }
            rest >>= 1
            if rest > 0 { square = rounded(square * square) }
        }
        return result
    }

    /// A product of two numbers with 10 bits behind the point as such a number.
    private static func rounded(_ product: UInt64) -> UInt64 { (product &+ one / 2) >> fractionBits }

    package var countsRequests: Bool { true }
    package var needsTime: Bool { true }

    package mutating func select(byteCount: UInt64, now: UInt64) -> Int? {
        guard !order.paths.isEmpty else { return nil }
        var best = 0
        for place in order.paths.indices.dropFirst() where isBetter(order.paths[place], than: order.paths[best], now) { best = place }
        return order.use(at: best)
    }

    private func isBetter(_ path: Int, than other: Int, _ now: UInt64) -> Bool {
        let (path, other) = (histories[path], histories[other])
        let (shorter, longer) = (min(path.serviceTime, other.serviceTime), max(path.serviceTime, other.serviceTime))
        // Too much alike to prefer one for its time.
        guard longer > threshold &* shorter else { return path.underWay < other.underWay }
        let (isIdle, otherIsIdle) = (path.underWay == 0, other.underWay == 0)
        // An idle path of which nothing new is known is tried; of two that are idle the one of which nothing was known for longer.
        if isIdle && path.staleAfter < now || otherIsIdle && other.staleAfter < now || isIdle && otherIsIdle {
            let (age, otherAge) = (otherIsIdle ? path.staleAfter : 0, isIdle ? other.staleAfter : 0)
            return Int64(bitPattern: age) &- Int64(bitPattern: otherAge) < 0
        }
        let isFaster = !isSlower(path, than: other)
        // The one that would win has not been heard of for long, and may have become worse: it gets no more than the other has.
        let isStale = (isFaster ? path : other).staleAfter < now
        return isStale ? path.underWay < other.underWay : isFaster
    }

    /// Whether a request would take longer over `path` than over `other`, behind those that are under way.
    private func isSlower(_ path: History, than other: History) -> Bool {
        guard path.underWay != other.underWay else { return path.serviceTime > other.serviceTime }
        let shift = max(path.underWay, other.underWay) >= Self.manyRequests ? Self.fractionBits : 0
        return (1 &+ path.underWay) &* (path.serviceTime >> shift) > (1 &+ other.underWay) &* (other.serviceTime >> shift)
    }

    package mutating func begin(_ path: Int, byteCount: UInt64) { histories[path].underWay += 1 }

    package mutating func end(_ path: Int, byteCount: UInt64, startedAt: UInt64, now: UInt64) {
        var history = histories[path]
        // Requests that were under way together count as if each had begun when the one before it ended.
        let start = max(startedAt, history.lastEnd)
        let time = now > start ? now - start : 0
        history.lastEnd = now
        history.underWay -= 1
        let weight = weights[Int(min(time >> Self.stepBits, UInt64(Self.stepCount - 1)))]
        let sample = min(time &* Self.one, Self.largestTime)
        history.serviceTime = Self.rounded(history.serviceTime &* weight &+ sample &* (Self.one - weight))
        history.staleAfter = now &+ UInt64(order.paths.count) &* (history.serviceTime >> Self.fractionBits)
        histories[path] = history
    }

    package mutating func fail(_ path: Int) { order.remove(path) }
    package mutating func reinstate(_ path: Int) { order.append(path) }

    package var words: [String] { ["\(base)", "\(threshold)"] }
    package func words(of path: Int) -> [String] {
        ["\(histories[path].serviceTime)", "\(histories[path].underWay)", "\(histories[path].staleAfter)"]
    }
}
