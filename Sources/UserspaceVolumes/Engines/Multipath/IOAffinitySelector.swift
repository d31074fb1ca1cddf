package import DeviceMapperTables

/// The path of the CPU that the request is made on; if that has failed, or there is none, the first CPU's whose path works.
/// Source: the kernel's dm-ps-io-affinity, which asks the CPUs of the same node before the others. Here all are of one node.
package struct IOAffinitySelector: PathSelector {
    private static let nobody: Int16 = -1
    /// The path of each CPU, up to the last that has one.
    private let owners: [Int16]
    /// The paths by the first CPU of each.
    private let order: [Int]
    private var failed: [Bool]
    /// Requests of CPUs that have no path.
    private var misses: UInt32 = 0
    private let currentCPU: @Sendable () -> Int

    /// A selector of paths for these CPUs, up to 1024; one that two have is the first one's. `currentCPU` is asked for each request.
    package init(masks: [MultipathTarget.CPUMask], currentCPU: @escaping @Sendable () -> Int) {
        var owners: [Int16] = []
        var order: [(cpu: Int, path: Int)] = []
        for (path, mask) in masks.enumerated() {
            var first: Int?
            for cpu in mask.cpus.map(Int.init) {
                while owners.count <= cpu { owners.append(Self.nobody) }
                guard owners[cpu] == Self.nobody else { continue }
                owners[cpu] = Int16(truncatingIfNeeded: path)
                first = first ?? cpu
            }
            if let first { order.append((first, path)) }
        }
        self.owners = owners
        self.order = order.sorted { $0.cpu < $1.cpu }.map(\.path)
        self.currentCPU = currentCPU
        failed = [Bool](repeating: false, count: masks.count)
    }

    package mutating func select(byteCount: UInt64, now: UInt64) -> Int? {
        let cpu = currentCPU()
        if owners.indices.contains(cpu), owners[cpu] != Self.nobody {
            let path = Int(owners[cpu])
            if !failed[path] { return path }
        } else {
            misses &+= 1
        }
        return order.first { !failed[$0] }
    }

    package mutating func fail(_ path: Int) { failed[path] = true }
    package mutating func reinstate(_ path: Int) { failed[path] = false }
    /// The group's number, with each path.
    package func words(of path: Int) -> [String] { ["\(misses)"] }
}
