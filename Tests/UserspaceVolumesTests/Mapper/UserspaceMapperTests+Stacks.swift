import BlockIO
import DeviceMapperTables
import Foundation
import StorageUnits
import Synchronization
import Testing
import UserspaceVolumes
import VolumeLaws

/// Devices on devices, and on files.
extension UserspaceMapperTests {
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
        // An inactive table has its devices open too, and a device that uses one in both counts once.
        _ = try mapper.load(try MappingTable("0 8 linear /dev/mapper/mid 0", "8 8 linear /dev/mapper/mid 8"), into: .name(name("top")))
        #expect(try mapper.info(of: .name(name("mid"))).openCount == 1)
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

    @Test func `A stack that is too high is refused, wherever it grows`() throws {
        let (mapper, _) = bench()
        func add(_ device: String, on below: String) -> String {
            refusal { () throws(MappingError) in
                try mapper.createAndLoad(DeviceDefinition(name: name(device), table: try MappingTable(parsed: "0 8 linear \(below) 0")))
            }
        }
        #expect(add("d1", on: "disk") == "not refused")
        for level in 2...31 { #expect(add("d\(level)", on: "/dev/mapper/d\(level - 1)") == "not refused") }
        #expect(add("other", on: "disk") == "not refused")
        let onOther = try MappingTable("0 8 linear /dev/mapper/other 0")
        let first = MappedDeviceID.name(name("d1"))
        _ = try mapper.load(onOther, into: first)
        #expect(
            add("d32", on: "/dev/mapper/d31")
                == "invalidTable: line 1: d32: the table would make a stack of 33 devices, each on the one before, and 32 are the most")
        _ = try mapper.clear(first)
        #expect(add("d32", on: "/dev/mapper/d31") == "not refused")
        #expect(
            refusal { () throws(MappingError) in _ = try mapper.load(onOther, into: first) }
                == "invalidTable: line 1: /dev/mapper/other: the table would make a stack of 33 devices, each on the one before, and 32 are the most"
        )
        try mapper.remove(.name(name("d32")))
        _ = try mapper.load(onOther, into: first)
    }

    @Test(arguments: [
        "linear BELOW 0", "delay BELOW 0 0", "dust BELOW 0 512", "mirror core 2 16 nosync 2 BELOW 0 disk 0",
        "crypt aes-xts-plain64 \(Keys.xts) 0 BELOW 0", "multipath 0 0 1 1 round-robin 0 1 1 BELOW 1000",
    ])
    func `The highest stack takes requests, and ends, on a small thread`(line: String) throws {
        let (mapper, _) = bench()
        for level in 0..<32 {
            let table = "0 64 " + line.replacing("BELOW", with: level == 0 ? "disk" : "/dev/mapper/d\(level - 1)")
            try mapper.createAndLoad(DeviceDefinition(name: name("d\(level)"), table: try MappingTable(parsing: table)))
        }
        let hasEnded = Monitor(false)
        let thread = Foundation.Thread {
            #expect(throws: Never.self) {
                let volume = try mapper.open(.name(name("d31")))
                try volume.writeZeroes(at: 1, count: 10_000, flags: [])
                try volume.write([1, 2], at: 511)
                if volume.limits.canDiscard { try volume.discard(at: 1024, count: 1024) }
                try volume.flush()
                #expect(try volume.read(at: 510, count: 4) == [0, 1, 2, 0])
                _ = try volume.extent(at: 0, limit: 1024)
                for level in 0..<32 { try mapper.remove(.name(name("d\(level)")), deferred: true) }
                try volume.close()
                #expect(mapper.devices() == [])
            }
            hasEnded.withLock { $0 = true }
        }
        thread.stackSize = 512 << 10
        thread.start()
        hasEnded.wait { $0 ? () : nil }
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

    @Test func `Of devices that cannot all be made one that somebody has opened goes when it is closed`() throws {
        let disk = MemoryDevice(size: ByteCount(1 << 19))
        let mapper = Monitor<UserspaceMapper?>(nil)
        let opened = Monitor<Volume?>(nil)
        // Whoever opens the first is there before the second fails.
        let found = DeviceOpener(access: .readWrite) { (reference, _) throws(MappingError) in
            if reference == "disk" { return OpenedDevice(device: disk, identity: .object(ObjectIdentifier(disk))) }
            let volume = try mapper.withLock { $0 }?.open(a)
            opened.withLock { $0 = volume }
            throw MappingError(.deviceUnavailable, message: "not there")
        }
        let made = UserspaceMapper(opening: found)
        mapper.withLock { $0 = made }
        let list = try DeviceDefinition.list(parsingConcise: "a,,,rw,0 64 linear disk 0;b,,,rw,0 64 linear other 0")
        #expect(refusal { () throws(MappingError) in try made.createAndLoad(list) } == "deviceUnavailable: line 1: b: not there")
        #expect(made.devices().map(\.name) == ["a"])
        let volume = try #require(opened.withLock { $0 })
        try volume.write([1], at: 0)
        try volume.close()
        #expect(made.devices() == [])
        mapper.withLock { $0 = nil }
    }

    @Test func `A path that leads to another file by now means that one`() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.file("disk.img", size: 64 * 512)
        let new = try directory.file("new.img", size: 64 * 512)
        let mapper = UserspaceMapper()
        let table = try MappingTable("0 64 linear \(file) 0")
        try mapper.createAndLoad(DeviceDefinition(name: name("a"), table: table))
        try #require(unsafe rename(new, file) == 0)
        try mapper.createAndLoad(DeviceDefinition(name: name("b"), table: table))
        let (old, volume) = (try mapper.open(a), try mapper.open(.name(name("b"))))
        try volume.write([1], at: 0)
        #expect(try old.read(at: 0, count: 1) == [0])
        #expect(try contents(of: file)[0] == 1)
        // The device goes on with the file that it has until its table is loaded again.
        _ = try mapper.load(table, into: a)
        _ = try mapper.resume(a)
        #expect(try old.read(at: 0, count: 1) == [1])
    }

    @Test func `A number means its device, whatever names are given meanwhile`() throws {
        let (mapper, _) = bench()
        let table = try MappingTable("0 64 linear disk 0")
        for letter in ["a", "b", "c"] { try mapper.createAndLoad(DeviceDefinition(name: name(letter), table: table)) }
        let hasEnded = Atomic(false)
        let renaming = BackgroundThread {
            while !hasEnded.load(ordering: .relaxed) {
                // The names go round between the first two.
                for (from, to) in [("a", "x"), ("b", "a"), ("x", "b")] { try? mapper.rename(.name(name(from)), to: name(to)) }
            }
        }
        let (first, user) = (MappedDeviceID.number(DeviceNumber(major: 4095, minor: 0)), MappedDeviceID.name(name("c")))
        var loads = 0
        for _ in 0..<scaled(20_000) {
            let twice = try MappingTable("0 8 linear /dev/mapper/a 0", "8 8 linear 4095:0 0")
            guard (try? mapper.load(twice, into: user)) != nil else { continue }  // no device had the name
            loads += 1
            #expect(try mapper.info(of: first).openCount == 1)
        }
        #expect(loads > 0)
        hasEnded.store(true, ordering: .relaxed)
        renaming.join()
    }

    @Test(arguments: [
        "linear /dev/mapper/mid 0", "striped 2 8 /dev/mapper/mid 0 disk 512", "delay /dev/mapper/mid 0 0", "dust /dev/mapper/mid 0 512",
        "flakey /dev/mapper/mid 0 60 0", "multipath 0 0 1 1 round-robin 0 1 0 /dev/mapper/mid", "log-writes /dev/mapper/mid log",
        "mirror core 2 8 nosync 2 /dev/mapper/mid 0 disk 512", "mirror disk 3 log 8 nosync 2 disk 512 /dev/mapper/mid 0",
    ])
    func `Above a suspended device others are suspended, get other tables and go, and wait for nothing`(target: String) throws {
        let (disk, log) = (MemoryDevice(size: .kibibytes(512)), MemoryDevice(size: .kibibytes(64)))
        let mapper = UserspaceMapper(opening: .devices(["disk": disk, "log": log]))
        let (low, mid, top) = (
            MappedDeviceID.name(name("low")), MappedDeviceID.name(name("mid")), MappedDeviceID.name(name("top"))
        )
        try mapper.createAndLoad(
            try DeviceDefinition.list(
                parsingConcise: "low,,,rw,0 64 linear disk 0;mid,,,rw,0 64 linear /dev/mapper/low 0;top,,,rw,0 32 \(target)"))
        let volume = try mapper.open(top)
        for flush in [true, false] {
            try volume.write([flush ? 4 : 5], at: 0)
            _ = try mapper.suspend(low, flush: flush)
            _ = try mapper.suspend(top)
            _ = try mapper.load(try MappingTable("0 16 linear disk 256"), into: top)
            _ = try mapper.resume(top)
            _ = try mapper.load(try MappingTable("0 32 \(target)"), into: top)
            _ = try mapper.resume(top)
            // Who asks for a flush waits, as for any request.
            let flushing = BackgroundThread { try? volume.flush() }
            #expect(flushing.comesToWait())
            _ = try mapper.resume(low)
            flushing.join()
        }
        _ = try mapper.suspend(low)
        try volume.close()
        try mapper.remove(top)
        try mapper.remove(mid)
        try mapper.remove(low)
        #expect(disk.contents[0] == 5)
    }

    @Test(arguments: [true, false])
    func `A mirror above a suspended device marks clean only what that device has made durable`(flush: Bool) throws {
        let log = MemoryDevice(size: .kibibytes(64))
        let mapper = UserspaceMapper(opening: .devices(["disk": MemoryDevice(size: .kibibytes(512)), "log": log]))
        try mapper.createAndLoad(
            try DeviceDefinition.list(
                parsingConcise: "low,,,rw,0 32 linear disk 0;top,,,rw,0 32 mirror disk 3 log 8 nosync 2 disk 512 /dev/mapper/low 0"))
        let (low, top) = (MappedDeviceID.name(name("low")), MappedDeviceID.name(name("top")))
        let volume = try mapper.open(top)
        try volume.write([1], at: 16 * 512)
        _ = try mapper.suspend(low, flush: flush)
        _ = try mapper.suspend(top)
        // A bit for each region, set when it is clean.
        #expect(log.contents[1024] & 0b0100 == (flush ? 0b0100 : 0))
        _ = try mapper.resume(low)
        _ = try mapper.resume(top)
        try volume.close()
        try mapper.remove(top)
        #expect(log.contents[1024] & 0xf == 0b1111)
    }

    @Test func `A table that is no device is opened over devices, and tells what fails when they end with it`() throws {
        let (disk, log, plan) = (MemoryDevice(size: .kibibytes(32)), MemoryDevice(size: .mebibytes(1)), FaultyDevice.Plan())
        let mapper = UserspaceMapper(opening: .devices(["disk": disk, "log": FaultyDevice(log, plan)]))
        try mapper.createAndLoad(DeviceDefinition(name: name("logged"), table: try MappingTable("0 64 log-writes disk log")))
        let volume = try mapper.open(try MappingTable("0 32 linear /dev/mapper/logged 32"))
        #expect(try mapper.info(of: .name(name("logged"))).openCount == 1)
        try mapper.removeAll(deferred: true)
        try volume.write([3], at: 0)
        plan.add(.init([.write]))
        try volume.flush()
        let error = #expect(throws: MappingError.self) { try volume.close() }
        #expect(error?.code == .inputOutput)
        #expect(mapper.devices().isEmpty && disk.contents[32 * 512] == 3)
        // What cannot be opened keeps nothing open.
        try mapper.createAndLoad(DeviceDefinition(name: name("a"), table: try MappingTable("0 64 linear disk 0")))
        #expect(throws: MappingError.self) { try mapper.open(try MappingTable("0 32 linear /dev/mapper/a 0", "32 8 linear none 0")) }
        #expect(throws: MappingError.self) {
            try mapper.open(try MappingTable("0 32 linear /dev/mapper/a 0"), messages: [(0, OpaqueMessage(["nonsense"]))])
        }
        #expect(try mapper.info(of: .name(name("a"))).openCount == 0)
        try mapper.remove(.name(name("a")))
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
}

extension MappingTable {
    /// A table that parses, where only mapping errors are expected.
    init(parsed text: String) throws(MappingError) {
        do throws(TableError) { try self.init(parsing: text) } catch { throw MappingError(.invalidTable, message: "\(error)") }
    }
}
