internal import BlockIO
internal import StorageUnits

// Every request passes here once, is checked and split at lines, and engines trust what they get.
//
// Lock order: the gate of the front, then the block lock, then a block of scratch, then whatever the engine has of its own.
extension LoadedTable {
    func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(BlockIOError) {
        try checkRange(at: offset, count: UInt64(buffer.byteCount))
        var index = lineIndex(at: offset)
        var done = 0
        while done < buffer.byteCount {
            let place = offset + UInt64(done)
            let line = lines[index]
            let count = Int(min(UInt64(buffer.byteCount - done), line.end - place))
            var part = buffer.part(done..<done + count)
            do throws(BlockIOError) {
                try read(line, starts[index], at: place - starts[index], into: &part)
            } catch {
                throw located(error, starts[index], place, offset + UInt64(buffer.byteCount))
            }
            done += count
            index += 1
        }
    }

    func write(_ bytes: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        try checkWrite(at: offset, count: UInt64(bytes.byteCount))
        var index = lineIndex(at: offset)
        var done = 0
        while done < bytes.byteCount {
            let place = offset + UInt64(done)
            let line = lines[index]
            let count = Int(min(UInt64(bytes.byteCount - done), line.end - place))
            do throws(BlockIOError) {
                try write(bytes.extracting(done..<done + count), line, starts[index], at: place - starts[index], flags: flags)
            } catch {
                throw located(error, starts[index], place, offset + UInt64(bytes.byteCount))
            }
            done += count
            index += 1
        }
    }

    func flush() throws(BlockIOError) {
        if limits.isReadOnly { return }
        for line in lines { try line.engine.flush() }
    }

    /// A flush that is nobody's request.
    func flushBelow() throws(BlockIOError) {
        if limits.isReadOnly { return }
        for line in lines { try line.engine.flushBelow() }
    }

    /// Discards the whole blocks of the range; parts of blocks at its ends stay as they are.
    func discard(at offset: UInt64, count: UInt64) throws(BlockIOError) {
        try forEachLine(at: offset, count: count) { (line, start, range) throws(BlockIOError) in
            let whole = line.wholeBlocks(of: range)
            guard !whole.isEmpty else { return }
            guard line.engine.limits.canDiscard else {
                throw BlockIOError(
                    .unsupported, offset: range.lowerBound, count: UInt64(range.count), message: "this part of the volume takes no discards"
                )
            }
            try locked(line, start, whole, .exclusive) { () throws(BlockIOError) in
                try line.engine.discard(at: whole.lowerBound, count: UInt64(whole.count))
            }
        }
    }

    func writeZeroes(at offset: UInt64, count: UInt64, flags: ZeroFlags) throws(BlockIOError) {
        try forEachLine(at: offset, count: count) { (line, start, range) throws(BlockIOError) in
            // In the order of the bytes: an error tells of everything from some byte on. Each of the two ends is shorter than a block.
            let whole = line.wholeBlocks(of: range)
            let head = range.lowerBound..<min(whole.lowerBound, range.upperBound)
            let tail = min(max(whole.upperBound, head.upperBound), range.upperBound)..<range.upperBound
            try writeZeroBytes(line, start, head, flags)
            if !whole.isEmpty {
                try locked(line, start, whole, .exclusive) { () throws(BlockIOError) in
                    try line.engine.writeZeroes(at: whole.lowerBound, count: UInt64(whole.count), flags: flags)
                }
            }
            try writeZeroBytes(line, start, tail, flags)
        }
    }

    func extent(at offset: UInt64, limit: UInt64) throws(BlockIOError) -> Extent {
        try checkRange(at: offset, count: limit)
        guard limit > 0 else { return Extent(.hole, count: 0) }
        let index = lineIndex(at: offset)
        let line = lines[index]
        let place = offset - starts[index]
        let within = place % line.blockSize
        let end = min(place + limit, line.end - starts[index])
        do throws(BlockIOError) {
            // Asked of whole blocks, told of what was asked.
            let last = (end + line.blockSize - 1) / line.blockSize * line.blockSize
            let found = try line.engine.extent(at: place - within, limit: last - (place - within))
            guard found.count > within else { return Extent(.data, count: min(line.blockSize - within, end - place)) }
            return Extent(found.kind, count: min(found.count - within, end - place))
        } catch {
            throw located(error, starts[index], offset, offset + limit)
        }
    }

    // MARK: one line

    private func read(_ line: Line, _ start: UInt64, at offset: UInt64, into buffer: inout MutableRawSpan) throws(BlockIOError) {
        guard line.blockSize > 1 else { return try line.engine.read(at: offset, into: &buffer) }
        let range = offset..<offset + UInt64(buffer.byteCount)
        let blocks = line.coveringBlocks(of: range)
        let ticket = blockLock.acquire(start + blocks.lowerBound..<start + blocks.upperBound, .shared)
        defer { blockLock.release(ticket) }
        if blocks == range { return try line.engine.read(at: offset, into: &buffer) }
        var done = 0
        while done < buffer.byteCount {
            let place = offset + UInt64(done)
            let within = Int(place % line.blockSize)
            let left = buffer.byteCount - done
            let whole = left - left % Int(line.blockSize)
            if within == 0, whole > 0 {
                var part = buffer.part(done..<done + whole)
                try line.engine.read(at: place, into: &part)
                done += whole
            } else {
                let count = min(left, Int(line.blockSize) - within)
                var part = buffer.part(done..<done + count)
                try withBlock(line) { (block) throws(BlockIOError) in
                    try line.engine.read(at: place - UInt64(within), into: &block)
                    part.copy(from: block.bytes.extracting(within..<within + count))
                }
                done += count
            }
        }
    }

    private func write(
        _ bytes: RawSpan, _ line: Line, _ start: UInt64, at offset: UInt64, flags: WriteFlags
    ) throws(BlockIOError) {
        guard line.blockSize > 1 else { return try line.engine.write(bytes, at: offset, flags: flags) }
        let range = offset..<offset + UInt64(bytes.byteCount)
        let blocks = line.coveringBlocks(of: range)
        let ticket = blockLock.acquire(start + blocks.lowerBound..<start + blocks.upperBound, .exclusive)
        defer { blockLock.release(ticket) }
        if blocks == range { return try line.engine.write(bytes, at: offset, flags: flags) }
        var done = 0
        while done < bytes.byteCount {
            let place = offset + UInt64(done)
            let within = Int(place % line.blockSize)
            let left = bytes.byteCount - done
            let whole = left - left % Int(line.blockSize)
            if within == 0, whole > 0 {
                try line.engine.write(bytes.extracting(done..<done + whole), at: place, flags: flags)
                done += whole
            } else {
                let count = min(left, Int(line.blockSize) - within)
                let source = bytes.extracting(done..<done + count)
                try withBlock(line) { (block) throws(BlockIOError) in
                    try line.engine.read(at: place - UInt64(within), into: &block)
                    var part = block.part(within..<within + count)
                    part.copy(from: source)
                    try line.engine.write(block.bytes, at: place - UInt64(within), flags: flags)
                }
                done += count
            }
        }
    }

    /// Writes zeroes as data to less than a block of a line.
    private func writeZeroBytes(_ line: Line, _ start: UInt64, _ range: Range<UInt64>, _ flags: ZeroFlags) throws(BlockIOError) {
        guard !range.isEmpty else { return }
        try ZeroBytes.withBytes(count: range.count) { (zeroes) throws(BlockIOError) in
            try write(
                zeroes, line, start, at: range.lowerBound, flags: flags.contains(.forceUnitAccess) ? .forceUnitAccess : [])
        }
    }

    private func locked(
        _ line: Line, _ start: UInt64, _ range: Range<UInt64>, _ mode: RangeLock.Mode, _ body: () throws(BlockIOError) -> Void
    ) throws(BlockIOError) {
        guard line.blockSize > 1 else { return try body() }
        let ticket = blockLock.acquire(start + range.lowerBound..<start + range.upperBound, mode)
        defer { blockLock.release(ticket) }
        try body()
    }

    /// Lends memory for one block of a line.
    private func withBlock(_ line: Line, _ body: (inout MutableRawSpan) throws(BlockIOError) -> Void) throws(BlockIOError) {
        guard let blocks else { throw BlockIOError(.noMemory, message: "no memory for a block") }
        try blocks.withResource { (buffer) throws(BlockIOError) in
            try buffer.withMutableBytes { (bytes) throws(BlockIOError) in
                var block = bytes.part(0..<Int(line.blockSize))
                try body(&block)
            }
        }
    }

    // MARK: checks

    private func checkRange(at offset: UInt64, count: UInt64) throws(BlockIOError) {
        guard offset <= size.count, count <= size.count - offset else { throw .pastTheEnd(offset, count, size: size) }
    }

    private func checkWrite(at offset: UInt64, count: UInt64) throws(BlockIOError) {
        if limits.isReadOnly { throw .readOnlyDevice(offset, count) }
        try checkRange(at: offset, count: count)
    }

    private func forEachLine(
        at offset: UInt64, count: UInt64, _ body: (Line, UInt64, Range<UInt64>) throws(BlockIOError) -> Void
    ) throws(BlockIOError) {
        try checkWrite(at: offset, count: count)
        var index = lineIndex(at: offset)
        var place = offset
        while place < offset + count {
            let line = lines[index]
            let end = min(offset + count, line.end)
            do throws(BlockIOError) {
                try body(line, starts[index], place - starts[index]..<end - starts[index])
            } catch {
                throw located(error, starts[index], place, offset + count)
            }
            place = end
            index += 1
        }
    }

    /// An engine's error, its range in bytes of the volume: from the first byte that failed, and never before the part of the request that
    /// the line had (a part of a block was read first), to the end of the request, which was not come to.
    private func located(_ error: BlockIOError, _ lineStart: UInt64, _ place: UInt64, _ end: UInt64) -> BlockIOError {
        let (first, overflow) = lineStart.addingReportingOverflow(error.offset)
        let from = overflow || first >= end ? place : max(place, first)
        return error.moved(to: from, count: end - from)
    }
}

extension LoadedTable.Line {
    /// The blocks that a range touches.
    func coveringBlocks(of range: Range<UInt64>) -> Range<UInt64> {
        let mask = blockSize - 1
        return range.lowerBound & ~mask..<(range.upperBound + mask) & ~mask
    }

    /// The blocks that lie in a range; empty when there is none.
    func wholeBlocks(of range: Range<UInt64>) -> Range<UInt64> {
        let mask = blockSize - 1
        let first = (range.lowerBound + mask) & ~mask
        let end = range.upperBound & ~mask
        return first..<max(first, end)
    }
}
