/// Ranges with a value each, of which those that overlap a range are found in O(log n) for n ranges, plus their number.
///
/// A treap: a search tree by where ranges begin, which random priorities keep shallow, and in which every node knows how far the ranges below it reach.
/// Nodes lie in one array and are used again, so that a tree in steady state allocates nothing.
package struct IntervalTree<Value: Sendable>: Sendable {
    private struct Node: Sendable {
        var range: Range<UInt64>
        var value: Value
        var priority: UInt64
        /// The largest upper bound of the node and all below it.
        var reach: UInt64
        var left = IntervalTree.none
        var right = IntervalTree.none
    }
    private static var none: Int { -1 }

    private var nodes: [Node] = []
    private var unused: [Int] = []
    private var root = Self.none
    /// Of a generator that needs no system call (SplitMix64): nobody gains by guessing what comes.
    private var seed: UInt64 = 0

    package init(minimumCapacity: Int) {
        nodes.reserveCapacity(minimumCapacity)
        unused.reserveCapacity(minimumCapacity)
    }

    package var isEmpty: Bool { root == Self.none }

    /// Adds a range, and returns what it is known by until it is removed.
    package mutating func insert(_ range: Range<UInt64>, _ value: Value) -> Int {
        let node = Node(range: range, value: value, priority: nextPriority(), reach: range.upperBound)
        let index: Int
        if let again = unused.popLast() {
            index = again
            nodes[index] = node
        } else {
            index = nodes.count
            nodes.append(node)
        }
        root = inserting(index, below: root)
        return index
    }

    /// Removes a range that was inserted, and returns its value.
    package mutating func remove(_ index: Int) -> Value {
        root = removing(index, below: root)
        unused.append(index)
        return nodes[index].value
    }

    package subscript(index: Int) -> Value {
        get { nodes[index].value }
        set { nodes[index].value = newValue }
    }

    /// Calls `body` with every range that overlaps `range`, in the order of their lower bounds.
    package mutating func forEach(overlapping range: Range<UInt64>, _ body: (Int, inout Value) -> Void) {
        visit(root, range, body)
    }

    private mutating func visit(_ index: Int, _ range: Range<UInt64>, _ body: (Int, inout Value) -> Void) {
        guard index != Self.none, nodes[index].reach > range.lowerBound else { return }
        visit(nodes[index].left, range, body)
        guard nodes[index].range.lowerBound < range.upperBound else { return }
        if nodes[index].range.overlaps(range) { body(index, &nodes[index].value) }
        visit(nodes[index].right, range, body)
    }

    /// Whether one node comes before another; no two are equal.
    private func isBefore(_ first: Int, _ second: Int) -> Bool {
        (nodes[first].range.lowerBound, first) < (nodes[second].range.lowerBound, second)
    }

    /// Each of these returns the root of what it made of the tree below a node.
    private mutating func inserting(_ index: Int, below top: Int) -> Int {
        guard top != Self.none else { return index }
        if nodes[index].priority > nodes[top].priority {
            (nodes[index].left, nodes[index].right) = splitting(top, at: index)
            return updating(index)
        }
        if isBefore(index, top) {
            nodes[top].left = inserting(index, below: nodes[top].left)
        } else {
            nodes[top].right = inserting(index, below: nodes[top].right)
        }
        return updating(top)
    }

    private mutating func removing(_ index: Int, below top: Int) -> Int {
        if index == top { return merging(nodes[top].left, nodes[top].right) }
        if isBefore(index, top) {
            nodes[top].left = removing(index, below: nodes[top].left)
        } else {
            nodes[top].right = removing(index, below: nodes[top].right)
        }
        return updating(top)
    }

    /// What comes before a node that is in no tree, and what comes after it.
    private mutating func splitting(_ top: Int, at index: Int) -> (before: Int, after: Int) {
        guard top != Self.none else { return (Self.none, Self.none) }
        if isBefore(top, index) {
            let (before, after) = splitting(nodes[top].right, at: index)
            nodes[top].right = before
            return (updating(top), after)
        }
        let (before, after) = splitting(nodes[top].left, at: index)
        nodes[top].left = after
        return (before, updating(top))
    }

    /// All of `before` comes before all of `after`.
    private mutating func merging(_ before: Int, _ after: Int) -> Int {
        guard before != Self.none else { return after }
        guard after != Self.none else { return before }
        if nodes[before].priority > nodes[after].priority {
            nodes[before].right = merging(nodes[before].right, after)
            return updating(before)
        }
        nodes[after].left = merging(before, nodes[after].left)
        return updating(after)
    }

    private mutating func updating(_ index: Int) -> Int {
        var reach = nodes[index].range.upperBound
        if nodes[index].left != Self.none { reach = max(reach, nodes[nodes[index].left].reach) }
        if nodes[index].right != Self.none { reach = max(reach, nodes[nodes[index].right].reach) }
        nodes[index].reach = reach
        return index
    }

    private mutating func nextPriority() -> UInt64 {
        seed &+= 0x9E37_79B9_7F4A_7C15
        var value = seed
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
