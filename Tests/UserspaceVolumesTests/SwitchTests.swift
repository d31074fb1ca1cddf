import BlockIO
import DeviceMapperTables
import StorageUnits
import Testing
import UserspaceVolumes
import VolumeLaws

/// Where a switch leads regions, and how messages change that.
@Suite struct SwitchTests {
    private func send(_ text: String, _ volume: Volume, at sector: Sectors = 0) -> MappingError? {
        do throws(MappingError) {
            let message: OpaqueMessage
            do throws(TableError) { message = try OpaqueMessage(text) } catch { return MappingError(.invalidMessage, message: "\(error)") }
            _ = try volume.send(message, at: sector)
            return nil
        } catch {
            return error
        }
    }

    /// The path of each region, by what it reads: path 0 is full of zeroes, path 1 of ones ...
    private func paths(_ volume: Volume, regionSize: Int) throws -> [UInt8] {
        let bytes = try volume.read(at: 0, count: Int(volume.size.count))
        let regions = stride(from: 0, to: bytes.count, by: regionSize).map { Array(bytes[$0..<min(bytes.count, $0 + regionSize)]) }
        for region in regions { #expect(Set(region).count == 1) }
        return regions.compactMap(\.first)
    }

    private func devices(_ count: Int, sectors: Int) -> DeviceOpener {
        var devices: [DeviceReference: any BlockDevice] = [:]
        for index in 0..<count { devices[.path("\(index)")] = MemoryDevice([UInt8](repeating: UInt8(index), count: sectors * 512)) }
        return .devices(devices)
    }

    @Test func `At first the paths take turns, and messages change that`() throws {
        let volume = try Volume(try MappingTable("0 47 switch 3 4 0 0 0 1 0 2 0"), opening: devices(3, sectors: 47))
        #expect(try paths(volume, regionSize: 2048) == [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2])
        #expect(send("set_region_mappings 3:2 :2 a:0", volume) == nil)
        #expect(try paths(volume, regionSize: 2048) == [0, 1, 2, 2, 2, 2, 0, 1, 2, 0, 0, 2])
        // The first region without a number is 1, as the kernel has it.
        #expect(send("SET_REGION_MAPPINGS :0", volume) == nil)
        #expect(try paths(volume, regionSize: 2048) == [0, 0, 2, 2, 2, 2, 0, 1, 2, 0, 0, 2])
        #expect(send("set_region_mappings 0:1 :2 R2,a", volume) == nil)
        #expect(try paths(volume, regionSize: 2048) == [1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2])
        #expect(send("set_region_mappings 5:0 r1,3", volume) == nil)
        #expect(try paths(volume, regionSize: 2048) == [1, 2, 1, 2, 1, 0, 0, 0, 0, 2, 1, 2])
        #expect(send("set_region_mappings", volume) == nil)
        #expect(try volume.status().map(\.text) == [""])
    }

    @Test func `A message of types does what its text does`() throws {
        let volume = try Volume(
            try MappingTable("0 8 zero", "8 16 switch 2 4 0 0 0 1 0"), opening: devices(2, sectors: 16))
        let answer = try volume.send(SwitchTarget.Message.setRegionMappings([.region(0, path: 1), .repeating(cycle: 1, count: 3)]), at: 9)
        #expect(answer == nil)
        #expect(try volume.read(at: 4096, count: 8192) == [UInt8](repeating: 1, count: 8192))
    }

    @Test(arguments: [
        ("c:0", "mapping c:0: there are 12 regions"),
        ("ffffffffffffffff:0", "mapping ffffffffffffffff:0: there are 12 regions"),
        ("b:0 :1", "mapping :1: there are 12 regions"),
        ("0:3", "mapping 0:3: there are 3 paths"),
        ("0:ffffffff", "mapping 0:ffffffff: there are 3 paths"),
        ("R4,3", "mapping R4,3: only 3 regions lie before it"),
        ("R1,a", "mapping R1,a: there are 12 regions"),
        ("R1,ffffffffffffffff", "mapping R1,ffffffffffffffff: there are 12 regions"),
        ("0", "mapping: expected <region>:<path>, :<path> or R<cycle>,<count> in hexadecimal, found '0'"),
    ])
    func `A message that is wrong changes nothing, not even what is right in it`(mappings: String, reason: String) throws {
        let volume = try Volume(try MappingTable("0 47 switch 3 4 0 0 0 1 0 2 0"), opening: devices(3, sectors: 47))
        let error = try #require(send("set_region_mappings 2:0 " + mappings, volume))
        #expect(error.code == .invalidMessage)
        #expect(error.description == "line 1: " + reason)
        #expect(try paths(volume, regionSize: 2048) == [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2])
        #expect(
            send("forget", volume)?.description == "line 1: message: expected set_region_mappings, found 'forget'")
    }

    @Test func `Messages are for targets that take them, and for sectors that are there`() throws {
        let volume = try Volume(try MappingTable("0 8 zero", "8 16 switch 2 4 0 0 0 1 0"), opening: devices(2, sectors: 16))
        #expect(send("set_region_mappings 0:1", volume)?.description == "line 1: the target takes no messages")
        #expect(send("set_region_mappings 0:1", volume, at: 24)?.code == .notFound)
        #expect(
            send("set_region_mappings 0:1", volume, at: 24)?.description
                == "sector 24 is behind the end of the volume, which has 24 sectors")
        #expect(send("set_region_mappings 0:1", volume, at: Sectors(.max))?.code == .notFound)
        try volume.close()
        #expect(send("set_region_mappings 0:1", volume, at: 8)?.code == .closed)
    }

    @Test func `Regions that follow each other on one path are one request, and a device is flushed once`() throws {
        let device = RecordingDevice(MemoryDevice([UInt8](repeating: 0, count: 64 * 512)))
        let other = RecordingDevice(MemoryDevice([UInt8](repeating: 0, count: 64 * 512)))
        let volume = try Volume(
            try MappingTable("0 64 switch 3 8 0 a 0 a 0 b 0"), opening: .devices(["a": device, "b": other]))
        #expect(send("set_region_mappings 0:0 R1,7 2:2 :2 4:1 R1,3", volume) == nil)
        try volume.write([UInt8](repeating: 9, count: 32_000), at: 100)
        try volume.flush()
        #expect(
            device.takeCalls() == [
                .init(.write, at: 100, count: 8092, pieces: 1), .init(.write, at: 16_384, count: 15_716, pieces: 1), .init(.flush),
            ])
        #expect(other.takeCalls() == [.init(.write, at: 8192, count: 8192, pieces: 1), .init(.flush)])
    }

    @Test func `Requests go on while messages change the regions`() throws {
        let members = Members("ab", sectors: 64)
        let volume = try Volume(try MappingTable("0 64 switch 2 2 0 a 0 a 0"), opening: members.opener)
        let workers = Workers(count: 4)
        workers.perform(4) { index in
            for round in 0..<scaled(2000) {
                if index == 0 {
                    _ = send("set_region_mappings 0:\(round % 2) R1,1f", volume)
                } else {
                    let place = (round * 997 + index * 8192) % (64 * 512 - 100)
                    let bytes = try? volume.read(at: UInt64(place), count: 100)
                    #expect(bytes == members.initial["a"].map { Array($0[place..<place + 100]) })
                }
            }
        }
    }

    @Test func `More regions than memory is given for are refused`() throws {
        let error = openingFailure(
            try MappingTable("0 1000000000000 switch 1 1 0 a 0"), Members("a", sectors: 8).opener)
        #expect(error?.code == .outOfMemory)
        #expect(
            error?.description == "line 1: 1000000000000 regions are more than the memory for caches holds, 33554432 bytes")
    }

    @Test func `The lines of a table share the memory`() throws {
        let line = { (index: Int) in "\(index * 1_000_000) 1000000 switch 1 1 0 a 0" }
        let members = Members("a", sectors: 1_000_000)
        _ = try Volume(try MappingTable(parsing: (0..<16).map(line).joined(separator: "\n")), opening: members.opener)
        let error = openingFailure(try MappingTable(parsing: (0..<17).map(line).joined(separator: "\n")), members.opener)
        #expect(error?.description == "line 17: 1000000 regions are more than the memory for caches holds, 33554432 bytes")
    }

    @Test func `An extent is told of some regions at a time, not of all that follow`() throws {
        let volume = try Volume(try MappingTable("0 100000 switch 1 1 0 a 0"), opening: Members("a", sectors: 100_000).opener)
        #expect(try volume.extent(at: 512, limit: 99_999 * 512) == Extent(.data, count: 1024 * 512))
    }

    @Test func `More paths than a region's entry can name are refused`() throws {
        let paths = String(repeating: " a 0", count: 65537)
        let error = openingFailure(try MappingTable("0 8 switch 65537 8 0" + paths), Members("a", sectors: 8).opener)
        #expect(error?.code == .unsupported)
        #expect(error?.description == "line 1: a switch has up to 65536 paths in user space, not 65537")
    }

    @Test func `More regions of a mirror than memory is given for are refused`() throws {
        let error = openingFailure(
            try MappingTable("0 2000000000 mirror core 2 2 nosync 2 a 0 a 0"), Members("a", sectors: 8).opener)
        #expect(error?.code == .outOfMemory)
        #expect(error?.description == "line 1: 1000000000 regions are more than the memory for caches holds, 33554432 bytes")
    }

    @Test(arguments: [
        ("0 16 switch 2 3 0 a 0 a 8", "line 1: the region size is no multiple of a device's logical block size, 4096 bytes"),
        ("0 16 unstriped 2 4 1 a 0", "line 1: the chunk size is no multiple of the device's logical block size, 4096 bytes"),
        ("0 16 mirror core 2 4 nosync 2 a 0 a 16", "line 1: the region size is no multiple of a device's logical block size, 4096 bytes"),
        ("0 16 unstriped 2 8 1 a 40", "line 1: a: the device has 64 sectors, the line needs 72"),
        ("0 16 switch 2 8 0 a 0 a 56", "line 1: a: the device has 64 sectors, the line needs 72"),
    ])
    func `A line that its devices cannot hold is refused`(table: String, message: String) throws {
        #expect(openingFailure(try MappingTable(table), Members("a", sectors: 64, blockSize: 4096).opener)?.description == message)
    }
}
