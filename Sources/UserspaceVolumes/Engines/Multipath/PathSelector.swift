/// How one path of a group is selected. Paths go by their places in the group, from 0.
///
/// Source: the kernel's path selectors, dm-ps-*. A repeat count above 1 is taken for 1, as the kernel does since Linux 4.6.
package protocol PathSelector: Sendable {
    /// Whether it is to be told when a request begins and ends.
    var countsRequests: Bool { get }
    /// Whether it looks at times.
    var needsTime: Bool { get }

    /// The path for a request of that many bytes, at a time in nanoseconds; `nil` when all have failed.
    mutating func select(byteCount: UInt64, now: UInt64) -> Int?
    /// A request goes over the path.
    mutating func begin(_ path: Int, byteCount: UInt64)
    /// A request has come back, well or not.
    mutating func end(_ path: Int, byteCount: UInt64, startedAt: UInt64, now: UInt64)
    /// A path that has worked is not to be selected.
    mutating func fail(_ path: Int)
    /// A path that has failed may be selected.
    mutating func reinstate(_ path: Int)

    /// What the status tells of the group.
    var words: [String] { get }
    /// What the status tells of a path.
    func words(of path: Int) -> [String]
}

/// Most selectors have nothing to count.
extension PathSelector {
    package var countsRequests: Bool { false }
    package var needsTime: Bool { false }
    package mutating func begin(_ path: Int, byteCount: UInt64) {}
    package mutating func end(_ path: Int, byteCount: UInt64, startedAt: UInt64, now: UInt64) {}
    package var words: [String] { [] }
}

/// The paths of a group that work. Which stands first matters where two are as good: whichever was used comes to stand last.
struct PathOrder: Sendable {
    /// The paths that work.
    private(set) var paths: [Int]

    /// All of them, in the order of the table.
    init(count: Int) { paths = Array(0..<count) }

    /// The path at a place of the order, which becomes the last.
    mutating func use(at place: Int) -> Int {
        // As many go as come: the array keeps its memory.
        let path = paths.remove(at: place)
        paths.append(path)
        return path
    }

    mutating func remove(_ path: Int) { paths.removeAll { $0 == path } }
    mutating func append(_ path: Int) { paths.append(path) }
    mutating func prepend(_ path: Int) { paths.insert(path, at: 0) }
}
