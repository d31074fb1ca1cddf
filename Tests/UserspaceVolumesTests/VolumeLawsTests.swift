import BlockIO
import DeviceMapperTables
import Foundation
import StorageUnits
import Testing
import UserspaceVolumes
import VolumeLaws

@Suite struct VolumeLawsTests {
    /// A law, on a volume over memory with these members, and afterwards a look at the members.
    private func check(
        _ law: DeviceLaws.Law, _ table: MappingTable, _ sizes: [DeviceReference: Sectors], memberBlock: Int = 1, blockSize: Int = 1,
        seed: UInt64 = .random(in: 0...UInt64.max)
    ) throws {
        let members = Members(sizes, blockSize: memberBlock, seed: seed, mirroredBy: table)
        let forgetful = table.lines.filter { $0.target is ZeroTarget }.map { $0.range.start.count * 512..<$0.range.end.count * 512 }
        try DeviceLaws(
            blockSize: blockSize, sizes: [table.byteCount], forgetful: forgetful, seed: seed,
            finish: { device in
                let volume = try #require(device as? Volume)
                let bytes = try volume.read(at: 0, count: Int(table.byteCount))
                try volume.close()
                let expected = try ReferenceMapping.members(of: table, holding: bytes, over: members.initial)
                for (name, device) in members.memory {
                    #expect(device.contents == expected[name], "member \(name) holds other bytes than it should, seed \(seed)")
                }
            },
            // Devices that know of holes: a hole of the volume must be one of theirs.
            make: { _ in try Volume(table, opening: members.opener { SparseDevice($0, unit: max(512, UInt64(memberBlock))) }) }
        ).check(law)
    }

    private func check(_ law: DeviceLaws.Law, _ table: MappingTable, memberBlock: Int = 1, blockSize: Int = 1) throws {
        var sizes: [DeviceReference: Sectors] = [:]
        for device in table.lines.flatMap(\.target.devices) { sizes[device] = Sectors(800) }
        try check(law, table, sizes, memberBlock: memberBlock, blockSize: blockSize)
    }

    @Test(arguments: DeviceLaws.Law.allCases, [1, 512])
    func `A linear volume is a block device`(law: DeviceLaws.Law, blockSize: Int) throws {
        try check(law, try MappingTable("0 200 linear a 3"), blockSize: blockSize)
        try check(law, try MappingTable("0 1 linear a 0"), blockSize: blockSize)
    }

    @Test(arguments: DeviceLaws.Law.allCases)
    func `A volume of many linear lines is a block device`(law: DeviceLaws.Law) throws {
        try check(law, try MappingTable("0 7 linear a 100", "7 1 linear b 0", "8 90 linear a 1", "98 3 linear b 30", "101 64 linear c 9"))
        // Sectors in reverse: every request of more than one is split.
        let reverse = try (0..<40 as Range<UInt64>).map { sector in
            MappingTable.Line(
                try #require(SectorRange(start: Sectors(sector), length: 1)), LinearTarget(device: "a", start: Sectors(39 - sector)))
        }
        try check(law, try MappingTable(reverse))
    }

    @Test(arguments: [1, 3, 8, 128] as [UInt64], 1...5 as ClosedRange<UInt64>)
    func `A striped volume is a block device`(chunk: UInt64, count: UInt64) throws {
        let devices = "abcde".prefix(Int(count)).enumerated().map { "\($1) \($0)" }.joined(separator: " ")
        let rows = max(2, 60 / (chunk * count))
        let table = try MappingTable("0 \(rows * chunk * count) striped \(count) \(chunk) \(devices)")
        for law in DeviceLaws.Law.allCases { try check(law, table) }
        try check(.model, table, blockSize: 512)
    }

    @Test func `A striped volume may have a device twice, and more rows than one call has pieces`() throws {
        let table = try MappingTable("0 4500 striped 2 1 a 0 a 2250")
        try check(.readsBack, table, ["a": 4500])
        try check(.model, table, ["a": 4500])
        try check(.pieces, table, ["a": 4500])
    }

    @Test(arguments: DeviceLaws.Law.allCases)
    func `An unstriped volume is a block device`(law: DeviceLaws.Law) throws {
        for (count, chunk, stripe) in [(1, 5, 0), (2, 8, 0), (2, 8, 1), (3, 1, 2), (5, 7, 3)] {
            let chunks = chunk == 1 ? 40 : 6
            try check(law, try MappingTable("0 \(chunks * chunk) unstriped \(count) \(chunk) \(stripe) a 9"))
        }
        try check(law, try MappingTable("0 48 unstriped 2 8 1 a 8"), memberBlock: 4096)
    }

    @Test(arguments: DeviceLaws.Law.allCases)
    func `A switch is a block device`(law: DeviceLaws.Law) throws {
        try check(law, try MappingTable("0 200 switch 3 7 0 a 3 b 0 c 100"))
        try check(law, try MappingTable("0 200 switch 1 64 0 a 3"))
        try check(law, try MappingTable("0 5 switch 2 8 0 a 0 b 0"))
        try check(law, try MappingTable("0 96 switch 2 8 0 a 8 b 16"), memberBlock: 4096)
    }

    @Test(arguments: DeviceLaws.Law.allCases)
    func `A mirror is a block device`(law: DeviceLaws.Law) throws {
        try check(law, try MappingTable("0 200 mirror core 2 8 nosync 2 a 3 b 0 1 handle_errors"))
        try check(law, try MappingTable("0 77 mirror core 2 16 nosync 3 a 3 b 0 c 40"))
        try check(law, try MappingTable("0 96 mirror core 2 8 nosync 2 a 8 b 16"), memberBlock: 4096)
    }

    /// All paths lead to one device.
    @Test(arguments: DeviceLaws.Law.allCases, ["round-robin 0 3 1 a 1 a 1 a 1", "service-time 0 2 2 a 1 1 a 1 9", "io-affinity 0 1 1 a f"])
    func `A multipath device is a block device`(law: DeviceLaws.Law, group: String) throws {
        try check(law, try MappingTable("0 200 multipath 0 0 1 1 \(group)"))
        try check(law, try MappingTable("0 96 multipath 0 0 2 2 queue-length 0 1 0 a \(group)"), memberBlock: 4096)
    }

    /// What is copied in the background is not in the way.
    @Test(arguments: DeviceLaws.Law.allCases)
    func `A mirror is a block device while it is copied`(law: DeviceLaws.Law) throws {
        for table in [
            "0 200 mirror core 1 2 2 a 3 b 0", "0 77 mirror core 1 16 3 a 3 b 0 c 40 2 handle_errors keep_log",
            "0 77 mirror disk 2 log 2 3 a 3 b 0 c 40", "0 200 mirror disk 3 log 16 sync 2 a 3 b 0 1 handle_errors",
        ] {
            let members = Members(["a": 300, "b": 300, "c": 300, "log": 300])
            let size = try MappingTable(table).byteCount
            try DeviceLaws(
                sizes: [size],
                finish: { device in
                    let volume = try #require(device as? Volume)
                    try volume.waitUntilInSync()
                    let bytes = try volume.read(at: 0, count: Int(size))
                    try volume.close()
                    let expected = try ReferenceMapping.members(of: volume.table, holding: bytes, over: members.initial)
                    for (name, device) in members.memory where name != "log" {
                        #expect(device.contents == expected[name], "member \(name) holds other bytes")
                    }
                },
                make: { _ in try Volume(try MappingTable(table), opening: members.opener) }
            ).check(law)
        }
    }

    @Test(arguments: DeviceLaws.Law.allCases)
    func `A dust line without bad blocks is a block device`(law: DeviceLaws.Law) throws {
        try check(law, try MappingTable("0 200 dust a 3 512"))
        try check(law, try MappingTable("0 96 dust a 8 16384"), memberBlock: 4096)
    }

    @Test(arguments: DeviceLaws.Law.allCases, ["86400 0 1 error_writes", "0 86400 5 corrupt_bio_byte 4294967295 w 1 0"])
    func `A flakey line that does nothing to requests is a block device`(law: DeviceLaws.Law, options: String) throws {
        try check(law, try MappingTable("0 200 flakey a 3 \(options)"))
        try check(law, try MappingTable("0 96 flakey a 8 \(options)"), memberBlock: 4096)
    }

    @Test(arguments: DeviceLaws.Law.allCases)
    func `A delay line is a block device`(law: DeviceLaws.Law) throws {
        try check(law, try MappingTable("0 200 delay a 3 0"))
        try check(law, try MappingTable("0 96 delay a 8 0 a 8 0 a 8 0"), memberBlock: 4096)
    }

    @Test func `A delay line whose requests wait is a block device`() throws {
        try check(.threads, try MappingTable("0 40 delay a 3 1"))
    }

    @Test(arguments: ["xts", "cbc"], ["plain", "plain64", "essiv:sha256"])
    func `An encrypted volume is a block device`(mode: String, iv: String) throws {
        let key = mode == "xts" ? Keys.xts : Keys.cbc
        for (size, options) in [
            (1, "0"), (1, "2 sector_size:512 allow_discards"), (2, "1 sector_size:1024"), (4, "1 sector_size:2048"),
            (8, "1 sector_size:4096"), (8, "3 sector_size:4096 iv_large_sectors allow_discards"),
        ] as [(UInt64, String)] {
            for offset in [0, 4_294_967_288] as [UInt64] {
                let table = try MappingTable("0 \(40 * size) crypt aes-\(mode)-\(iv) \(key) \(offset) a 5 \(options)")
                try check(.model, table)
                try check(.threads, table)
                if offset == 0 {
                    for law in DeviceLaws.Law.allCases { try check(law, table, blockSize: 1) }
                    try check(.model, table, blockSize: Int(size) * 512)
                }
            }
        }
    }

    @Test(arguments: [16, 24, 32])
    func `Keys of every length of AES serve`(byteCount: Int) throws {
        try check(.model, try MappingTable("0 64 crypt aes-cbc-plain64 \(Keys.hex(byteCount)) 0 a 0"))
        try check(.model, try MappingTable("0 64 crypt aes-xts-plain64 \(Keys.hex(2 * byteCount)) 0 a 0"))
    }

    @Test(arguments: DeviceLaws.Law.allCases)
    func `A volume of zeroes forgets what is written`(law: DeviceLaws.Law) throws {
        try check(law, try MappingTable("0 200 zero"))
    }

    @Test(arguments: DeviceLaws.Law.allCases)
    func `A volume of all kinds of lines is a block device`(law: DeviceLaws.Law) throws {
        let table = try MappingTable(
            "0 3 linear a 0", "3 60 striped 3 4 a 10 b 0 c 5", "63 1 linear b 40",
            "64 80 crypt aes-xts-plain64 \(Keys.xts) 8 c 40 1 sector_size:4096", "144 5 zero",
            "149 11 crypt aes-cbc-essiv:sha256 \(Keys.cbc) 0 a 50", "160 16 linear c 200")
        try check(law, table)
        try check(law, table, blockSize: 512)
    }

    @Test(arguments: [512, 4096])
    func `A volume over devices with blocks takes any request`(block: Int) throws {
        let table = try MappingTable(
            "0 64 linear a 8", "64 96 striped 2 16 a 80 b 0", "160 32 crypt aes-xts-plain64 \(Keys.xts) 0 b 56",
            "192 32 crypt aes-xts-plain64 \(Keys.xts) 0 a 160 1 sector_size:1024")
        for law in DeviceLaws.Law.allCases { try check(law, table, memberBlock: block) }
    }

    @Test func `Random tables make block devices`() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        for round in 0..<scaled(150) {
            var random = SeededGenerator(seed: seed &+ UInt64(round))
            let made = try RandomTable(over: ["a", "b", "c", "d"], using: &random)
            do {
                for law in [DeviceLaws.Law.model, .extents, .threads] {
                    try check(law, made.table, made.sizes, seed: seed &+ UInt64(round))
                }
            } catch {
                Issue.record("\(error), table:\n\(made)")
            }
        }
    }

    @Test(arguments: [DeviceLaws.Law.model, .threads, .extents, .flushing])
    func `Volumes over files are block devices`(law: DeviceLaws.Law) throws {
        let directory = try TemporaryDirectory()
        for name in ["a", "b", "c"] { _ = try directory.file(name, size: 1 << 20) }
        let table = try MappingTable(
            "0 9 linear \(directory("a")) 3", "9 300 striped 3 10 \(directory("a")) 20 \(directory("b")) 1 \(directory("c")) 0",
            "309 3 zero", "312 200 crypt aes-xts-plain64 \(Keys.xts) 0 \(directory("b")) 500 2 sector_size:4096 allow_discards")
        try DeviceLaws(
            sizes: [table.byteCount], forgetful: [309 * 512..<312 * 512], finish: { try #require($0 as? Volume).close() },
            make: { _ in try Volume(table) }
        ).check(law)
    }

    @Test func `A volume over a volume is a block device`() throws {
        let members = Members("ab", sectors: 300)
        let inner = try Volume(
            try MappingTable("0 64 striped 2 1 a 0 b 0", "64 200 crypt aes-xts-plain64 \(Keys.xts) 0 a 40 1 sector_size:4096"),
            opening: members.opener)
        let table = try MappingTable(
            "0 100 crypt aes-cbc-plain64 \(Keys.cbc) 0 inner 60", "100 60 linear inner 0", "160 64 linear inner 200")
        for law in DeviceLaws.Law.allCases {
            try DeviceLaws(sizes: [table.byteCount], make: { _ in try Volume(table, opening: .devices(["inner": inner])) }).check(law)
        }
    }
}
