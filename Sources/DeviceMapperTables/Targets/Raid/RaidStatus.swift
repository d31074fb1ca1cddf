public import StorageUnits

extension RaidTarget {
    /// How the set is: `raid1 2 AA 16384/16384 idle 0 0 -`.
    public struct Status: TargetStatus {
        /// How a member is. libdm shows a set whose members are all alive but out of sync with its first in sync, `aa` as `Aa`; this is what
        /// the kernel says.
        public enum Health: Character, Sendable, CaseIterable {
            /// It is in sync.
            case inSync = "A"
            /// It is alive, but not in sync.
            case alive = "a"
            /// It has failed.
            case failed = "D"
            /// There is none.
            case missing = "-"
        }

        /// What goes on.
        public enum Action: String, Sendable, CaseIterable, CustomStringConvertible {
            /// Nothing.
            case idle
            /// Nothing, and nothing begins.
            case frozen
            /// The layout changes.
            case reshape
            /// All members are synchronized.
            case resync
            /// Members are rebuilt.
            case recover
            /// Members are compared.
            case check
            /// Members are compared and made equal.
            case repair
            /// Something that the kernel has no word for.
            case undefined = "undef"

            /// The word of the status.
            public var description: String { rawValue }
        }

        /// How the journal is.
        public enum Journal: Character, Sendable, CaseIterable {
            /// It is alive, and writes go through it.
            case writeThrough = "A"
            /// It is alive, and writes stay in it for a time.
            case writeBack = "a"
            /// It has failed.
            case failed = "D"
            /// There is none.
            case none = "-"
        }

        /// What the set is at the moment. For RAID 10 the layout that it has, not the name that was loaded.
        public var kind: Kind
        /// How many members it has at the moment; during a reshape there may be more or fewer in ``health``.
        public var memberCount: UInt32
        /// How each member of the table is.
        public var health: [Health]
        /// How many sectors of a member the action, or the first synchronization, has done, of how many.
        public var progress: Ratio
        /// What goes on. Since 1.5.0 (Linux 3.9).
        public var action: Action?
        /// How many sectors the last check found to differ. Since 1.5.0.
        public var mismatches: Sectors?
        /// Where the data begins on the data devices. Since 1.9.0 (Linux 4.8).
        public var dataOffset: Sectors?
        /// How the journal is. Since 1.10.0 (Linux 4.11).
        public var journal: Journal?
        /// Words of newer kernels, as they were read.
        public var unknown: [String] = []

        /// How a set is.
        public init(
            kind: Kind, memberCount: UInt32, health: [Health], progress: Ratio, action: Action? = nil, mismatches: Sectors? = nil,
            dataOffset: Sectors? = nil, journal: Journal? = nil
        ) {
            self.kind = kind
            self.memberCount = memberCount
            self.health = health
            self.progress = progress
            self.action = action
            self.mismatches = mismatches
            self.dataOffset = dataOffset
            self.journal = journal
        }

        public init(parsing words: inout ArgumentReader) throws(TableError) {
            kind = try words.choice("type", among: Kind.allCases)
            memberCount = try words.number32("number of members", in: 1...UInt32(RaidTarget.mostMembers))
            let letters = try words.word("health")
            health = letters.compactMap(Health.init(rawValue:))
            guard health.count == letters.count, health.count <= RaidTarget.mostMembers else {
                throw words.error(.invalidValue, "health: expected letters A, a, D or -, found \(words.lastWordQuoted)")
            }
            progress = try words.ratio("sectors done")
            guard !words.isAtEnd else { return }
            action = try words.choice("action", among: Action.allCases)
            mismatches = try words.sectors("mismatches", in: 0...UInt64.max)
            guard !words.isAtEnd else { return }
            dataOffset = try words.sectors("data offset", in: 0...UInt64.max)
            guard !words.isAtEnd else { return }
            let word = try words.word("journal")
            guard word.count == 1, let letter = word.first, let journal = Journal(rawValue: letter) else {
                throw words.error(.invalidValue, "journal: expected A, a, D or -, found \(words.lastWordQuoted)")
            }
            self.journal = journal
            unknown = try words.words(words.remaining, "status")
        }

        public func write(to words: inout ArgumentWriter) {
            words.append(kind.rawValue)
            words.append(memberCount)
            words.append(String(health.map(\.rawValue)))
            words.append(progress)
            // Each group of words came with a version, so none is there without those before it.
            guard let action else { return }
            words.append(action.rawValue)
            words.append(mismatches ?? 0)
            guard let dataOffset else { return }
            words.append(dataOffset)
            guard let journal else { return }
            words.append(String(journal.rawValue))
            for word in unknown { words.append(word) }
        }
    }
}
