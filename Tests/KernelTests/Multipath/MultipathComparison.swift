import DeviceMapper
import Testing
import VolumeLaws

/// Two multipath devices that get the same steps.
struct MultipathComparison {
    private let kernel: MultipathSide
    private let ours: MultipathSide
    private let paths: Int
    private let groups: Int
    private let table: String
    /// The sectors of each path whose requests fail.
    private var broken: [Range<UInt64>]
    private var queuesIfNoPath: Bool
    /// Whether anything was written since the last flush: a suspension that cannot flush fails here, and not in the kernel, which does not flush.
    private var isFlushed = true
    private var history: [String] = []
    /// The numbers of events in the beginning.
    private let firstEvents: (ours: UInt32, kernel: UInt32)

    init(_ kernel: MultipathSide, _ ours: MultipathSide, paths: Int, groups: Int, table: String) throws {
        self.kernel = kernel
        self.ours = ours
        self.paths = paths
        self.groups = groups
        self.table = table
        broken = [Range<UInt64>](repeating: 0..<0, count: paths)
        queuesIfNoPath = table.contains("queue_if_no_path")
        firstEvents = (try ours.eventNumber(), try kernel.eventNumber())
    }

    /// A random step, and then a look at what both tell.
    mutating func step(_ place: String, using random: inout SeededGenerator) throws {
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<9: try carryOut(makeRequest(using: &random), place, using: &random)
        case 9..<12 where paths > 0: try changeFaults(using: &random)
        case 12..<15: try send("reinstate_path path\(Int.random(in: 0...paths, using: &random))", place)
        case 15: try suspend(place, using: &random)
        default: try send(makeMessage(using: &random), place)
        }
        try look(place)
    }

    /// Ends both, with all paths whole again, so that everything is on the disk.
    mutating func end(_ place: String) throws {
        for path in 0..<paths {
            try fail(path, 0..<0)
            try send("reinstate_path path\(path)", place)
        }
        // Of either's events the other has raised some, too: the kernel perhaps only now.
        let isRaised = try ours.eventNumber() != firstEvents.ours ? kernel.hasEvent(firstEvents.kernel) : false
        let (found, expected) = (try ours.eventNumber() != firstEvents.ours, try kernel.eventNumber() != firstEvents.kernel)
        #expect(found == expected && isRaised == found, "\(place), \(table), \(history.suffix(12))")
        try ours.end()
        try kernel.end()
    }

    private func look(_ place: String) throws {
        let (found, expected) = (try ours.status(), try kernel.status())
        #expect(found == expected, "\(place), \(table), after \(history.suffix(12))")
    }

    private mutating func note(_ step: String) { history.append(step) }

    // MARK: requests

    private func makeRequest(using random: inout SeededGenerator) -> MultipathSide.Request {
        let count = Int.random(in: 1...16, using: &random)
        let start = Int.random(in: 0...Int(MultipathSide.sectors) - count, using: &random)
        switch Int.random(in: 0..<7, using: &random) {
        case 0, 1: return .write(random.bytes(count * 512), at: start * 512)
        case 2: return .flush
        // A path of which a part is the error target takes no discards in the kernel, wherever they go; and what is no multiple of a page is cut where pages
        // begin, before device mapper sees it. Zeroes are tried in two ways where the file system below the loop device has not the first.
        case 3 where canDiscard: return .discard(at: start / 8 * 4096, count: count > 8 && start < 240 ? 8192 : 4096)
        default: return .read(at: start * 512, count: count * 512)
        }
    }

    private var canDiscard: Bool { paths > 0 && broken.allSatisfy(\.isEmpty) }

    private mutating func carryOut(_ request: MultipathSide.Request, _ place: String, using random: inout SeededGenerator) throws {
        guard try !mayWait(request) else { return try queue(request, place, using: &random) }
        note(request.description)
        let (found, expected) = (ours.request(request), kernel.request(request))
        #expect(found == expected, "\(place), \(table), \(history.suffix(12))")
        noteFlushing(request, found)
    }

    private mutating func noteFlushing(_ request: MultipathSide.Request, _ answer: MultipathSide.Answer) {
        if case .failed = answer { return }
        switch request {
        case .read: break
        case .write, .discard, .writeZeroes: isFlushed = false
        case .flush: isFlushed = true
        }
    }

    /// Whether a request would find no path, and wait for one.
    private func mayWait(_ request: MultipathSide.Request) throws -> Bool {
        guard queuesIfNoPath else { return false }
        return try !ours.status().groups.flatMap(\.paths).contains { path in
            !path.hasFailed && !(0..<paths).contains { path.device == .path("path\($0)") && request.touches(broken[$0]) }
        }
    }

    /// A request that waits for a path, and what ends that.
    private mutating func queue(_ request: MultipathSide.Request, _ place: String, using random: inout SeededGenerator) throws {
        // So that it waits at once, and is not on its way over one path after the other when it comes to its end.
        for path in 0..<paths { try send("fail_path path\(path)", place) }
        note("waiting " + request.description)
        let answers = Monitor<[String: MultipathSide.Answer]>([:])
        func start(_ name: String, _ side: MultipathSide) -> BackgroundThread {
            BackgroundThread { [carryOut = side.request] in
                let answer = carryOut(request)
                answers.withLock { $0[name] = answer }
            }
        }
        let threads = (start("ours", ours), start("kernel", kernel))
        try ours.waitUntilQueued(threads.0)
        try kernel.waitUntilQueued(threads.1)
        switch Int.random(in: 0..<(isFlushed ? 4 : 3), using: &random) {
        case 0: try send("fail_if_no_path", place)
        case 3:
            note("suspend with a flush")
            for side in [ours, kernel] { try side.suspend(true) }
            for side in [ours, kernel] { try side.resume() }
        case let way:
            if way == 1 {
                // The request is given back, and waits again afterwards.
                note("suspend without a flush")
                for side in [ours, kernel] { try side.suspend(false) }
                for side in [ours, kernel] { try side.resume() }
                try kernel.waitUntilQueued(threads.1)
            }
            // One that is in a single group: of several the kernel's worker may find the first in use, and not yet the others.
            let path = try #require(
                (0..<paths).filter { table.split(separator: "path\($0)", omittingEmptySubsequences: false).count == 2 }.randomElement(
                    using: &random))
            try fail(path, 0..<0)
            try send("reinstate_path path\(path)", place)
        }
        threads.0.join()
        threads.1.join()
        let (found, expected) = answers.withLock { ($0["ours"], $0["kernel"]) }
        #expect(found == expected && found != nil, "\(place), \(table), \(history.suffix(12))")
        if let found { noteFlushing(request, found) }
    }

    // MARK: faults

    private mutating func changeFaults(using random: inout SeededGenerator) throws {
        let path = Int.random(in: 0..<paths, using: &random)
        guard broken[path].isEmpty else { return try fail(path, 0..<0) }
        let whole = 0..<MultipathSide.sectors
        // To the end of the device: of a write that fails, what lies before the sectors that fail is written, and of what lies behind them nothing is sure.
        let start = UInt64.random(in: whole, using: &random)
        try fail(path, Bool.random(using: &random) ? whole : start..<whole.upperBound)
    }

    private mutating func fail(_ path: Int, _ sectors: Range<UInt64>) throws {
        note("path\(path) fails \(sectors)")
        broken[path] = sectors
        for side in [ours, kernel] { try side.fail(path, sectors) }
    }

    private mutating func suspend(_ place: String, using random: inout SeededGenerator) throws {
        let flush = isFlushed && Bool.random(using: &random)
        note("suspend \(flush ? "with" : "without") a flush")
        for side in [ours, kernel] { try side.suspend(flush) }
        try look(place)
        try send(makeMessage(using: &random), place)
        for side in [ours, kernel] { try side.resume() }
    }

    // MARK: messages

    private func makeMessage(using random: inout SeededGenerator) -> String {
        let path = "path\(Int.random(in: 0...paths, using: &random))"
        let group = Int.random(in: 0...groups + 1, using: &random)
        return [
            "fail_path \(path)", "reinstate_path \(path)", "switch_group \(group)", "disable_group \(group)", "enable_group \(group)",
            "queue_if_no_path", "fail_if_no_path", "FAIL_PATH \(path)", "Switch_Group \(group)", "fail_path base", "reinstate_path base",
            "fail_path", "switch_group", "queue_if_no_path 1", "what \(path)", "switch_group x", "fail_path \(path) \(path)",
        ].randomElement(using: &random) ?? ""
    }

    private mutating func send(_ message: String, _ place: String) throws {
        note(message)
        let events = (try ours.eventNumber(), try kernel.eventNumber())
        let (found, expected) = (try ours.send(message), try kernel.send(message))
        #expect(found == expected, "\(place), \(table), \(history.suffix(12))")
        if found == nil, message == "queue_if_no_path" { queuesIfNoPath = true }
        if found == nil, message == "fail_if_no_path" { queuesIfNoPath = false }
        // The kernel raises its events a little later, several of them as one.
        if try ours.eventNumber() != events.0 { #expect(try kernel.hasEvent(events.1), "\(place), \(table), \(history.suffix(12))") }
    }
}

extension MultipathSide.Request: CustomStringConvertible {
    var description: String {
        let sectors = sectors.map { "\($0.lowerBound)+\($0.count)" } ?? ""
        return switch self {
        case .read: "read \(sectors)"
        case .write: "write \(sectors)"
        case .discard: "discard \(sectors)"
        case .writeZeroes: "zero \(sectors)"
        case .flush: "flush"
        }
    }

    /// The sectors that it is about.
    private var sectors: Range<UInt64>? {
        switch self {
        case .read(let offset, let count), .discard(let offset, let count), .writeZeroes(let offset, let count):
            UInt64(offset / 512)..<UInt64((offset + count) / 512)
        case .write(let bytes, let offset): UInt64(offset / 512)..<UInt64((offset + bytes.count) / 512)
        case .flush: nil
        }
    }

    /// Whether it needs any of these sectors.
    fileprivate func touches(_ failing: Range<UInt64>) -> Bool { sectors?.overlaps(failing) ?? false }
}
