public import BlockIO
public import DeviceMapperTables
public import DiskFormats
public import StorageUnits

/// Why a crash test did not pass.
public enum CrashTestError: Error {
    /// States that the checker did not like; at least one.
    case failingStates([FailingState])
    /// The workload threw.
    case workload(any Error)
    /// The log had no room for all that was written. Give ``CrashTest/logSize`` more.
    case logIsFull(ByteCount)
    /// The log, or the device, could not be used, or closed.
    case mapping(MappingError)
    /// The log cannot be read.
    case log(FormatError)
    /// A state could not be made.
    case device(BlockIOError)
    /// There is no such point in the log.
    case noSuchPoint(CrashPoint)

    /// A state that the checker did not like.
    public struct FailingState: Sendable {
        /// What makes it again.
        public let point: CrashPoint
        /// The last entry of the log before the crash.
        public let lastEntry: LogWritesEntry
        /// What the checker threw.
        public let error: any Error
    }
}

extension CrashTestError.FailingState: CustomStringConvertible {
    /// `a crash after entry 12, all unflushed writes survived (the last is flush): ...`
    public var description: String { "a crash \(point.isUnderWay ? "with" : "after") \(point) (the last is \(lastEntry)): \(error)" }
}

extension CrashTestError: CustomStringConvertible {
    /// What happened, and for a state how to see it again.
    public var description: String {
        switch self {
        case .failingStates(let states):
            states.map(\.description).joined(separator: "\n")
                + "\nto see one again, give its entry and seed as a CrashPoint to CrashTest.only, "
                + "or with the test's losses to CrashRecording.withState(at:losses:)"
        case .workload(let error): "the workload failed: \(error)"
        case .logIsFull(let size): "the log is full: \(size) bytes are too few for all that the workload writes"
        case .mapping(let error): "\(error)"
        case .log(let error): "the log: \(error)"
        case .device(let error): "a state could not be made: \(error)"
        case .noSuchPoint(let point): "the log has no \(point)"
        }
    }
}
