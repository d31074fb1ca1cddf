internal import DeviceMapperTables

/// What failed of each leg, and what follows from it: a few bits, taken all at once.
struct MirrorHealth: Sendable {
    /// What can fail of a leg, the worst first.
    enum Failure: UInt64 {
        /// A flush before regions were marked clean.
        case flush = 1
        /// A write, or a flush that somebody asked for.
        case write = 2
        /// The copying.
        case sync = 4
        case read = 8
    }

    private enum Field {
        static let bitsPerLeg: UInt64 = 4  // for up to nine legs
        static let leader: UInt64 = 36
        static let legCount: UInt64 = 40
        static let wasInSync: UInt64 = 1 << 44
        static let hasFailedLeg: UInt64 = 1 << 45
        static let hasFailedLog: UInt64 = 1 << 46
        static let failures: UInt64 = 1 << 36 - 1
    }

    /// As it is kept in an atomic number.
    private(set) var bits: UInt64

    /// Legs of which none has failed.
    init(legCount: Int, wasInSync: Bool) {
        bits = UInt64(legCount) << Field.legCount | (wasInSync ? Field.wasInSync : 0)
    }

    init(bits: UInt64) { self.bits = bits }

    private var legCount: Int { Int(bits >> Field.legCount & 15) }

    /// The leg that is copied to the others, and that has the regions alone that differ. The kernel's default mirror.
    private(set) var leader: Int {
        get { Int(bits >> Field.leader & 15) }
        set { bits = bits & ~(15 << Field.leader) | UInt64(newValue) << Field.leader }
    }

    /// All regions were in sync, and no write has failed since.
    var wasInSync: Bool {
        get { bits & Field.wasInSync != 0 }
        set { bits = newValue ? bits | Field.wasInSync : bits & ~Field.wasInSync }
    }

    /// Any leg has failed anything.
    var hasFailedLeg: Bool { bits & Field.hasFailedLeg != 0 }

    /// A region could not be marked in the log before it was written.
    var hasFailedLog: Bool {
        get { bits & Field.hasFailedLog != 0 }
        set { bits = newValue ? bits | Field.hasFailedLog : bits & ~Field.hasFailedLog }
    }

    /// Nothing of the leg failed.
    func isGood(_ leg: Int) -> Bool { bits >> (UInt64(leg) * Field.bitsPerLeg) & 15 == 0 }

    private func has(_ failure: Failure, _ leg: Int) -> Bool { bits & failure.rawValue << (UInt64(leg) * Field.bitsPerLeg) != 0 }

    /// The leg lacks something that was written, or may.
    func lacksWrites(_ leg: Int) -> Bool { has(.write, leg) || has(.flush, leg) || has(.sync, leg) }

    /// The first leg of which nothing failed.
    var firstGoodLeg: Int? { (0..<legCount).first(where: isGood) }

    /// The leg that is read where all are the same: the leader, or else the next one downwards, and round, of which nothing failed.
    var readingLeg: Int? {
        for step in 0..<legCount {
            let leg = (leader + legCount - step) % legCount
            if isGood(leg) { return leg }
        }
        return nil
    }

    /// What the status shows.
    func letter(of leg: Int) -> MirrorTarget.Status.Health {
        has(.flush, leg)
            ? .flushFailed
            : has(.write, leg) ? .writeFailed : has(.sync, leg) ? .syncFailed : has(.read, leg) ? .readFailed : .alive
    }

    /// Something of a leg failed; whether it is the first time.
    ///
    /// Where errors are handled another leg leads when the leader fails: but only if all regions were in sync, for otherwise only the leader has everything.
    /// With `keep_log` another leg leads nevertheless.
    mutating func fail(_ leg: Int, _ failure: Failure, _ handling: MirrorTarget.ErrorHandling) -> Bool {
        bits |= Field.hasFailedLeg
        guard !has(failure, leg) else { return false }
        bits |= failure.rawValue << (UInt64(leg) * Field.bitsPerLeg)
        let mayMove = handling == .leaveOutKeepingLog || handling == .leaveOut && wasInSync
        if leg == leader, mayMove, let other = firstGoodLeg { leader = other }
        return true
    }

    /// All regions are in sync: what failed before is forgotten. Who leads stays.
    mutating func settle() {
        bits &= ~(Field.failures | Field.hasFailedLeg)
        wasInSync = true
    }
}
