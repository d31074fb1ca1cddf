import BlockIO
import StorageUnits
import Testing
import VolumeLaws

@Suite struct SliceDeviceTests {
    @Test(arguments: DeviceLaws.Law.allCases, [1, 512])
    func `A slice is a block device, and the rest of its base does not change`(law: DeviceLaws.Law, blockSize: Int) throws {
        let outside = SeededBytes.make(2 * blockSize)
        let bases = Monitor<[(base: MemoryDevice, size: Int)]>([])
        let laws = DeviceLaws(blockSize: blockSize) { size in
            let base = MemoryDevice(
                Array(outside[..<blockSize]) + [UInt8](repeating: 0, count: Int(size)) + Array(outside[blockSize...]),
                logicalBlockSize: blockSize)
            bases.withLock { $0.append((base, Int(size))) }
            return try SliceDevice(of: base, start: UInt64(blockSize), count: size)
        }
        try laws.check(law)
        for (base, size) in bases.withLock({ $0 }) {
            #expect(Array(base.contents[..<blockSize]) == Array(outside[..<blockSize]))
            #expect(Array(base.contents[(blockSize + size)...]) == Array(outside[blockSize...]))
        }
    }

    @Test func `Every request goes to the base once, moved`() throws {
        let base = RecordingDevice(MemoryDevice(size: ByteCount(10_000)))
        let slice = try SliceDevice(of: base, start: 1000, count: 5000)
        try slice.write([1, 2], at: 10, flags: .forceUnitAccess)
        try slice.write([1, 2, 3], pieces: [1..<3, 0..<1], at: 20)
        _ = try slice.read(at: 30, count: 4)
        var bytes: [UInt8] = [0, 0]
        try slice.read(at: 40, into: &bytes, pieces: [1..<2, 0..<1])
        try slice.discard(at: 50, count: 60)
        try slice.writeZeroes(at: 70, count: 80, flags: [.mayUnmap, .forceUnitAccess])
        _ = try slice.extent(at: 90, limit: 100)
        try slice.flush()
        #expect(
            base.calls.map(\.description) == [
                "write 1010+2, durable", "write 1020+3 in 2 pieces", "read 1030+4", "read 1040+2 in 2 pieces", "discard 1050+60",
                "writeZeroes 1070+80, durable, may unmap", "extent 1090+100", "flush",
            ])
    }

    @Test func `Errors tell of the slice's bytes`() throws {
        let base = FaultyDevice(MemoryDevice(size: ByteCount(10_000)))
        let slice = try SliceDevice(of: base, start: 1000, count: 5000)
        let error = BlockIOError(.inputOutput, offset: 100, count: 50, message: "made to fail")
        let bytes = [UInt8](repeating: 0, count: 50)
        func request(_ kind: RequestKind) throws(BlockIOError) {
            switch kind {
            case .read: _ = try slice.read(at: 100, count: 50)
            case .write: try slice.write(bytes, pieces: [0..<20, 20..<50], at: 100)
            case .writeZeroes: try slice.writeZeroes(at: 100, count: 50, flags: [])
            case .discard: try slice.discard(at: 100, count: 50)
            case .extent: _ = try slice.extent(at: 100, limit: 50)
            case .flush: try slice.write(bytes, at: 100)
            }
        }
        for kind in RequestKind.allCases {
            base.plan.add(.init(Set(RequestKind.allCases)))
            #expect(throws: error) { try request(kind) }
        }
    }

    @Test func `A slice has its base's limits`() throws {
        let base = MemoryDevice(size: ByteCount(8192), logicalBlockSize: 512)
        #expect(try SliceDevice(of: base, start: 512, count: 512).limits == base.limits)
        try DeviceLaws.checkReadOnly(try SliceDevice(of: ReadOnlyDevice(base), start: 512, count: 2048), blockSize: 512)
    }

    @Test func `A slice that reaches past its base is refused`() throws {
        let base = MemoryDevice(size: ByteCount(4096))
        #expect(
            failure { () throws(BlockIOError) in _ = try SliceDevice(of: base, start: 4000, count: 100) }
                == BlockIOError(
                    .outOfRange, offset: 4000, count: 100,
                    message: "100 bytes at 4000 reach past the end of the device, which has 4096 bytes"))
        #expect(
            failure { () throws(BlockIOError) in _ = try SliceDevice(of: base, start: 1, count: .max) }?.message
                == "18446744073709551615 bytes at 1 reach past the end of the device, which has 4096 bytes")
        #expect(throws: Never.self) { try SliceDevice(of: base, start: 4096, count: 0) }
    }

    @Test(arguments: [(100, 512), (512, 100)] as [(UInt64, UInt64)])
    func `A slice of parts of blocks is refused`(start: UInt64, count: UInt64) throws {
        let base = MemoryDevice(size: ByteCount(4096), logicalBlockSize: 512)
        #expect(
            failure { () throws(BlockIOError) in _ = try SliceDevice(of: base, start: start, count: count) }
                == BlockIOError(
                    .unaligned, offset: start, count: count,
                    message: "a slice of \(count) bytes at \(start) is not a multiple of the logical block size of 512 bytes"))
    }

    @Test func `Tags go through a slice`() throws {
        let base = TaggedDevice()
        let slice = try SliceDevice(of: base, start: 1024, count: 2048)
        #expect(slice.tagSize == 4)
        try TaggedDevice.exchange(slice, at: 512)
        #expect(base.calls == ["write 512 with 4 at 1536", "read 512 with 4 at 1536"])
        let reader = ReadOnlyDevice(base)
        #expect(reader.tagSize == 4)
        let error = failure { () throws(BlockIOError) in try TaggedDevice.exchange(reader, at: 512) }
        #expect(error == BlockIOError(.readOnly, offset: 512, count: 512, message: "the device is read-only"))
    }
}

/// A device that keeps tags, as far as anybody can see.
private final class TaggedDevice: BlockDevice {
    let size = ByteCount(8192)
    let limits = BlockLimits(logicalBlockSize: 512)
    let tagSize = 4
    private let log = Monitor<[String]>([])
    var calls: [String] { log.withLock { $0 } }

    func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(BlockIOError) {}
    func write(_ bytes: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {}
    func flush() throws(BlockIOError) {}
    func discard(at offset: UInt64, count: UInt64) throws(BlockIOError) {}

    func read(at offset: UInt64, into buffer: inout MutableRawSpan, tags: inout MutableRawSpan) throws(BlockIOError) {
        let line = "read \(buffer.byteCount) with \(tags.byteCount) at \(offset)"
        log.withLock { $0.append(line) }
    }

    func write(_ bytes: RawSpan, tags: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        let line = "write \(bytes.byteCount) with \(tags.byteCount) at \(offset)"
        log.withLock { $0.append(line) }
    }

    /// Writes and reads a block with its tag.
    static func exchange(_ device: any BlockDevice, at offset: UInt64) throws(BlockIOError) {
        try AlignedBuffer(count: 512).withMutableBytes { (block) throws(BlockIOError) in
            try AlignedBuffer(count: 4).withMutableBytes { (tag) throws(BlockIOError) in
                try device.write(block.bytes, tags: tag.bytes, at: offset, flags: [])
                try device.read(at: offset, into: &block, tags: &tag)
            }
        }
    }
}
