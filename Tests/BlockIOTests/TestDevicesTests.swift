import BlockIO
import StorageUnits
import Testing
import VolumeLaws

/// The devices that other tests rely on.
@Suite struct TestDevicesTests {
    @Test(arguments: DeviceLaws.Law.allCases)
    func `Devices for tests are block devices themselves`(law: DeviceLaws.Law) throws {
        try DeviceLaws { FaultyDevice(RecordingDevice(MemoryDevice(size: ByteCount($0)))) }.check(law)
    }

    @Test func `The request that is to fail does, and no other`() throws {
        let device = FaultyDevice(MemoryDevice(size: ByteCount(100)), .init([.init([.write], after: 1, times: 2)]))
        try device.write([1], at: 0)
        _ = try device.read(at: 0, count: 1)
        for offset in 1...2 as ClosedRange<UInt64> {
            #expect(
                failure { () throws(BlockIOError) in try device.write([9, 9], at: offset) }
                    == BlockIOError(.inputOutput, offset: offset, count: 2, message: "made to fail"))
        }
        try device.write([2], at: 3)
        #expect(try device.read(at: 0, count: 4) == [1, 0, 0, 2])
        #expect(device.plan.requests == 6)
        #expect(device.plan.failures == 2)
    }

    @Test func `A fault of a range is met by requests that touch it`() throws {
        let device = FaultyDevice(MemoryDevice(size: ByteCount(100)), .init([.init(range: 10..<20, times: .max)]))
        try device.write([1, 2], at: 8)
        _ = try device.read(at: 20, count: 80)
        try device.flush()
        #expect(failure { () throws(BlockIOError) in try device.write([1, 2, 3], at: 8) } != nil)
        #expect(failure { () throws(BlockIOError) in _ = try device.read(at: 19, count: 5) } != nil)
        #expect(failure { () throws(BlockIOError) in try device.writeZeroes(at: 0, count: 100, flags: []) } != nil)
        device.plan.clear()
        try device.write([1, 2, 3], at: 8)
    }

    @Test func `A torn write has written its beginning`() throws {
        let device = FaultyDevice(MemoryDevice(size: ByteCount(10)), .init([.init([.write], times: 2, written: 3)]))
        let error = BlockIOError(.noSpace, offset: 4, count: 2, message: "full")
        device.plan.clear()
        device.plan.add(.init([.write], times: 2, written: 3, error: error.moved(to: 0, count: 0)))
        #expect(failure { () throws(BlockIOError) in try device.write([1, 2, 3, 4, 5], at: 1) } == error)
        #expect(try device.read(at: 0, count: 7) == [0, 1, 2, 3, 0, 0, 0])
        #expect(
            failure { () throws(BlockIOError) in try device.write([7, 8, 9, 10, 11], pieces: [3..<5, 0..<2], at: 0) }
                == error.moved(to: 3, count: 1))
        #expect(try device.read(at: 0, count: 7) == [10, 11, 7, 3, 0, 0, 0])
    }

    @Test func `Devices with one plan count together`() throws {
        let plan = FaultyDevice.Plan([.init(after: 2)])
        let devices = (0..<3).map { _ in FaultyDevice(MemoryDevice(size: ByteCount(10)), plan) }
        let errors = devices.map { device in failure { () throws(BlockIOError) in try device.flush() } }
        #expect(errors.map { $0 == nil } == [true, true, false])
    }

    @Test func `A device that breaks a law is found out`() throws {
        // Each of these is wrong in one way; a law that finds nothing is no law.
        let broken: [(BrokenDevice.Mistake, Set<DeviceLaws.Law>)] = [
            (.forgetsLastByte, [.readsBack, .model, .threads]), (.writesOneTooMany, [.neighbours, .model]),
            (.piecesInWrongOrder, [.pieces, .model]), (.zeroesOneTooFew, [.zeroes, .model]), (.holesEverywhere, [.extents]),
            (.extentTooLong, [.extents]), (.extentEmpty, [.extents]), (.flushFails, [.flushing]), (.emptyFails, [.empty]),
            (.takesTags, [.tags]), (.mixesThreads, [.threads]),
        ]
        for (mistake, laws) in broken {
            for law in laws {
                #expect(throws: LawViolation.self, "\(mistake), \(law)") {
                    try DeviceLaws(requests: 500) { BrokenDevice(MemoryDevice(size: ByteCount($0)), mistake) }.check(law)
                }
            }
        }
        #expect(Set(broken.flatMap(\.1)) == Set(DeviceLaws.Law.allCases))
        #expect(throws: LawViolation.self) { try DeviceLaws.checkReadOnly(MemoryDevice(size: ByteCount(100))) }
    }
}

/// A device with a mistake.
private final class BrokenDevice: BlockDevice {
    enum Mistake {
        case forgetsLastByte, writesOneTooMany, piecesInWrongOrder, zeroesOneTooFew, holesEverywhere, extentTooLong, extentEmpty
        case flushFails, emptyFails, takesTags, mixesThreads
    }
    private let base: any BlockDevice
    private let mistake: Mistake
    private let last = Monitor<UInt64?>(nil)

    init(_ base: any BlockDevice, _ mistake: Mistake) {
        self.base = base
        self.mistake = mistake
    }

    var size: ByteCount { base.size }
    var limits: BlockLimits { base.limits }

    func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(BlockIOError) {
        if mistake == .emptyFails, buffer.byteCount == 0 { throw BlockIOError(.endOfFile, message: "nothing there") }
        try base.read(at: offset, into: &buffer)
    }

    func write(_ bytes: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        if mistake == .forgetsLastByte, bytes.byteCount > 1 {
            return try base.write(bytes.extracting(0..<bytes.byteCount - 1), at: offset, flags: flags)
        }
        try base.write(bytes, at: offset, flags: flags)
        let end = offset + UInt64(bytes.byteCount)
        if mistake == .writesOneTooMany, end < size.count { try base.write([0xa5], at: end) }
        // What another request wrote last is lost when two come at once; here, whenever they take turns.
        if mistake == .mixesThreads {
            let before = last.withLock { last in
                defer { last = offset }
                return last
            }
            if let before, before != offset { try base.write([0xa5], at: before) }
        }
    }

    func write(_ bytes: RawSpan, pieces: Span<Range<Int>>, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        var position = offset
        for index in pieces.indices {
            let piece = pieces[mistake == .piecesInWrongOrder ? pieces.count - 1 - index : index]
            try write(bytes.extracting(piece), at: position, flags: flags)
            position += UInt64(piece.count)
        }
    }

    func flush() throws(BlockIOError) {
        if mistake == .flushFails { throw BlockIOError(.inputOutput, message: "no") }
    }

    func discard(at offset: UInt64, count: UInt64) throws(BlockIOError) {}

    func writeZeroes(at offset: UInt64, count: UInt64, flags: ZeroFlags) throws(BlockIOError) {
        try base.writeZeroes(at: offset, count: mistake == .zeroesOneTooFew && count > 1 ? count - 1 : count, flags: flags)
    }

    func extent(at offset: UInt64, limit: UInt64) throws(BlockIOError) -> Extent {
        switch mistake {
        case .holesEverywhere: Extent(.hole, count: limit)
        case .extentTooLong: Extent(.data, count: limit + 1)
        case .extentEmpty: Extent(.data, count: 0)
        default: Extent(.data, count: limit)
        }
    }

    func read(at offset: UInt64, into buffer: inout MutableRawSpan, tags: inout MutableRawSpan) throws(BlockIOError) {
        if mistake != .takesTags { throw BlockIOError(.unsupported, message: "no tags") }
    }
}
