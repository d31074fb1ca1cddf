import BlockIO
import DeviceMapperTables
import StorageUnits
import Testing
import UserspaceVolumes
import VolumeLaws

/// Which calls come to the devices: how many, and what they ask.
@Suite struct EngineCallsTests {
    /// The calls that a request makes, device by device.
    private func calls(
        _ table: MappingTable, _ members: Members, _ request: (Volume) throws -> Void
    ) throws -> [String: [String]] {
        let (opener, devices) = members.recording()
        let volume = try Volume(table, opening: opener)
        try request(volume)
        let calls = devices.map { ("\($0)", $1.takeCalls().map(\.description)) }
        try volume.close()
        return Dictionary(uniqueKeysWithValues: calls).filter { !$1.isEmpty }
    }

    private func write(_ count: Int, at offset: UInt64, flags: WriteFlags = []) -> (Volume) throws -> Void {
        { try $0.write([UInt8](repeating: 1, count: count), at: offset, flags: flags) }
    }

    private func read(_ count: Int, at offset: UInt64) -> (Volume) throws -> Void { { _ = try $0.read(at: offset, count: count) } }

    // MARK: linear

    @Test func `A linear line gives its device one call`() throws {
        let table = try MappingTable("0 100 linear a 10")
        let members = Members("a", sectors: 200)
        #expect(try calls(table, members, write(51_200, at: 0)) == ["a": ["write 5120+51200"]])
        #expect(try calls(table, members, read(1, at: 51_199)) == ["a": ["read 56319+1"]])
        #expect(try calls(table, members, write(3, at: 7, flags: .forceUnitAccess)) == ["a": ["write 5127+3, durable"]])
    }

    @Test func `A request over several lines is split at them`() throws {
        let table = try MappingTable("0 2 linear a 10", "2 1 zero", "3 4 linear b 0", "7 1 linear a 0")
        let members = Members("ab", sectors: 100)
        #expect(
            try calls(table, members, write(8 * 512, at: 0, flags: .forceUnitAccess))
                == ["a": ["write 5120+1024, durable", "write 0+512, durable"], "b": ["write 0+2048, durable"]])
        #expect(try calls(table, members, read(1536, at: 513)) == ["a": ["read 5633+511"], "b": ["read 0+513"]])
        #expect(
            try calls(table, members) { try $0.writeZeroes(at: 100, count: 3996, flags: [.mayUnmap, .forceUnitAccess]) }
                == [
                    "a": ["writeZeroes 5220+924, durable, may unmap", "writeZeroes 0+512, durable, may unmap"],
                    "b": ["writeZeroes 0+2048, durable, may unmap"],
                ])
        #expect(
            try calls(table, members) { try $0.discard(at: 100, count: 3000) } == ["a": ["discard 5220+924"], "b": ["discard 0+1564"]])
    }

    // MARK: striped

    @Test(arguments: 1...5)
    func `A striped line gives each device one call`(count: Int) throws {
        let names = "abcde".prefix(count)
        let table = try MappingTable(
            "0 \(count * 8 * 20) striped \(count) 8 " + names.enumerated().map { "\($1) \($0)" }.joined(separator: " "))
        let members = Members(String(names), sectors: 200)
        var whole: [String: [String]] = [:]
        var read: [String: [String]] = [:]
        for (index, name) in names.enumerated() {
            let pieces = count == 1 ? "" : " in 20 pieces"
            // A single member has the volume's bytes in their order, yet in chunks: they come as pieces, too.
            whole[String(name)] = ["write \(index * 512)+81920" + (count == 1 ? " in 20 pieces" : pieces)]
            read[String(name)] = ["read \(index * 512)+81920" + (count == 1 ? " in 20 pieces" : pieces)]
        }
        #expect(try calls(table, members, write(Int(table.byteCount), at: 0)) == whole)
        #expect(try calls(table, members, self.read(Int(table.byteCount), at: 0)) == read)
    }

    @Test func `A request within a chunk is a plain one`() throws {
        let table = try MappingTable("0 96 striped 3 8 a 1 b 2 c 3")
        let members = Members("abc", sectors: 100)
        #expect(try calls(table, members, write(4096, at: 4096)) == ["b": ["write 1024+4096"]])
        #expect(try calls(table, members, read(10, at: 4096 * 5 + 7)) == ["c": ["read 5639+10"]])
    }

    @Test func `A request over chunks begins and ends within them`() throws {
        let table = try MappingTable("0 96 striped 3 8 a 0 b 0 c 0")
        let members = Members("abc", sectors: 100)
        // From the middle of chunk 1 to the middle of chunk 5.
        #expect(
            try calls(table, members, write(4096 * 4, at: 4096 + 100, flags: .forceUnitAccess))
                == [
                    "a": ["write 4096+4096, durable"], "b": ["write 100+8092 in 2 pieces, durable"],
                    "c": ["write 0+4196 in 2 pieces, durable"],
                ])
        #expect(try calls(table, members, read(200, at: 4096 - 100)) == ["a": ["read 3996+100"], "b": ["read 0+100"]])
    }

    @Test(arguments: [(1023, [1023]), (1024, [1023, 1]), (2046, [1023, 1023]), (2100, [1023, 1023, 54])])
    func `A request with more chunks than one call takes comes in rounds`(rows: Int, rounds: [Int]) throws {
        let table = try MappingTable("0 \(2 * rows) striped 2 1 a 0 b 0")
        let members = Members("ab", sectors: UInt64(rows))
        var expected: [String] = []
        var place = 0
        for round in rounds {
            expected.append("write \(place * 512)+\(round * 512)" + (round > 1 ? " in \(round) pieces" : ""))
            place += round
        }
        #expect(try calls(table, members, write(2 * rows * 512, at: 0)) == ["a": expected, "b": expected])
    }

    @Test func `Discards and zeroes come to each device as one run`() throws {
        let table = try MappingTable("0 96 striped 3 8 a 0 b 0 c 0")
        let members = Members("abc", sectors: 100)
        #expect(
            try calls(table, members) { try $0.discard(at: 4096 + 100, count: 4096 * 4) }
                == ["a": ["discard 4096+4096"], "b": ["discard 100+8092"], "c": ["discard 0+4196"]])
        #expect(
            try calls(table, members) { try $0.writeZeroes(at: 4096, count: 4096 * 9, flags: [.mayUnmap, .forceUnitAccess]) }
                == [
                    "a": ["writeZeroes 4096+12288, durable, may unmap"], "b": ["writeZeroes 0+12288, durable, may unmap"],
                    "c": ["writeZeroes 0+12288, durable, may unmap"],
                ])
    }

    // MARK: crypt

    @Test func `Encrypted sectors come to the device in runs that stay in a cache`() throws {
        let table = try MappingTable("0 512 crypt aes-xts-plain64 \(Keys.xts) 0 a 16")
        let members = Members("a", sectors: 600)
        #expect(
            try calls(table, members, write(200_704, at: 512, flags: .forceUnitAccess))
                == [
                    "a": [
                        "write 8704+65536, durable", "write 74240+65536, durable", "write 139776+65536, durable",
                        "write 205312+4096, durable",
                    ]
                ])
        #expect(try calls(table, members, read(65_536, at: 0)) == ["a": ["read 8192+65536"]])
    }

    @Test func `A part of a sector is read, changed and written`() throws {
        let table = try MappingTable("0 512 crypt aes-xts-plain64 \(Keys.xts) 0 a 0 1 sector_size:4096")
        let members = Members("a", sectors: 600)
        #expect(try calls(table, members, write(10, at: 5000)) == ["a": ["read 4096+4096", "write 4096+4096"]])
        #expect(
            try calls(table, members, write(10, at: 4090, flags: .forceUnitAccess))
                == ["a": ["read 0+4096", "write 0+4096, durable", "read 4096+4096", "write 4096+4096, durable"]])
        // The whole sectors between are neither read nor split.
        #expect(
            try calls(table, members, write(3 * 4096, at: 4000))
                == [
                    "a": ["read 0+4096", "write 0+4096", "write 4096+8192", "read 12288+4096", "write 12288+4096"]
                ])
        #expect(
            try calls(table, members, read(3 * 4096, at: 4000))
                == [
                    "a": ["read 0+4096", "read 4096+8192", "read 12288+4096"]
                ])
    }

    @Test func `Zeroes on an encrypted line are written, encrypted, and read back as zeroes`() throws {
        let table = try MappingTable("0 64 crypt aes-xts-plain64 \(Keys.xts) 0 a 0 2 sector_size:4096 allow_discards")
        let members = Members("a", sectors: 64)
        #expect(
            try calls(table, members) { try $0.writeZeroes(at: 4000, count: 5000, flags: [.mayUnmap, .forceUnitAccess]) }
                == [
                    "a": [
                        "read 0+4096", "write 0+4096, durable", "write 4096+4096, durable", "read 8192+4096", "write 8192+4096, durable",
                    ]
                ])
        let volume = try Volume(table, opening: members.opener)
        #expect(try volume.read(at: 4000, count: 5000) == [UInt8](repeating: 0, count: 5000))
        #expect(members.memory["a"]?.contents[4096..<8192].contains { $0 != 0 } == true)
    }

    @Test func `Discards come through an encrypted line only when they are allowed, and in whole sectors`() throws {
        let members = Members("a", sectors: 64)
        let allowed = try MappingTable("0 64 crypt aes-xts-plain64 \(Keys.xts) 0 a 0 2 sector_size:4096 allow_discards")
        #expect(try calls(allowed, members) { try $0.discard(at: 4000, count: 9000) } == ["a": ["discard 4096+8192"]])
        #expect(try calls(allowed, members) { try $0.discard(at: 4000, count: 4000) } == [:])
        let forbidden = try MappingTable("0 8 linear a 0", "8 56 crypt aes-xts-plain64 \(Keys.xts) 0 a 8")
        let volume = try Volume(forbidden, opening: members.opener)
        #expect(volume.limits.canDiscard)
        #expect(
            failure { () throws(BlockIOError) in try volume.discard(at: 0, count: 8192) }
                == BlockIOError(.unsupported, offset: 4096, count: 4096, message: "this part of the volume takes no discards"))
        let only = try Volume(try MappingTable("0 64 crypt aes-xts-plain64 \(Keys.xts) 0 a 0"), opening: members.opener)
        #expect(!only.limits.canDiscard)
        // A device that takes no discards makes no difference to those that do.
        let mixed = try Volume(
            try MappingTable("0 8 crypt aes-xts-plain64 \(Keys.xts) 0 a 0 1 allow_discards"),
            opening: members.opener { NoDiscards($0) })
        #expect(!mixed.limits.canDiscard)
    }

    // MARK: extents

    @Test func `Holes come through linear and striped lines, and not through encrypted ones`() throws {
        let members = Members("abc", sectors: 1000)
        for device in members.memory.values { try device.writeZeroes(at: 0, count: 300 * 512, flags: []) }
        let opener = members.opener { SparseDevice($0) }
        let linear = try Volume(try MappingTable("0 500 linear a 100"), opening: opener)
        #expect(try linear.extent(at: 0, limit: 500 * 512) == Extent(.hole, count: 200 * 512))
        #expect(try linear.extent(at: 1, limit: 10) == Extent(.hole, count: 10))
        #expect(try linear.extent(at: 200 * 512, limit: 300 * 512) == Extent(.data, count: 300 * 512))
        #expect(try linear.extent(at: 200 * 512 - 1, limit: 10) == Extent(.hole, count: 1))

        // Members are empty up to their sector 300: the volume is up to the first chunk that has more.
        let striped = try Volume(try MappingTable("0 1200 striped 3 8 a 0 b 4 c 8"), opening: opener)
        let first = try striped.extent(at: 0, limit: 1200 * 512)
        // Row 36 has sectors 288 to 295 of the first, 292 to 299 of the second and 296 to 303 of the third: its last chunk is half empty.
        #expect(first == Extent(.hole, count: (36 * 24 + 16 + 4) * 512))
        let second = try striped.extent(at: first.count, limit: 1200 * 512 - first.count)
        #expect(second == Extent(.data, count: 4 * 512))
        // And then the first has half a chunk of zeroes left.
        #expect(try striped.extent(at: 37 * 24 * 512, limit: 100 * 512) == Extent(.hole, count: 4 * 512))

        let crypt = try Volume(try MappingTable("0 500 crypt aes-xts-plain64 \(Keys.xts) 0 a 0"), opening: opener)
        #expect(try crypt.extent(at: 100, limit: 100 * 512) == Extent(.data, count: 100 * 512))
    }

    @Test func `An extent does not reach over its line`() throws {
        let volume = try Volume(try MappingTable("0 10 zero", "10 10 zero", "20 10 linear a 0"), opening: Members("a", sectors: 10).opener)
        #expect(try volume.extent(at: 0, limit: 30 * 512) == Extent(.hole, count: 10 * 512))
        #expect(try volume.extent(at: 15 * 512, limit: 15 * 512) == Extent(.hole, count: 5 * 512))
        #expect(try volume.extent(at: 20 * 512, limit: 10 * 512) == Extent(.data, count: 10 * 512))
    }

    @Test func `An extent of devices with blocks is asked for in blocks, and told in bytes`() throws {
        let members = Members("a", sectors: 80, blockSize: 4096)
        try members.memory["a"]?.writeZeroes(at: 0, count: 8192, flags: [])
        let recording = RecordingDevice(SparseDevice(members.memory["a"] ?? MemoryDevice(size: ByteCount(0)), unit: 4096))
        let volume = try Volume(try MappingTable("0 80 linear a 0"), opening: .devices(["a": recording]))
        #expect(try volume.extent(at: 5000, limit: 10_000) == Extent(.hole, count: 3192))
        #expect(try volume.extent(at: 8200, limit: 10) == Extent(.data, count: 10))
        #expect(recording.calls.map(\.description) == ["extent 4096+12288", "extent 8192+4096"])
    }

    // MARK: flushes

    @Test func `A flush reaches every device of every line`() throws {
        let table = try MappingTable(
            "0 8 linear a 0", "8 16 striped 2 8 b 0 c 0", "24 8 zero", "32 8 crypt aes-xts-plain64 \(Keys.xts) 0 d 0", "40 8 error")
        let members = Members("abcde", sectors: 8)
        #expect(
            try calls(table, members) { try $0.flush() } == ["a": ["flush"], "b": ["flush"], "c": ["flush"], "d": ["flush"]])
    }

    @Test func `Closing flushes, and a volume opened for reading does not`() throws {
        let (opener, devices) = Members("a", sectors: 8).recording()
        let volume = try Volume(try MappingTable("0 8 linear a 0"), opening: opener)
        try volume.close()
        #expect(devices["a"]?.takeCalls().map(\.description) == ["flush"])
        let reader = try Volume(try MappingTable("0 8 linear a 0"), opening: .devices(devices, access: .readOnly))
        try reader.flush()
        try reader.close()
        #expect(devices["a"]?.takeCalls() == [])
    }
}

/// A device that takes no discards.
private final class NoDiscards: BlockDevice {
    private let base: any BlockDevice
    init(_ base: any BlockDevice) { self.base = base }
    var size: ByteCount { base.size }
    var limits: BlockLimits { BlockLimits(canDiscard: false) }
    func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(BlockIOError) { try base.read(at: offset, into: &buffer) }
    func write(_ bytes: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        try base.write(bytes, at: offset, flags: flags)
    }
    func flush() throws(BlockIOError) { try base.flush() }
    func discard(at offset: UInt64, count: UInt64) throws(BlockIOError) { throw BlockIOError(.unsupported, message: "no discards") }
}
