import BlockIO
import StorageUnits
import Testing
import VolumeLaws

/// What devices have without doing anything for it.
@Suite struct BlockDeviceTests {
    @Test func `A range is checked against the size without overflow`() throws {
        let device = MemoryDevice(size: ByteCount(1000))
        #expect(throws: Never.self) { try device.checkRange(at: 0, count: 1000) }
        #expect(throws: Never.self) { try device.checkRange(at: 1000, count: 0) }
        for (offset, count) in [(0, 1001), (1000, 1), (1001, 0), (1, .max), (.max, 1), (.max, .max)] as [(UInt64, UInt64)] {
            #expect(
                failure { () throws(BlockIOError) in try device.checkRange(at: offset, count: count) }
                    == BlockIOError(
                        .outOfRange, offset: offset, count: count,
                        message: "\(count) bytes at \(offset) reach past the end of the device, which has 1000 bytes"))
        }
    }

    @Test func `Reading an array checks the range, for nothing is allocated for a wrong one`() {
        let device = MemoryDevice(size: ByteCount(1000))
        #expect(failure { () throws(BlockIOError) in _ = try device.read(at: 1, count: 1000) }?.code == .outOfRange)
        #expect(failure { () throws(BlockIOError) in _ = try device.read(at: 0, count: .max) }?.code == .outOfRange)
    }

    @Test func `Reading an array passes the device's failure on`() {
        let device = FaultyDevice(MemoryDevice(size: ByteCount(1000)), .init([.init()]))
        #expect(
            failure { () throws(BlockIOError) in _ = try device.read(at: 1, count: 10) }
                == BlockIOError(.inputOutput, offset: 1, count: 10, message: "made to fail"))
    }

    @Test func `Zeroes are written a piece at a time, each as durable as they are to be`() throws {
        let base = RecordingDevice(MemoryDevice(size: ByteCount(3 << 20)))
        let device = DefaultsDevice(base)
        try device.writeZeroes(at: 100, count: 2_500_000, flags: [.forceUnitAccess, .mayUnmap])
        #expect(
            base.calls.map(\.description) == [
                "write 100+1048576, durable", "write 1048676+1048576, durable", "write 2097252+402848, durable",
            ])
    }

    @Test func `Zeroes that fail tell of everything that was not come to`() throws {
        let device = DefaultsDevice(FaultyDevice(MemoryDevice(size: ByteCount(3 << 20)), .init([.init([.write], after: 1, written: 1000)])))
        #expect(
            failure { () throws(BlockIOError) in try device.writeZeroes(at: 100, count: 2_500_000, flags: []) }
                == BlockIOError(.inputOutput, offset: 1_049_676, count: 2_500_100 - 1_049_676, message: "made to fail"))
    }

    @Test func `Pieces are read and written one by one where there is nothing better`() throws {
        let base = RecordingDevice(MemoryDevice(size: ByteCount(1000)))
        let device = DefaultsDevice(base)
        try device.write([1, 2, 3, 4, 5], pieces: [3..<5, 0..<2], at: 10, flags: .forceUnitAccess)
        var bytes = [UInt8](repeating: 0, count: 5)
        try device.read(at: 10, into: &bytes, pieces: [3..<5, 0..<2])
        #expect(bytes == [1, 2, 0, 4, 5])
        #expect(
            base.calls.map(\.description) == ["write 10+2, durable", "write 12+2, durable", "read 10+2", "read 12+2"])
    }

    @Test(arguments: DeviceLaws.Law.allCases, [1, 512])
    func `What devices have for nothing obeys the laws`(law: DeviceLaws.Law, blockSize: Int) throws {
        try DeviceLaws(blockSize: blockSize) { DefaultsDevice(MemoryDevice(size: ByteCount($0), logicalBlockSize: blockSize)) }.check(law)
    }

    @Test func `Limits of two devices are those that suit both`() {
        let first = BlockLimits(logicalBlockSize: 512, preferredSize: 65_536)
        let second = BlockLimits(logicalBlockSize: 4096, isReadOnly: true, canDiscard: false)
        let both = BlockLimits(logicalBlockSize: 4096, preferredSize: 65_536, isReadOnly: true, canDiscard: false)
        #expect(first.stacked(with: second) == both)
        #expect(second.stacked(with: first) == both)
        #expect(first.stacked(with: BlockLimits()) == first)
        #expect(BlockLimits(logicalBlockSize: 8192).preferredSize == 8192)
    }

    @Test func `There are zeroes for every block size`() {
        #expect(ZeroBytes.count % BlockLimits.largestBlockSize == 0)
        ZeroBytes.withBytes(count: ZeroBytes.count) { zeroes in
            #expect(zeroes.byteCount == ZeroBytes.count)
            #expect(unsafe zeroes.withUnsafeBytes { unsafe $0.allSatisfy { $0 == 0 } })
        }
        #expect(ZeroBytes.withBytes(count: 17) { $0.byteCount } == 17)
        #expect(ZeroBytes.withBytes(count: 0) { $0.byteCount } == 0)
    }

    @Test(arguments: [0, 1, 4095, 4096, 4097, 1 << 20])
    func `Aligned memory begins at a page, zeroed, and is wiped on demand`(count: Int) {
        let buffer = AlignedBuffer(count: count)
        #expect(buffer.count == count)
        buffer.withMutableBytes { bytes in
            #expect(bytes.byteCount == count)
            unsafe bytes.withUnsafeMutableBytes { bytes in
                #expect(Int(bitPattern: bytes.baseAddress) % AlignedBuffer.alignment == 0)
                #expect(unsafe bytes.allSatisfy { $0 == 0 })
                for index in bytes.indices { unsafe bytes[index] = 7 }
            }
        }
        #expect(buffer.withBytes { bytes in unsafe bytes.withUnsafeBytes { unsafe $0.allSatisfy { $0 == 7 } } })
        buffer.wipe()
        #expect(buffer.withBytes { bytes in unsafe bytes.withUnsafeBytes { unsafe $0.allSatisfy { $0 == 0 } } })
    }
}

/// A device with as little of its own as there can be.
private final class DefaultsDevice: BlockDevice {
    private let base: any BlockDevice
    init(_ base: any BlockDevice) { self.base = base }
    var size: ByteCount { base.size }
    var limits: BlockLimits { base.limits }
    func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(BlockIOError) { try base.read(at: offset, into: &buffer) }
    func write(_ bytes: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        try base.write(bytes, at: offset, flags: flags)
    }
    func flush() throws(BlockIOError) { try base.flush() }
    func discard(at offset: UInt64, count: UInt64) throws(BlockIOError) { try base.discard(at: offset, count: count) }
}
