/// The path that should be done first: whose bytes on their way, with the request's, are the fewest for what it can do.
/// Source: the kernel's dm-ps-service-time.
package struct ServiceTimeSelector: PathSelector {
    private var order: PathOrder
    private var bytesUnderWay: [UInt64]
    private let throughputs: [UInt64]

    /// A selector of paths with these relative throughputs, each 0 to 100.
    package init(throughputs: [UInt32]) {
        order = PathOrder(count: throughputs.count)
        bytesUnderWay = [UInt64](repeating: 0, count: throughputs.count)
        self.throughputs = throughputs.map(UInt64.init)
    }

    package var countsRequests: Bool { true }

    package mutating func select(byteCount: UInt64, now: UInt64) -> Int? {
        guard !order.paths.isEmpty else { return nil }
        var best = 0
        for place in order.paths.indices.dropFirst() where isBetter(order.paths[place], than: order.paths[best], for: byteCount) {
            best = place
        }
        return order.use(at: best)
    }

    private func isBetter(_ path: Int, than other: Int, for byteCount: UInt64) -> Bool {
        let (throughput, otherThroughput) = (throughputs[path], throughputs[other])
        var (load, otherLoad) = (bytesUnderWay[path], bytesUnderWay[other])
        if throughput == otherThroughput { return load < otherLoad }
        // One that can do nothing is better than no other, whatever the load.
        if load == otherLoad || throughput == 0 || otherThroughput == 0 { return throughput > otherThroughput }
        load &+= byteCount
        otherLoad &+= byteCount
        // Products of sizes and throughputs are to fit into 64 bits; throughputs have 7.
        if max(load, otherLoad) >= .max >> 7 { (load, otherLoad) = (load >> 7, otherLoad >> 7) }
        let (time, otherTime) = (load * otherThroughput, otherLoad * throughput)
        return time == otherTime ? throughput > otherThroughput : time < otherTime
    }

    package mutating func begin(_ path: Int, byteCount: UInt64) { bytesUnderWay[path] &+= byteCount }
    package mutating func end(_ path: Int, byteCount: UInt64, startedAt: UInt64, now: UInt64) { bytesUnderWay[path] &-= byteCount }
    package mutating func fail(_ path: Int) { order.remove(path) }
    package mutating func reinstate(_ path: Int) { order.append(path) }
    package func words(of path: Int) -> [String] { ["\(bytesUnderWay[path])", "\(throughputs[path])"] }
}
