internal import DiskFormats

/// Random numbers that a seed repeats, in every version of the package: SplitMix64.
struct CrashRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }
}

/// Decides which writes survive, in the order in which they were made.
///
/// With a seed, in one of four ways: all but one, one alone, those up to some moment, or each by a coin. What is missed by a flush that is not
/// there shows best when little is lost, or little is kept.
struct CrashChance {
    private enum Way {
        case all, none
        case allBut(Int), only(Int), first(Int)
        case coins
    }
    private let way: Way
    private let atomicSize: UInt64?
    private var random: CrashRandom
    private var index = 0

    /// Into about how many parts a write is torn at most: each costs memory, and a discard may be as large as the device.
    private static let mostParts: UInt64 = 1024

    init(_ survivors: CrashPoint.Survivors, among count: Int, atomicSize: Int?) {
        self.atomicSize = atomicSize.map { UInt64($0) }
        switch survivors {
        case .all:
            way = .all
            random = CrashRandom(seed: 0)
        case .none:
            way = .none
            random = CrashRandom(seed: 0)
        case .some(let seed):
            var random = CrashRandom(seed: seed)
            let choice = random.next() % 4
            let place = Int(random.next() % UInt64(max(1, count)))
            way =
                switch choice {
                case 0: .allBut(place)
                case 1: .only(place)
                case 2: .first(place)
                default: .coins
                }
            self.random = random
        }
    }

    /// What survives of the next write, in bytes of its data.
    mutating func surviving(of entry: LogWritesEntry) -> [Range<UInt64>] {
        defer { index += 1 }
        let whole = [0..<entry.count]
        // Of its own for each write, so that how one is torn does not change what becomes of those behind it.
        var random = CrashRandom(seed: self.random.next())
        let survives: Bool
        switch way {
        case .all: return whole
        case .none: return []
        case .allBut(let lost): survives = index != lost
        case .only(let kept): survives = index == kept
        case .first(let count): survives = index < count
        case .coins: survives = random.next() % 2 == 0
        }
        if survives { return whole }
        // One in four of those that are lost is lost in part: from some place on, or here and there.
        guard let atomicSize, entry.count > atomicSize, random.next() % 4 == 0 else { return [] }
        let unit = atomicSize * ((entry.count / atomicSize - 1) / Self.mostParts + 1)
        let units = (entry.count - 1) / unit + 1
        if random.next() % 2 == 0 { return [0..<(1 + random.next() % (units - 1)) * unit] }
        var parts: [Range<UInt64>] = []
        for number in 0..<units where random.next() % 2 == 0 {
            let end = min(entry.count, (number + 1) * unit)
            if let last = parts.last, last.upperBound == number * unit {
                parts[parts.count - 1] = last.lowerBound..<end
            } else {
                parts.append(number * unit..<end)
            }
        }
        return parts
    }
}
