public import BlockIO
internal import DeviceMapperTables
public import StorageUnits
internal import UserspaceVolumes

/// Runs a workload on a device, crashes the device at every moment that matters, and has each state that is left checked.
///
///     try CrashTest(size: .mebibytes(1)).run { disk in
///         try store.put("key", "value", on: disk)
///         disk.mark("key is stored")
///     } check: { crash in
///         let store = try Store(recovering: crash.device)
///         if crash.marks.contains("key is stored") { try require(store["key"] == "value") }
///     }
///
/// What the workload writes goes to a device in memory, and to a log in the format of dm-log-writes. Then the log is replayed to each
/// flush, to each write with forced unit access and to each mark; and before each flush, and during each such write, also such states are
/// made as a disk may be found in that has a cache: some of the writes that were not durable yet have come to it, others have not, and some
/// only in part. Which ones is chosen by a seed, so that a state that fails can be made again.
///
/// One write may be missing and a later one be there, which is what is called reordering; two that overlap are found in the order in which they were made.
public struct CrashTest: Sendable {
    /// The size of the device; a multiple of 512 bytes.
    public var size: ByteCount
    /// What is on the device before the workload; zeroes without. No shorter than `size`, with blocks of up to 4096 bytes, and only read.
    public var initial: (any BlockDevice)?
    /// When crashes come.
    public var moments: CrashMoments = .all
    /// Whether writes that were not flushed are lost, in which ways; `nil` when all survive, as replay-log has it.
    public var losses: CrashLosses? = CrashLosses()
    /// What chooses the writes that are lost.
    public var seed: UInt64 = 0
    /// The one point to check, of all; to see a failing state again. `nil` for all.
    public var only: CrashPoint?
    /// After how many failing states no more are checked; at least one.
    public var failureLimit = 1
    /// How large the log can become. It is in memory, which is taken as the log grows.
    public var logSize: ByteCount = .mebibytes(256)

    /// A test with a device of that size, which is a multiple of 512 bytes.
    public init(size: ByteCount) {
        precondition(size.count > 0 && size.count % Sectors.bytesPerSector == 0)
        self.size = size
    }

    /// What a test has done.
    public struct Report: Hashable, Sendable {
        /// How many entries the log has.
        public var entries: UInt64 = 0
        /// At how many moments there was a crash.
        public var moments = 0
        /// How many states were checked.
        public var states = 0
    }

    /// Runs the workload, and has every state that a crash may leave checked: `check` throws when it does not like one.
    ///
    /// Throws `failingStates` when that happened, and else whatever kept the workload or the test from ending.
    @discardableResult
    public func run(
        _ workload: (CrashDisk) throws -> Void, check: (CrashState) throws -> Void
    ) throws(CrashTestError) -> Report {
        try record(workload).check(self, check)
    }

    /// Runs the workload, and returns what it wrote. A `log` of your own is kept, a file for `devmap log` say; else one in memory is made.
    ///
    /// The disk has the blocks of the log: where they are larger than 512 bytes, at most 65536, every write is one of whole such blocks.
    /// Throws `mapping` when they are larger still, when `size` is no multiple of them, and when ``initial`` is shorter than `size` or has
    /// blocks of more than 4096 bytes.
    public func record(
        to log: (any BlockDevice)? = nil, _ workload: (CrashDisk) throws -> Void
    ) throws(CrashTestError) -> CrashRecording {
        try checkInitial()
        let log = log ?? MemoryDevice(size: logSize)
        let end = Monitor<String?>(nil)
        let disk: CrashDisk
        do throws(MappingError) {
            disk = try CrashDisk(OverlayDevice(size: size, over: initial), log: log) { reason in end.withLock { $0 = reason } }
        } catch {
            throw .mapping(error)
        }
        do { try workload(disk) } catch {
            // What failed first is told.
            try? disk.close()
            throw .workload(error)
        }
        do throws(MappingError) { try disk.close() } catch { throw .mapping(error) }
        guard end.withLock({ $0 }) == nil else { throw .logIsFull(log.size) }
        return CrashRecording(log: log, size: size, initial: initial)
    }

    /// Before the workload is run for nothing.
    private func checkInitial() throws(CrashTestError) {
        guard let initial else { return }
        guard initial.size >= size else {
            throw .mapping(
                MappingError(.deviceTooSmall, message: "the initial device has \(initial.size) bytes, the test needs \(size)"))
        }
        let blockSize = initial.limits.logicalBlockSize
        guard blockSize <= Int(OverlayDevice.blockSize) else {
            throw .mapping(
                MappingError(
                    .unsupported, message: "the initial device has blocks of \(blockSize) bytes, at most \(OverlayDevice.blockSize) can be")
            )
        }
    }
}
