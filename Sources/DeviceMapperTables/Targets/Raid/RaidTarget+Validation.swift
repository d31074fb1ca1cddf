public import StorageUnits

extension RaidTarget {
    public func validate(length: Sectors) throws(TableError) {
        guard Self.isChunkSize(chunkSize, kind) else { throw TableError(.outOfRange, word: 6, message: Self.chunkSizeError(chunkSize)) }
        let countWord = 6 + 1 + parameters.wordCount
        guard (kind.leastMembers...Self.mostMembers).contains(members.count) else {
            throw TableError(
                .outOfRange, word: countWord,
                message: "number of members: expected \(kind.leastMembers) to \(Self.mostMembers), found \(members.count)")
        }
        try parameters.validate(self, length: length)
        try validateMembers(countWord)
        try validateLength(length)
    }

    static func isChunkSize(_ size: Sectors, _ kind: Kind) -> Bool {
        kind.level == .mirroring
            ? size.count <= UInt64(Int32.max) : (8...1 << 30).contains(size.count) && size.count & (size.count - 1) == 0
    }

    static func chunkSizeError(_ size: Sectors) -> String { "chunk size: expected a power of two from 8 to 2^30, found \(size)" }

    /// How many members hold a chunk of RAID 10.
    private var copies: Int { Int(parameters.raid10Copies ?? 2) }

    private func validateMembers(_ countWord: Int) throws(TableError) {
        for (index, member) in members.enumerated() {
            guard case .present(let data, let metadata) = member else { continue }
            guard data != .path("-"), metadata != .path("-") else {
                throw TableError(
                    .invalidValue, word: countWord + 1 + 2 * index,
                    message: "member \(index): '-' is no device; a file of that name is './-'")
            }
        }
        guard members.contains(where: { !$0.isMissing }) else {
            throw TableError(.invalidValue, word: countWord, message: "members: every one is missing")
        }
        guard hasEnoughMembers else {
            throw TableError(.invalidValue, word: countWord, message: "members: more are missing than \(kind) can do without")
        }
        if kind.level == .stripedMirroring {
            guard members.contains(where: \.hasMetadata) else {
                throw TableError(.invalidValue, word: countWord, message: "members: \(kind) needs metadata on one at least")
            }
        }
    }

    private var hasEnoughMembers: Bool {
        let missing = members.count { $0.isMissing }
        switch kind.level {
        case .striping, .singleParity, .doubleParity: return missing <= kind.parityCount
        case .mirroring: return missing < members.count
        case .stripedMirroring:
            // The copies of a chunk are on neighbours: for near from every copies-th member on, else from any.
            let step = (parameters.raid10Format ?? .near) == .near ? copies : 1
            return stride(from: 0, to: members.count * step, by: step).allSatisfy { first in
                (0..<copies).contains { !members[(first + $0) % members.count].isMissing }
            }
        }
    }

    private func validateLength(_ length: Sectors) throws(TableError) {
        let parts: Int
        switch kind.level {
        case .striping, .singleParity, .doubleParity: parts = members.count - kind.parityCount
        case .mirroring: return
        case .stripedMirroring: parts = members.count
        }
        let factor = kind.level == .stripedMirroring ? copies : 1
        // Neither overflows: a length has 54 bits, the numbers of members and copies have 8.
        guard (length.count * UInt64(factor)) % UInt64(parts) == 0 else {
            let copied = factor == 1 ? "" : ", \(factor) times"
            throw TableError(.invalidLength, word: 2, message: "length: \(length) sectors\(copied) do not divide by \(parts) data devices")
        }
    }

    /// Whether `reported` is as kernels print this set. They print the chunk size of RAID 1 as 0, half of the write-behind limit, and what they
    /// have at the moment for `daemon_sleep`, which may come from the metadata, and for `stripe_cache`.
    public func isSatisfied(by reported: RaidTarget) -> Bool {
        var expected = self
        if kind.level == .mirroring { expected.chunkSize = 0 }
        let made = reported.parameters
        if parameters.daemonSleep != nil, let sleep = made.daemonSleep { expected.parameters.daemonSleep = sleep }
        if parameters.stripeCacheEntries != nil, let entries = made.stripeCacheEntries { expected.parameters.stripeCacheEntries = entries }
        if let limit = parameters.maxWriteBehind {
            // The bitmap, where there is one, has room for half of what may be loaded.
            let half = limit.count / 2
            expected.parameters.maxWriteBehind = Sectors(made.maxWriteBehind == 8191 ? min(half, 8191) : half)
        }
        if parameters.regionSize == 0, let size = made.regionSize { expected.parameters.regionSize = size }
        if let delta = parameters.deltaDisks, delta < 0, made.deltaDisks == 0 { expected.parameters.deltaDisks = 0 }
        return expected == reported
    }
}

extension RaidTarget.Parameters {
    fileprivate func validate(_ target: RaidTarget, length: Sectors) throws(TableError) {
        for name in names where !name.isTaken(by: target.kind.level) { throw Self.error(.invalidValue, Self.misfit(name, target.kind)) }
        try validateIndexes(target)
        try validateNumbers()
        try validateRegionSize(target, length: length)
        try validateStripeCache(target)
        try validateRaid10(target)
        if let first = unknown.first, Name(word: first) != nil {
            throw Self.error(.invalidValue, "\(quoteForMessage(first)) is not an unknown parameter")
        }
        for word in unknown where word.isEmpty || word.utf8.contains(0) {
            throw Self.error(.invalidText, "a parameter is empty or has a NUL character")
        }
        guard 1 + wordCount <= 1024 else {
            throw Self.error(.outOfRange, "number of parameters: expected 1 to 1024, found \(1 + wordCount)")
        }
    }

    /// An error about parameters, whose order in the line is not known any more: at their number.
    private static func error(_ code: TableError.Code, _ message: String) -> TableError { TableError(code, word: 5, message: message) }

    private func validateIndexes(_ target: RaidTarget) throws(TableError) {
        let members = target.members
        if case .rebuild(let indexes) = synchronization {
            guard !indexes.isEmpty else { throw Self.error(.invalidValue, "rebuild: expected one member at least") }
            for index in indexes.sorted() {
                guard members.indices.contains(index) else { throw Self.indexError("rebuild", index, members.count) }
                guard !members[index].isMissing else {
                    throw Self.error(.invalidValue, "rebuild: member \(index) has no data device")
                }
            }
        }
        for index in writeMostly.sorted() where !members.indices.contains(index) {
            throw Self.indexError("write_mostly", index, members.count)
        }
        guard writeMostly.count < members.count else { throw Self.error(.invalidValue, "write_mostly: it cannot be every member") }
    }

    private static func indexError(_ name: String, _ index: Int, _ count: Int) -> TableError {
        error(.outOfRange, "\(name): expected 0 to \(count - 1), found \(index)")
    }

    private func validateNumbers() throws(TableError) {
        let most = UInt32(Int32.max)
        for (name, value) in [
            ("daemon_sleep", daemonSleep), ("min_recovery_rate", minimumRecoveryRate), ("max_recovery_rate", maximumRecoveryRate),
        ] {
            if let value, value > most { throw Self.error(.outOfRange, "\(name): expected 0 to \(most), found \(value)") }
        }
        if let least = minimumRecoveryRate, let greatest = maximumRecoveryRate, greatest > 0, least > greatest {
            throw Self.error(.outOfRange, "min_recovery_rate: \(least) is more than max_recovery_rate, \(greatest)")
        }
        if let limit = maxWriteBehind, !Self.writeBehindRange.contains(limit.count) {
            throw Self.error(.outOfRange, "max_write_behind: expected 0 to 32767, found \(limit)")
        }
        if let deltaDisks, !(-Self.mostDelta...Self.mostDelta).contains(deltaDisks) {
            throw Self.error(.outOfRange, "delta_disks: expected -\(Self.mostDelta) to \(Self.mostDelta), found '\(deltaDisks)'")
        }
        if let dataOffset, !Self.isDataOffset(dataOffset) { throw Self.error(.outOfRange, Self.dataOffsetError(dataOffset)) }
        if journal?.device == .path("-") { throw Self.error(.invalidValue, "journal_dev: '-' is no device; a file of that name is './-'") }
    }

    private func validateRegionSize(_ target: RaidTarget, length: Sectors) throws(TableError) {
        guard let size = regionSize else { return }
        guard Self.isRegionSize(size) else { throw Self.error(.outOfRange, Self.regionSizeError(size)) }
        guard size > 0 else { return }
        guard size <= length else { throw Self.error(.outOfRange, "region_size: \(size) sectors are more than the length, \(length)") }
        guard size.count >= length.count >> 21 else {
            throw Self.error(.outOfRange, "region_size: expected at least \(length.count >> 21), length / 2^21, found \(size)")
        }
        guard target.kind.level == .mirroring || size >= target.chunkSize else {
            throw Self.error(.outOfRange, "region_size: \(size) sectors are less than the chunk size, \(target.chunkSize)")
        }
    }

    private func validateStripeCache(_ target: RaidTarget) throws(TableError) {
        guard let entries = stripeCacheEntries else { return }
        // At least half a chunk's sectors are taken. The kernel begins with that or 256, and refuses to change to less than 17 or more than 32768.
        let half = target.chunkSize.count / 2
        let taken = max(UInt64(entries), half)
        guard (17...32768).contains(taken) || taken == max(256, half) else {
            throw Self.error(.outOfRange, "stripe_cache: expected 17 to 32768, found \(entries)")
        }
    }

    private func validateRaid10(_ target: RaidTarget) throws(TableError) {
        guard target.kind.level == .stripedMirroring else {
            let least = target.kind.level == .doubleParity ? 4 : 2
            if let deltaDisks, abs(deltaDisks) > RaidTarget.mostMembers - least {
                throw Self.error(.outOfRange, "delta_disks: expected -\(253 - least) to \(253 - least), found '\(deltaDisks)'")
            }
            return
        }
        let count = target.members.count
        guard (2...max(2, count)).contains(Int(raid10Copies ?? 2)) else {
            throw Self.error(.outOfRange, "raid10_copies: expected 2 to \(count), found \(raid10Copies ?? 2)")
        }
        if let deltaDisks, deltaDisks < 0 { throw Self.error(.outOfRange, "delta_disks: \(target.kind) cannot have fewer members") }
        if synchronization == .forced { throw Self.error(.invalidValue, "sync: kernels cannot start \(target.kind) with it") }
    }
}
