/// A moment of a crash, and what the device still had of the writes that no flush had reached.
///
/// With the same log, and the same ``CrashLosses/atomicSize``, it is all that there is to know to make a state again: see
/// ``CrashRecording/withState(at:losses:_:)``.
public struct CrashPoint: Hashable, Sendable {
    /// Which of the writes survived that were neither flushed, nor made with forced unit access and had returned.
    public enum Survivors: Hashable, Sendable {
        /// All of them, as if the device had been asked for a flush.
        case all
        /// None.
        case none
        /// Some, chosen by a seed; of some others a part.
        case some(seed: UInt64)
    }

    /// The number of the last entry of the log before the crash, from 0.
    public var entry: UInt64
    /// Whether that entry, a write with forced unit access, had not returned yet: then it may be lost as well. Of other entries it says
    /// nothing.
    public var isUnderWay: Bool
    /// Which writes survived.
    public var survivors: Survivors

    /// A crash after an entry, or while it is under way.
    public init(entry: UInt64, isUnderWay: Bool = false, survivors: Survivors = .all) {
        self.entry = entry
        self.isUnderWay = isUnderWay
        self.survivors = survivors
    }
}

extension CrashPoint: CustomStringConvertible {
    /// `entry 12, all unflushed writes survived`, `entry 12, some unflushed writes survived, seed 7`.
    public var description: String {
        let entry = "entry \(entry)\(isUnderWay ? " under way" : "")"
        return switch survivors {
        case .all: "\(entry), all unflushed writes survived"
        case .none: "\(entry), no unflushed write survived"
        case .some(let seed): "\(entry), some unflushed writes survived, seed \(seed)"
        }
    }
}

/// When a crash comes.
public struct CrashMoments: OptionSet, Hashable, Sendable {
    /// The bits.
    public let rawValue: Int
    /// Moments from their bits.
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// Right before each flush, when most is at stake, and at the end of the log.
    public static let beforeFlushes = CrashMoments(rawValue: 1)
    /// Right after each flush.
    public static let afterFlushes = CrashMoments(rawValue: 2)
    /// Right after each write with forced unit access.
    public static let afterForcedWrites = CrashMoments(rawValue: 4)
    /// Right after each mark.
    public static let afterMarks = CrashMoments(rawValue: 8)
    /// After every entry, whatever it is.
    public static let afterEveryEntry = CrashMoments(rawValue: 16)
    /// While a write with forced unit access is under way: it may be lost, or be there in part, like those before it that no flush has
    /// reached. Whole it is what is found once it has returned, so that without losses there is no state of this moment.
    public static let duringForcedWrites = CrashMoments(rawValue: 32)

    /// All but ``afterEveryEntry``.
    public static let all: CrashMoments = [.beforeFlushes, .afterFlushes, .duringForcedWrites, .afterForcedWrites, .afterMarks]
}

/// What a crash may do to writes that no flush has reached.
public struct CrashLosses: Hashable, Sendable {
    /// How many states with some of them lost are made for each moment, besides those with none and with all of them lost; at least 0.
    public var statesPerMoment: Int
    /// What is written whole or not at all, in bytes; `nil` when no write survives in part. A multiple of 512.
    ///
    /// A write of more than 1024 such units is torn between some of them only: into about a thousand parts, whatever its size.
    public var atomicSize: Int?

    /// By default, eight states for each moment, in which the writes of more than 512 bytes may survive in part.
    public init(statesPerMoment: Int = 8, atomicSize: Int? = 512) {
        precondition(statesPerMoment >= 0 && atomicSize.map { $0 > 0 && $0 % 512 == 0 } ?? true)
        self.statesPerMoment = statesPerMoment
        self.atomicSize = atomicSize
    }
}
