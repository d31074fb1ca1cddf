internal import BlockIO
internal import DeviceMapperTables
internal import Synchronization

/// What failed of each leg: a few bits, taken all at once.
struct MirrorHealth {
    /// What can fail, the worst first.
    enum Failure: UInt64 {
        case write = 1
        case sync = 2
        case read = 4
    }

    fileprivate static let bitsPerLeg: UInt64 = 4  // for up to nine legs
    fileprivate var bits: UInt64

    fileprivate static func bit(_ failure: Failure, of leg: Int) -> UInt64 { failure.rawValue << (UInt64(leg) * bitsPerLeg) }

    private func has(_ failure: Failure, _ leg: Int) -> Bool { bits & Self.bit(failure, of: leg) != 0 }

    /// Nothing failed.
    func isGood(_ leg: Int) -> Bool { (bits >> (UInt64(leg) * Self.bitsPerLeg)) & 7 == 0 }

    /// The leg lacks something that was written.
    func hasOldBytes(_ leg: Int) -> Bool { has(.write, leg) || has(.sync, leg) }

    /// The leg has everything that was written, but not all of it can be read.
    func hasOnlyReadErrors(_ leg: Int) -> Bool { has(.read, leg) && !hasOldBytes(leg) }

    /// What the status shows.
    func letter(of leg: Int) -> MirrorTarget.Status.Health {
        has(.write, leg) ? .writeFailed : has(.sync, leg) ? .syncFailed : has(.read, leg) ? .readFailed : .alive
    }
}

/// Which regions may differ, and what failed.
final class MirrorState: Sendable {
    let regionCount: Int
    private let failures = Atomic<UInt64>(0)
    private let recovered: Atomic<Bool>

    private struct Regions: Sendable {
        /// Those that are the first leg's alone until they are copied.
        var different: BitSet
        /// Those that a leg failed to write; room is made when that happens. Nobody copies them.
        var marked = BitSet(count: 0, isSet: false)
        /// How many are neither.
        var inSync: Int
    }
    private let regions: Monitor<Regions>

    init(regionCount: Int, isInSync: Bool) {
        self.regionCount = regionCount
        recovered = Atomic(isInSync)
        regions = Monitor(
            Regions(different: BitSet(count: isInSync ? 0 : regionCount, isSet: true), inSync: isInSync ? regionCount : 0))
    }

    /// Whether no region is the first leg's alone.
    var isRecovered: Bool { recovered.load(ordering: .acquiring) }

    var health: MirrorHealth { MirrorHealth(bits: failures.load(ordering: .acquiring)) }

    var regionsInSync: Ratio { regions.withLock { Ratio(UInt64($0.inSync), of: UInt64(regionCount)) } }

    /// Whether a region is the first leg's alone.
    func differs(_ region: Int) -> Bool { !isRecovered && regions.withLock { $0.different[region] } }

    /// A region has been copied.
    func setInSync(_ region: Int) {
        regions.withLock { regions in
            regions.different[region] = false
            if !regions.marked[region] { regions.inSync += 1 }
        }
    }

    /// The copying has come to the end. When all regions are in sync, what failed before is forgotten, as the kernel does.
    /// Returns whether they are.
    func finishRecovery() -> Bool {
        regions.withLock { regions in
            guard regions.different.isClear else { return false }
            recovered.store(true, ordering: .releasing)
            regions.different = BitSet(count: 0, isSet: false)
            guard regions.inSync == regionCount else { return false }
            failures.store(0, ordering: .releasing)
            return true
        }
    }

    /// Something failed; whether it is the first time.
    func note(_ failure: MirrorHealth.Failure, of leg: Int) -> Bool {
        let bit = MirrorHealth.bit(failure, of: leg)
        return failures.bitwiseOr(bit, ordering: .acquiringAndReleasing).oldValue & bit == 0
    }

    /// A leg failed to write these regions.
    func mark(_ range: ClosedRange<Int>) {
        regions.withLock { regions in
            if regions.marked.count == 0 { regions.marked = BitSet(count: regionCount, isSet: false) }
            for region in range where !regions.marked[region] {
                regions.marked[region] = true
                if !regions.different[region] { regions.inSync -= 1 }
            }
        }
    }
}

/// Bits by their numbers; those behind the last are clear.
private struct BitSet: Sendable {
    let count: Int
    private var words: [UInt64]

    init(count: Int, isSet: Bool) {
        self.count = count
        words = [UInt64](repeating: isSet ? .max : 0, count: (count + 63) / 64)
        if isSet, count % 64 != 0 { words[count / 64] = 1 << UInt64(count % 64) - 1 }
    }

    var isClear: Bool { words.allSatisfy { $0 == 0 } }

    subscript(_ index: Int) -> Bool {
        get { index < count && words[index / 64] & (1 << UInt64(index % 64)) != 0 }
        set {
            let bit: UInt64 = 1 << UInt64(index % 64)
            if newValue { words[index / 64] |= bit } else { words[index / 64] &= ~bit }
        }
    }
}
