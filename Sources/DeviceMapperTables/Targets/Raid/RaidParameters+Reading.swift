import StorageUnits

extension RaidTarget.Parameters {
    private static let signedRange: ClosedRange<UInt32> = 0...UInt32(Int32.max)

    /// Reads parameters until `end` words are left. `memberCount` is how many members the line tells of, if it is known.
    init(parsing words: inout ArgumentReader, leaving end: Int, kind: RaidTarget.Kind, memberCount: Int?) throws(TableError) {
        self.init()
        var seen: Set<Name> = []
        var usesNearSets = false
        while words.remaining > end {
            let word = try words.word("parameter")
            guard let name = Name(word: word) else {
                // What is behind a word that is not known may be its value, so all of it stays as it is.
                unknown = [word] + (try words.words(words.remaining - end, "parameter"))
                break
            }
            guard name.isTaken(by: kind.level) else { throw words.error(.invalidValue, Self.misfit(name, kind)) }
            guard seen.insert(name).inserted || name.isRepeatable else {
                throw words.error(.invalidValue, "\(name.rawValue): it is there twice")
            }
            if name.takesValue, words.remaining == end {
                throw words.error(.missingWord, "\(name.rawValue): the parameters end behind it")
            }
            try read(name, &words, memberCount: memberCount, usesNearSets: &usesNearSets)
        }
        if usesNearSets { raid10Format?.usesNearSets = true }
        if usesNearSets, raid10Format?.usesNearSets != true { throw words.error(.invalidValue, Self.nearSetsMisfit) }
    }

    /// Why a kind does not take a parameter.
    static func misfit(_ name: Name, _ kind: RaidTarget.Kind) -> String { "\(name.rawValue): \(kind) does not take it" }

    private static let nearSetsMisfit = "raid10_use_near_sets: expected raid10_format far or offset with it"

    private mutating func read(
        _ name: Name, _ words: inout ArgumentReader, memberCount: Int?, usesNearSets: inout Bool
    ) throws(TableError) {
        switch name {
        case .sync, .nosync:
            try excludeOthers(words)
            synchronization = name == .sync ? .forced : .skipped
        case .rebuild:
            var indexes: Set<Int> = []
            if case .rebuild(let others) = synchronization { indexes = others } else { try excludeOthers(words) }
            try Self.readIndex(name, &words, into: &indexes, memberCount: memberCount)
            synchronization = .rebuild(indexes)
        case .writeMostly: try Self.readIndex(name, &words, into: &writeMostly, memberCount: memberCount)
        case .daemonSleep: daemonSleep = try words.number32(name.rawValue, in: Self.signedRange)
        case .minimumRecoveryRate: minimumRecoveryRate = try words.number32(name.rawValue, in: Self.signedRange)
        case .maximumRecoveryRate: maximumRecoveryRate = try words.number32(name.rawValue, in: Self.signedRange)
        case .maxWriteBehind: maxWriteBehind = try words.sectors(name.rawValue, in: Self.writeBehindRange)
        case .stripeCache: stripeCacheEntries = try words.number32(name.rawValue, in: Self.signedRange)
        case .regionSize:
            let size = try words.sectors(name.rawValue, in: 0...UInt64(Int32.max))
            guard Self.isRegionSize(size) else { throw words.error(.outOfRange, Self.regionSizeError(size)) }
            regionSize = size
        case .raid10Copies:
            raid10Copies = try words.number32(name.rawValue, in: 2...UInt32(clamping: max(2, memberCount ?? RaidTarget.mostMembers)))
        case .raid10Format:
            switch try words.choice(name.rawValue, among: ["near", "offset", "far"], ignoringCase: true) {
            case "near": raid10Format = .near
            case "offset": raid10Format = .offset()
            default: raid10Format = .far()
            }
        case .raid10UseNearSets: usesNearSets = true
        case .deltaDisks: deltaDisks = try Self.readDelta(&words)
        case .dataOffset:
            let offset = try words.sectors(name.rawValue)
            guard Self.isDataOffset(offset) else { throw words.error(.outOfRange, Self.dataOffsetError(offset)) }
            dataOffset = offset
        case .journalDevice: journal = .init(device: try words.device(name.rawValue))
        case .journalMode:
            guard journal != nil else { throw words.error(.invalidValue, "journal_mode: expected journal_dev before it") }
            journal?.mode = try words.choice(name.rawValue, among: RaidTarget.Journal.Mode.allCases, ignoringCase: true)
        }
    }

    private func excludeOthers(_ words: borrowing ArgumentReader) throws(TableError) {
        guard synchronization == .fromMetadata else {
            throw words.error(.invalidValue, "sync, nosync and rebuild exclude each other")
        }
    }

    private static func readIndex(
        _ name: Name, _ words: inout ArgumentReader, into indexes: inout Set<Int>, memberCount: Int?
    ) throws(TableError) {
        let last = max(0, (memberCount ?? RaidTarget.mostMembers) - 1)
        let index = Int(try words.number(name.rawValue, in: 0...UInt64(last)))
        guard indexes.insert(index).inserted else { throw words.error(.invalidValue, "\(name.rawValue): member \(index) is there twice") }
    }

    /// Reads a number with a sign, or without one.
    private static func readDelta(_ words: inout ArgumentReader) throws(TableError) -> Int {
        let word = try words.word("delta_disks")
        let isNegative = word.first == "-"
        let digits = word.first == "+" || isNegative ? word.dropFirst() : word[...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) else {
            throw words.error(.notANumber, "delta_disks: \(words.lastWordQuoted) is not a number")
        }
        guard let size = Int(digits), size <= mostDelta else {
            throw words.error(.outOfRange, "delta_disks: expected -\(mostDelta) to \(mostDelta), found \(words.lastWordQuoted)")
        }
        return isNegative ? -size : size
    }
}

/// What values are taken: rules of reading and of validation.
extension RaidTarget.Parameters {
    /// Most members that a reshape adds or removes.
    static let mostDelta = 251
    static let writeBehindRange: ClosedRange<UInt64> = 0...32767

    static func isRegionSize(_ size: Sectors) -> Bool { size.count & (size.count &- 1) == 0 && size.count <= 1 << 30 }

    static func regionSizeError(_ size: Sectors) -> String { "region_size: expected 0 or a power of two to 2^30, found \(size)" }

    static func isDataOffset(_ offset: Sectors) -> Bool {
        offset == 0 || (offset >= 32 && offset.isMultiple(of: 8) && offset.count <= UInt64(Int32.max))
    }

    static func dataOffsetError(_ offset: Sectors) -> String {
        "data_offset: expected 0 or a multiple of 8 from 32 to \(Int32.max), found \(offset)"
    }
}
