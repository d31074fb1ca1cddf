import BlockIO
import DeviceMapperTables
import StorageUnits
import Testing
import UserspaceVolumes
import VolumeLaws

@Suite struct UserspaceMapperTests {
    private let a = MappedDeviceID.name(name("a"))

    /// A mapper over a device in memory, called `disk`, of 1024 sectors.
    private func bench() -> (mapper: UserspaceMapper, disk: MemoryDevice) {
        let disk = MemoryDevice(size: ByteCount(1 << 19))
        return (UserspaceMapper(opening: .devices(["disk": disk])), disk)
    }

    private func refusal(_ body: () throws(MappingError) -> Void) -> String {
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
            refusal { () throws(MappingError) in try mapper.setUUID(of: a, to: try DeviceUUID("V")) }
                == "exists: a: the device has a uuid already, 'U'")
        try mapper.setUUID(of: .name(name("b")), to: try DeviceUUID("V"))
        try mapper.rename(.uuid(try DeviceUUID("V")), to: name("bb"))
        #expect(mapper.devices().map(\.name) == ["a", "bb"])
        #expect(mapper.devices().map(\.number.minor) == [0, 7])
        try mapper.remove(.number(DeviceNumber(major: 4095, minor: 0)))
        #expect(try mapper.create(name("c")).number.minor == 0)
        let numbers = try (0..<10).map { try mapper.create(name("n\($0)")).number.minor }
        #expect(numbers == [1, 2, 3, 4, 5, 6, 8, 9, 10, 11])
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
                == "notFound: a: the device has no active table")
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

    // MARK: stacks

    @Test func `Tables name other devices, which are open as long as they are used`() throws {
        let (mapper, disk) = bench()
        try mapper.createAndLoad(
            try DeviceDefinition.list(
                parsingConcise:
                    "low disk,,,rw,0 64 linear disk 64;mid,,,rw,0 32 linear /dev/mapper/low\\\\ disk 0;top,,,rw,0 16 linear 4095:1 16"))
        #expect(mapper.devices().map(\.name) == ["low disk", "mid", "top"])
        let top = try mapper.open(.name(name("top")))
        try top.write([9], at: 0)
        #expect(disk.contents[(64 + 16) * 512] == 9)
        for low in ["low disk", "mid"] {
            #expect(try mapper.info(of: .name(name(low))).openCount == 1)
            #expect(refusal { () throws(MappingError) in try mapper.remove(.name(name(low))) } == "busy: \(low): the device is in use")
        }
        // Mangled, the name means the same device.
        try mapper.createAndLoad(DeviceDefinition(name: name("m"), table: try MappingTable("0 8 linear /dev/mapper/low\\\\x20disk 0")))
        #expect(try mapper.info(of: .name(name("low disk"))).openCount == 2)
        try mapper.remove(.name(name("m")))
        // An inactive table has its devices open too.
        _ = try mapper.load(try MappingTable("0 8 linear /dev/mapper/mid 0", "8 8 linear /dev/mapper/mid 8"), into: .name(name("top")))
        #expect(try mapper.info(of: .name(name("mid"))).openCount == 2)
        _ = try mapper.clear(.name(name("top")))
        #expect(try mapper.info(of: .name(name("mid"))).openCount == 1)
        // A device is found by the name that it has now.
        try mapper.rename(.name(name("mid")), to: name("other"))
        #expect(
            refusal { () throws(MappingError) in
                _ = try mapper.load(try MappingTable(parsed: "0 8 linear /dev/mapper/mid 0"), into: .name(name("top")))
            }
                == "deviceUnavailable: line 1: /dev/mapper/mid: there is no such device")
        try top.close()
        try mapper.removeAll()
        #expect(mapper.devices() == [])
    }

    @Test func `A stack goes with its top when the removal of what is below was put off`() throws {
        let (mapper, _) = bench()
        try mapper.createAndLoad(
            try DeviceDefinition.list(
                parsingConcise: "a,,,rw,0 64 linear disk 64;b,,,rw,0 32 linear /dev/mapper/a 0;c,,,rw,0 16 linear /dev/mapper/b 16"))
        try mapper.remove(a, deferred: true)
        try mapper.remove(.name(name("b")), deferred: true)
        #expect(mapper.devices().count == 3)
        try mapper.remove(.name(name("c")))
        #expect(mapper.devices() == [])
    }

    @Test func `A table that leads back to its device is refused, whichever slots the way goes through`() throws {
        let (mapper, _) = bench()
        for letter in ["a", "b", "c"] {
            try mapper.createAndLoad(DeviceDefinition(name: name(letter), table: try MappingTable("0 64 linear disk 0")))
        }
        func load(_ table: String, into device: String) -> String {
            refusal { () throws(MappingError) in _ = try mapper.load(try MappingTable(parsed: table), into: .name(name(device))) }
        }
        #expect(
            load("0 8 linear /dev/mapper/a 0", into: "a")
                == "invalidTable: line 1: /dev/mapper/a: the table would lead back to its own device: a > a")
        #expect(load("0 8 linear /dev/mapper/b 0", into: "a") == "not refused")
        #expect(load("0 8 linear /dev/mapper/c 0", into: "b") == "not refused")
        _ = try mapper.resume(.name(name("b")))
        #expect(
            load("0 4 zero\n4 4 linear /dev/mapper/a 0", into: "c")
                == "invalidTable: line 2: /dev/mapper/a: the table would lead back to its own device: c > a > b > c")
        #expect(try mapper.info(of: a).openCount == 0)
        _ = try mapper.clear(a)
        #expect(load("0 4 zero\n4 4 linear /dev/mapper/a 0", into: "c") == "not refused")
    }

    @Test func `A device below that is too short is refused, and one that becomes so fails what it no longer holds`() throws {
        let (mapper, _) = bench()
        try mapper.createAndLoad(DeviceDefinition(name: name("a"), table: try MappingTable("0 64 linear disk 0")))
        #expect(
            refusal { () throws(MappingError) in
                try mapper.createAndLoad(DeviceDefinition(name: name("b"), table: try MappingTable(parsed: "0 64 linear /dev/mapper/a 1")))
            } == "deviceTooSmall: line 1: b: the device has 64 sectors, the line needs 65")
        #expect(mapper.devices().map(\.name) == ["a"])
        try mapper.createAndLoad(DeviceDefinition(name: name("b"), table: try MappingTable("0 64 linear /dev/mapper/a 0")))
        _ = try mapper.load(try MappingTable("0 32 linear disk 0"), into: a)
        _ = try mapper.resume(a)
        // A table that was loaded when it was long enough comes too late, too.
        _ = try mapper.load(try MappingTable("0 33 linear disk 0"), into: a)
        _ = try mapper.resume(a)
        _ = try mapper.load(try MappingTable("0 33 linear /dev/mapper/a 0"), into: .name(name("b")))
        _ = try mapper.load(try MappingTable("0 32 linear disk 0"), into: a)
        _ = try mapper.resume(a)
        #expect(
            refusal { () throws(MappingError) in _ = try mapper.resume(.name(name("b"))) }
                == "deviceTooSmall: line 1: /dev/mapper/a: the device has 32 sectors, the line needs 33")
        #expect(try mapper.info(of: .name(name("b"))).isSuspended == false)
        _ = try mapper.clear(.name(name("b")))
        let volume = try mapper.open(.name(name("b")))
        try volume.write([1], at: 32 * 512 - 1)
        let error = failure(of: { () throws(BlockIOError) in try volume.write([1, 2], at: 32 * 512 - 1) })
        #expect(error?.description == "2 bytes at 16383 reach past the end of the device, which has 16384 bytes (bytes 16383 to 16384)")
        // An open volume has the size of the table in force.
        let below = try mapper.open(a)
        #expect(below.size == ByteCount(32 * 512))
        #expect(below.table.description == "0 32 linear disk 0\n")
    }

    @Test func `Of devices that cannot all be made none is left`() throws {
        let (mapper, _) = bench()
        let list = try DeviceDefinition.list(
            parsingConcise: "a,,,rw,0 64 linear disk 0;b,,,rw,0 64 linear /dev/mapper/a 0;c,,,rw,0 64 linear nothing 0")
        #expect(
            refusal { () throws(MappingError) in try mapper.createAndLoad(list) }
                == "deviceUnavailable: line 1: c: there is no such device")
        #expect(mapper.devices() == [])
    }

    @Test func `A mapper that is let go closes its devices, those that are open when their last user does`() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.file(size: 64 * 512)
        var mapper: UserspaceMapper? = UserspaceMapper()
        try mapper?.createAndLoad(
            try DeviceDefinition.list(parsingConcise: "a,,,rw,0 64 linear \(file) 0;b,,,rw,0 64 linear /dev/mapper/a 0"))
        let volume = try #require(try mapper?.open(.name(name("b"))))
        mapper = nil
        try volume.write([7], at: 0)
        #expect(try openDescriptors(of: file) == 1)
        try volume.close()
        #expect(try openDescriptors(of: file) == 0)
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
        for _ in 0..<4 { seen.append(text(try await all.next())) }
        #expect(seen == ["added b 0", "added a 0", "changed d 0", "removed c 1"])
        #expect(text(try await some.next()) == "changed d 0")
        let iterator = mapper.events().makeAsyncIterator()
        let task = Task {
            var iterator = iterator
            return text(try await iterator.next())
        }
        task.cancel()
        #expect(try await task.value == "end")
    }
}

/// A name that is one.
private func name(_ text: String) -> DeviceName {
    do throws(MappingError) { return try DeviceName(text) } catch { preconditionFailure("\(error)") }
}

extension MappingTable {
    /// A table that parses, where only mapping errors are expected.
    fileprivate init(parsed text: String) throws(MappingError) {
        do throws(TableError) { try self.init(parsing: text) } catch { throw MappingError(.invalidTable, message: "\(error)") }
    }
}
