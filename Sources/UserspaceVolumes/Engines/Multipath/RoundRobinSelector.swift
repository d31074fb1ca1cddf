/// One path after the other. Source: the kernel's dm-ps-round-robin.
package struct RoundRobinSelector: PathSelector {
    private var order: PathOrder

    /// A selector of that many paths.
    package init(count: Int) { order = PathOrder(count: count) }

    package mutating func select(byteCount: UInt64, now: UInt64) -> Int? { order.paths.isEmpty ? nil : order.use(at: 0) }
    package mutating func fail(_ path: Int) { order.remove(path) }
    /// The path is the next, which other selectors do otherwise.
    package mutating func reinstate(_ path: Int) { order.prepend(path) }
    package func words(of path: Int) -> [String] { [] }
}
