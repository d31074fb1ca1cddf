import BlockIO
import DeviceMapperTables
import StorageUnits
import Synchronization
import Testing
import UserspaceVolumes
import VolumeLaws

/// Paths of which some fail, or hang, while requests come from all sides.
@Suite struct MultipathFailoverTests {
    private static let selectors = [
        ("round-robin", "0", "1", "1"), ("queue-length", "0", "1", "1"), ("service-time", "0", "2", "1 50"),
        ("historical-service-time", "2 900 0", "0", ""), ("io-affinity", "0", "1", "ffffffff"),
    ]

    /// A table of groups of paths, each with one of the selectors.
    private static func table(_ groups: [[String]], selector: Int, sectors: Int) -> String {
        var words = ["0 \(sectors) multipath 0 0 \(groups.count) 1"]
        for (number, group) in groups.enumerated() {
            let (name, arguments, count, argument) = selectors[(selector + number) % selectors.count]
            words.append("\(name) \(arguments) \(group.count) \(count)")
            for (place, path) in group.enumerated() {
                // Every path of a group with CPUs needs one of its own.
                words.append(name == "io-affinity" ? "\(path) \(String(1 << place, radix: 16))" : "\(path) \(argument)")
            }
        }
        return words.joined(separator: " ")
    }

    /// Paths to one device that fail and come back at random: a request succeeds as long as one works, with the bytes of the device, and what is told of paths is
    /// what came of them.
    @Test(arguments: 0..<5)
    func `A request succeeds as long as a path works`(selector: Int) throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        for round in 0..<scaled(100) {
            var random = SeededGenerator(seed: seed &+ UInt64(round))
            let sectors = 64
            let disk = MemoryDevice(random.bytes(sectors * 512))
            var model = disk.contents
            let groups = Array(
                [["a", "b"], ["c"], ["d", "e", "f"]].shuffled(using: &random).prefix(Int.random(in: 1...3, using: &random)))
            let names = groups.flatMap(\.self)
            let plans = Dictionary(uniqueKeysWithValues: names.map { (DeviceReference.path($0), FaultyDevice.Plan()) })
            let table = Self.table(groups, selector: selector, sectors: sectors)
            let volume = try Volume(try MappingTable(table), opening: .devices(plans.mapValues { FaultyDevice(disk, $0) }))
            /// Paths whose requests fail, those that are told to have failed, and how often each has.
            var (broken, failed, counts) = (Set<String>(), Set<String>(), [String: UInt32]())
            for step in 0..<60 {
                let place: Comment = "step \(step), seed \(seed), round \(round), table \(table)"
                let name = try #require(names.randomElement(using: &random))
                let works = names.contains { !failed.contains($0) && !broken.contains($0) }
                switch Int.random(in: 0..<12, using: &random) {
                case 0:
                    if broken.insert(name).inserted {
                        plans[.path(name)]?.add(.init(times: .max))
                    } else {
                        broken.remove(name)
                        plans[.path(name)]?.clear()
                    }
                case 1:
                    #expect(volume.failure(of: "fail_path \(name)") == nil)
                    if failed.insert(name).inserted { counts[name, default: 0] += 1 }
                case 2, 3:
                    #expect(volume.failure(of: "reinstate_path \(name)") == nil)
                    failed.remove(name)
                case 4:
                    let verb = ["switch", "disable", "enable"].randomElement(using: &random) ?? ""
                    #expect(volume.failure(of: "\(verb)_group \(Int.random(in: 1...groups.count, using: &random))") == nil)
                default:
                    let count = Int.random(in: 1...4000, using: &random)
                    let start = Int.random(in: 0...model.count - count, using: &random)
                    let bytes = random.bytes(count)
                    let kind = Int.random(in: 0..<4, using: &random)
                    let error = failure { () throws(BlockIOError) in
                        switch kind {
                        case 0: try volume.write(bytes, at: UInt64(start))
                        case 1: #expect(try volume.read(at: UInt64(start), count: count) == Array(model[start..<start + count]), place)
                        case 2: try volume.flush()
                        default: try volume.writeZeroes(at: UInt64(start), count: UInt64(count), flags: [])
                        }
                    }
                    #expect((error == nil) == works, place)
                    #expect(error == nil || error?.code == .inputOutput, place)
                    if error == nil, kind == 0 { model.replaceSubrange(start..<start + count, with: bytes) }
                    if error == nil, kind == 3 { model.replaceSubrange(start..<start + count, with: [UInt8](repeating: 0, count: count)) }
                }
                let status = try #require(volume.status().first).status(of: MultipathTarget.self)
                for path in status.groups.flatMap(\.paths) {
                    let name = path.device.description
                    // A request may have found out that a path is broken, and nothing else fails one.
                    if path.hasFailed, broken.contains(name), failed.insert(name).inserted { counts[name, default: 0] += 1 }
                    #expect(path.hasFailed == failed.contains(name), place)
                    #expect(path.failureCount == counts[name] ?? 0, place)
                }
                #expect(status.groups.count { $0.state == .active } <= 1, place)
            }
            #expect(disk.contents == model)
        }
    }

    @Test func `A path that hangs keeps only the requests that went over it`() throws {
        let disk = MemoryDevice(SeededBytes.make(64 * 512))
        let plan = FaultyDevice.Plan()
        let hanging = HangingDevice(FaultyDevice(disk, plan))
        let volume = try Volume(
            try MappingTable("0 64 multipath 0 0 2 1 queue-length 0 2 1 a 1 b 1 round-robin 0 1 1 c 1"),
            opening: .devices(["a": hanging, "b": disk, "c": disk]))
        hanging.hangs = true
        let count = 300
        let finished = Atomic(0)
        let threads = (0..<count).map { index in
            BackgroundThread {
                #expect((try? volume.read(at: UInt64(index), count: 1)) == Array(disk.contents[index..<index + 1]))
                finished.wrappingAdd(1, ordering: .relaxed)
            }
        }
        hanging.waitForRequests(1)
        // As many hang as have gone over the path, and the others come to their end.
        while finished.load(ordering: .relaxed) + hanging.waiting < count { VolumeLaws.pause() }
        let hung = hanging.waiting
        #expect(hung < count)
        #expect(try volume.status().first?.text.contains(" a A 0 \(hung) b A 0 0 ") == true)
        // Out of use it gets no more, and those that hang still do.
        #expect(volume.failure(of: "fail_path a") == nil)
        for index in 0..<100 { _ = try volume.read(at: UInt64(index), count: 1) }
        try volume.write([1, 2, 3], at: 1000)
        #expect(hanging.waiting == hung)
        // When they fail in the end they go over the other path.
        plan.add(.init(times: .max))
        hanging.hangs = false
        for thread in threads { thread.join() }
        #expect(finished.load(ordering: .relaxed) == count)
        #expect(try volume.status().first?.text == "2 0 0 0 2 1 A 0 2 1 a F 1 0 b A 0 0 E 0 1 0 c A 0")
    }

    @Test func `Requests from many threads all succeed while paths break and come back`() throws {
        var faults = 0
        for (selector, round) in (0..<scaled(30)).map({ ($0 % 5, $0) }) {
            let disk = MemoryDevice(SeededBytes.make(64 * 512))
            let plans = Dictionary(uniqueKeysWithValues: "abcd".map { (DeviceReference.path(String($0)), FaultyDevice.Plan()) })
            let volume = try Volume(
                try MappingTable(Self.table([["a", "b"], ["c", "d"]], selector: selector, sectors: 64)),
                opening: .devices(plans.mapValues { FaultyDevice(disk, $0) }))
            let failures = Atomic(0)
            let isOver = Atomic(false)
            onThreads(6) { index in
                if index == 0 {
                    var random = SeededGenerator(seed: UInt64(round))
                    for _ in 0..<200 {
                        // One of each group, so that another always works.
                        let name = Bool.random(using: &random) ? "a" : "c"
                        plans[.path(name)]?.add(.init(times: Int.random(in: 1...3, using: &random)))
                        if Bool.random(using: &random) { _ = volume.failure(of: "switch_group \(Int.random(in: 1...2, using: &random))") }
                        plans[.path(name)]?.clear()
                        _ = volume.failure(of: "reinstate_path \(name)")
                    }
                    isOver.store(true, ordering: .relaxed)
                    return
                }
                var random = SeededGenerator(seed: UInt64(index))
                let mine = index * 5000
                while !isOver.load(ordering: .relaxed) {
                    let bytes = random.bytes(Int.random(in: 1...3000, using: &random))
                    let error = failure { () throws(BlockIOError) in
                        try volume.write(bytes, at: UInt64(mine))
                        #expect(try volume.read(at: UInt64(mine), count: bytes.count) == bytes)
                        try volume.flush()
                    }
                    if error != nil { failures.wrappingAdd(1, ordering: .relaxed) }
                }
            }
            #expect(failures.load(ordering: .relaxed) == 0)
            // A request that had met a fault may have told of it after the path was reinstated.
            for name in ["a", "c"] { #expect(volume.failure(of: "reinstate_path \(name)") == nil) }
            let status = try #require(volume.status().first).status(of: MultipathTarget.self)
            #expect(status.groups.flatMap(\.paths).allSatisfy { !$0.hasFailed })
            // Nothing is under way, and all of it was counted back.
            let counts = zip(status.groups, 0...).map { group, number in (Self.selectors[(selector + number) % 5].0, group.paths) }
            for (selector, paths) in counts where selector == "queue-length" || selector == "service-time" {
                #expect(paths.allSatisfy { $0.words.first == "0" })
            }
            faults += plans.values.reduce(0) { $0 + $1.failures }
        }
        #expect(faults > 0, "no request has met a broken path")
    }

    // MARK: requests that wait for a path

    @Test func `Without a path requests wait for one, if they are to`() throws {
        let bench = try MultipathBench("0 64 multipath 1 queue_if_no_path 0 2 1 queue-length 0 1 1 a 1 round-robin 0 1 1 b 1", "ab")
        bench.fail("a", [.read])
        bench.fail("b", [.read])
        let volume = bench.volume
        let expected = bench.disk.contents
        let threads = (0..<50).map { index in
            BackgroundThread { #expect((try? volume.read(at: UInt64(index), count: 9)) == Array(expected[index..<index + 9])) }
        }
        // The first two find out that both paths are broken.
        while try !bench.status.hasSuffix("b F 1") || !bench.status.contains("a F 1") { VolumeLaws.pause() }
        let flusher = BackgroundThread { #expect(failure { () throws(BlockIOError) in try volume.flush() } == nil) }
        #expect(flusher.comesToWait())
        #expect(try bench.status == "2 0 0 0 2 1 E 0 1 1 a F 1 0 E 0 1 0 b F 1")
        #expect(bench.send("reinstate_path b") == nil)
        for thread in threads + [flusher] { thread.join() }
        #expect(try bench.status == "2 0 0 0 2 2 E 0 1 1 a F 1 0 A 0 1 0 b A 1")
    }

    @Test func `Requests that wait fail when they are no longer to wait`() throws {
        let bench = try MultipathBench("0 64 multipath 0 0 1 1 round-robin 0 1 1 a 1", "a")
        let volume = bench.volume
        #expect(bench.send("queue_if_no_path") == nil)
        #expect(bench.send("fail_path a") == nil)
        let threads = (0..<50).map { index in
            BackgroundThread {
                let error = failure { () throws(BlockIOError) in try volume.write([1, 2], at: UInt64(index)) }
                #expect(error == BlockIOError(.inputOutput, offset: UInt64(index), count: 2, message: "no path works"))
            }
        }
        for thread in threads { #expect(thread.comesToWait()) }
        // What concerns other groups and paths is no reason to go on.
        #expect(bench.send("switch_group 1") == nil)
        #expect(bench.send("queue_if_no_path") == nil)
        for thread in threads { #expect(thread.comesToWait()) }
        #expect(bench.send("FAIL_IF_NO_PATH") == nil)
        for thread in threads { thread.join() }
        #expect(bench.take("a") == [])
        #expect(failure { () throws(BlockIOError) in try volume.flush() }?.description == "no path works")
    }

    @Test func `A request over a path that fails while requests are to wait waits with the others`() throws {
        let members = Members("a", sectors: 64)
        let disk = try #require(members.memory["a"])
        let plan = FaultyDevice.Plan()
        let hanging = HangingDevice(FaultyDevice(disk, plan))
        let volume = try Volume(
            try MappingTable("0 64 multipath 1 queue_if_no_path 0 1 1 service-time 0 1 1 a 1"),
            opening: .devices(["a": hanging]))
        hanging.hangs = true
        let writer = BackgroundThread { #expect(failure { () throws(BlockIOError) in try volume.write([7], at: 3) } == nil) }
        hanging.waitForRequests(1)
        plan.add(.init())
        hanging.hangs = false
        while try volume.status().first?.text != "2 0 0 0 1 1 E 0 1 2 a F 1 0 1" { VolumeLaws.pause() }
        #expect(writer.comesToWait())
        #expect(volume.failure(of: "reinstate_path a") == nil)
        writer.join()
        #expect(disk.contents[3] == 7)
    }

    @Test func `A volume with requests that wait for a path closes, and they fail`() throws {
        let bench = try MultipathBench("0 64 multipath 1 queue_if_no_path 0 1 1 round-robin 0 1 1 a 1", "a")
        let volume = bench.volume
        try volume.write([1], at: 0)
        #expect(bench.send("fail_path a") == nil)
        let writer = BackgroundThread {
            #expect(failure { () throws(BlockIOError) in try volume.write([2], at: 0) }?.description == "no path works (bytes 0 to 0)")
        }
        #expect(writer.comesToWait())
        #expect(closingFailure(volume)?.description == "line 1: no path works", "what was written is nowhere for sure")
        writer.join()
    }

    @Test func `The flush before closing goes over any path that works`() throws {
        let bench = try MultipathBench("0 64 multipath 0 0 2 1 round-robin 0 2 1 a 1 b 1 round-robin 0 1 1 c 1", "abc")
        try bench.volume.write([1], at: 0)
        bench.fail("a", [.flush])
        bench.fail("b", [.flush])
        #expect(closingFailure(bench.volume) == nil)
        #expect(bench.take("a") + bench.take("b") + bench.take("c") == ["write 0+1", "flush", "flush", "flush"])
        #expect(bench.log.lines == [])
    }
}
