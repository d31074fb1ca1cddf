/// The path with the fewest requests on their way; of several the one that was not used for longest. Source: the kernel's dm-ps-queue-length.
package struct QueueLengthSelector: PathSelector {
    private var order: PathOrder
    private var underWay: [Int]

    /// A selector of that many paths.
    package init(count: Int) {
        order = PathOrder(count: count)
        underWay = [Int](repeating: 0, count: count)
    }

    package var countsRequests: Bool { true }

    package mutating func select(byteCount: UInt64, now: UInt64) -> Int? {
        guard let first = order.paths.first else { return nil }
        var best = 0
        var fewest = underWay[first]
        for place in order.paths.indices {
            if fewest == 0 { break }
            let count = underWay[order.paths[place]]
            if count < fewest { (best, fewest) = (place, count) }
        }
        return order.use(at: best)
    }

    package mutating func begin(_ path: Int, byteCount: UInt64) { underWay[path] += 1 }
    package mutating func end(_ path: Int, byteCount: UInt64, startedAt: UInt64, now: UInt64) { underWay[path] -= 1 }
    package mutating func fail(_ path: Int) { order.remove(path) }
    package mutating func reinstate(_ path: Int) { order.append(path) }
    package func words(of path: Int) -> [String] { ["\(underWay[path])"] }
}
