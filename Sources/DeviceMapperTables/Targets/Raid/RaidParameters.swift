public import StorageUnits

extension RaidTarget {
    /// Whatever may be added to a raid line. Which kinds take what is in the comments; the others refuse it.
    public struct Parameters: Hashable, Sendable {
        /// What is known of the members when the table becomes active. All but RAID 0; RAID 6 does not take `nosync`.
        public var synchronization = Synchronization.fromMetadata
        /// How often the bitmap is cleaned up, in milliseconds as documented, which kernels take for clock ticks: 0 to 2^31 - 1, 0 is the
        /// kernel's 5 seconds. All but RAID 0.
        public var daemonSleep: UInt32?
        /// The least speed of resynchronization in kB/s for each member: 0 to 2^31 - 1. All but RAID 0.
        public var minimumRecoveryRate: UInt32?
        /// The greatest speed of resynchronization in kB/s for each member, not below the least: 0 to 2^31 - 1, 0 is no limit. All but RAID 0.
        public var maximumRecoveryRate: UInt32?
        /// The members that are read only when no other is left, by their index from 0. Not all of them. RAID 1 only.
        public var writeMostly: Set<Int> = []
        /// How much may still have to be written to write-mostly members: 0 to 32767 sectors. Kernels print it in kB, half of it. RAID 1 only.
        public var maxWriteBehind: Sectors?
        /// The number of stripes in the cache: 17 to 32768, where the kernel takes at least half a chunk's sectors; it prints the number that it
        /// has at the moment. RAID 4, 5 and 6.
        public var stripeCacheEntries: UInt32?
        /// How many sectors a bit of the bitmap stands for: a power of two, not below the chunk size nor above the length, and at least the length
        /// / 2^21; 0 is the kernel's choice. All but RAID 0.
        public var regionSize: Sectors?
        /// How many members hold a chunk: 2 to the number of members; 2 without. RAID 10 only.
        public var raid10Copies: UInt32?
        /// Where the copies of a chunk lie; near without. RAID 10 only.
        public var raid10Format: Raid10Format?
        /// How many members a reshape adds, or removes where it is negative: 1 to 251 either way, 249 for RAID 6; RAID 10 adds only. Kernels
        /// print 0 of a negative number before the reshape, and do not load 0. All but RAID 0. Linux 4.8.
        public var deltaDisks: Int?
        /// Where the data begins on each data device after a reshape: 0, or 32 sectors and more in steps of 8. Linux 4.8.
        public var dataOffset: Sectors?
        /// A journal for writes, against half written stripes. RAID 4, 5 and 6. Linux 4.11.
        public var journal: Journal?
        /// Parameters of newer kernels, as they were read. The first is none of the above, and whatever follows it in the line is here too.
        public var unknown: [String] = []

        /// No parameters.
        public init() {}
    }

    /// What is known of the members when the table becomes active.
    public enum Synchronization: Hashable, Sendable {
        /// What the metadata on the members says; new members are synchronized.
        case fromMetadata
        /// `sync`: nothing; all is synchronized, as if the members were new.
        case forced
        /// `nosync`: the members are in sync.
        case skipped
        /// `rebuild`: the members with these indexes from 0 are not in sync, and are made of the others. At least one; each has a data device.
        case rebuild(Set<Int>)
    }

    /// Where the copies of a chunk lie in RAID 10.
    public enum Raid10Format: Hashable, Sendable {
        /// `near`: side by side.
        case near
        /// `far`: each copy in a part of the members of its own. With `usesNearSets`, `raid10_use_near_sets`, which no kernel prints: the copies
        /// rotate over all members, not over groups of them.
        case far(usesNearSets: Bool = false)
        /// `offset`: a stripe's copy in the next stripe, shifted by a member. `usesNearSets` as in ``far(usesNearSets:)``.
        case offset(usesNearSets: Bool = false)

        /// The word of the table.
        var word: String {
            switch self {
            case .near: "near"
            case .far: "far"
            case .offset: "offset"
            }
        }

        /// Whether `raid10_use_near_sets` is there.
        public var usesNearSets: Bool {
            get {
                switch self {
                case .near: false
                case .far(let uses), .offset(let uses): uses
                }
            }
            set {
                switch self {
                case .near: break
                case .far: self = .far(usesNearSets: newValue)
                case .offset: self = .offset(usesNearSets: newValue)
                }
            }
        }
    }

    /// A journal for writes.
    public struct Journal: Hashable, Sendable {
        /// When a write is done.
        public enum Mode: String, Hashable, Sendable, CaseIterable, CustomStringConvertible {
            /// When it is on the members.
            case writeThrough = "writethrough"
            /// When it is in the journal.
            case writeBack = "writeback"

            /// The word of the table.
            public var description: String { rawValue }
        }

        /// The device, at least 8192 sectors.
        public var device: DeviceReference
        /// When a write is done; write-through without, and then not printed. Linux 4.12.
        public var mode: Mode?

        /// A journal on `device`.
        public init(device: DeviceReference, mode: Mode? = nil) {
            self.device = device
            self.mode = mode
        }
    }
}

extension RaidTarget.Parameters {
    /// The names of the parameters.
    enum Name: String, CaseIterable {
        case sync, nosync, rebuild
        case daemonSleep = "daemon_sleep"
        case minimumRecoveryRate = "min_recovery_rate"
        case maximumRecoveryRate = "max_recovery_rate"
        case writeMostly = "write_mostly"
        case maxWriteBehind = "max_write_behind"
        case stripeCache = "stripe_cache"
        case regionSize = "region_size"
        case raid10Copies = "raid10_copies"
        case raid10Format = "raid10_format"
        case raid10UseNearSets = "raid10_use_near_sets"
        case deltaDisks = "delta_disks"
        case dataOffset = "data_offset"
        case journalDevice = "journal_dev"
        case journalMode = "journal_mode"

        /// The name that a word is, in any case.
        init?(word: String) {
            guard let name = Self.allCases.first(where: { ArgumentReader.isSame($0.rawValue, word) }) else { return nil }
            self = name
        }

        /// Whether a value follows.
        var takesValue: Bool { self != .sync && self != .nosync && self != .raid10UseNearSets }

        /// Whether it may be there more than once.
        var isRepeatable: Bool { self == .rebuild || self == .writeMostly }

        /// Whether kinds of this level take it.
        func isTaken(by level: RaidTarget.Kind.Level) -> Bool {
            switch self {
            case .dataOffset: true
            case .sync, .rebuild, .daemonSleep, .minimumRecoveryRate, .maximumRecoveryRate, .regionSize, .deltaDisks: level != .striping
            case .nosync: level != .striping && level != .doubleParity
            case .writeMostly, .maxWriteBehind: level == .mirroring
            case .stripeCache, .journalDevice, .journalMode: level == .singleParity || level == .doubleParity
            case .raid10Copies, .raid10Format, .raid10UseNearSets: level == .stripedMirroring
            }
        }
    }

    /// The names of the parameters that are there, in the order in which kernels print them.
    var names: [Name] {
        var names: [Name] = []
        switch synchronization {
        case .fromMetadata: break
        case .forced: names.append(.sync)
        case .skipped: names.append(.nosync)
        case .rebuild: names.append(.rebuild)
        }
        if daemonSleep != nil { names.append(.daemonSleep) }
        if minimumRecoveryRate != nil { names.append(.minimumRecoveryRate) }
        if maximumRecoveryRate != nil { names.append(.maximumRecoveryRate) }
        if !writeMostly.isEmpty { names.append(.writeMostly) }
        if maxWriteBehind != nil { names.append(.maxWriteBehind) }
        if stripeCacheEntries != nil { names.append(.stripeCache) }
        if regionSize != nil { names.append(.regionSize) }
        if raid10Copies != nil { names.append(.raid10Copies) }
        if let raid10Format {
            names.append(.raid10Format)
            if raid10Format.usesNearSets { names.append(.raid10UseNearSets) }
        }
        if deltaDisks != nil { names.append(.deltaDisks) }
        if dataOffset != nil { names.append(.dataOffset) }
        if let journal {
            names.append(.journalDevice)
            if journal.mode != nil { names.append(.journalMode) }
        }
        return names
    }

    /// The words of one parameter; of a journal, without its device.
    private func words(of name: Name) -> [String] {
        func words(_ value: (some CustomStringConvertible)?) -> [String] { [name.rawValue, value?.description ?? ""] }
        return switch name {
        case .sync, .nosync, .raid10UseNearSets: [name.rawValue]
        case .rebuild:
            if case .rebuild(let indexes) = synchronization { indexes.sorted().flatMap { words($0) } } else { [] }
        case .daemonSleep: words(daemonSleep)
        case .minimumRecoveryRate: words(minimumRecoveryRate)
        case .maximumRecoveryRate: words(maximumRecoveryRate)
        case .writeMostly: writeMostly.sorted().flatMap { words($0) }
        case .maxWriteBehind: words(maxWriteBehind)
        case .stripeCache: words(stripeCacheEntries)
        case .regionSize: words(regionSize)
        case .raid10Copies: words(raid10Copies)
        case .raid10Format: words(raid10Format?.word)
        case .deltaDisks: words(deltaDisks)
        case .dataOffset: words(dataOffset)
        case .journalDevice: [name.rawValue]
        case .journalMode: words(journal?.mode)
        }
    }

    /// How many words they are.
    var wordCount: Int {
        names.reduce(unknown.count) { $0 + words(of: $1).count } + (journal == nil ? 0 : 1)
    }

    /// Writes them in the order in which kernels print them.
    func write(to words: inout ArgumentWriter) {
        for name in names {
            for word in self.words(of: name) { words.append(word) }
            if name == .journalDevice, let journal { words.append(journal.device) }
        }
        for word in unknown { words.append(unverified: word) }
    }
}
