internal import BlockIO
public import DeviceMapperTables
internal import StorageUnits

extension StripedTarget: UserspaceTarget {
    public func makeEngine(in context: EngineContext) throws(MappingError) -> any TargetEngine {
        let width = Sectors(context.length.count / UInt64(stripes.count))
        var members: [EngineContext.Part] = []
        for stripe in stripes { members.append(try context.open(stripe.device, start: stripe.start, length: width)) }
        let block = members.reduce(1) { max($0, $1.device.limits.logicalBlockSize) }
        guard let chunk = chunkSize.bytes, chunk.count % UInt64(block) == 0 else {
            throw context.error(.invalidTable, "the chunk size is no multiple of a device's logical block size, \(block) bytes")
        }
        return StripedEngine(members, names: stripes.map(\.device), chunk: chunk.count)
    }
}

/// Chunk c of the line is chunk c / n of member c % n: each member's share of a request is one run of it, in as many pieces of the caller's
/// memory as there are chunks. Source: the kernel's dm-stripe.
private final class StripedEngine: TargetEngine {
    let size: ByteCount
    let limits: BlockLimits
    private let members: [EngineContext.Part]
    private let names: [DeviceReference]
    private let chunk: UInt64
    /// Members that have had an error; shown in the status, nothing else follows from it.
    private let failed: Monitor<[Bool]>

    init(_ members: [EngineContext.Part], names: [DeviceReference], chunk: UInt64) {
        self.members = members
        self.names = names
        self.chunk = chunk
        size = ByteCount(members.reduce(0) { $0 + $1.count })
        var limits = members.reduce(BlockLimits()) { $0.stacked(with: $1.device.limits) }
        limits.preferredSize = max(limits.preferredSize, Int(clamping: min(chunk * UInt64(members.count), 1 << 20)))
        self.limits = limits
        failed = Monitor([Bool](repeating: false, count: members.count))
    }

    func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(BlockIOError) {
        let count = UInt64(buffer.byteCount)
        if let (member, place) = onlyMember(offset, count) {
            return try request(member, offset, count) { (device) throws(BlockIOError) in try device.read(at: place, into: &buffer) }
        }
        try forEachShare(offset, count) { (member, place, pieces) throws(BlockIOError) in
            try request(member, offset, count) { (device) throws(BlockIOError) in
                try device.read(at: place, into: &buffer, pieces: pieces)
            }
        }
    }

    func write(_ bytes: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        let count = UInt64(bytes.byteCount)
        if let (member, place) = onlyMember(offset, count) {
            return try request(member, offset, count) { (device) throws(BlockIOError) in try device.write(bytes, at: place, flags: flags) }
        }
        try forEachShare(offset, count) { (member, place, pieces) throws(BlockIOError) in
            try request(member, offset, count) { (device) throws(BlockIOError) in
                try device.write(bytes, pieces: pieces, at: place, flags: flags)
            }
        }
    }

    func flush() throws(BlockIOError) {
        for member in members.indices {
            try request(member, 0, 0) { (device) throws(BlockIOError) in try device.flush() }
        }
    }

    func discard(at offset: UInt64, count: UInt64) throws(BlockIOError) {
        try forEachRun(offset, count) { (member, place, length) throws(BlockIOError) in
            try request(member, offset, count) { (device) throws(BlockIOError) in try device.discard(at: place, count: length) }
        }
    }

    func writeZeroes(at offset: UInt64, count: UInt64, flags: ZeroFlags) throws(BlockIOError) {
        try forEachRun(offset, count) { (member, place, length) throws(BlockIOError) in
            try request(member, offset, count) { (device) throws(BlockIOError) in
                try device.writeZeroes(at: place, count: length, flags: flags)
            }
        }
    }

    /// When all members agree from here on, the run goes as far as the first of them does; else it ends with the chunk.
    func extent(at offset: UInt64, limit: UInt64) throws(BlockIOError) -> Extent {
        let first = try extent(ofChunkAt: offset, limit)
        let chunkLeft = chunk - offset % chunk
        guard first.count >= chunkLeft, limit > chunkLeft else { return Extent(first.kind, count: min(first.count, chunkLeft, limit)) }
        var end = limit
        for (member, share) in members.enumerated() {
            guard let run = run(of: member, offset, limit) else { continue }
            let extent = try share.device.extent(at: run.place, limit: run.length)
            guard extent.kind == first.kind else { return Extent(first.kind, count: chunkLeft) }
            if extent.count < run.length {
                end = min(end, lineOffset(member, run.place + extent.count - share.start) - offset)
            }
        }
        return Extent(first.kind, count: end)
    }

    func status() -> String {
        let failed = failed.withLock { $0 }
        let status = StripedTarget.Status(
            members: zip(names, failed).map { StripedTarget.Status.Member(device: $0, hasFailed: $1) })
        var words = ArgumentWriter(keys: .redacted)
        status.write(to: &words)
        return words.string
    }

    // MARK: where bytes are

    /// The member and the place on it, for a range within one chunk.
    private func onlyMember(_ offset: UInt64, _ count: UInt64) -> (member: Int, place: UInt64)? {
        let within = offset % chunk
        guard count <= chunk - within else { return nil }
        let index = offset / chunk
        let member = Int(index % UInt64(members.count))
        return (member, members[member].start + index / UInt64(members.count) * chunk + within)
    }

    /// The bytes of a range that one member holds: one run of it. `nil` when it holds none.
    private func run(of member: Int, _ offset: UInt64, _ count: UInt64) -> (place: UInt64, length: UInt64)? {
        let first = memberOffset(member, offset)
        let end = memberOffset(member, offset + count)
        return end > first ? (members[member].start + first, end - first) : nil
    }

    /// How many of the line's first `offset` bytes a member holds.
    private func memberOffset(_ member: Int, _ offset: UInt64) -> UInt64 {
        let row = chunk * UInt64(members.count)
        let inRow = offset % row
        let before = chunk * UInt64(member)
        return offset / row * chunk + min(chunk, inRow > before ? inRow - before : 0)
    }

    /// Where on the line the byte of a member is.
    private func lineOffset(_ member: Int, _ place: UInt64) -> UInt64 {
        (place / chunk * UInt64(members.count) + UInt64(member)) * chunk + place % chunk
    }

    private func extent(ofChunkAt offset: UInt64, _ limit: UInt64) throws(BlockIOError) -> Extent {
        let count = min(limit, chunk - offset % chunk)
        guard let (member, place) = onlyMember(offset, count) else { return Extent(.data, count: count) }
        return try members[member].device.extent(at: place, limit: count)
    }

    private func forEachRun(
        _ offset: UInt64, _ count: UInt64, _ body: (Int, UInt64, UInt64) throws(BlockIOError) -> Void
    ) throws(BlockIOError) {
        for member in members.indices {
            if let run = run(of: member, offset, count) { try body(member, run.place, run.length) }
        }
    }

    /// Calls `body` once for each member with its place and its pieces of the request's memory. A request with more than 1024 pieces a
    /// member, as many as one system call takes, comes in several rounds.
    private func forEachShare(
        _ offset: UInt64, _ count: UInt64, _ body: (Int, UInt64, Span<Range<Int>>) throws(BlockIOError) -> Void
    ) throws(BlockIOError) {
        let rows = count / (chunk * UInt64(members.count)) + 2
        if rows <= 32 {
            try forEachShare(offset, count, [32 of Range<Int>](repeating: 0..<0), body)
        } else {
            try forEachShare(offset, count, [1024 of Range<Int>](repeating: 0..<0), body)
        }
    }

    private func forEachShare<let capacity: Int>(
        _ offset: UInt64, _ count: UInt64, _ room: consuming [capacity of Range<Int>],
        _ body: (Int, UInt64, Span<Range<Int>>) throws(BlockIOError) -> Void
    ) throws(BlockIOError) {
        var pieces = room
        let memberCount = UInt64(members.count)
        // One row less than there is room: the first and the last may both be in parts.
        let round = chunk.multipliedReportingOverflow(by: memberCount * UInt64(capacity - 1))
        let largest = round.overflow ? UInt64.max : round.partialValue
        var done: UInt64 = 0
        while done < count {
            let begin = offset + done
            let end = offset + min(count, done.addingReportingOverflow(largest).overflow ? count : done + largest)
            for member in members.indices {
                guard let run = run(of: member, begin, end - begin) else { continue }
                var used = 0
                var place = lineOffset(member, run.place - members[member].start)
                var left = run.length
                while left > 0 {
                    let length = min(left, chunk - place % chunk)
                    pieces[used] = Int(place - offset)..<Int(place - offset + length)
                    used += 1
                    left -= length
                    place += chunk * (memberCount - 1) + length
                }
                try body(member, run.place, pieces.span.extracting(0..<used))
            }
            done = end - offset
        }
    }

    /// Calls a member. Its error is told of the whole request: the bytes of the members that come after it are not sure either.
    private func request(
        _ member: Int, _ offset: UInt64, _ count: UInt64, _ call: (any BlockDevice) throws(BlockIOError) -> Void
    ) throws(BlockIOError) {
        do throws(BlockIOError) {
            try call(members[member].device)
        } catch {
            failed.withLock { $0[member] = true }
            throw error.moved(to: offset, count: count)
        }
    }
}
