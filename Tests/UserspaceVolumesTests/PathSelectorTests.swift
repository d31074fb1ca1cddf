import BlockIO
import DeviceMapperTables
import StorageUnits
import Testing
import UserspaceVolumes
import VolumeLaws

/// Which path each selector takes.
@Suite struct PathSelectorTests {
    /// The paths that one request after the other goes over, each back before the next.
    private func turns(_ selector: inout some PathSelector, _ count: Int) -> [Int?] {
        (0..<count).map { _ in selector.select(byteCount: 512, now: 0) }
    }

    @Test func `round-robin takes one path after the other, and one that comes back at once`() {
        var selector = RoundRobinSelector(count: 3)
        #expect(turns(&selector, 5) == [0, 1, 2, 0, 1])
        selector.fail(2)
        #expect(turns(&selector, 3) == [0, 1, 0])
        selector.reinstate(2)
        #expect(turns(&selector, 4) == [2, 1, 0, 2])
        for path in 0..<3 { selector.fail(path) }
        #expect(turns(&selector, 1) == [nil])
        #expect(selector.words == [] && selector.words(of: 0) == [])
    }

    @Test func `queue-length and service-time take a path that comes back after the others`() {
        var queues = QueueLengthSelector(count: 3)
        #expect(turns(&queues, 4) == [0, 1, 2, 0])
        queues.fail(1)
        queues.reinstate(1)
        #expect(turns(&queues, 4) == [2, 0, 1, 2])
        var times = ServiceTimeSelector(throughputs: [1, 1, 1])
        #expect(turns(&times, 4) == [0, 1, 2, 0])
        times.fail(1)
        times.reinstate(1)
        #expect(turns(&times, 4) == [2, 0, 1, 2])
    }

    /// The rules, over any number of paths and requests, said in another way.
    @Test func `queue-length takes the path with the fewest requests that was not used for longest`() {
        let seed = UInt64.random(in: 0...UInt64.max)
        for round in 0..<scaled(200) {
            var random = SeededGenerator(seed: seed &+ UInt64(round))
            let count = Int.random(in: 1...6, using: &random)
            var selector = QueueLengthSelector(count: count)
            var model = Model(count: count)
            for step in 0..<100 {
                switch Int.random(in: 0..<10, using: &random) {
                case 0..<5:
                    let expected = model.working.min { (model.load($0), model.lastUse[$0]) < (model.load($1), model.lastUse[$1]) }
                    #expect(selector.select(byteCount: 1, now: 0) == expected, "step \(step), seed \(seed), round \(round)")
                    guard let expected else { continue }
                    model.use(expected, 1)
                    selector.begin(expected, byteCount: 1)
                case 5..<8:
                    guard let (path, bytes) = model.finish(using: &random) else { continue }
                    selector.end(path, byteCount: bytes, startedAt: 0, now: 0)
                default: model.flip(&selector, using: &random)
                }
            }
            for path in 0..<count { #expect(selector.words(of: path) == ["\(model.load(path))"]) }
        }
    }

    @Test func `service-time takes the path that should be done first`() {
        let seed = UInt64.random(in: 0...UInt64.max)
        for round in 0..<scaled(200) {
            var random = SeededGenerator(seed: seed &+ UInt64(round))
            let count = Int.random(in: 1...6, using: &random)
            let throughputs = (0..<count).map { _ in UInt32.random(in: 0...3, using: &random) }
            var selector = ServiceTimeSelector(throughputs: throughputs)
            var model = Model(count: count)
            for step in 0..<100 {
                let bytes = UInt64.random(in: 0...4, using: &random) * 512
                switch Int.random(in: 0..<10, using: &random) {
                case 0..<5:
                    /// What is compared, as one number after the other: whether it can do nothing, how long it takes, and what it can do.
                    func key(_ path: Int) -> [Double] {
                        let throughput = Double(throughputs[path])
                        let load = Double(model.bytes(path))
                        if throughput == 0 { return [1, load, 0, Double(model.lastUse[path])] }
                        return [0, (load + Double(bytes)) / throughput, -throughput, Double(model.lastUse[path])]
                    }
                    let expected = model.working.min { key($0).lexicographicallyPrecedes(key($1)) }
                    #expect(selector.select(byteCount: bytes, now: 0) == expected, "step \(step), seed \(seed), round \(round)")
                    guard let expected else { continue }
                    model.use(expected, bytes)
                    selector.begin(expected, byteCount: bytes)
                case 5..<8:
                    guard let (path, bytes) = model.finish(using: &random) else { continue }
                    selector.end(path, byteCount: bytes, startedAt: 0, now: 0)
                default: model.flip(&selector, using: &random)
                }
            }
            for path in 0..<count { #expect(selector.words(of: path) == ["\(model.bytes(path))", "\(throughputs[path])"]) }
        }
    }

    @Test func `service-time compares loads that no product of 64 bits holds`() {
        var selector = ServiceTimeSelector(throughputs: [100, 99])
        selector.begin(0, byteCount: 1 << 62)
        selector.begin(1, byteCount: 1 << 61)
        #expect(selector.select(byteCount: 512, now: 0) == 1)
        selector.begin(1, byteCount: 1 << 62)
        #expect(selector.select(byteCount: 512, now: 0) == 0)
    }

    /// Numbers of a second implementation, in another language.
    @Test func `historical-service-time lets the past count less and less`() {
        var selector = HistoricalServiceTimeSelector(count: 2, weight: 972, threshold: 0)
        #expect(selector.words == ["972", "0"])
        #expect(selector.words(of: 0) == ["1024", "0", "0"])
        for path in [0, 0, 1, 0] { selector.begin(path, byteCount: 512) }
        #expect(selector.words(of: 0) == ["1024", "3", "0"])
        selector.end(0, byteCount: 512, startedAt: 0, now: 1_000_000)
        #expect(selector.words(of: 0) == ["52000972", "2", "1101564"])
        // Under way together with the one before, and taken as if it had begun behind that.
        selector.end(0, byteCount: 512, startedAt: 0, now: 1_500_000)
        #expect(selector.words(of: 0) == ["75360298", "1", "1647188"])
        // Longer than 2^24 ns: what was before counts even less, and after 2^24 ns * 63 not at all.
        selector.end(1, byteCount: 512, startedAt: 500_000, now: 40_000_000)
        #expect(selector.words(of: 1) == ["5846000876", "0", "51417970"])
        selector.end(0, byteCount: 512, startedAt: 2_000_000_000, now: 3_600_000_000)
        #expect(selector.words(of: 0) == ["1638400000000", "0", "6800000000"])
        var forgetful = HistoricalServiceTimeSelector(count: 1, weight: 0, threshold: 7)
        forgetful.begin(0, byteCount: 0)
        forgetful.end(0, byteCount: 0, startedAt: 100, now: 400)
        #expect(forgetful.words == ["0", "7"])
        #expect(forgetful.words(of: 0) == ["\(300 * 1024)", "0", "700"])
        // A clock that goes back makes no time.
        forgetful.begin(0, byteCount: 0)
        forgetful.end(0, byteCount: 0, startedAt: 400, now: 300)
        #expect(forgetful.words(of: 0) == ["0", "0", "300"])
    }

    /// A path that has done a request in some time, and has `underWay` on its way.
    private func use(_ selector: inout HistoricalServiceTimeSelector, _ path: Int, time: UInt64, underWay: Int = 0) {
        selector.begin(path, byteCount: 0)
        selector.end(path, byteCount: 0, startedAt: 0, now: time)
        for _ in 0..<underWay { selector.begin(path, byteCount: 0) }
    }

    @Test func `historical-service-time takes the faster path as long as it is heard of`() {
        var selector = HistoricalServiceTimeSelector(count: 2, weight: 0, threshold: 0)
        use(&selector, 0, time: 100, underWay: 2)
        use(&selector, 1, time: 1000, underWay: 1)
        // (1 + 2) * 100 against (1 + 1) * 1000, and both were heard of.
        #expect(selector.select(byteCount: 0, now: 250) == 0)
        for _ in 0..<17 { selector.begin(0, byteCount: 0) }
        // (1 + 19) * 100 against (1 + 1) * 1000: a tie, and for once it is the one that was used last.
        #expect(selector.select(byteCount: 0, now: 250) == 0)
        selector.begin(0, byteCount: 0)
        #expect(selector.select(byteCount: 0, now: 250) == 1)
        selector.begin(1, byteCount: 0)
        #expect(selector.select(byteCount: 0, now: 250) == 0)
        // Nothing was heard of path 0 since 300: it gets no more requests than the other has.
        #expect(selector.select(byteCount: 0, now: 301) == 1)
    }

    @Test func `historical-service-time tries an idle path that was not heard of for long`() {
        var selector = HistoricalServiceTimeSelector(count: 3, weight: 0, threshold: 0)
        use(&selector, 0, time: 100, underWay: 1)
        use(&selector, 1, time: 1000)
        use(&selector, 2, time: 5000)
        // They are stale after 400, 4000 and 20000.
        #expect(selector.select(byteCount: 0, now: 300) == 0)
        #expect(selector.select(byteCount: 0, now: 4001) == 1)
        // Of idle ones whichever was not heard of for longest, even where it is new still.
        var idle = HistoricalServiceTimeSelector(count: 2, weight: 0, threshold: 0)
        use(&idle, 0, time: 5000)
        use(&idle, 1, time: 1000)
        #expect(idle.select(byteCount: 0, now: 0) == 1)
        #expect(idle.select(byteCount: 0, now: 100_000) == 1)
    }

    @Test func `historical-service-time counts requests where times are too much alike`() {
        var selector = HistoricalServiceTimeSelector(count: 2, weight: 0, threshold: 3)
        use(&selector, 0, time: 300, underWay: 1)
        use(&selector, 1, time: 100, underWay: 1)
        #expect(selector.select(byteCount: 0, now: 0) == 0, "three times as long is not more than three times as long")
        #expect(selector.select(byteCount: 0, now: 0) == 1)
        selector.begin(1, byteCount: 0)
        #expect(selector.select(byteCount: 0, now: 0) == 0)
        use(&selector, 0, time: 602)
        selector.begin(1, byteCount: 0)
        #expect(selector.select(byteCount: 0, now: 0) == 1, "602 - 300 is")
        selector.fail(1)
        #expect(selector.select(byteCount: 0, now: 0) == 0)
        selector.fail(0)
        #expect(selector.select(byteCount: 0, now: 0) == nil)
        selector.reinstate(1)
        #expect(selector.select(byteCount: 0, now: 0) == 1)
    }

    @Test func `historical-service-time compares times that no product of 64 bits holds`() {
        var selector = HistoricalServiceTimeSelector(count: 2, weight: 0, threshold: 0)
        use(&selector, 0, time: 1 << 54 - 1, underWay: 1025)
        use(&selector, 1, time: 1 << 54 - 1, underWay: 1)
        #expect(selector.words(of: 0).first == "\(UInt64.max >> 10)")
        #expect(selector.select(byteCount: 0, now: 0) == 1)
    }

    @Test func `io-affinity takes the path of the CPU, or the first that works`() throws {
        let cpu = Monitor(0)
        let masks = try ["c", "3", "1,00000000,00000003"].map { try #require(MultipathTarget.CPUMask(parsing: $0)) }
        var selector = IOAffinitySelector(masks: masks, currentCPU: { cpu.withLock { $0 } })
        func path(of number: Int) -> Int? {
            cpu.withLock { $0 = number }
            return selector.select(byteCount: 0, now: 0)
        }
        #expect([0, 1, 2, 3, 64].map(path) == [1, 1, 0, 0, 2], "CPUs 0 and 1 are of the path that names them first")
        #expect(selector.words(of: 0) == ["0"])
        #expect([4, 63, 65, -1].map(path) == [1, 1, 1, 1], "of nobody: the path of CPU 0")
        #expect(selector.words(of: 2) == ["4"])
        selector.fail(1)
        #expect([0, 2, 64].map(path) == [0, 0, 2])
        #expect(selector.words(of: 2) == ["4"], "a path that has failed is none that is missing")
        selector.fail(0)
        #expect([0, 5].map(path) == [2, 2])
        selector.fail(2)
        #expect(path(of: 0) == nil)
        selector.reinstate(1)
        #expect([0, 64].map(path) == [1, 1])
        #expect(selector.words == [])
    }
}

/// Paths, when each was used, and what is on its way.
private struct Model {
    var working: [Int]
    var lastUse: [Int]
    private var clock = 0
    private var requests: [(path: Int, bytes: UInt64)] = []

    init(count: Int) {
        working = Array(0..<count)
        // Before anything was used the first of the table is to be the first.
        lastUse = (0..<count).map { $0 - count }
    }

    func load(_ path: Int) -> Int { requests.count { $0.path == path } }
    func bytes(_ path: Int) -> UInt64 { requests.reduce(0) { $0 + ($1.path == path ? $1.bytes : 0) } }

    mutating func use(_ path: Int, _ bytes: UInt64) {
        clock += 1
        lastUse[path] = clock
        requests.append((path, bytes))
    }

    mutating func finish(using random: inout SeededGenerator) -> (Int, UInt64)? {
        requests.indices.randomElement(using: &random).map { requests.remove(at: $0) }
    }

    /// Fails a path, or reinstates one.
    mutating func flip(_ selector: inout some PathSelector, using random: inout SeededGenerator) {
        let path = Int.random(in: lastUse.indices, using: &random)
        if let place = working.firstIndex(of: path) {
            working.remove(at: place)
            selector.fail(path)
        } else {
            clock += 1
            lastUse[path] = clock
            working.append(path)
            selector.reinstate(path)
        }
    }
}
