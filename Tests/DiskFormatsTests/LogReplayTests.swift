import BlockIO
import DiskFormats
import StorageUnits
import Testing
import VolumeLaws

@Suite struct LogReplayTests {
    /// What a device holds after each of the entries.
    private func states(_ log: SampleLog, _ initial: [UInt8]) -> [[UInt8]] {
        var bytes = initial
        return zip(log.entries, log.data).map { entry, data in
            let range = Int(entry.offset)..<Int(entry.offset + entry.count)
            bytes.replaceSubrange(range, with: entry.flags.contains(.discard) ? [UInt8](repeating: 0, count: range.count) : data)
            return bytes
        }
    }

    @Test("a replay stops where it is told to, with what the device had then")
    func stops() throws {
        let log = try SampleLog.ofEachKind()
        let initial = [UInt8](repeating: 0xee, count: 16384)
        let states = states(log, initial)
        let source = MemoryDevice(log.bytes)
        func after(_ stops: LogReplay.Stop...) throws -> (UInt64?, [UInt8]) {
            let device = MemoryDevice(initial, logicalBlockSize: 512)
            let replay = try LogReplay(of: source, onto: device)
            var last: UInt64?
            for stop in stops { last = try replay.advance(to: stop)?.number }
            return (last, device.contents)
        }
        func check(_ found: (UInt64?, [UInt8]), _ entry: Int, isEnd: Bool = false) {
            #expect(found.0 == (isEnd ? nil : UInt64(entry)))
            #expect(difference(found.1, states[entry]) == nil)
        }
        check(try after(.end), 7, isEnd: true)
        for entry in 0..<8 { check(try after(.entry(UInt64(entry))), entry) }
        check(try after(.next(.flush)), 3)
        check(try after(.next(.flush), .next(.flush)), 6)
        check(try after(.next([.forceUnitAccess, .discard])), 4)
        check(try after(.next(.forceUnitAccess)), 5)
        check(try after(.mark("begin")), 0)
        check(try after(.mark("end")), 7)
        check(try after(.mark("begin"), .next(.mark)), 7)
        check(try after(.mark("none")), 7, isEnd: true)
        check(try after(.entry(3), .entry(3)), 3, isEnd: true)
        check(try after(.entry(99)), 7, isEnd: true)
    }

    @Test("what is skipped is not replayed")
    func skips() throws {
        let log = try SampleLog.ofEachKind()
        let device = MemoryDevice(size: ByteCount(16384))
        let replay = try LogReplay(of: MemoryDevice(log.bytes), onto: device)
        #expect(try replay.skip(to: .next(.flush))?.number == 3)
        #expect(replay.nextEntry == 4)
        #expect(device.contents.allSatisfy { $0 == 0 })
        try replay.advance(to: .end)
        #expect(Array(device.contents[1024..<1536]) == log.data[5])
        #expect(device.contents[1536...].allSatisfy { $0 == 0 })
    }

    @Test("a discard becomes zeroes, a discard, or nothing")
    func discards() throws {
        let log = try SampleLog.ofEachKind()
        func calls(_ discards: LogReplay.Discards, canDiscard: Bool = true) throws -> [RecordingDevice.Call] {
            let device = RecordingDevice(NoDiscards(MemoryDevice(size: ByteCount(16384)), refuses: !canDiscard))
            try LogReplay(of: MemoryDevice(log.bytes), onto: device, discards: discards).advance(to: .end)
            return device.calls.filter { $0.kind != .write && $0.kind != .extent }
        }
        let zeroes = RecordingDevice.Call(.writeZeroes, at: 4096, count: 8192, mayUnmap: true)
        let discard = RecordingDevice.Call(.discard, at: 4096, count: 8192)
        #expect(try calls(.zeroes) == [zeroes])
        #expect(try calls(.discards) == [discard])
        #expect(try calls(.discards, canDiscard: false) == [discard, zeroes])
        #expect(try calls(.ignored) == [])
    }

    @Test("writes larger than a piece are replayed whole")
    func largeWrites() throws {
        let entries = [LogWritesEntry([], offset: 512, count: 3 << 20), LogWritesEntry([], offset: 1 << 20, count: 1024)]
        let log = try SampleLog(entries, blocks: 7000)
        let device = MemoryDevice(size: .mebibytes(4))
        try LogReplay(of: MemoryDevice(log.bytes), onto: device).advance(to: .end)
        #expect(difference(device.contents, states(log, [UInt8](repeating: 0, count: 4 << 20))[1]) == nil)
    }

    @Test("a replay that fails tells the entry")
    func failures() throws {
        let log = try SampleLog.ofEachKind()
        func failure(_ device: any BlockDevice, _ bytes: [UInt8]? = nil) -> String? {
            do throws(LogReplay.Failure) {
                try LogReplay(of: MemoryDevice(bytes ?? log.bytes), onto: device).advance(to: .end)
                return nil
            } catch {
                return error.description
            }
        }
        #expect(
            failure(MemoryDevice(size: ByteCount(8192)))
                == "entry 4: 8192 bytes at 4096 reach past the end of the device, which has 8192 bytes (bytes 4096 to 12287)")
        #expect(
            failure(MemoryDevice(size: ByteCount(16384), logicalBlockSize: 4096))
                == "entry 0: the device has blocks of 4096 bytes, the log of 512")
        let faulty = FaultyDevice(MemoryDevice(size: ByteCount(16384)), .init([.init([.write], after: 1)]))
        #expect(failure(faulty) == "entry 2: made to fail (bytes 0 to 511)")
        #expect(
            failure(MemoryDevice(size: ByteCount(16384)), [1, 2, 3])
                == "the log: byte 3: a log begins with a block of at least 512 bytes, here are 3")
        var bytes = log.bytes
        bytes[1024 + 16] = 0x80
        #expect(failure(MemoryDevice(size: ByteCount(16384)), bytes) == "the log: byte 1040: entry 1: flags 0x80 of an entry are not known")
    }

    /// A device that says that it takes discards, and may refuse them.
    private final class NoDiscards: BlockDevice {
        let base: MemoryDevice
        let refuses: Bool
        init(_ base: MemoryDevice, refuses: Bool) {
            self.base = base
            self.refuses = refuses
        }
        var size: ByteCount { base.size }
        var limits: BlockLimits { base.limits }
        func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(BlockIOError) { try base.read(at: offset, into: &buffer) }
        func write(_ bytes: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
            try base.write(bytes, at: offset, flags: flags)
        }
        func flush() throws(BlockIOError) {}
        func discard(at offset: UInt64, count: UInt64) throws(BlockIOError) {
            if refuses { throw BlockIOError(.unsupported, message: "refused") }
        }
    }
}
