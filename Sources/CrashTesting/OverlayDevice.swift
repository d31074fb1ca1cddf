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
        /// Where each changed block is: its number in the slabs; `nil` when it is zeroes.
        var slots: [UInt64: Int?] = [:]
        var slabs: [AlignedBuffer] = []
        var used = 0
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
        switch state.slots[block] {
        case .some(.some(let slot)):
            let place = slot % Self.blocksPerSlab * Int(Self.blockSize) + within
            let count = part.byteCount
            state.slabs[slot / Self.blocksPerSlab].withBytes { part.copy(from: $0.extracting(place..<place + count)) }
        case .some(.none): part.fillWithZeroes()
        case .none: try readBelow(block, within, into: &part)
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
        try state.withLock { state throws(BlockIOError) in
            var done: UInt64 = 0
            while done < count {
                let (block, within, part) = part(at: offset + done, left: Int(min(count - done, Self.blockSize)))
                let isWhole = within == 0 && UInt64(part) == min(Self.blockSize, size.count - block * Self.blockSize)
                switch state.slots[block] {
                case .some(.none): break  // zeroes already
                case .none where isWhole: state.slots[block] = .some(nil)
                case .none, .some(.some): try change(block, within, part, &state) { $0.fillWithZeroes() }
                }
                done += UInt64(part)
            }
        }
    }

    func discard(at offset: UInt64, count: UInt64) throws(BlockIOError) { try writeZeroes(at: offset, count: count, flags: .mayUnmap) }

    func flush() throws(BlockIOError) {}

    func extent(at offset: UInt64, limit: UInt64) throws(BlockIOError) -> Extent {
        try state.withLock { state throws(BlockIOError) in
            let count = min(limit, Self.blockSize - offset % Self.blockSize)
            switch state.slots[offset / Self.blockSize] {
            case .some(.some): return Extent(.data, count: count)
            case .some(.none): return Extent(.hole, count: count)
            case .none: return try base?.extent(at: offset, limit: count) ?? Extent(.hole, count: count)
            }
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
        if case .some(.some(let found)) = state.slots[block] {
            slot = found
        } else {
            slot = state.used
            if slot / Self.blocksPerSlab == state.slabs.count {
                state.slabs.append(AlignedBuffer(count: Self.blocksPerSlab * Int(Self.blockSize)))
            }
            let isBelow = state.slots[block] == nil
            try state.slabs[slot / Self.blocksPerSlab].withMutableBytes { (bytes) throws(BlockIOError) in
                let place = slot % Self.blocksPerSlab * Int(Self.blockSize)
                var room = bytes.part(place..<place + Int(min(Self.blockSize, size.count - block * Self.blockSize)))
                guard count < room.byteCount else { return }
                if isBelow { try readBelow(block, 0, into: &room) } else { room.fillWithZeroes() }
            }
            state.slots[block] = slot
            state.used += 1
        }
        state.slabs[slot / Self.blocksPerSlab].withMutableBytes { bytes in
            let place = slot % Self.blocksPerSlab * Int(Self.blockSize) + within
            var room = bytes.part(place..<place + count)
            body(&room)
        }
    }
}
