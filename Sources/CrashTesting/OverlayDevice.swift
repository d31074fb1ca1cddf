internal import BlockIO
internal import StorageUnits

/// Another device, or zeroes, with changes that are kept in memory: the device below is only read.
final class OverlayDevice: BlockDevice {
    let size: ByteCount
    let limits = BlockLimits()
    private let base: (any BlockDevice)?
    private let state = Monitor(State())

    /// The unit in which changes are kept, in bytes. No block of the device below is larger.
    static let blockSize: UInt64 = 4096
    private static let blocksPerSlab = 64

    private struct State: Sendable {
        /// Where each block that is in memory is: its number in the slabs.
        var slots: [UInt64: Int] = [:]
        /// The blocks that are zeroes, but for those in memory.
        var zeroes = BlockRanges()
        var slabs: [AlignedBuffer] = []
        /// How many slots were ever used, and those of them that are not any more.
        var used = 0
        var unused: [Int] = []

        /// Makes zeroes of whole blocks, which then take no memory.
        mutating func clear(_ blocks: Range<UInt64>) {
            let inMemory = slots.count < blocks.count ? slots.keys.filter { blocks.contains($0) } : blocks.filter { slots[$0] != nil }
            for block in inMemory {
                if let slot = slots.removeValue(forKey: block) { unused.append(slot) }
            }
            zeroes.insert(blocks)
        }

        /// The first of these blocks that is in memory; the end of them when none is. Takes no more steps than blocks are in memory, twice.
        func firstInMemory(of blocks: Range<UInt64>) -> UInt64 {
            let near = blocks.prefix(slots.count)
            if let found = near.first(where: { slots[$0] != nil }) { return found }
            guard near.count < blocks.count else { return blocks.upperBound }
            return slots.keys.filter { blocks.contains($0) }.min() ?? blocks.upperBound
        }
    }

    /// `size` bytes: those of `base` at first, which is no shorter, or zeroes.
    init(size: ByteCount, over base: (any BlockDevice)?) {
        self.size = size
        self.base = base
    }

    func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(BlockIOError) {
        let total = buffer.byteCount
        try state.withLock { state throws(BlockIOError) in
            var done = 0
            while done < total {
                let (block, within, count) = part(at: offset + UInt64(done), left: total - done)
                var part = buffer.part(done..<done + count)
                try read(block, within, into: &part, state)
                done += count
            }
        }
    }

    private func read(_ block: UInt64, _ within: Int, into part: inout MutableRawSpan, _ state: State) throws(BlockIOError) {
        if let slot = state.slots[block] {
            let place = slot % Self.blocksPerSlab * Int(Self.blockSize) + within
            let count = part.byteCount
            state.slabs[slot / Self.blocksPerSlab].withBytes { part.copy(from: $0.extracting(place..<place + count)) }
        } else if state.zeroes.contains(block) {
            part.fillWithZeroes()
        } else {
            try readBelow(block, within, into: &part)
        }
    }

    private func readBelow(_ block: UInt64, _ within: Int, into part: inout MutableRawSpan) throws(BlockIOError) {
        guard let base else { return part.fillWithZeroes() }
        // Whole blocks of the device below, whatever they are.
        let unit = base.limits.logicalBlockSize
        let start = within / unit * unit
        let end = (within + part.byteCount + unit - 1) / unit * unit
        if start == within, end == within + part.byteCount {
            return try base.read(at: block * Self.blockSize + UInt64(within), into: &part)
        }
        let count = part.byteCount
        try AlignedBuffer(count: end - start).withMutableBytes { (bytes) throws(BlockIOError) in
            try base.read(at: block * Self.blockSize + UInt64(start), into: &bytes)
            part.copy(from: bytes.bytes.extracting(within - start..<within - start + count))
        }
    }

    func write(_ bytes: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        try state.withLock { state throws(BlockIOError) in
            var done = 0
            while done < bytes.byteCount {
                let (block, within, count) = part(at: offset + UInt64(done), left: bytes.byteCount - done)
                try change(block, within, count, &state) { $0.copy(from: bytes.extracting(done..<done + count)) }
                done += count
            }
        }
    }

    func writeZeroes(at offset: UInt64, count: UInt64, flags: ZeroFlags) throws(BlockIOError) {
        guard count > 0 else { return }
        let end = offset + count
        // What is less than a block, before and behind the whole ones; the last block of the device may be a short one.
        let head = offset..<min(end, (offset + Self.blockSize - 1) / Self.blockSize * Self.blockSize)
        let tail = max(head.upperBound, end == size.count ? end : end / Self.blockSize * Self.blockSize)..<end
        try state.withLock { state throws(BlockIOError) in
            if head.upperBound < tail.lowerBound {
                state.clear(head.upperBound / Self.blockSize..<(tail.lowerBound + Self.blockSize - 1) / Self.blockSize)
            }
            for range in [head, tail] where !range.isEmpty {
                let (block, within, count) = part(at: range.lowerBound, left: range.count)
                if state.slots[block] == nil, state.zeroes.contains(block) { continue }  // zeroes already
                try change(block, within, count, &state) { $0.fillWithZeroes() }
            }
        }
    }

    func discard(at offset: UInt64, count: UInt64) throws(BlockIOError) { try writeZeroes(at: offset, count: count, flags: .mayUnmap) }

    func flush() throws(BlockIOError) {}

    func extent(at offset: UInt64, limit: UInt64) throws(BlockIOError) -> Extent {
        try state.withLock { state throws(BlockIOError) in
            let block = offset / Self.blockSize
            if state.slots[block] != nil { return Extent(.data, count: min(limit, Self.blockSize - offset % Self.blockSize)) }
            // As far as it goes on like this.
            let (isZero, other) = state.zeroes.run(from: block)
            let last = (offset + limit + Self.blockSize - 1) / Self.blockSize
            let end = state.firstInMemory(of: block..<min(last, other ?? last))
            let count = min(limit, end * Self.blockSize - offset)
            if isZero { return Extent(.hole, count: count) }
            return try base?.extent(at: offset, limit: count) ?? Extent(.hole, count: count)
        }
    }

    private func part(at offset: UInt64, left: Int) -> (block: UInt64, within: Int, count: Int) {
        let within = offset % Self.blockSize
        return (offset / Self.blockSize, Int(within), min(left, Int(Self.blockSize - within)))
    }

    /// Changes a part of a block, which then is in memory.
    private func change(
        _ block: UInt64, _ within: Int, _ count: Int, _ state: inout State, _ body: (inout MutableRawSpan) -> Void
    ) throws(BlockIOError) {
        let slot: Int
        if let found = state.slots[block] {
            slot = found
        } else {
            slot = state.unused.last ?? state.used
            if slot / Self.blocksPerSlab == state.slabs.count {
                state.slabs.append(AlignedBuffer(count: Self.blocksPerSlab * Int(Self.blockSize)))
            }
            let isBelow = !state.zeroes.contains(block)
            try state.slabs[slot / Self.blocksPerSlab].withMutableBytes { (bytes) throws(BlockIOError) in
                let place = slot % Self.blocksPerSlab * Int(Self.blockSize)
                var room = bytes.part(place..<place + Int(min(Self.blockSize, size.count - block * Self.blockSize)))
                guard count < room.byteCount else { return }
                if isBelow { try readBelow(block, 0, into: &room) } else { room.fillWithZeroes() }
            }
            state.slots[block] = slot
            if state.unused.popLast() == nil { state.used += 1 }
        }
        state.slabs[slot / Self.blocksPerSlab].withMutableBytes { bytes in
            let place = slot % Self.blocksPerSlab * Int(Self.blockSize) + within
            var room = bytes.part(place..<place + count)
            body(&room)
        }
    }
}
