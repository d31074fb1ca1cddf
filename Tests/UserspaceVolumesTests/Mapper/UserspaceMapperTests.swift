import BlockIO
import DeviceMapperTables
import StorageUnits
import Testing
import UserspaceVolumes
import VolumeLaws

@Suite struct UserspaceMapperTests {
    var a: MappedDeviceID { .name(name("a")) }

    /// A name that is one.
    func name(_ text: String) -> DeviceName {
        do throws(MappingError) { return try DeviceName(text) } catch { preconditionFailure("\(error)") }
    }

    /// A mapper over a device in memory, called `disk`, of 1024 sectors.
    func bench() -> (mapper: UserspaceMapper, disk: MemoryDevice) {
        let disk = MemoryDevice(size: ByteCount(1 << 19))
        return (UserspaceMapper(opening: .devices(["disk": disk])), disk)
    }

    /// What fails, and why.
    func refusal(_ body: () throws(MappingError) -> Void) -> String {
        do throws(MappingError) {
            try body()
            return "not refused"
        } catch {
            return "\(error.code): \(error)"
        }
    }

    // MARK: devices

    @Test func `A device is made, gets a table, is read and written, and goes`() throws {
        let (mapper, disk) = bench()
        let made = try mapper.create(name("a"), uuid: try DeviceUUID("U-1"), access: .readWrite)
        #expect(made.number == DeviceNumber(major: 4095, minor: 0))
        #expect(!made.hasActiveTable && !made.hasInactiveTable && !made.isSuspended && made.openCount == 0 && made.access == .readWrite)
        let loaded = try mapper.load(try MappingTable("0 8 linear disk 8"), into: .uuid(try DeviceUUID("U-1")))
        #expect(!loaded.hasActiveTable && loaded.hasInactiveTable)
        let resumed = try mapper.resume(.number(made.number))
        #expect(resumed.hasActiveTable && !resumed.hasInactiveTable && resumed.targetCount == 1)

        let volume = try mapper.open(a)
        #expect(volume.size == ByteCount(4096))
        #expect(try mapper.info(of: a).openCount == 1)
        try volume.write([1, 2, 3], at: 0)
        #expect(Array(disk.contents[4096..<4099]) == [1, 2, 3])
        #expect(refusal { () throws(MappingError) in try mapper.remove(a) } == "busy: a: the device is in use")
        try volume.close()
        #expect(throws: BlockIOError(.closed, count: 1, message: "the volume is closed")) { try volume.read(at: 0, count: 1) }
        try mapper.remove(a)
        #expect(mapper.devices() == [])
        #expect(refusal { () throws(MappingError) in _ = try mapper.info(of: a) } == "notFound: a: there is no such device")
    }

    @Test func `Names, uuids and numbers are given once`() throws {
        let (mapper, _) = bench()
        _ = try mapper.create(name("a"), uuid: try DeviceUUID("U"))
        _ = try mapper.create(name("b"), minor: 7)
        #expect(refusal { () throws(MappingError) in _ = try mapper.create(name("a")) } == "exists: a: a device of that name exists")
        #expect(
            refusal { () throws(MappingError) in _ = try mapper.create(name("c"), uuid: try DeviceUUID("U")) }
                == "exists: c: a device of that uuid exists")
        #expect(
            refusal { () throws(MappingError) in _ = try mapper.create(name("c"), minor: 7) } == "exists: c: a device of that number exists"
        )
        #expect(
            refusal { () throws(MappingError) in _ = try mapper.create(name("c"), minor: 1 << 20) }
                == "invalidName: c: a minor number is 0 to 1048575, not 1048576")
        #expect(refusal { () throws(MappingError) in try mapper.rename(a, to: name("b")) } == "exists: b: a device of that name exists")
        #expect(refusal { () throws(MappingError) in try mapper.rename(a, to: name("a")) } == "exists: a: a device of that name exists")
        #expect(
            refusal { () throws(MappingError) in try mapper.setUUID(try DeviceUUID("V"), of: a) }
                == "exists: a: the device has a uuid already, 'U'")
        try mapper.setUUID(try DeviceUUID("V"), of: .name(name("b")))
        try mapper.rename(.uuid(try DeviceUUID("V")), to: name("bb"))
        #expect(mapper.devices().map(\.name) == ["a", "bb"])
        #expect(mapper.devices().map(\.number.minor) == [0, 7])
        try mapper.remove(.number(DeviceNumber(major: 4095, minor: 0)))
        #expect(try mapper.create(name("c")).number.minor == 0)
        let numbers = try (0..<10).map { try mapper.create(name("n\($0)")).number.minor }
        #expect(numbers == [1, 2, 3, 4, 5, 6, 8, 9, 10, 11])
    }

    @Test func `The number of a device is given again when the device has ended`() throws {
        let disk = HangingDevice(MemoryDevice(size: ByteCount(1 << 19)))
        let mapper = UserspaceMapper(opening: .devices(["disk": disk]))
        try mapper.createAndLoad(DeviceDefinition(name: name("a"), table: try MappingTable("0 8 linear disk 0")))
        disk.hangs = true
        let removing = BackgroundThread {
            #expect(refusal { () throws(MappingError) in try mapper.remove(a) } == "not refused")
        }
        disk.waitForRequests(1)
        // The name is free as soon as nobody finds the device by it.
        #expect(try mapper.create(name("a")).number.minor == 1)
        #expect(
            refusal { () throws(MappingError) in _ = try mapper.create(name("c"), minor: 0) } == "exists: c: a device of that number exists"
        )
        disk.hangs = false
        removing.join()
        #expect(try mapper.create(name("c")).number.minor == 0)
        #expect(try mapper.create(name("d")).number.minor == 2)
    }

    @Test func `A device without a table has nothing to open`() throws {
        let (mapper, _) = bench()
        _ = try mapper.create(name("a"))
        #expect(refusal { () throws(MappingError) in _ = try mapper.open(a) } == "notFound: a: the device has no active table")
        #expect(refusal { () throws(MappingError) in _ = try mapper.table(of: a) } == "notFound: a: the device has no active table")
        #expect(
            refusal { () throws(MappingError) in _ = try mapper.table(of: a, in: .inactive) }
                == "notFound: a: the device has no inactive table")
        #expect(
            refusal { () throws(MappingError) in _ = try mapper.status(of: a, in: .inactive) }
                == "notFound: a: the device has no inactive table")
        #expect(refusal { () throws(MappingError) in _ = try mapper.status(of: a) } == "notFound: the device has no active table")
        #expect(try mapper.resume(a).hasActiveTable == false)
        #expect(try mapper.suspend(a).isSuspended)
        #expect(refusal { () throws(MappingError) in _ = try mapper.resume(a) } == "invalidTable: the device has no table to resume")
        #expect(
            refusal { () throws(MappingError) in _ = try mapper.send(OpaqueMessage(["x"]), to: a) }
                == "invalidMessage: a: the device has no active table")
    }

    @Test func `Tables, statuses and dependencies are told of both slots`() throws {
        let (mapper, _) = bench()
        let first = try MappingTable("0 8 linear disk 0", "8 8 striped 2 4 disk 100 disk 200")
        let second = try MappingTable("0 4 zero")
        try mapper.createAndLoad(DeviceDefinition(name: name("a"), table: first))
        _ = try mapper.load(second, into: a)
        #expect(try mapper.table(of: a) == first)
        #expect(try mapper.table(of: a, in: .inactive) == second)
        #expect(try mapper.dependencies(of: a) == ["disk"])
        #expect(try mapper.dependencies(of: a, in: .inactive) == [])
        #expect(try mapper.status(of: a).map(\.description) == ["0 8 linear", "8 8 striped 2 disk disk 1 AA"])
        #expect(try mapper.status(of: a, in: .inactive).map(\.description) == ["0 4 zero"])
        #expect(try mapper.clear(a).hasInactiveTable == false)
        #expect(
            refusal { () throws(MappingError) in _ = try mapper.table(of: a, in: .inactive) }
                == "notFound: a: the device has no inactive table")
    }

    @Test func `What is opened for reading is not written`() throws {
        let (mapper, disk) = bench()
        try mapper.createAndLoad(DeviceDefinition(name: name("a"), access: .readOnly, table: try MappingTable("0 8 linear disk 0")))
        #expect(refusal { () throws(MappingError) in _ = try mapper.open(a) } == "readOnly: a: the device is read-only")
        let reader = try mapper.open(a, access: .readOnly)
        #expect(reader.limits.isReadOnly)
        #expect(throws: BlockIOError.self) { try reader.write([1], at: 0) }
        try mapper.createAndLoad(DeviceDefinition(name: name("b"), table: try MappingTable("0 8 linear disk 0")))
        let other = try mapper.open(.name(name("b")), access: .readOnly)
        #expect(failure(of: { () throws(BlockIOError) in try other.write([1], at: 0) })?.code == .readOnly)
        #expect(disk.contents[0] == 0)
        #expect(
            refusal { () throws(MappingError) in
                try mapper.createAndLoad(DeviceDefinition(name: name("c"), table: try MappingTable(parsed: "0 8 linear /dev/mapper/a 0")))
            } == "readOnly: line 1: c: the device is read-only")
        let readers = UserspaceMapper(opening: .devices(["disk": disk], access: .readOnly))
        #expect(try readers.create(name("a")).access == .readOnly)
    }

    @Test func `Deferred removal waits for the last to close, and can be taken back`() throws {
        let (mapper, _) = bench()
        let definition = DeviceDefinition(name: name("a"), table: try MappingTable("0 8 linear disk 0"))
        try mapper.createAndLoad(definition)
        let volume = try mapper.open(a)
        try mapper.remove(a, deferred: true)
        #expect(try mapper.info(of: a).isRemovalDeferred)
        #expect(try mapper.send(OpaqueMessage(["@cancel_deferred_remove"]), to: a) == nil)
        #expect(try mapper.info(of: a).isRemovalDeferred == false)
        try mapper.remove(a, deferred: true)
        let second = try mapper.open(a)
        try volume.close()
        try second.write([1], at: 0)
        #expect(mapper.devices().count == 1)
        try second.close()
        #expect(mapper.devices() == [])
        try mapper.createAndLoad(definition)
        try mapper.remove(a, deferred: true)
        #expect(mapper.devices() == [])
    }

    @Test func `Messages go to the target at their sector, and those to the mapper are few`() throws {
        let (mapper, _) = bench()
        try mapper.createAndLoad(
            DeviceDefinition(name: name("a"), table: try MappingTable("0 8 linear disk 0", "8 16 switch 2 8 0 disk 0 disk 16")))
        #expect(try mapper.send(OpaqueMessage(["set_region_mappings", "1:0"]), to: a, at: 8) == nil)
        #expect(
            refusal { () throws(MappingError) in _ = try mapper.send(OpaqueMessage(["x"]), to: a) }
                == "unsupported: line 1: the target takes no messages")
        #expect(
            refusal { () throws(MappingError) in _ = try mapper.send(OpaqueMessage(["x"]), to: a, at: 24) }
                == "notFound: sector 24 is behind the end of the volume, which has 24 sectors")
        #expect(
            refusal { () throws(MappingError) in _ = try mapper.send(OpaqueMessage(["@stats_list"]), to: a) }
                == "invalidMessage: the mapper takes no message '@stats_list' in user space")
    }

    // MARK: events

    @Test func `Events of a target are counted, and wake who waits for them`() throws {
        let (mapper, disk) = bench()
        let other = MemoryDevice(size: disk.size)
        let mirrors = UserspaceMapper(opening: .devices(["disk": disk, "other": other]))
        #expect(try mapper.create(name("a")).eventNumber == 0)
        #expect(try mapper.waitForEvent(of: a, after: 0, until: .now) == nil)
        try mirrors.createAndLoad(
            DeviceDefinition(name: name("a"), table: try MappingTable("0 64 mirror core 1 16 2 disk 0 other 0")))
        let info = try #require(try mirrors.waitForEvent(of: a, after: 0))
        #expect(info.eventNumber == 1)
        #expect(try mirrors.status(of: a).first?.text == "2 disk other 4/4 1 AA 1 core")
        #expect(
            refusal { () throws(MappingError) in _ = try mapper.waitForEvent(of: .name(name("x")), after: 0) }
                == "notFound: x: there is no such device")
        // Whoever waits for a device that goes is told.
        let waiting = BackgroundThread {
            #expect(
                refusal { () throws(MappingError) in _ = try mapper.waitForEvent(of: a, after: 0) } == "notFound: there is no such device")
        }
        #expect(waiting.comesToWait())
        try mapper.remove(a)
        waiting.join()
    }

    @Test func `Whoever waits for a device that goes is told, though another has its name and number at once`() throws {
        let (mapper, _) = bench()
        for _ in 0..<scaled(1000) {
            _ = try mapper.create(name("a"))
            let waiting = BackgroundThread {
                #expect(
                    refusal { () throws(MappingError) in _ = try mapper.waitForEvent(of: a, after: 0) }
                        == "notFound: there is no such device")
            }
            #expect(waiting.comesToWait())
            try mapper.remove(a)
            #expect(try mapper.create(name("a")).number.minor == 0)
            waiting.join()
            try mapper.remove(a)
        }
    }

    @Test func `Who asks for events is told of each device what happened last, until the task is cancelled`() async throws {
        let (mapper, _) = bench()
        var all = mapper.events().makeAsyncIterator()
        let b = try mapper.create(name("b")).number
        var some = mapper.events(of: [b]).makeAsyncIterator()
        try mapper.createAndLoad(DeviceDefinition(name: name("a"), table: try MappingTable("0 8 zero")))
        try mapper.rename(a, to: name("c"))
        try mapper.rename(.name(name("b")), to: name("d"))
        try mapper.remove(.name(name("c")))
        func text(_ event: DeviceEvent?) -> String { event.map { "\($0.kind) \($0.device.name) \($0.device.eventNumber ?? 99)" } ?? "end" }
        var seen: [String] = []
        for _ in 0..<2 { seen.append(text(try await all.next())) }
        // The other one came and went before anybody asked.
        #expect(seen == ["added b 0", "changed d 0"])
        #expect(text(try await some.next()) == "changed d 0")
        // The number of one that went may be another's.
        try mapper.remove(.name(name("d")))
        for round in 0..<3 {
            _ = try mapper.create(name("e\(round)"), minor: b.minor)
            if round < 2 { try mapper.remove(.name(name("e\(round)"))) }
        }
        #expect(text(try await all.next()) == "removed d 0")
        #expect(text(try await all.next()) == "added e2 0")
        let iterator = mapper.events().makeAsyncIterator()
        let task = Task {
            var iterator = iterator
            return text(try await iterator.next())
        }
        task.cancel()
        #expect(try await task.value == "end")
    }
}
