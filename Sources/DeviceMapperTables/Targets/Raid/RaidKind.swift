extension RaidTarget {
    /// How data and its redundancy lie on the members. Kernels keep the name that was loaded and print it; for RAID 10 the layout is chosen by
    /// ``Parameters/raid10Format`` alone, whatever the name says.
    public enum Kind: String, Hashable, Sendable, CaseIterable, CustomStringConvertible {
        /// Striping.
        case raid0
        /// Mirroring.
        case raid1
        /// Striped mirrors.
        case raid10
        /// Striped mirrors: the name of the layout `near`.
        case raid10Near = "raid10_near"
        /// Striped mirrors: the name of the layout `offset`.
        case raid10Offset = "raid10_offset"
        /// Striped mirrors: the name of the layout `far`.
        case raid10Far = "raid10_far"
        /// Parity on the first member.
        case raid4
        /// Parity on the last member.
        case raid5N = "raid5_n"
        /// Rotating parity, left symmetric.
        case raid5LS = "raid5_ls"
        /// Rotating parity, right symmetric.
        case raid5RS = "raid5_rs"
        /// Rotating parity, left asymmetric.
        case raid5LA = "raid5_la"
        /// Rotating parity, right asymmetric.
        case raid5RA = "raid5_ra"
        /// Two parities, rotating, zero restart.
        case raid6ZR = "raid6_zr"
        /// Two parities, rotating, N restart.
        case raid6NR = "raid6_nr"
        /// Two parities, rotating, N continue.
        case raid6NC = "raid6_nc"
        /// Two parities on the last two members.
        case raid6N6 = "raid6_n_6"
        /// As ``raid5LS``, with the second parity on the last member.
        case raid6LS6 = "raid6_ls_6"
        /// As ``raid5RS``, with the second parity on the last member.
        case raid6RS6 = "raid6_rs_6"
        /// As ``raid5LA``, with the second parity on the last member.
        case raid6LA6 = "raid6_la_6"
        /// As ``raid5RA``, with the second parity on the last member.
        case raid6RA6 = "raid6_ra_6"

        /// The word of the table.
        public var description: String { rawValue }

        /// What the kinds of a level have in common.
        public enum Level: Hashable, Sendable {
            /// RAID 0: no redundancy.
            case striping
            /// RAID 1: every member holds everything.
            case mirroring
            /// RAID 10: several members hold each chunk.
            case stripedMirroring
            /// RAID 4 and 5: one member's worth of parity.
            case singleParity
            /// RAID 6: two members' worth of parity.
            case doubleParity
        }

        /// The kind's level.
        public var level: Level {
            switch self {
            case .raid0: .striping
            case .raid1: .mirroring
            case .raid10, .raid10Near, .raid10Offset, .raid10Far: .stripedMirroring
            case .raid4, .raid5N, .raid5LS, .raid5RS, .raid5LA, .raid5RA: .singleParity
            case .raid6ZR, .raid6NR, .raid6NC, .raid6N6, .raid6LS6, .raid6RS6, .raid6LA6, .raid6RA6: .doubleParity
            }
        }

        /// How many members' worth of parity there is.
        public var parityCount: Int { level == .singleParity ? 1 : level == .doubleParity ? 2 : 0 }

        /// How many members it takes.
        var leastMembers: Int {
            switch level {
            case .striping, .mirroring: 1
            case .stripedMirroring, .singleParity: 2
            case .doubleParity: 4
            }
        }
    }
}
