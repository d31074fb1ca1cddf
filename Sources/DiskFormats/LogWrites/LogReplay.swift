public import BlockIO
internal import StorageUnits

/// Does again to a device what a log of dm-log-writes says, step by step: what replay-log of xfstests does.
///
/// A replay goes from entry to entry and stops where it is told to; what it had done until then is the state that the logged device would have
/// been left in by a crash there, if the device had kept the order of the log.
///
///     let replay = try LogReplay(of: log, onto: device)
///     while let item = try replay.advance(to: .next([.flush, .forceUnitAccess])) {
///         // `device` holds what was safe after entry `item.number`.
///     }
public final class LogReplay {
    /// What becomes of discards.
    public enum Discards: Hashable, Sendable, CaseIterable {
        /// Zeroes, whose storage may be given back: the one thing that is sure to be read, whatever the device.
        case zeroes
        /// Discards, where the device takes them, and zeroes where it does not; replay-log does that.
        case discards
        /// Nothing.
        case ignored
    }

    /// Where to stop.
    public enum Stop: Hashable, Sendable {
        /// Behind the last entry.
        case end
        /// After the entry with that number.
        case entry(UInt64)
        /// After the next entry that has one of these flags.
        case next(LogWritesEntry.Flags)
        /// After the next mark with that text.
        case mark(String)
    }

    /// Why a replay ended early. The entry that failed may be replayed in part.
    public enum Failure: Error, Hashable, Sendable {
        /// The log cannot be read, or is none.
        case log(FormatError)
        /// The device failed, or has no place for an entry of that number.
        case device(BlockIOError, entry: UInt64)
    }

    /// The size of what is read and written at once, in bytes; a multiple of every block size of a log.
    static let pieceSize = 1 << 20

    /// What the log says of itself.
    public var superblock: LogWritesSuperblock { reader.superblock }
    /// The number of the entry that comes next, from 0.
    public var nextEntry: UInt64 { reader.number }
    private let reader: LogWritesReader
    private let device: any BlockDevice
    private let discards: Discards
    private let buffer = AlignedBuffer(count: LogReplay.pieceSize)

    /// A replay of `log` onto `device`, which begins with the first entry. Nothing is written yet.
    ///
    /// Throws whatever is wrong with the log's superblock, and `unaligned` when the device takes only blocks larger than the log's.
    public init(of log: any BlockDevice, onto device: any BlockDevice, discards: Discards = .zeroes) throws(Failure) {
        do throws(FormatError) { reader = try LogWritesReader(log) } catch { throw .log(error) }
        let block = device.limits.logicalBlockSize
        guard reader.superblock.blockSize % block == 0 else {
            throw .device(
                BlockIOError(
                    .unaligned,
                    message: "the device has blocks of \(block) bytes, the log of \(reader.superblock.blockSize)"),
                entry: 0)
        }
        self.device = device
        self.discards = discards
    }

    /// Passes over entries, which are not replayed, and returns the one that it stopped after; `nil` when the log ended before.
    @discardableResult
    public func skip(to stop: Stop) throws(Failure) -> LogWritesReader.Item? { try advance(to: stop) { (_) throws(Failure) in } }

    /// Replays entries, and returns the one that it stopped after; `nil` when the log ended before. `.end` always returns `nil`.
    @discardableResult
    public func advance(to stop: Stop) throws(Failure) -> LogWritesReader.Item? {
        try advance(to: stop) { (item) throws(Failure) in try apply(item) }
    }

    private func advance(to stop: Stop, _ body: (LogWritesReader.Item) throws(Failure) -> Void) throws(Failure) -> LogWritesReader.Item? {
        if case .entry(let number) = stop, number < reader.number { return nil }
        while let item = try next() {
            try body(item)
            if stop.isMet(by: item, blockSize: superblock.blockSize) { return item }
        }
        return nil
    }

    private func next() throws(Failure) -> LogWritesReader.Item? {
        do throws(FormatError) { return try reader.next() } catch { throw .log(error) }
    }

    private func apply(_ item: LogWritesReader.Item) throws(Failure) {
        let entry = item.entry
        guard entry.count > 0 else { return }
        do throws(BlockIOError) { try device.checkRange(at: entry.offset, count: entry.count) } catch {
            throw .device(error, entry: item.number)
        }
        if entry.flags.contains(.discard) { return try discard(item) }
        var done: UInt64 = 0
        while done < entry.count {
            let count = min(entry.count - done, UInt64(buffer.count))
            try buffer.withMutableBytes { (bytes) throws(Failure) in
                var part = bytes.part(0..<Int(count))
                do throws(FormatError) { try reader.read(at: done, of: item, into: &part) } catch { throw .log(error) }
                do throws(BlockIOError) { try device.write(part.bytes, at: entry.offset + done) } catch {
                    throw .device(error, entry: item.number)
                }
            }
            done += count
        }
    }

    private func discard(_ item: LogWritesReader.Item) throws(Failure) {
        let entry = item.entry
        do throws(BlockIOError) {
            switch discards {
            case .ignored: break
            case .zeroes: try device.writeZeroes(at: entry.offset, count: entry.count, flags: .mayUnmap)
            case .discards:
                if try !discardIfSupported(entry) {
                    try device.writeZeroes(at: entry.offset, count: entry.count, flags: .mayUnmap)
                }
            }
        } catch {
            throw .device(error, entry: item.number)
        }
    }

    /// Whether the device has taken a discard: some say only when they are asked that they take none.
    private func discardIfSupported(_ entry: LogWritesEntry) throws(BlockIOError) -> Bool {
        guard device.limits.canDiscard else { return false }
        do throws(BlockIOError) {
            try device.discard(at: entry.offset, count: entry.count)
            return true
        } catch {
            guard error.code == .unsupported else { throw error }
            return false
        }
    }
}

extension LogReplay.Stop {
    /// Whether a replay stops after that entry.
    public func isMet(by item: LogWritesReader.Item, blockSize: Int) -> Bool {
        switch self {
        case .end: false
        case .entry(let number): item.number == number
        case .next(let flags): !item.entry.flags.isDisjoint(with: flags)
        case .mark(let text): item.entry.isMark(text, blockSize: blockSize)
        }
    }
}

extension LogReplay.Failure: CustomStringConvertible {
    /// What failed, and at which entry.
    public var description: String {
        switch self {
        case .log(let error): "the log: \(error)"
        case .device(let error, let entry): "entry \(entry): \(error)"
        }
    }
}
