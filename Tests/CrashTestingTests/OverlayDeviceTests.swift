import BlockIO
import CrashTesting
import StorageUnits
import Testing
import VolumeLaws

/// The device of a state, which keeps what was changed in memory.
@Suite struct OverlayDeviceTests {
    @Test(arguments: DeviceLaws.Law.allCases)
    func `The device of a state is a block device`(law: DeviceLaws.Law) throws {
        try DeviceLaws(
            sizes: [512, 4608, 150_016],
            make: { size in
                var random = SeededGenerator(seed: size)
                var test = CrashTest(size: ByteCount(size))
                test.initial = MemoryDevice(random.bytes(Int(size)))
                let recording = try test.record { disk in
                    try disk.write(random.bytes(512), at: size - 512)
                    try disk.discard(at: 0, count: size / 1024 * 512)
                    try disk.flush()
                    try disk.write(random.bytes(512), at: 0)
                }
                return try recording.withState(at: CrashPoint(entry: 3), losses: nil) { $0.device }
            }
        ).check(law)
    }

    @Test("a discard of 64 GiB takes no memory for each of its blocks, also where it survives in part")
    func hugeDiscards() throws {
        let size = ByteCount.gibibytes(64)
        var test = CrashTest(size: size)
        test.initial = Sevens(size: size)
        test.moments = .beforeFlushes
        test.losses = CrashLosses(statesPerMoment: 50)
        let places: [UInt64] = [0, 12288, 1 << 30, size.count - 1]
        var torn = 0
        try test.run { disk in
            try disk.write([UInt8](repeating: 1, count: 4096), at: places[1])
            try disk.flush()
            try disk.discard(at: 0, count: size.count)
            try disk.write([UInt8](repeating: 2, count: 4096), at: places[2])
        } check: { crash in
            guard crash.point.entry > 1 else { return }
            let bytes = try places.map { try crash.device.read(at: $0, count: 1)[0] }
            var extents = 0
            var hole: UInt64 = 0
            var place: UInt64 = 0
            while place < size.count {
                let extent = try crash.device.extent(at: place, limit: size.count - place)
                if extent.kind == .hole { hole += extent.count }
                place += extent.count
                extents += 1
            }
            #expect(place == size.count && extents < 1100)
            switch crash.point.survivors {
            case .all: #expect(bytes == [0, 0, 2, 0] && hole == size.count - 4096)
            case .none: #expect(bytes == [7, 1, 7, 7] && hole == 0)
            case .some: if hole > 0, hole < size.count - 4096 { torn += 1 }
            }
        }
        #expect(torn > 0)
    }
}

/// Sevens everywhere, however many.
private final class Sevens: BlockDevice {
    let size: ByteCount
    let limits = BlockLimits(isReadOnly: true)
    /// No less than is read at once.
    private let some = MemoryDevice([UInt8](repeating: 7, count: 4096))

    init(size: ByteCount) { self.size = size }

    func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(BlockIOError) { try some.read(at: 0, into: &buffer) }
    func write(_ bytes: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        throw BlockIOError(.readOnly, message: "sevens stay sevens")
    }
    func flush() throws(BlockIOError) {}
    func discard(at offset: UInt64, count: UInt64) throws(BlockIOError) {
        throw BlockIOError(.readOnly, message: "sevens stay sevens")
    }
}
