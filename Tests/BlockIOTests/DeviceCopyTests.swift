import BlockIO
import StorageUnits
import Testing
import VolumeLaws

@Suite("DeviceCopy")
struct DeviceCopyTests {
    /// A memory device that tells of holes: its first, third, ... run of `run` bytes.
    final class SparseDevice: BlockDevice {
        let base: MemoryDevice
        let run: UInt64
        var size: ByteCount { base.size }
        let limits = BlockLimits()

        init(_ bytes: [UInt8], run: UInt64) {
            base = MemoryDevice(bytes)
            self.run = run
        }

        func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(BlockIOError) { try base.read(at: offset, into: &buffer) }
        func write(_ bytes: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
            try base.write(bytes, at: offset, flags: flags)
        }
        func flush() throws(BlockIOError) {}
        func discard(at offset: UInt64, count: UInt64) throws(BlockIOError) {}
        func extent(at offset: UInt64, limit: UInt64) throws(BlockIOError) -> Extent {
            Extent(offset / run % 2 == 0 ? .hole : .data, count: min(limit, run - offset % run))
        }
    }

    @Test("every byte is copied, by any number of threads, at any size", arguments: [1, 2, 5], [0, 1, 4097, 3 << 20, (5 << 20) + 13])
    func copiesAll(threads: Int, size: Int) throws {
        var random = SeededGenerator(seed: UInt64(size))
        let bytes = random.bytes(size)
        let target = MemoryDevice([UInt8](repeating: 0xaa, count: size + 5))
        try DeviceCopy(from: MemoryDevice(bytes), to: target, .holdsAnything).run(workers: Workers(count: threads))
        #expect(target.contents == bytes + [UInt8](repeating: 0xaa, count: 5))
    }

    @Test("holes are zeroed where the destination holds anything, and passed over where it reads as zeroes")
    func holes() throws {
        let run: UInt64 = 300_000
        var bytes = [UInt8](repeating: 0, count: 1_000_000)
        for index in bytes.indices where UInt64(index) / run % 2 == 1 { bytes[index] = 7 }
        let full = RecordingDevice(MemoryDevice([UInt8](repeating: 1, count: bytes.count)))
        try DeviceCopy(from: SparseDevice(bytes, run: run), to: full, .holdsAnything).run(workers: Workers(count: 1))
        #expect(try full.read(at: 0, count: bytes.count) == bytes)
        #expect(full.calls.filter { $0.kind == .writeZeroes }.map(\.count).reduce(0, +) == 600_000)

        let empty = RecordingDevice(MemoryDevice(size: ByteCount(UInt64(bytes.count))))
        try DeviceCopy(from: SparseDevice(bytes, run: run), to: empty, .readsAsZeroes).run(workers: Workers(count: 1))
        #expect(try empty.read(at: 0, count: bytes.count) == bytes)
        #expect(empty.calls.filter { $0.kind == .writeZeroes }.isEmpty)
        #expect(empty.calls.filter { $0.kind == .write }.map(\.count).reduce(0, +) == 400_000)
    }

    @Test("zeroes within data are left out of a destination that reads as zeroes, in whole units")
    func zeroes() throws {
        let unit = DeviceCopy.zeroUnit
        var bytes = [UInt8](repeating: 0, count: 64 * unit + 100)
        bytes[5 * unit + 17] = 1
        bytes[9 * unit] = 1
        bytes[10 * unit + unit - 1] = 1
        bytes[64 * unit + 99] = 1
        let target = RecordingDevice(MemoryDevice(size: ByteCount(UInt64(bytes.count))))
        try DeviceCopy(from: MemoryDevice(bytes), to: target, .readsAsZeroes).run(workers: Workers(count: 1))
        #expect(try target.read(at: 0, count: bytes.count) == bytes)
        let writes = target.calls.filter { $0.kind == .write }.map { [Int($0.offset), Int($0.count)] }
        #expect(writes == [[5 * unit, unit], [9 * unit, 2 * unit], [64 * unit, 100]])
    }

    @Test("the destination is flushed once, after everything")
    func flush() throws {
        let target = RecordingDevice(MemoryDevice(size: .mebibytes(3)))
        try DeviceCopy(from: MemoryDevice([UInt8](repeating: 1, count: 3 << 20)), to: target, .holdsAnything).run()
        #expect(target.calls.filter { $0.kind == .flush }.count == 1 && target.calls.last?.kind == .flush)
    }

    @Test("a failure tells its side, its error, and up to where everything is copied", arguments: [1, 4])
    func failure(threads: Int) throws {
        let size: UInt64 = 8 << 20
        let bytes = [UInt8](repeating: 9, count: Int(size))
        for side in [DeviceCopy.Failure.Side.source, .destination] {
            let plan = FaultyDevice.Plan([.init([side == .source ? .read : .write], range: 5_000_000..<5_000_001)])
            let memory = MemoryDevice(size: ByteCount(size))
            let source: any BlockDevice = side == .source ? FaultyDevice(MemoryDevice(bytes), plan) : MemoryDevice(bytes)
            let target: any BlockDevice = side == .source ? memory : FaultyDevice(memory, plan)
            let copy = try DeviceCopy(from: source, to: target, .holdsAnything)
            let failure = try #require(throws: DeviceCopy.Failure.self) { try copy.run(workers: Workers(count: threads)) }
            #expect(failure.side == side && failure.copied == 4 << 20)
            #expect(memory.contents.prefix(4 << 20).allSatisfy { $0 == 9 })
            let what = side == .source ? "reading the source" : "writing the destination"
            #expect(
                "\(failure)" == "\(what) failed: made to fail (bytes 4194304 to 5242879); the first 4194304 bytes are copied")
        }
    }

    @Test("when the last flush fails, nothing is sure to be copied")
    func flushFailure() throws {
        let target = FaultyDevice(MemoryDevice(size: .mebibytes(1)), FaultyDevice.Plan([.init([.flush])]))
        let copy = try DeviceCopy(from: MemoryDevice(size: .mebibytes(1)), to: target, .holdsAnything)
        let failure = try #require(throws: DeviceCopy.Failure.self) { try copy.run() }
        #expect("\(failure)" == "writing the destination failed: made to fail; the first 0 bytes are copied")
    }

    @Test("a destination that is shorter is refused before anything is written")
    func tooShort() throws {
        let error = try #require(throws: BlockIOError.self) {
            try DeviceCopy(from: MemoryDevice(size: ByteCount(10)), to: MemoryDevice(size: ByteCount(9)), .holdsAnything)
        }
        #expect("\(error)" == "the destination has 9 bytes, the source 10: nothing was copied")
    }

    @Test("a file is made for a copy in place of what it held, and the source's holes are its own", arguments: [1 << 10, 5 << 20])
    func creating(_ oldSize: Int) throws {
        let directory = try TemporaryDirectory()
        let path = try directory.file("copy.img", [UInt8](repeating: 0xaa, count: oldSize))
        try DeviceCopy(from: SparseDevice([UInt8](repeating: 1, count: 2 << 20), run: 1 << 20), creating: path).run()
        #expect(try contents(of: path) == [UInt8](repeating: 0, count: 1 << 20) + [UInt8](repeating: 1, count: 1 << 20))
        #expect(try FileDevice(path: path, access: .readOnly).extent(at: 0, limit: 2 << 20) == Extent(.hole, count: 1 << 20))
    }

    @Test("a file that was cut off is not copied as if it held zeroes", arguments: [0, 4096])
    func cutOff(_ newSize: UInt64) throws {
        let directory = try TemporaryDirectory()
        let path = try directory.file("disk.img", [UInt8](repeating: 1, count: 8192))
        let source = try FileDevice(path: path, access: .readOnly)
        try truncate(path, to: newSize)
        #expect(try source.extent(at: newSize, limit: 8192 - newSize) == Extent(.data, count: 8192 - newSize))
        let copy = try DeviceCopy(from: source, to: MemoryDevice(size: ByteCount(8192)), .readsAsZeroes)
        let failure = try #require(throws: DeviceCopy.Failure.self) { try copy.run() }
        #expect(failure.side == .source && failure.error.code == .endOfFile && failure.copied == newSize)
    }

    @Test("progress ends with everything done, and counts what was written")
    func progress() throws {
        let seen = Monitor<[DeviceCopy.Progress]>([])
        let source = SparseDevice([UInt8](repeating: 1, count: 3 << 20), run: 1 << 20)
        try DeviceCopy(from: source, to: MemoryDevice(size: .mebibytes(3)), .readsAsZeroes).run { now in seen.withLock { $0.append(now) } }
        let last = seen.withLock { $0.max { $0.done < $1.done } }
        #expect(last?.done == 3 << 20 && last?.total == 3 << 20 && last?.written == 1 << 20)
    }
}
