internal import BlockIO

/// An engine that leads runs of its line to runs of devices, with the same bytes on both.
protocol RunMapping: TargetEngine {
    /// Where the byte at `offset` is, and how many from there on, up to `limit`, follow it on the same device.
    func run(at offset: UInt64, limit: UInt64) -> MappedRun
    /// The devices, each once.
    var devices: [any BlockDevice] { get }
}

/// A run of bytes of a device.
struct MappedRun {
    let device: any BlockDevice
    let place: UInt64
    let count: UInt64
}

extension RunMapping {
    func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(BlockIOError) {
        let total = buffer.byteCount
        try forEachRun(at: offset, count: UInt64(total)) { (run, done) throws(BlockIOError) in
            guard Int(run.count) < total else { return try run.device.read(at: run.place, into: &buffer) }
            var part = buffer.part(done..<done + Int(run.count))
            try run.device.read(at: run.place, into: &part)
        }
    }

    func write(_ bytes: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        try forEachRun(at: offset, count: UInt64(bytes.byteCount)) { (run, done) throws(BlockIOError) in
            try run.device.write(bytes.extracting(done..<done + Int(run.count)), at: run.place, flags: flags)
        }
    }

    func flush() throws(BlockIOError) {
        for device in devices { try device.flush() }
    }

    func discard(at offset: UInt64, count: UInt64) throws(BlockIOError) {
        try forEachRun(at: offset, count: count) { (run, _) throws(BlockIOError) in
            try run.device.discard(at: run.place, count: run.count)
        }
    }

    func writeZeroes(at offset: UInt64, count: UInt64, flags: ZeroFlags) throws(BlockIOError) {
        try forEachRun(at: offset, count: count) { (run, _) throws(BlockIOError) in
            try run.device.writeZeroes(at: run.place, count: run.count, flags: flags)
        }
    }

    func extent(at offset: UInt64, limit: UInt64) throws(BlockIOError) -> Extent {
        let run = run(at: offset, limit: limit)
        do throws(BlockIOError) {
            return try run.device.extent(at: run.place, limit: run.count)
        } catch {
            throw error.moved(to: offset &+ (error.offset &- run.place), count: error.count)
        }
    }

    /// Calls `body` with each run and how much came before it. An error is told of the line's bytes.
    private func forEachRun(
        at offset: UInt64, count: UInt64, _ body: (MappedRun, Int) throws(BlockIOError) -> Void
    ) throws(BlockIOError) {
        var done: UInt64 = 0
        while done < count {
            let run = run(at: offset + done, limit: count - done)
            do throws(BlockIOError) {
                try body(run, Int(done))
            } catch {
                throw error.moved(to: offset &+ done &+ (error.offset &- run.place), count: error.count)
            }
            done += run.count
        }
    }
}
