public import StorageUnits

/// Spreads its sectors over several devices, with redundancy: the kernel's `md` under device mapper.
public struct RaidTarget: Target {
    public static let typeName = "raid"

    /// Most members that a line can have.
    static let mostMembers = 253

    /// A device of the set.
    public enum Member: Hashable, Sendable {
        /// `- -`: it is missing.
        case missing
        /// A device for data, and one for metadata: superblock and bitmap. Without metadata, `-`, nobody knows later what is in sync.
        case present(data: DeviceReference, metadata: DeviceReference?)

        /// A member with metadata, or without.
        public init(data: DeviceReference, metadata: DeviceReference? = nil) { self = .present(data: data, metadata: metadata) }

        /// Whether the member is missing.
        public var isMissing: Bool { self == .missing }

        /// Whether it has metadata.
        public var hasMetadata: Bool {
            if case .present(_, _?) = self { true } else { false }
        }
    }

    /// How data and redundancy lie on the members.
    public var kind: Kind
    /// How many sectors go to one member before the next takes over: a power of two from 8 to 2^30. RAID 1 has none, and ignores it: kernels print 0.
    public var chunkSize: Sectors
    /// The rest.
    public var parameters: Parameters
    /// The devices of the set: at most 253. RAID 4 and 5 need two, RAID 6 four, RAID 10 as many as there are copies.
    public var members: [Member]

    /// A set of `members`.
    public init(kind: Kind, chunkSize: Sectors = 0, parameters: Parameters = Parameters(), members: [Member]) {
        self.kind = kind
        self.chunkSize = chunkSize
        self.parameters = parameters
        self.members = members
    }

    public init(parsing arguments: inout ArgumentReader) throws(TableError) {
        kind = try arguments.choice("type", among: Kind.allCases, ignoringCase: true)
        let counted = Int(try arguments.number("number of parameters", in: 1...1024))
        let forgotten = Self.forgetsNearSets(arguments, counted, kind)
        let count = forgotten ? counted - 1 : counted
        try arguments.expect(count, "parameters")
        let end = arguments.remaining - count
        chunkSize = try arguments.sectors("chunk size", in: 0...UInt64(Int32.max))
        guard Self.isChunkSize(chunkSize, kind) else { throw arguments.error(.outOfRange, Self.chunkSizeError(chunkSize)) }
        let memberCount = arguments.peek(count - 1).flatMap { ArgumentReader.decimal($0) }.flatMap { Int(exactly: $0) }
        parameters = try Parameters(
            parsing: &arguments, leaving: end, kind: kind, memberCount: memberCount.map { min(max($0, 1), Self.mostMembers) })
        if forgotten { parameters.raid10Format?.usesNearSets = true }
        members = []
        let range = UInt64(kind.leastMembers)...UInt64(Self.mostMembers)
        for index in 0..<(try arguments.number("number of members", in: range)) {
            members.append(try Self.readMember(Int(index), &arguments))
        }
    }

    private static func readMember(_ index: Int, _ words: inout ArgumentReader) throws(TableError) -> Member {
        var metadata: DeviceReference?
        if words.peek() == "-" {
            _ = try words.word("metadata device")
        } else {
            metadata = try words.device("metadata device of member \(index)")
        }
        guard words.peek() == "-" else { return .present(data: try words.device("data device of member \(index)"), metadata: metadata) }
        _ = try words.word("data device")
        guard metadata == nil else {
            throw words.error(.invalidValue, "data device of member \(index): expected a device, as there is one for metadata, found '-'")
        }
        return .missing
    }

    /// Whether a line is what kernels print where `raid10_use_near_sets` was loaded: the word is counted, but not there. Nothing else has a
    /// number and as many pairs of words as it says where the last parameter should be; and no kernel takes such a line.
    private static func forgetsNearSets(_ words: borrowing ArgumentReader, _ count: Int, _ kind: Kind) -> Bool {
        guard kind.level == .stripedMirroring, count > 2, words.remaining >= count else { return false }
        guard let last = words.peek(count - 1), let members = ArgumentReader.decimal(last), members <= UInt64(mostMembers),
            words.remaining == count + 2 * Int(members)
        else { return false }
        return (1..<count - 2).contains { index in
            guard let name = words.peek(index), let value = words.peek(index + 1) else { return false }
            return ArgumentReader.isSame(name, "raid10_format")
                && (ArgumentReader.isSame(value, "far") || ArgumentReader.isSame(value, "offset"))
        }
    }

    public func write(to arguments: inout ArgumentWriter) {
        arguments.append(kind.rawValue)
        arguments.append(1 + parameters.wordCount)
        arguments.append(chunkSize)
        parameters.write(to: &arguments)
        arguments.append(members.count)
        for member in members {
            switch member {
            case .missing:
                arguments.append("-")
                arguments.append("-")
            case .present(let data, let metadata):
                if let metadata { arguments.append(metadata) } else { arguments.append("-") }
                arguments.append(data)
            }
        }
    }

    public var unknownWords: [String] { parameters.unknown }

    public mutating func mapDevices(_ transform: (DeviceReference) -> DeviceReference) {
        if let device = parameters.journal?.device { parameters.journal?.device = transform(device) }
        for index in members.indices {
            guard case .present(let data, let metadata) = members[index] else { continue }
            // The metadata device comes first in the line.
            let mapped = metadata.map(transform)
            members[index] = .present(data: transform(data), metadata: mapped)
        }
    }

    /// What a resynchronization can be told: `dmsetup message`. RAID 0 takes none.
    public enum Message: String, TargetMessage, CaseIterable, CustomStringConvertible {
        /// Stops what is going on. Linux 6.12 does it, and answers with EINVAL all the same.
        case idle
        /// Stops what is going on, and lets nothing else begin. Linux 6.12 answers with EINVAL, and lets the next begin.
        case frozen
        /// Synchronizes all members.
        case resync
        /// Rebuilds members that are not in sync.
        case recover
        /// Compares the members, and counts what differs.
        case check
        /// Compares the members, and makes them equal.
        case repair

        /// The word of the message.
        public var description: String { rawValue }

        public init(parsing words: inout ArgumentReader) throws(TableError) {
            self = try words.choice("message", among: Self.allCases, ignoringCase: true)
        }

        public func write(to words: inout ArgumentWriter) { words.append(rawValue) }
    }
}
