package import StorageUnits

/// Devices and what they use, down to devices that are no mapped ones.
///
/// In the order of libdevmapper: a device stands where it was found first, among the devices on top only as long as none is found that uses it.
package struct DeviceTree {
    package struct Node {
        package var number: DeviceNumber
        /// Empty for devices that are no mapped ones.
        package var name = ""
        package var uuid = ""
        /// Whether it is a mapped device.
        package var isMapped = false
        package var isSuspended = false
        package var isReadOnly = false
        package var openCount: Int32 = 0
        fileprivate var uses: [Int] = []
        fileprivate var usedBy: [Int] = []

        package init(number: DeviceNumber) { self.number = number }
    }

    /// What both ends of the tree hang on: it uses the devices on top, and those at the bottom use it.
    package static let root = 0
    package private(set) var nodes = [Node(number: DeviceNumber(major: 0, minor: 0))]

    package init() {}

    package func index(of number: DeviceNumber) -> Int? { nodes.indices.dropFirst().first { nodes[$0].number == number } }

    /// The devices that one uses; upside down, those that use it.
    package func children(of index: Int, inverted: Bool) -> [Int] { inverted ? nodes[index].usedBy : nodes[index].uses }

    /// How many it uses, or is used by, the root not counted.
    package func childCount(of index: Int, inverted: Bool) -> Int {
        let children = children(of: index, inverted: inverted)
        return children.contains(Self.root) ? 0 : children.count
    }

    /// Adds a device, and all that it uses, below another. `look` finds out about a device: what there is to know of it, and what it uses.
    package mutating func add<Failure: Error>(
        _ number: DeviceNumber, below parent: Int = root, _ look: (DeviceNumber) throws(Failure) -> (Node, uses: [DeviceNumber])
    ) throws(Failure) {
        if let index = index(of: number) { return link(parent, index) }
        let (node, uses) = try look(number)
        let index = nodes.count
        nodes.append(node)
        link(parent, index)
        guard node.isMapped, !uses.isEmpty else { return connect(index, Self.root) }
        for used in uses { try add(used, below: index, look) }
    }

    private mutating func link(_ parent: Int, _ child: Int) {
        if parent == Self.root {
            guard childCount(of: child, inverted: true) == 0 else { return }
        } else {
            disconnect(Self.root, child)
        }
        disconnect(parent, Self.root)
        connect(parent, child)
    }

    private mutating func connect(_ parent: Int, _ child: Int) {
        guard !nodes[parent].uses.contains(child) else { return }
        nodes[parent].uses.append(child)
        nodes[child].usedBy.append(parent)
    }

    private mutating func disconnect(_ parent: Int, _ child: Int) {
        nodes[parent].uses.removeAll { $0 == child }
        nodes[child].usedBy.removeAll { $0 == parent }
    }
}
