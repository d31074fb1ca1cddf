import BlockIO
import DeviceMapperTables
import StorageUnits
import Testing
import UserspaceVolumes
import VolumeLaws

/// What becomes of requests to bad blocks, and what is said of them.
@Suite struct DustTests {
    /// A line over a device in memory that writes down its calls.
    private struct Bench {
        let member: MemoryDevice
        let calls: RecordingDevice
        let volume: Volume

        init(_ table: String, sectors: Int = 64, memory: ByteCount = .mebibytes(32)) throws {
            member = MemoryDevice((0..<sectors * 512).map { UInt8(truncatingIfNeeded: $0 / 512) })
            calls = RecordingDevice(member)
            var environment = VolumeEnvironment()
            environment.memoryBudget = memory
            volume = try Volume(try MappingTable(table), opening: .devices(["a": calls]), environment: environment)
        }

        func tell(_ messages: String...) {
            for message in messages { #expect(volume.answer(message) == "(nothing)") }
        }

        func requests() -> [String] { calls.takeCalls().map(\.description) }

        func write(_ byte: UInt8 = 0xee, at sector: Int, count: Int) -> BlockIOError? {
            requestFailure { () throws(BlockIOError) in
                try volume.write([UInt8](repeating: byte, count: count * 512), at: UInt64(sector) * 512)
            }
        }

        func read(at sector: Int, count: Int) -> BlockIOError? {
            requestFailure { () throws(BlockIOError) in _ = try volume.read(at: UInt64(sector) * 512, count: count * 512) }
        }

        /// Which sectors of the device have been written.
        var written: [Int] { (0..<member.contents.count / 512).filter { member.contents[$0 * 512] == 0xee } }
    }

    @Test func `A block smaller than the device's is refused`() throws {
        let members = Members("a", sectors: 64, blockSize: 4096)
        let error = openingFailure(try MappingTable("0 64 dust a 0 512"), members.opener)
        #expect(error?.description == "line 1: the block size is no multiple of the device's logical block size, 4096 bytes")
        try Volume(try MappingTable("0 64 dust a 0 4096"), opening: members.opener).close()
    }

    // MARK: messages

    @Test func `A list can be given when the volume is opened, or nothing stays open`() throws {
        let directory = try TemporaryDirectory()
        let image = try directory.file(size: 32 << 10)
        let table = try MappingTable("0 8 zero\n8 64 dust \(image) 0 512")
        let list: [(sector: Sectors, message: any TargetMessage)] = [
            (8, DustTarget.Message.addBadBlock(60)), (71, DustTarget.Message.addBadBlock(7)), (8, OpaqueMessage(["enable"])),
        ]
        let mistakes: [(MappingError.Code, Sectors, [String])] = [
            (.unsupported, 0, ["enable"]), (.invalidMessage, 8, ["addbadblock", "65"]), (.notFound, 72, ["enable"]),
        ]
        for (code, sector, words) in mistakes {
            let error = #expect(throws: MappingError.self) { try Volume(table, messages: list + [(sector, OpaqueMessage(words))]) }
            #expect(error?.code == code)
        }
        // An image is open once at a time, so that this one would not open if it were still.
        let volume = try Volume(table, messages: list)
        #expect(volume.answer("listbadblocks", at: 8) == "7\n60\n")
        let error = requestFailure { () throws(BlockIOError) in _ = try volume.read(at: (8 + 60) * 512, count: 512) }
        #expect(error?.code == .inputOutput)
        try volume.close()
    }

    @Test func `Messages are answered in the kernel's words`() throws {
        let volume = try Bench("0 64 dust a 0 512").volume
        #expect(volume.statusText == "a bypass verbose")
        #expect(volume.answer("listbadblocks") == "No blocks in badblocklist")
        #expect(volume.answer("countbadblocks") == "countbadblocks: 0 badblock(s) found")
        #expect(volume.answer("clearbadblocks") == "dust_clear_badblocks: no badblocks found")
        for block in [60, 7, 8, 63, 0, 9] { #expect(volume.answer("addbadblock \(block)") == "(nothing)") }
        #expect(volume.answer("AddBadBlock 61 255") == "(nothing)")
        #expect(volume.answer("queryblock 60") == "dust_query_block: block 60 found in badblocklist")
        #expect(volume.answer("queryblock 6") == "dust_query_block: block 6 not found in badblocklist")
        #expect(volume.answer("countbadblocks") == "countbadblocks: 7 badblock(s) found")
        #expect(volume.answer("listbadblocks") == "0\n7\n8\n9\n60\n61\n63\n")
        #expect(volume.answer("removebadblock 8") == "(nothing)")
        #expect(volume.answer("listbadblocks") == "0\n7\n9\n60\n61\n63\n")
        #expect(volume.answer("clearbadblocks") == "dust_clear_badblocks: badblocks cleared")
        #expect(volume.answer("countbadblocks") == "countbadblocks: 0 badblock(s) found")
        for (message, status) in [
            ("enable", "a fail_read_on_bad_block verbose"), ("quiet", "a fail_read_on_bad_block quiet"),
            ("enable", "a fail_read_on_bad_block quiet"), ("disable", "a bypass quiet"), ("QUIET", "a bypass verbose"),
        ] {
            #expect(volume.answer(message) == "(nothing)")
            #expect(volume.statusText == status)
        }
    }

    @Test func `A wrong message is refused, and changes nothing`() throws {
        let volume = try Bench("0 8 dust a 8 2048").volume
        // A device of 16 blocks has a block 16, as the kernel counts.
        #expect(volume.answer("addbadblock 16") == "(nothing)")
        for (message, reason) in [
            ("addbadblock 16", "block 16 is bad already"), ("addbadblock 16 3", "block 16 is bad already"),
            ("removebadblock 15", "block 15 is not bad"),
            ("addbadblock 17", "block 17 is out of range: the device has 16 blocks"),
            ("removebadblock 17", "block 17 is out of range: the device has 16 blocks"),
            ("queryblock 18446744073709551615", "block 18446744073709551615 is out of range: the device has 16 blocks"),
            ("addbadblock", "block: the line ends here"), ("addbadblock 1 256", "failing writes: expected 0 to 255, found 256"),
            ("enable 1", "unexpected '1' after the arguments of the message"),
        ] {
            let error = #expect(throws: MappingError.self) { try volume.send(OpaqueMessage(message)) }
            #expect(error?.description == "line 1: \(reason)")
            #expect(error?.code == .invalidMessage)
            #expect(volume.answer("listbadblocks") == "16\n")
        }
        #expect((#expect(throws: MappingError.self) { try volume.send(OpaqueMessage("addbadblock 16")) })?.errno == 22)
    }

    @Test func `Messages of types are answered with types`() throws {
        let volume = try Bench("0 64 dust a 0 512").volume
        func send(_ message: DustMessage) throws -> DustMessage.Reply { try message.reply(parsing: try volume.send(message)) }
        #expect(try send(.addBadBlock(3, failingWrites: 2)) == .nothing)
        #expect(try send(.addBadBlock(1)) == .nothing)
        #expect(try send(.queryBlock(3)) == .isBad(true))
        #expect(try send(.listBadBlocks) == .badBlocks([1, 3]))
        #expect(try send(.countBadBlocks) == .count(2))
        #expect(try send(.clearBadBlocks) == .cleared(true))
        #expect(try #require(volume.status().first).status(of: DustTarget.self) == .init(device: "a"))
    }

    @Test func `Bad blocks have a bound, which the memory for caches sets`() throws {
        // Each of these blocks has a word of its own, and two above that all share; the last to come could need three and a count.
        let bench = try Bench("0 8192 dust a 0 512", sectors: 8192, memory: ByteCount(11 * 48))
        for block in 0..<6 { bench.tell("addbadblock \(block * 64)") }
        let error = #expect(throws: MappingError.self) { try bench.volume.send(DustMessage.addBadBlock(4000)) }
        #expect(error?.code == .outOfMemory)
        #expect(error?.errno == 12)
        #expect(error?.description == "line 1: 6 bad blocks and another are more than the memory for caches holds, 528 bytes")
        bench.tell("removebadblock 0", "addbadblock 4000")
        #expect(bench.volume.answer("listbadblocks") == "64\n128\n192\n256\n320\n4000\n")
    }

    @Test func `Lines share that memory, and one whose blocks are all good again gives it back`() throws {
        let bench = try Bench("0 4096 dust a 0 512\n4096 4096 dust a 4096 512", sectors: 8192, memory: ByteCount(11 * 48))
        for block in 0..<6 { bench.tell("addbadblock \(block * 64)") }
        #expect(
            bench.volume.answer("addbadblock 0", at: 4096)
                == "line 2: 0 bad blocks and another are more than the memory for caches holds, 528 bytes")
        #expect(bench.volume.answer("clearbadblocks") == "dust_clear_badblocks: badblocks cleared")
        #expect(bench.volume.answer("addbadblock 0", at: 4096) == "(nothing)")
        // Of eleven words that there is room for it has four: three, and a count that the block could have had. Two blocks take the rest.
        for block in 0..<2 { bench.tell("addbadblock \(block * 64)") }
        #expect(
            bench.volume.answer("addbadblock 128")
                == "line 1: 2 bad blocks and another are more than the memory for caches holds, 528 bytes")
    }

    @Test func `Blocks anywhere on a huge device are found, counted and listed in order`() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        let size = UInt64(1) << 62
        let volume = try Volume(
            try MappingTable("0 \(size / 512) dust a 0 512"), opening: .devices(["a": BoundlessDevice(size: ByteCount(size))]))
        var model: Set<UInt64> = []
        for _ in 0..<scaled(20_000) {
            let near = model.randomElement(using: &random) ?? 0
            let block =
                Bool.random(using: &random)
                ? UInt64.random(in: 0...size / 512, using: &random) >> UInt64.random(in: 0...50, using: &random)
                : min(size / 512, near &+ UInt64.random(in: 0...130, using: &random))
            if Int.random(in: 0..<3, using: &random) > 0 {
                #expect((volume.answer("addbadblock \(block)") == "(nothing)") == model.insert(block).inserted)
            } else {
                let block = Bool.random(using: &random) ? block : near
                #expect((volume.answer("removebadblock \(block)") == "(nothing)") == (model.remove(block) != nil))
            }
        }
        #expect(try DustMessage.listBadBlocks.reply(parsing: volume.answer("listbadblocks")) == .badBlocks(model.sorted()), "seed \(seed)")
        #expect(volume.answer("countbadblocks") == "countbadblocks: \(model.count) badblock(s) found")
    }

    // MARK: requests

    @Test func `Nothing is in the way of requests while there are no bad blocks, or they are disabled`() throws {
        let bench = try Bench("0 60 dust a 3 1024")
        func expectAll() {
            #expect(bench.read(at: 1, count: 40) == nil)
            #expect(bench.write(at: 2, count: 30) == nil)
            #expect(bench.requests() == ["read 2048+20480", "write 2560+15360"])
        }
        expectAll()
        bench.tell("enable")
        expectAll()
        bench.tell("addbadblock 5 3", "disable")
        expectAll()
        bench.tell("enable")
        #expect(bench.read(at: 1, count: 40) != nil)
        bench.tell("removebadblock 5")
        _ = bench.requests()
        expectAll()
    }

    @Test func `A read of a bad block fails with its number, and the rest of the request is read`() throws {
        let bench = try Bench("0 64 dust a 0 1024")
        bench.tell("addbadblock 5", "addbadblock 9", "enable")
        let error = try #require(bench.read(at: 4, count: 24))
        #expect(error.code == .inputOutput)
        #expect(error.description == "block 5 of 'a' is bad (bytes 5120 to 14335)")
        #expect(bench.requests() == ["read 2048+3072", "read 6144+3072", "read 10240+4096"])
        #expect(bench.read(at: 4, count: 6) == nil)
        #expect(bench.read(at: 12, count: 6) == nil)
        #expect(bench.read(at: 11, count: 1) != nil)
        #expect(bench.volume.answer("countbadblocks") == "countbadblocks: 2 badblock(s) found")
    }

    @Test func `A write heals bad blocks, once as many as it was told have failed`() throws {
        let bench = try Bench("0 64 dust a 0 512")
        bench.tell("addbadblock 4", "addbadblock 6 2", "addbadblock 8", "enable")
        // What lies before and behind the block that fails is written, and healed.
        let error = try #require(bench.write(at: 2, count: 10))
        #expect(error.description == "block 6 of 'a' is bad (bytes 3072 to 6143)")
        #expect(bench.written == [2, 3, 4, 5, 7, 8, 9, 10, 11])
        #expect(bench.requests() == ["write 1024+2048", "write 3584+2560"])
        #expect(bench.volume.answer("listbadblocks") == "6\n")
        #expect(bench.write(at: 6, count: 1) != nil)
        #expect(bench.read(at: 6, count: 1) != nil)
        #expect(bench.write(at: 6, count: 1) == nil)
        #expect(bench.read(at: 6, count: 1) == nil)
        #expect(bench.volume.answer("listbadblocks") == "No blocks in badblocklist")
    }

    @Test func `Zeroes are written as bytes are`() throws {
        let bench = try Bench("0 64 dust a 0 512")
        bench.tell("addbadblock 4", "addbadblock 6 1", "enable")
        let error = requestFailure { () throws(BlockIOError) in
            try bench.volume.writeZeroes(at: 1024, count: 4096, flags: .mayUnmap)
        }
        #expect(error?.description == "block 6 of 'a' is bad (bytes 3072 to 5119)")
        #expect(bench.requests() == ["writeZeroes 1024+2048, may unmap", "writeZeroes 3584+1536, may unmap"])
        #expect(bench.volume.answer("listbadblocks") == "6\n")
    }

    @Test func `A discard is a write of the block in which it begins, and of no other`() throws {
        let bench = try Bench("0 64 dust a 0 1024")
        bench.tell("addbadblock 3", "addbadblock 4 1", "addbadblock 5", "enable")
        #expect(requestFailure { () throws(BlockIOError) in try bench.volume.discard(at: 3072, count: 8192) } == nil)
        #expect(bench.volume.answer("listbadblocks") == "4\n5\n")
        let error = requestFailure { () throws(BlockIOError) in try bench.volume.discard(at: 4608, count: 8192) }
        #expect(error?.description == "block 4 of 'a' is bad (bytes 4608 to 12799)")
        #expect(bench.requests() == ["discard 3072+8192"])
        #expect(requestFailure { () throws(BlockIOError) in try bench.volume.discard(at: 4608, count: 8192) } == nil)
        #expect(bench.volume.answer("listbadblocks") == "5\n")
    }

    @Test(arguments: [(begin: 0, start: 0, block: 0), (0, 16, 2), (8, 24, 2), (16, 20, 0), (8, 8, 0)])
    func `A flush is a write of the block where the table's first sector would be`(begin: Int, start: Int, block: Int) throws {
        let line = "\(begin) 16 dust a \(start) 4096"
        let bench = try Bench(begin == 0 ? line : "0 \(begin) linear a 0\n" + line)
        let sector = Sectors(UInt64(begin))
        for message in ["addbadblock 1 9", "addbadblock 3 9", "addbadblock \(block) 1", "enable"] {
            #expect(bench.volume.answer(message, at: sector) == "(nothing)")
        }
        let error = requestFailure { () throws(BlockIOError) in try bench.volume.flush() }
        #expect(error?.message == "block \(block) of 'a' is bad")
        #expect(error?.code == .inputOutput)
        _ = bench.requests()
        #expect(requestFailure { () throws(BlockIOError) in try bench.volume.flush() } == nil)
        #expect(bench.requests().last == "flush")
        #expect(bench.volume.answer("listbadblocks", at: sector) == "1\n3\n")
    }

    @Test func `A line that begins before the table's first sector would be on the device has flushes that meet no block`() throws {
        let bench = try Bench("0 16 linear a 0\n16 16 dust a 8 4096")
        for message in ["addbadblock 0", "addbadblock 1", "addbadblock 2", "enable"] { _ = bench.volume.answer(message, at: 16) }
        try bench.volume.flush()
        #expect(bench.volume.answer("countbadblocks", at: 16) == "countbadblocks: 3 badblock(s) found")
    }

    /// Pieces end where the line says, blocks where the device does.
    @Test func `A line that does not begin with a block meets only the blocks in which its pieces begin`() throws {
        let bench = try Bench("0 40 dust a 3 4096")
        bench.tell("addbadblock 1", "enable")
        // Sectors 0 to 7 of the line are 3 to 10 of the device: a piece that begins in block 0, and ends in block 1.
        #expect(bench.read(at: 0, count: 8) == nil)
        #expect(bench.read(at: 5, count: 3)?.description == "block 1 of 'a' is bad (bytes 2560 to 4095)")
        #expect(bench.read(at: 8, count: 8)?.description == "block 1 of 'a' is bad (bytes 4096 to 8191)")
        #expect(bench.read(at: 0, count: 20)?.description == "block 1 of 'a' is bad (bytes 4096 to 10239)")
        // Both pieces begin in the block: the first write fails, and the second heals.
        bench.tell("removebadblock 1", "addbadblock 1 1")
        #expect(bench.write(at: 5, count: 9)?.description == "block 1 of 'a' is bad (bytes 2560 to 7167)")
        #expect(bench.written == Array(11...16))
        #expect(bench.volume.answer("countbadblocks") == "countbadblocks: 0 badblock(s) found")
    }

    @Test func `A part of a sector is not healed without the rest`() throws {
        let bench = try Bench("0 64 dust a 0 512")
        bench.tell("addbadblock 4", "enable")
        for range in [2100..<2103, 1000..<2100, 2559..<4000, 2048..<2559, 2049..<2560] as [Range<UInt64>] {
            for isZeroes in [false, true] {
                let error = requestFailure { () throws(BlockIOError) in
                    if isZeroes { return try bench.volume.writeZeroes(at: range.lowerBound, count: UInt64(range.count), flags: []) }
                    try bench.volume.write([UInt8](repeating: 1, count: range.count), at: range.lowerBound)
                }
                #expect(error?.description == "block 4 of 'a' is bad (bytes \(range.lowerBound) to \(range.upperBound - 1))")
            }
        }
        #expect(requestFailure { () throws(BlockIOError) in _ = try bench.volume.read(at: 2559, count: 1) } != nil)
        #expect(bench.volume.answer("countbadblocks") == "countbadblocks: 1 badblock(s) found")
        #expect(bench.requests() == [])
        // With its ends in good sectors it heals what lies between.
        #expect(requestFailure { () throws(BlockIOError) in try bench.volume.write([UInt8](repeating: 1, count: 600), at: 2047) } == nil)
        #expect(bench.volume.answer("countbadblocks") == "countbadblocks: 0 badblock(s) found")
    }

    @Test func `A hole ends where reads fail`() throws {
        let member = MemoryDevice(size: ByteCount(64 * 512))
        let volume = try Volume(try MappingTable("0 64 dust a 0 1024"), opening: .devices(["a": SparseDevice(member)]))
        for message in ["addbadblock 3", "enable"] { _ = volume.answer(message) }
        #expect(try volume.extent(at: 0, limit: 32768) == Extent(.hole, count: 3072))
        #expect(try volume.extent(at: 3072, limit: 29696) == Extent(.data, count: 1024))
        #expect(try volume.extent(at: 4096, limit: 28672) == Extent(.hole, count: 28672))
    }

    @Test func `What a device fails is told in bytes of the line, with a bad block behind it`() throws {
        let plan = FaultyDevice.Plan([.init([.read, .write, .flush, .discard, .writeZeroes, .extent], times: .max)])
        let volume = try Volume(
            try MappingTable("0 32 dust a 8 512"), opening: .devices(["a": FaultyDevice(MemoryDevice(size: ByteCount(20480)), plan)]))
        for isEngaged in [false, true] {
            if isEngaged { for message in ["addbadblock 12", "enable"] { _ = volume.answer(message) } }
            let errors = [
                requestFailure { () throws(BlockIOError) in _ = try volume.read(at: 1024, count: 2048) },
                requestFailure { () throws(BlockIOError) in try volume.write([UInt8](repeating: 0, count: 1024), at: 1024) },
                requestFailure { () throws(BlockIOError) in try volume.writeZeroes(at: 1024, count: 1024, flags: []) },
                requestFailure { () throws(BlockIOError) in try volume.discard(at: 1024, count: 1024) },
            ]
            for error in errors {
                #expect(error?.message == "made to fail")
                #expect(error?.offset == 1024)
            }
            #expect(requestFailure { () throws(BlockIOError) in try volume.flush() }?.message == "made to fail")
        }
        plan.clear()
    }

    @Test func `Bad blocks do not keep a volume from being closed`() throws {
        let bench = try Bench("0 64 dust a 0 512")
        bench.tell("addbadblock 0 200", "enable")
        #expect(requestFailure { () throws(BlockIOError) in try bench.volume.flush() } != nil)
        #expect(closingFailure(bench.volume) == nil)
        #expect(bench.requests() == ["flush"])
    }

    @Test func `Another table begins without bad blocks, and the one that stays keeps them`() throws {
        let mapper = UserspaceMapper(opening: Members("a", sectors: 64).opener)
        let id = MappedDeviceID.name(try DeviceName("worn"))
        let table = try MappingTable("0 64 dust a 0 512")
        try mapper.createAndLoad(DeviceDefinition(name: DeviceName("worn"), table: table))
        for message in [DustMessage.addBadBlock(0, failingWrites: 9), .enable] { _ = try mapper.send(message, to: id) }
        // Its first block fails flushes, but not those of the suspension.
        _ = try mapper.suspend(id, flush: true)
        _ = try mapper.send(DustMessage.addBadBlock(5), to: id)
        _ = try mapper.resume(id)
        #expect(try mapper.send(DustMessage.listBadBlocks, to: id) == "0\n5\n")
        _ = try mapper.load(table, into: id)
        _ = try mapper.resume(id)
        #expect(try mapper.send(DustMessage.listBadBlocks, to: id) == "No blocks in badblocklist")
        #expect(try mapper.status(of: id, in: .active).map(\.text) == ["a bypass verbose"])
    }

    @Test func `A device that is shorter than its line is refused`() throws {
        #expect(
            openingFailure(try MappingTable("0 64 dust a 1 512"), Members("a", sectors: 64).opener)?.description
                == "line 1: a: the device has 64 sectors, the line needs 65")
    }

    // MARK: at random

    /// The target, as simply as can be: one piece after the other.
    private struct Model {
        var bytes: [UInt8]
        let start: Int
        let size: Int
        var bad: [Int: Int] = [:]
        var isEnabled = false

        /// The ranges of the device that a request comes to, and whether all of it does.
        mutating func pass(_ range: Range<Int>, isWrite: Bool) -> (ranges: [Range<Int>], isWhole: Bool) {
            var ranges: [Range<Int>] = []
            var isWhole = true
            var place = range.lowerBound
            while place < range.upperBound {
                let end = min(range.upperBound, (place / size + 1) * size)
                if meets((start + place) / size, isWrite: isWrite) {
                    ranges.append(start + place..<start + end)
                } else {
                    isWhole = false
                }
                place = end
            }
            return (ranges, isWhole)
        }

        mutating func meets(_ block: Int, isWrite: Bool) -> Bool {
            guard isEnabled, let left = bad[block] else { return true }
            guard isWrite else { return false }
            bad[block] = left > 0 ? left - 1 : nil
            return left == 0
        }
    }

    @Test func `Random requests and messages do what a model of the target does`() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        for round in 0..<scaled(300) {
            var random = SeededGenerator(seed: seed &+ UInt64(round))
            let size = 512 << Int.random(in: 0...4, using: &random)
            let start = Int.random(in: 0...40, using: &random)
            let sectors = Int.random(in: max(1, size / 512)...200, using: &random)
            let members = Members("a", sectors: 256)
            let volume = try Volume(try MappingTable("0 \(sectors) dust a \(start) \(size)"), opening: members.opener)
            var model = Model(bytes: try #require(members.initial["a"]), start: start * 512, size: size)
            for step in 0..<60 {
                let comment: Comment = "seed \(seed), round \(round), step \(step)"
                let first = Int.random(in: 0..<sectors, using: &random)
                let range = first * 512..<Int.random(in: first + 1...sectors, using: &random) * 512
                let block = Int.random(in: 0...256 * 512 / size, using: &random)
                switch Int.random(in: 0..<12, using: &random) {
                case 0...2:
                    let count = Int.random(in: 0...2, using: &random)
                    let isTaken = volume.answer("addbadblock \(block) \(count)") == "(nothing)"
                    #expect(isTaken == (model.bad[block] == nil), comment)
                    if isTaken { model.bad[block] = count }
                case 3:
                    #expect(
                        (volume.answer("removebadblock \(block)") == "(nothing)") == (model.bad.removeValue(forKey: block) != nil), comment)
                case 4:
                    model.isEnabled = Int.random(in: 0..<4, using: &random) > 0
                    #expect(volume.answer(model.isEnabled ? "enable" : "disable") == "(nothing)")
                case 5:
                    let fails = requestFailure { () throws(BlockIOError) in
                        try volume.discard(at: UInt64(range.lowerBound), count: UInt64(range.count))
                    }
                    let passes = model.meets((model.start + range.lowerBound) / size, isWrite: true)
                    #expect((fails == nil) == passes, comment)
                    if passes {
                        let place = model.start + range.lowerBound..<model.start + range.upperBound
                        model.bytes.replaceSubrange(place, with: [UInt8](repeating: 0, count: range.count))
                    }
                case 6:
                    let fails = requestFailure { () throws(BlockIOError) in try volume.flush() }
                    #expect((fails == nil) == model.meets(model.start / size, isWrite: true), comment)
                case 7...8:
                    var found = [UInt8](repeating: 0, count: range.count)
                    let isWhole = model.pass(range, isWrite: false).isWhole
                    let fails = requestFailure { () throws(BlockIOError) in
                        found = try volume.read(at: UInt64(range.lowerBound), count: range.count)
                    }
                    #expect((fails == nil) == isWhole, comment)
                    if isWhole {
                        #expect(found == Array(model.bytes[model.start + range.lowerBound..<model.start + range.upperBound]), comment)
                    }
                default:
                    let new = random.bytes(range.count)
                    let (ranges, isWhole) = model.pass(range, isWrite: true)
                    let fails = requestFailure { () throws(BlockIOError) in try volume.write(new, at: UInt64(range.lowerBound)) }
                    #expect((fails == nil) == isWhole, comment)
                    for place in ranges {
                        let from = place.lowerBound - model.start - range.lowerBound
                        model.bytes.replaceSubrange(place, with: new[from..<from + place.count])
                    }
                }
            }
            let list = try DustMessage.listBadBlocks.reply(parsing: volume.answer("listbadblocks"))
            #expect(list == .badBlocks(model.bad.keys.sorted().map(UInt64.init)), "seed \(seed), round \(round)")
            try volume.close()
            #expect(members.memory["a"]?.contents == model.bytes, "seed \(seed), round \(round)")
        }
    }

    @Test(arguments: [false, true])
    func `Blocks become bad and good again while requests come`(clears: Bool) throws {
        let members = Members("a", sectors: 128)
        let volume = try Volume(try MappingTable("0 128 dust a 0 512"), opening: members.opener)
        _ = volume.answer("enable")
        let left = Monitor<Set<UInt64>>([])
        onThreads(5) { thread in
            // The second half of the blocks is one thread's alone.
            var own: Set<UInt64> = []
            defer { if thread == 4 { left.withLock { $0 = own } } }
            for round in 0..<scaled(2000) {
                let place = UInt64((round * 997 + thread * 13) % 60)
                switch thread {
                case 0: _ = volume.answer("addbadblock \(place)")
                case 1: _ = volume.answer(clears && round % 50 == 0 ? "clearbadblocks" : "removebadblock \(place)")
                case 2:
                    let bytes = try? volume.read(at: place * 512, count: 2048)
                    let expected = members.initial["a"].map { Array($0[Int(place) * 512..<Int(place) * 512 + 2048]) }
                    if let bytes { #expect(bytes == expected) }
                case 4:
                    let block = 64 + UInt64(round * 37 % 64)
                    switch round % 3 {
                    case 0:
                        let (isTaken, isNew) = (volume.answer("addbadblock \(block)") == "(nothing)", own.insert(block).inserted)
                        #expect(isTaken == isNew || clears)
                    case 1:
                        let (isTaken, wasBad) = (volume.answer("removebadblock \(block)") == "(nothing)", own.remove(block) != nil)
                        #expect(isTaken == wasBad || clears)
                    default:
                        if let same = members.initial["a"]?[Int(block) * 512..<Int(block) * 512 + 512] {
                            #expect(requestFailure { () throws(BlockIOError) in try volume.write(Array(same), at: block * 512) } == nil)
                        }
                        own.remove(block)
                    }
                default:
                    if let same = members.initial["a"]?[Int(place) * 512..<Int(place) * 512 + 512] {
                        _ = try? volume.write(Array(same), at: place * 512)
                    }
                }
            }
        }
        let list = try DustMessage.listBadBlocks.reply(parsing: volume.answer("listbadblocks"))
        guard case .badBlocks(let blocks) = list else {
            Issue.record("\(list)")
            return
        }
        #expect(try DustMessage.countBadBlocks.reply(parsing: volume.answer("countbadblocks")) == .count(UInt64(blocks.count)))
        let expected = left.withLock(\.self).sorted()
        if !clears { #expect(blocks.filter { $0 >= 64 } == expected) }
        _ = volume.answer("disable")
        #expect(try volume.read(at: 0, count: 65536) == members.initial["a"])
    }
}

/// A device as large as can be, which holds nothing.
private final class BoundlessDevice: BlockDevice {
    let size: ByteCount
    let limits = BlockLimits()
    init(size: ByteCount) { self.size = size }
    func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(BlockIOError) { buffer.fillWithZeroes() }
    func write(_ bytes: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {}
    func flush() throws(BlockIOError) {}
    func discard(at offset: UInt64, count: UInt64) throws(BlockIOError) {}
}
