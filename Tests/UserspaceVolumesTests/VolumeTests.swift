import BlockIO
import DeviceMapperTables
import StorageUnits
import Testing
import UserspaceVolumes
import VolumeLaws

/// The checked front.
@Suite struct VolumeTests {
    @Test func `A volume has its table's size, and takes any bytes`() throws {
        let table = try MappingTable("0 8 linear a 0", "8 8 crypt aes-xts-plain64 \(Keys.xts) 0 a 8 1 sector_size:4096")
        let volume = try Volume(table, opening: Members("a", sectors: 16).opener)
        #expect(volume.size == ByteCount(8192))
        #expect(volume.table == table)
        #expect(volume.limits.logicalBlockSize == 1)
        #expect(!volume.limits.isReadOnly)
    }

    @Test func `Requests that reach past the end are refused, each kind with its range`() throws {
        let (opener, devices) = Members("a", sectors: 16).recording()
        let volume = try Volume(try MappingTable("0 8 linear a 0"), opening: opener)
        for (offset, count) in [(0, 4097), (4096, 1), (4097, 1), (.max, 1), (1, 4096)] as [(UInt64, Int)] {
            let error = BlockIOError(
                .outOfRange, offset: offset, count: UInt64(count),
                message: "\(count) bytes at \(offset) reach past the end of the device, which has 4096 bytes")
            let memory = AlignedBuffer(count: count)
            #expect(throws: error) {
                try memory.withMutableBytes { (bytes) throws(BlockIOError) in try volume.read(at: offset, into: &bytes) }
            }
            #expect(throws: error) { try volume.write([UInt8](repeating: 0, count: count), at: offset) }
            #expect(throws: error) { try volume.writeZeroes(at: offset, count: UInt64(count), flags: []) }
            #expect(throws: error) { try volume.discard(at: offset, count: UInt64(count)) }
            #expect(throws: error) { try volume.extent(at: offset, limit: UInt64(count)) }
        }
        #expect(devices["a"]?.calls == [])
    }

    @Test func `Every line is found, whatever their number`() throws {
        for count in 1...20 as ClosedRange<UInt64> {
            let lines = try (0..<count).map { index in
                MappingTable.Line(
                    try #require(SectorRange(start: Sectors(index * 3), length: 3)), LinearTarget(device: "a", start: Sectors(index * 5)))
            }
            let members = Members("a", sectors: 100)
            let volume = try Volume(try MappingTable(lines), opening: members.opener)
            for index in 0..<count {
                for byte in [0, 1, 1535] as [UInt64] {
                    let place = index * 1536 + byte
                    #expect(try volume.read(at: place, count: 1).first == members.initial["a"]?[Int(index * 5 * 512 + byte)])
                }
            }
        }
    }

    @Test func `A volume opened for reading refuses every change`() throws {
        let members = Members("abc", sectors: 64)
        let table = try MappingTable(
            "0 8 linear a 0", "8 16 striped 2 8 a 8 b 0", "24 8 crypt aes-xts-plain64 \(Keys.xts) 0 c 0 1 allow_discards")
        let volume = try Volume(table, opening: .devices(members.memory, access: .readOnly))
        try DeviceLaws.checkReadOnly(volume)
        try DeviceLaws.checkReadOnly(volume, blockSize: 5000)
        #expect(
            failure { () throws(BlockIOError) in try volume.write([1, 2], at: 7) }?.description == "the device is read-only (bytes 7 to 8)")
        // A device that is itself read-only serves for reading.
        let reader = try Volume(table, opening: .devices(members.memory.mapValues { ReadOnlyDevice($0) }, access: .readOnly))
        #expect(try reader.read(at: 0, count: 24 * 512) == volume.read(at: 0, count: 24 * 512))
        for (name, device) in members.memory { #expect(device.contents == members.initial[name]) }
    }

    @Test func `The error target fails every request to it, and no other`() throws {
        let members = Members("a", sectors: 16)
        let volume = try Volume(try MappingTable("0 8 linear a 0", "8 8 error", "16 8 linear a 8"), opening: members.opener)
        let message = "the error target fails every request"
        #expect(throws: BlockIOError(.inputOutput, offset: 4100, count: 10, message: message)) { try volume.read(at: 4100, count: 10) }
        #expect(throws: BlockIOError(.inputOutput, offset: 5000, count: 100, message: message)) {
            try volume.write([UInt8](repeating: 0, count: 100), at: 5000)
        }
        #expect(throws: BlockIOError(.inputOutput, offset: 4096, count: 96, message: message)) {
            try volume.writeZeroes(at: 4000, count: 192, flags: [])
        }
        #expect(throws: BlockIOError(.inputOutput, offset: 4096, count: 4096, message: message)) {
            try volume.discard(at: 4096, count: 4096)
        }
        // What comes behind it in a request is not come to.
        let before = members.memory["a"]?.contents
        let error = failure { () throws(BlockIOError) in try volume.write([UInt8](repeating: 9, count: 12_288), at: 0) }
        #expect(error == BlockIOError(.inputOutput, offset: 4096, count: 8192, message: message))
        #expect(members.memory["a"]?.contents.prefix(4096).allSatisfy { $0 == 9 } == true)
        #expect(members.memory["a"]?.contents.suffix(4096) == before?.suffix(4096))
        try volume.flush()
        #expect(try volume.extent(at: 4096, limit: 4096) == Extent(.data, count: 4096))
        try volume.close()
    }

    @Test func `Zeroes of any length are written to blocks of any size`() throws {
        // The ends of a range that has no whole block are together longer than there are zeroes to write from.
        let block = BlockLimits.largestBlockSize
        let device = MemoryDevice([UInt8](repeating: 7, count: 3 * block), logicalBlockSize: block)
        let volume = try Volume(try MappingTable("0 \(3 * block / 512) linear a 0"), opening: .devices(["a": device]))
        try volume.writeZeroes(at: 1, count: UInt64(2 * block - 2), flags: [])
        let contents = device.contents
        #expect(contents[0] == 7)
        #expect(contents[1..<2 * block - 1].allSatisfy { $0 == 0 })
        #expect(contents[(2 * block - 1)...].allSatisfy { $0 == 7 })
    }

    @Test func `The status is a line for each line`() throws {
        let members = Members("ab", sectors: 16)
        let faulty = members.memory.mapValues { FaultyDevice($0) }
        let volume = try Volume(
            try MappingTable("0 8 linear a 0", "8 8 striped 2 4 a 8 b 0", "16 8 zero", "24 8 crypt aes-xts-plain64 \(Keys.xts) 0 b 8"),
            opening: .devices(faulty))
        func lines() throws -> [String] { try volume.status().map { "\($0.range) \($0.typeName) \($0.text)" } }
        #expect(try lines() == ["0+8 linear ", "8+8 striped 2 a b 1 AA", "16+8 zero ", "24+8 crypt "])
        faulty["b"]?.plan.add(.init([.read]))
        #expect(failure { () throws(BlockIOError) in _ = try volume.read(at: 4096, count: 4096) } != nil)
        #expect(try lines()[1] == "8+8 striped 2 a b 1 AD")
        let status = try volume.status()[1].status(of: StripedTarget.self)
        #expect(status.members.map(\.hasFailed) == [false, true])
    }
}
