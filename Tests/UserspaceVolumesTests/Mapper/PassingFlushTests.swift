import BlockIO
import DeviceMapperTables
import StorageUnits
import Testing
import UserspaceVolumes
import VolumeLaws

/// Flushes that are nobody's request: those of devices that are suspended, or end.
@Suite struct PassingFlushTests {
    private let low = name("low")
    private let top = name("top")

    private static func name(_ text: String) -> MappedDeviceID {
        guard let name = try? DeviceName(text) else { preconditionFailure("'\(text)' is a name") }
        return .name(name)
    }

    private func stack(_ mapper: UserspaceMapper, low target: String) throws {
        try mapper.createAndLoad(
            try DeviceDefinition.list(parsingConcise: "low,,,rw,0 64 \(target);top,,,rw,0 32 linear /dev/mapper/low 0"))
    }

    @Test(arguments: [
        "multipath 1 queue_if_no_path 0 1 1 round-robin 0 1 0 disk", "delay disk 0 0 disk 0 0 disk 0 4000000000",
        "flakey disk 0 0 60 1 error_writes", "dust disk 0 512", "log-writes disk log",
    ])
    func `What a target below does to flushes it does not do to that of a suspension, or of an end`(target: String) throws {
        let (disk, log) = (MemoryDevice(size: .kibibytes(32)), MemoryDevice(size: .kibibytes(64)))
        let mapper = UserspaceMapper(opening: .devices(["disk": disk, "log": log]))
        try stack(mapper, low: target)
        for message in target.hasPrefix("multipath") ? ["fail_path disk"] : target.hasPrefix("dust") ? ["addbadblock 0", "enable"] : [] {
            _ = try mapper.send(OpaqueMessage(message.split(separator: " ").map(String.init)), to: low)
        }
        let before = try mapper.status(of: low)
        _ = try mapper.suspend(top)
        _ = try mapper.load(try MappingTable("0 32 linear /dev/mapper/low 32"), into: top)
        _ = try mapper.resume(top)
        try mapper.remove(top)
        #expect(try mapper.status(of: low) == before)
        if target.hasPrefix("dust") {
            #expect(try mapper.send(DustTarget.Message.countBadBlocks, to: low)?.hasPrefix("countbadblocks: 1 badblock") == true)
        }
    }

    @Test func `Nobody waits for a mirror below whose leg fails its flush, and it is told once`() throws {
        let plan = FaultyDevice.Plan()
        let mapper = UserspaceMapper(
            opening: .devices([
                "a": MemoryDevice(size: .kibibytes(32)), "b": FaultyDevice(MemoryDevice(size: .kibibytes(32)), plan),
            ]))
        try stack(mapper, low: "mirror core 2 8 nosync 2 a 0 b 0 1 handle_errors")
        plan.add(.init([.flush], times: .max))
        let error = #expect(throws: MappingError.self) { try mapper.suspend(top) }
        #expect(error?.code == .inputOutput)
        _ = try mapper.suspend(top)
        plan.clear()
    }

    @Test(arguments: [true, false])
    func `A device that is about to be suspended is not waited for either`(flush: Bool) throws {
        let disk = HangingDevice(MemoryDevice(size: .kibibytes(32)))
        let mapper = UserspaceMapper(opening: .devices(["disk": disk]))
        try stack(mapper, low: "linear disk 0")
        let volume = try mapper.open(low)
        disk.hangs = true
        let writing = BackgroundThread { #expect(failure { () throws(BlockIOError) in try volume.write([1], at: 0) } == nil) }
        disk.waitForRequests(1)
        let below = BackgroundThread { #expect((try? mapper.suspend(low, flush: flush))?.isSuspended == true) }
        #expect(below.comesToWait())
        let above = BackgroundThread { #expect((try? mapper.suspend(top))?.isSuspended == true) }
        #expect(above.comesToWait())
        disk.hangs = false
        for thread in [writing, below, above] { thread.join() }
        #expect(try mapper.info(of: low).isSuspended)
        // What came to it without a flush is flushed when all goes on and ends.
        _ = try mapper.resume(low)
        _ = try mapper.resume(top)
    }

    @Test(arguments: [true, false])
    func `What a suspended device held back is flushed when the one above ends, if it serves again`(flush: Bool) throws {
        let disk = RecordingDevice(MemoryDevice(size: .kibibytes(32)))
        let mapper = UserspaceMapper(opening: .devices(["disk": disk]))
        try stack(mapper, low: "linear disk 0")
        let volume = try mapper.open(top)
        try volume.write([1], at: 0)
        _ = try mapper.suspend(low, flush: flush)
        _ = try mapper.suspend(top)
        try volume.close()
        _ = try mapper.resume(low)
        _ = disk.takeCalls()
        try mapper.remove(top)
        #expect(disk.takeCalls().map(\.kind) == (flush ? [] : [.flush]))
    }
}
