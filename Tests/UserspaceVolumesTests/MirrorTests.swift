import BlockIO
import DeviceMapperTables
import StorageUnits
import Testing
import UserspaceVolumes
import VolumeLaws

/// What a mirror does when its legs differ, and when they fail.
@Suite struct MirrorTests {
    /// A mirror of legs in memory, each with faults of its own.
    private struct Bench {
        let members: Members
        let plans: [DeviceReference: FaultyDevice.Plan]
        let calls: [DeviceReference: RecordingDevice]
        let volume: Volume

        init(_ table: String, _ names: String = "ab", sectors: UInt64 = 64, access: Access = .readWrite) throws {
            members = Members(names, sectors: sectors)
            let plans = members.memory.mapValues { _ in FaultyDevice.Plan() }
            let calls = Dictionary(
                uniqueKeysWithValues: members.memory.map { name, device in
                    (name, RecordingDevice(FaultyDevice(device, plans[name] ?? FaultyDevice.Plan())))
                })
            self.plans = plans
            self.calls = calls
            volume = try Volume(try MappingTable(table), opening: .devices(calls, access: access))
        }

        func fail(_ leg: DeviceReference, _ kinds: Set<RequestKind>, range: Range<UInt64>? = nil, times: Int = 1) {
            plans[leg]?.add(.init(kinds, range: range, times: times))
        }

        var status: String { get throws { try #require(volume.status().first).text } }
    }

    private static let inSync = "0 64 mirror core 2 8 nosync 2 a 0 b 0 1 handle_errors"
    private static let all = 64 * 512

    // MARK: legs that are the same

    @Test func `A write goes to all legs, at their starts, and a read to the first`() throws {
        let bench = try Bench("0 64 mirror core 2 8 nosync 3 a 1 b 0 c 7", "abc", sectors: 100)
        let bytes = SeededBytes.make(5000)
        try bench.volume.write(bytes, at: 1000, flags: .forceUnitAccess)
        #expect(bench.calls["a"]?.takeCalls() == [.init(.write, at: 1512, count: 5000, pieces: 1, isDurable: true)])
        #expect(bench.calls["b"]?.takeCalls() == [.init(.write, at: 1000, count: 5000, pieces: 1, isDurable: true)])
        #expect(bench.calls["c"]?.takeCalls() == [.init(.write, at: 4584, count: 5000, pieces: 1, isDurable: true)])
        #expect(try bench.volume.read(at: 1000, count: 5000) == bytes)
        try bench.volume.flush()
        #expect(bench.calls["a"]?.takeCalls() == [.init(.read, at: 1512, count: 5000, pieces: 1), .init(.flush)])
        #expect(bench.calls["b"]?.takeCalls() == [.init(.flush)])
        #expect(try bench.status == "3 a b c 8/8 1 AAA 1 core")
    }

    @Test func `A leg that fails a read is left out, and told`() throws {
        let bench = try Bench(Self.inSync)
        let bytes = SeededBytes.make(Self.all)
        try bench.volume.write(bytes, at: 0)
        bench.fail("a", [.read], range: 512..<1024)
        #expect(try bench.volume.read(at: 0, count: Self.all) == bytes)
        #expect(try bench.status == "2 a b 8/8 1 RA 1 core")
        _ = bench.calls["a"]?.takeCalls()
        #expect(try bench.volume.read(at: 4096, count: 10) == Array(bytes[4096..<4106]))
        #expect(bench.calls["a"]?.takeCalls() == [], "a leg that failed is not read while another is good")
        // It still has everything: it is read when there is no other.
        bench.fail("b", [.read], times: .max)
        #expect(try bench.volume.read(at: 0, count: Self.all) == bytes)
        #expect(try bench.status == "2 a b 8/8 1 RR 1 core")
        // Nothing is left: the request fails, with its place, and the next one is tried again.
        bench.fail("a", [.read])
        let error = failure { () throws(BlockIOError) in _ = try bench.volume.read(at: 700, count: 100) }
        #expect(error?.description == "made to fail (bytes 700 to 799)")
        #expect(try bench.volume.read(at: 700, count: 100) == Array(bytes[700..<800]))
    }

    @Test func `A leg that fails a write is never read again, but is written`() throws {
        let bench = try Bench(Self.inSync)
        try bench.volume.write(SeededBytes.make(Self.all), at: 0)
        bench.fail("a", [.write])
        let bytes = SeededBytes.make(5000, seed: 2)
        try bench.volume.write(bytes, at: 4000)
        #expect(try bench.status == "2 a b 5/8 1 DA 1 core", "bytes 4000 to 8999 are in three regions of 4096")
        #expect(try bench.volume.read(at: 4000, count: 5000) == bytes)
        try bench.volume.write(bytes, at: 20_000)
        #expect(try bench.status == "2 a b 5/8 1 DA 1 core")
        #expect(bench.members.memory["a"].map { Array($0.contents[20_000..<25_000]) } == bytes)
        // The leg that is left fails: nothing else has the bytes.
        bench.fail("b", [.read])
        let error = failure { () throws(BlockIOError) in _ = try bench.volume.read(at: 4000, count: 100) }
        #expect(error?.description == "made to fail (bytes 4000 to 4099)")
        #expect(try bench.volume.read(at: 4000, count: 100) == Array(bytes[..<100]))
        #expect(try bench.status == "2 a b 5/8 1 DR 1 core")
    }

    @Test func `A write that no good leg has fails`() throws {
        let bench = try Bench(Self.inSync)
        bench.fail("a", [.write])
        try bench.volume.write([1], at: 0)
        bench.fail("b", [.write])
        // The first leg takes this one, but is never read again.
        let error = failure { () throws(BlockIOError) in try bench.volume.write([2, 3], at: 9) }
        #expect(error?.description == "made to fail (bytes 9 to 10)")
        #expect(try bench.status == "2 a b 7/8 1 DD 1 core")
        let lost = failure { () throws(BlockIOError) in _ = try bench.volume.read(at: 0, count: 2) }
        #expect(lost?.description == "all devices of the mirror have failed (bytes 0 to 1)")
    }

    @Test func `A leg that fails a flush has old bytes`() throws {
        let bench = try Bench(Self.inSync)
        let bytes = SeededBytes.make(100)
        try bench.volume.write(bytes, at: 0)
        bench.fail("a", [.flush])
        try bench.volume.flush()
        #expect(try bench.status == "2 a b 8/8 1 DA 1 core")
        _ = bench.calls["a"]?.takeCalls()
        #expect(try bench.volume.read(at: 0, count: 100) == bytes)
        #expect(bench.calls["a"]?.takeCalls() == [])
    }

    @Test func `Zeroes go to all legs, and a discard that a leg fails is no reason to leave it out`() throws {
        let bench = try Bench(Self.inSync)
        try bench.volume.write(SeededBytes.make(Self.all), at: 0)
        bench.fail("b", [.writeZeroes])
        try bench.volume.writeZeroes(at: 100, count: 300, flags: .mayUnmap)
        #expect(try bench.volume.read(at: 100, count: 300) == [UInt8](repeating: 0, count: 300))
        #expect(try bench.status == "2 a b 7/8 1 AD 1 core")
        bench.fail("a", [.discard])
        let error = failure { () throws(BlockIOError) in try bench.volume.discard(at: 512, count: 512) }
        #expect(error?.description == "made to fail (bytes 512 to 1023)")
        #expect(try bench.status == "2 a b 7/8 1 AD 1 core")
    }

    /// One of the legs fails at every single request of a workload, and nobody above notices.
    @Test(arguments: ["a", "b", "c"] as [DeviceReference])
    func `Every failure of one leg is made up for by the others`(leg: DeviceReference) throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        func run(_ fault: Int?) throws -> Int {
            var random = SeededGenerator(seed: seed)
            let bench = try Bench("0 64 mirror core 2 8 nosync 3 a 0 b 0 c 0 1 handle_errors", "abc")
            try bench.volume.write(random.bytes(Self.all), at: 0)
            var model = try bench.volume.read(at: 0, count: Self.all)
            if let fault { bench.plans[leg]?.add(.init(after: fault)) }
            for _ in 0..<12 {
                let count = Int.random(in: 1...9000, using: &random)
                let start = Int.random(in: 0...Self.all - count, using: &random)
                let bytes = random.bytes(count)
                try bench.volume.write(bytes, at: UInt64(start), flags: Bool.random(using: &random) ? .forceUnitAccess : [])
                model.replaceSubrange(start..<start + count, with: bytes)
                try bench.volume.writeZeroes(at: UInt64(start / 2), count: 100, flags: [])
                model.replaceSubrange(start / 2..<start / 2 + 100, with: [UInt8](repeating: 0, count: 100))
                if Bool.random(using: &random) { try bench.volume.flush() }
                #expect(try bench.volume.read(at: 0, count: Self.all) == model, "fault \(fault ?? -1), seed \(seed)")
            }
            let letters = try bench.status.split(separator: " ")[6]
            let expected = ["a", "b", "c"].map { DeviceReference(parsing: $0) }
            for (letter, name) in zip(letters, expected) {
                #expect((letter != "A") == (bench.plans[name]?.failures ?? 0 > 0), "fault \(fault ?? -1), seed \(seed)")
            }
            try bench.volume.close()
            for name in expected where name != leg || fault == nil {
                #expect(bench.members.memory[name]?.contents == model, "leg \(name), fault \(fault ?? -1), seed \(seed)")
            }
            return bench.plans[leg]?.requests ?? 0
        }
        let requests = try run(nil)
        for fault in stride(from: 0, to: requests - 2, by: max(1, 100 / scaled(100))) { _ = try run(fault) }
    }

    // MARK: legs that differ

    @Test(arguments: ["", " 1 handle_errors"])
    func `Regions are copied from the first leg, and then forgotten what failed`(options: String) throws {
        let bench = try Bench("0 63 mirror core 1 8 3 a 1 b 0 c 0" + options, "abc")
        try bench.volume.waitUntilInSync()
        #expect(try bench.status == "3 a b c 8/8 1 AAA 1 core")
        try bench.volume.close()
        let first = try #require(bench.members.initial["a"])[512..<512 + 63 * 512]
        for leg in ["b", "c"] as [DeviceReference] {
            let (found, before) = (try #require(bench.members.memory[leg]).contents, try #require(bench.members.initial[leg]))
            #expect(Array(found[..<(63 * 512)]) == Array(first))
            #expect(found[(63 * 512)...] == before[(63 * 512)...])
        }
        #expect(bench.members.memory["a"]?.contents == bench.members.initial["a"])
    }

    @Test func `sync copies, too, and holes stay holes`() throws {
        let members = Members("ab", sectors: 64)
        try #require(members.memory["a"]).write([UInt8](repeating: 0, count: 8192), at: 4096)
        let target = RecordingDevice(try #require(members.memory["b"]))
        let volume = try Volume(
            try MappingTable("0 64 mirror core 2 16 sync 2 a 0 b 0"),
            opening: .devices(["a": SparseDevice(try #require(members.memory["a"]), unit: 512), "b": target]))
        try volume.waitUntilInSync()
        #expect(members.memory["b"]?.contents == members.memory["a"]?.contents)
        #expect(target.calls.contains(.init(.writeZeroes, at: 4096, count: 4096, mayUnmap: true)))
        try volume.close()
    }

    @Test func `A volume that is only read is not copied, and reads the first leg`() throws {
        let bench = try Bench("0 64 mirror core 1 8 2 a 0 b 0", access: .readOnly)
        #expect(try bench.volume.read(at: 0, count: Self.all) == bench.members.initial["a"])
        #expect(try bench.status == "2 a b 0/8 1 AA 1 core")
        bench.fail("a", [.read])
        let error = failure { () throws(BlockIOError) in _ = try bench.volume.read(at: 8000, count: 1000) }
        #expect(error?.description == "made to fail (bytes 8000 to 8999)", "the other leg may have other bytes")
        try bench.volume.close()
        #expect(bench.members.memory["b"]?.contents == bench.members.initial["b"])
    }

    @Test func `What is written while regions are copied is on all legs`() throws {
        for round in 0..<scaled(50) {
            var random = SeededGenerator(seed: UInt64(round))
            let bench = try Bench("0 4000 mirror core 1 2 2 a 0 b 0", sectors: 4000)
            var model = try #require(bench.members.initial["a"])
            for _ in 0..<40 {
                let count = Int.random(in: 1...3000, using: &random)
                let start = Int.random(in: 0...model.count - count, using: &random)
                let bytes = random.bytes(count)
                try bench.volume.write(bytes, at: UInt64(start))
                model.replaceSubrange(start..<start + count, with: bytes)
                #expect(try bench.volume.read(at: UInt64(start), count: count) == bytes)
            }
            try bench.volume.waitUntilInSync()
            try bench.volume.close()
            #expect(bench.members.memory["a"]?.contents == model, "round \(round)")
            #expect(bench.members.memory["b"]?.contents == model, "round \(round)")
        }
    }

    @Test func `A leg that cannot be copied to stays out of sync`() throws {
        let members = Members("ab", sectors: 64)
        let plan = FaultyDevice.Plan([.init([.write], range: 4096..<4097, times: .max)])
        let volume = try Volume(
            try MappingTable("0 64 mirror core 1 8 2 a 0 b 0"),
            opening: .devices(["a": try #require(members.memory["a"]), "b": FaultyDevice(try #require(members.memory["b"]), plan)]))
        try volume.wait { $0.hasPrefix("2 a b 7/8 ") }
        #expect(try volume.status().first?.text == "2 a b 7/8 1 AS 1 core")
        // The region is the first leg's alone: written there, read from there.
        let bytes = SeededBytes.make(100)
        try volume.write(bytes, at: 4096)
        #expect(try volume.read(at: 4096, count: 100) == bytes)
        try volume.close()
        #expect(members.memory["b"].map { Array($0.contents[4096..<8192]) } == members.initial["b"].map { Array($0[4096..<8192]) })
    }

    @Test func `Closing stops the copying`() throws {
        let bench = try Bench("0 20000 mirror core 1 2 2 a 0 b 0", sectors: 20_000)
        try bench.volume.close()
        let calls = bench.calls["b"]?.takeCalls().count
        #expect(try #require(bench.calls["b"]).takeCalls().isEmpty, "after \(calls ?? 0) calls")
        weak let device = bench.calls["b"]
        #expect(device != nil)
    }

    // MARK: refusals

    @Test(arguments: [
        ("0 64 mirror disk 2 c 8 2 a 0 b 0", "line 1: a mirror can be opened in user space with a log of type core only"),
        (
            "0 64 mirror userspace 3 u clustered-core 8 2 a 0 b 0",
            "line 1: a mirror can be opened in user space with a log of type core only"
        ),
        ("0 64 mirror core 1 8 2 a 0 b 0 1 invented", "line 1: mirror option 'invented' is not known in user space"),
        ("0 64 mirror core 1 8 2 a 0 b 1", "line 1: b: the device has 64 sectors, the line needs 65"),
    ])
    func `What cannot work is refused`(table: String, message: String) throws {
        let members = Members("abc", sectors: 64)
        #expect(openingFailure(try MappingTable(table), members.opener)?.description == message)
    }
}

extension Volume {
    /// Waits until the status of the first line is one that `isReached` knows.
    func wait(until isReached: (String) -> Bool) throws {
        while !isReached(try #require(try status().first).text) { VolumeLaws.pause() }
    }

    /// Waits until a mirror has copied all regions.
    func waitUntilInSync() throws {
        try wait { text in
            let words = text.split(separator: " ")
            guard let ratio = words.first(where: { $0.contains("/") })?.split(separator: "/"), ratio.count == 2 else { return false }
            return ratio[0] == ratio[1]
        }
    }
}
