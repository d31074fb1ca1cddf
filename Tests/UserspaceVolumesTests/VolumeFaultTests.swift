import BlockIO
import DeviceMapperTables
import StorageUnits
import SystemPackage
import Testing
import UserspaceVolumes
import VolumeLaws

/// A device below a volume fails, at every single request that a workload makes of the devices, one after another.
///
/// Each time the request of the workload that was under way fails, and no other; its error tells of bytes of the volume, and what the request
/// wrote before them is written; nothing outside the request has changed; and afterwards everything works as before.
@Suite struct VolumeFaultTests {
    /// A request of the workload.
    private enum Request: CustomStringConvertible {
        case read(Range<UInt64>)
        case write(Range<UInt64>, WriteFlags)
        case zeroes(Range<UInt64>, ZeroFlags)
        case flush

        var description: String {
            switch self {
            case .read(let range): "read \(range)"
            case .write(let range, let flags): "write \(range)\(flags.isEmpty ? "" : ", durable")"
            case .zeroes(let range, _): "zeroes \(range)"
            case .flush: "flush"
            }
        }

        var range: Range<UInt64> {
            switch self {
            case .read(let range), .write(let range, _), .zeroes(let range, _): range
            case .flush: 0..<0
            }
        }
    }

    /// Requests at all sorts of places of a volume.
    private func workload(_ size: UInt64, _ random: inout SeededGenerator) -> [Request] {
        func range() -> Range<UInt64> {
            let count = min(size, UInt64.random(in: 1...(1 << UInt64.random(in: 1...17, using: &random)), using: &random))
            let start = UInt64.random(in: 0...size - count, using: &random)
            return start..<start + count
        }
        var requests: [Request] = [.write(0..<size, []), .flush]
        for _ in 0..<5 {
            requests.append(.write(range(), []))
            requests.append(.read(range()))
            requests.append(.zeroes(range(), Bool.random(using: &random) ? .mayUnmap : []))
            requests.append(.write(range(), .forceUnitAccess))
            requests.append(.flush)
        }
        requests.append(.read(0..<size))
        return requests
    }

    /// One run of the workload, with a plan of faults.
    private struct Run {
        var failures: [(request: Int, error: BlockIOError)] = []
        var requests = 0
    }

    /// Runs the workload; what should be in the volume is kept in step, and compared after a failure and in the end.
    private func run(
        _ workload: [Request], _ table: MappingTable, _ members: Members, _ plan: FaultyDevice.Plan, tearing sector: UInt64?,
        _ context: String
    ) throws -> Run {
        let devices = members.memory.mapValues { FaultyDevice($0, plan) }
        let volume = try Volume(table, opening: .devices(devices))
        var random = SeededGenerator(seed: 99)
        var run = Run()
        let size = table.byteCount
        var model = try volume.read(at: 0, count: Int(size))
        let before = plan.requests
        for (index, request) in workload.enumerated() {
            let places = Int(request.range.lowerBound)..<Int(request.range.upperBound)
            var new = [UInt8](repeating: 0, count: places.count)
            if case .write = request { new = random.bytes(places.count) }
            var read: [UInt8] = []
            let error = failure { () throws(BlockIOError) in
                switch request {
                case .read(let range): read = try volume.read(at: range.lowerBound, count: range.count)
                case .write(let range, let flags): try volume.write(new, at: range.lowerBound, flags: flags)
                case .zeroes(let range, let flags): try volume.writeZeroes(at: range.lowerBound, count: UInt64(range.count), flags: flags)
                case .flush: try volume.flush()
                }
            }
            guard let error else {
                if case .read = request {
                    let isRight = read == Array(model[places])
                    try #require(isRight, "\(context): \(request) reads other bytes")
                } else {
                    model.replaceSubrange(places, with: new)
                }
                continue
            }
            run.failures.append((index, error))
            #expect(error.code == .noSpace && error.errno == .noSpace, "\(context): \(request) failed with \(error)")
            if case .flush = request { continue }
            // The range: within the request, and to its end.
            let end = error.offset + error.count
            try #require(
                request.range.contains(error.offset) && end == request.range.upperBound,
                "\(context): \(request) failed for bytes \(error.offset)..<\(end)")
            if case .read = request { continue }
            try settle(volume, &model, request.range, error, new, sector, context)
        }
        run.requests = plan.requests - before
        plan.clear()
        let isRight = try volume.read(at: 0, count: Int(size)) == model
        try #require(isRight, "\(context): in the end, the volume holds other bytes")
        try volume.close()
        let expected = try ReferenceMapping.members(of: table, holding: model, over: members.initial)
        for (name, device) in members.memory where device.contents != expected[name] {
            Issue.record("\(context): member \(name) holds other bytes than it should")
        }
        return run
    }

    /// Compares the volume after a write that failed, and takes over what has become of the bytes that are not sure.
    private func settle(
        _ volume: Volume, _ model: inout [UInt8], _ range: Range<UInt64>, _ error: BlockIOError, _ new: [UInt8], _ sector: UInt64?,
        _ context: String
    ) throws {
        let written = Int(error.offset - range.lowerBound)
        let start = Int(range.lowerBound)
        let found = try volume.read(at: 0, count: model.count)
        let isWritten = Array(found[start..<start + written]) == Array(new[..<written])
        try #require(
            isWritten,
            "\(context): bytes before \(error.offset) of a write of \(range) are not written")
        // A torn write spoils the sector that it ends in, which may hold more than the request.
        let torn = sector.map { Int(range.lowerBound / $0 * $0)..<Int((range.upperBound + $0 - 1) / $0 * $0) }
        for index in found.indices where found[index] != model[index] {
            if range.contains(UInt64(index)) {
                let isNew = found[index] == new[index - start]
                try #require(isNew || torn != nil, "\(context): byte \(index) is neither old nor new after a write of \(range)")
            } else {
                try #require(
                    torn?.contains(index) == true, "\(context): byte \(index) has changed, which a write of \(range) has not to do with")
            }
        }
        model = found
    }

    /// Every I/O of a workload fails once, in a run of its own, or `runs` of them.
    private func check(
        _ table: MappingTable, memberBlock: Int = 1, written: UInt64 = 0, tearing sector: UInt64? = nil, seed: UInt64,
        sizes: [DeviceReference: Sectors]? = nil, runs: Int? = nil
    ) throws {
        var members: Members {
            Members(sizes ?? ["a": 400, "b": 400, "c": 400], blockSize: memberBlock, seed: seed)
        }
        var random = SeededGenerator(seed: seed)
        let workload = workload(table.byteCount, &random)
        let plan = FaultyDevice.Plan()
        let whole = try run(workload, table, members, plan, tearing: sector, "without a fault, seed \(seed)")
        #expect(whole.failures.isEmpty)
        // All of them in a long run, and otherwise some, the first and the last among them.
        let step = max(1, whole.requests / (runs ?? scaled(whole.requests)))
        for fault in Array(stride(from: 0, to: whole.requests, by: step)) + [whole.requests - 1] {
            let plan = FaultyDevice.Plan()
            // Reading the volume at the start is no part of the workload, but comes first.
            let first = try plan.requestsOfReading(table, members)
            plan.add(
                .init(
                    after: first + fault, written: written, error: BlockIOError(.noSpace, errno: .noSpace, message: "made to fail")))
            let run = try run(workload, table, members, plan, tearing: sector, "fault \(fault), seed \(seed)")
            #expect(run.failures.count == 1, "fault \(fault), seed \(seed): \(run.failures.count) requests failed")
        }
    }

    @Test func `Over a linear line`() throws {
        try check(try MappingTable("0 300 linear a 7"), seed: .random(in: 0...UInt64.max))
        try check(try MappingTable("0 304 linear a 8"), memberBlock: 4096, seed: .random(in: 0...UInt64.max))
    }

    @Test(arguments: [1, 3, 8, 128] as [UInt64])
    func `Over a striped line`(chunk: UInt64) throws {
        try check(try MappingTable("0 \(chunk * 6) striped 3 \(chunk) a 0 b 7 c 100"), seed: .random(in: 0...UInt64.max))
    }

    @Test func `Over a striped line with more rows than one call has pieces`() throws {
        try check(
            try MappingTable("0 4400 striped 2 1 a 0 b 0"), seed: .random(in: 0...UInt64.max), sizes: ["a": 2200, "b": 2200])
    }

    @Test func `Over an unstriped line`() throws {
        try check(try MappingTable("0 96 unstriped 3 8 1 a 7"), seed: .random(in: 0...UInt64.max))
        try check(try MappingTable("0 96 unstriped 3 8 1 a 8"), memberBlock: 4096, seed: .random(in: 0...UInt64.max))
    }

    @Test func `Over a switch`() throws {
        try check(try MappingTable("0 300 switch 3 11 0 a 7 b 0 c 100"), seed: .random(in: 0...UInt64.max))
    }

    @Test(arguments: ["aes-xts-plain64", "aes-cbc-essiv:sha256", "serpent-cbc-benbi", "blowfish:4-ctr-plain64be"], [512, 4096])
    func `Over an encrypted line`(cipher: String, sector: Int) throws {
        let key = cipher.hasPrefix("aes-xts") || cipher.hasPrefix("blowfish") ? Keys.xts : Keys.cbc
        try check(
            try MappingTable("0 304 crypt \(cipher) \(key) 0 a 8 1 sector_size:\(sector)"), seed: .random(in: 0...UInt64.max))
    }

    @Test func `Over many lines of all kinds`() throws {
        let table = try MappingTable(
            "0 3 linear a 0", "3 60 striped 3 4 a 10 b 0 c 5", "63 1 linear b 40",
            "64 80 crypt aes-xts-plain64 \(Keys.xts) 8 c 40 1 sector_size:4096",
            "144 12 crypt aes-cbc-essiv:sha256 \(Keys.cbc) 0 a 50", "156 16 linear c 200")
        try check(table, seed: .random(in: 0...UInt64.max))
    }

    @Test func `Over random tables`() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var choices = RandomTable.Choices()
        choices.kinds = [.linear, .striped, .crypt, .unstriped, .switched]
        choices.longest = 200
        for round in 0..<scaled(30) {
            var random = SeededGenerator(seed: seed &+ UInt64(round))
            let made = try RandomTable(over: ["a", "b", "c"], choices: choices, using: &random)
            do {
                try check(made.table, seed: seed &+ UInt64(round), sizes: made.sizes, runs: 20)
            } catch {
                Issue.record("\(error), table:\n\(made)")
            }
        }
    }

    @Test(arguments: [1, 100, 511, 700, 5000, 70_000] as [UInt64])
    func `Writes that are torn anywhere`(written: UInt64) throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        try check(try MappingTable("0 300 linear a 7"), written: written, tearing: 1, seed: seed)
        try check(try MappingTable("0 192 striped 3 8 a 0 b 7 c 100"), written: written, tearing: 1, seed: seed)
        for (cipher, key) in [("aes-xts-plain64", Keys.xts), ("aes-cbc-plain64", Keys.cbc)] {
            for sector in [512, 4096] as [UInt64] {
                try check(
                    try MappingTable("0 304 crypt \(cipher) \(key) 0 a 8 1 sector_size:\(sector)"), written: written, tearing: sector,
                    seed: seed)
            }
        }
    }

    @Test func `An error of a line is told in bytes of the volume`() throws {
        let members = Members("ab", sectors: 64)
        let plan = FaultyDevice.Plan()
        let volume = try Volume(
            try MappingTable("0 16 zero", "16 16 linear a 48", "32 16 crypt aes-xts-plain64 \(Keys.xts) 0 b 8 1 sector_size:4096"),
            opening: .devices(members.memory.mapValues { FaultyDevice($0, plan) }))
        func error(_ fault: FaultyDevice.Fault, _ request: () throws(BlockIOError) -> Void) -> String? {
            plan.add(fault)
            return failure(of: request)?.description
        }
        #expect(
            error(.init()) { () throws(BlockIOError) in _ = try volume.read(at: 8000, count: 1000) }
                == "made to fail (bytes 8192 to 8999)")
        #expect(
            error(.init([.write], written: 300)) { () throws(BlockIOError) in try volume.write(SeededBytes.make(1000), at: 8500) }
                == "made to fail (bytes 8800 to 9499)")
        // A part of a sector is read first: the device's error is about bytes before the request, the volume's is not.
        #expect(
            error(.init([.read])) { () throws(BlockIOError) in try volume.write(SeededBytes.make(8000), at: 16_385) }
                == "made to fail (bytes 16385 to 24384)")
    }
}

extension FaultyDevice.Plan {
    /// How many requests it takes to read the whole of a volume.
    fileprivate func requestsOfReading(_ table: MappingTable, _ members: Members) throws -> Int {
        let counting = FaultyDevice.Plan()
        let volume = try Volume(table, opening: .devices(members.memory.mapValues { FaultyDevice($0, counting) }))
        _ = try volume.read(at: 0, count: Int(table.byteCount))
        return counting.requests
    }
}
