internal import ArgumentParser
internal import DeviceMapper

/// A log, and which of its entries a command is about.
struct LogRangeOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("The device or file with the log.", valueName: "log"), completion: .file()) var log: String
    @Option(help: ArgumentHelp("Begin with the entry of that number; the first is 0.", valueName: "number")) var fromEntry: UInt64?
    @Option(help: ArgumentHelp("Begin after the first mark with that text.", valueName: "text")) var fromMark: String?
    @Option(help: ArgumentHelp("End after the entry of that number.", valueName: "number")) var toEntry: UInt64?
    @Option(help: ArgumentHelp("End after the next mark with that text.", valueName: "text")) var toMark: String?
    @Option(help: ArgumentHelp("End after the next entry of a kind: flush, fua, discard, mark or metadata.", valueName: "kind"))
    var toNext: LogEntryKind?
    @Option(help: ArgumentHelp("End after that many entries.", valueName: "count")) var limit: UInt64?
    @Flag(help: "Open the log, and what a replay writes, even when another process has it open.") var forceUnlocked = false

    func validate() throws {
        guard [fromEntry != nil, fromMark != nil].count(where: { $0 }) <= 1 else {
            throw ValidationError("Give one of --from-entry and --from-mark.")
        }
        guard [toEntry != nil, toMark != nil, toNext != nil, limit != nil].count(where: { $0 }) <= 1 else {
            throw ValidationError("Give one of --to-entry, --to-mark, --to-next and --limit.")
        }
    }

    func open() throws(CommandFailure) -> FileDevice {
        do throws(BlockIOError) {
            return try FileDevice(path: log, access: .readOnly, locking: forceUnlocked ? .none : .enforced)
        } catch {
            throw CommandFailure("\(error)" + (error.code == .inUse ? "; --force-unlocked opens it all the same" : ""))
        }
    }

    func failure(_ error: FormatError) -> CommandFailure { CommandFailure("\(log): \(error)") }

    /// The numbers of the entries. All of the log up to the last is looked at, so that nothing is done when something in it is wrong.
    func entries(of device: FileDevice) throws -> Range<UInt64> {
        do {
            let reader = try LogWritesReader(device)
            let size = reader.superblock.blockSize
            var first = fromMark == nil ? fromEntry ?? 0 : nil
            if let fromEntry, fromEntry > reader.superblock.entryCount {
                throw CommandFailure("\(log): there is no entry \(fromEntry), the log has \(reader.superblock.entryCount)")
            }
            if let first, limit == 0 { return first..<first }
            while let item = try reader.next() {
                if let begin = first {
                    if item.number >= begin, isEnd(item, begin, size) { return begin..<item.number + 1 }
                } else if let fromMark, item.entry.isMark(fromMark, blockSize: size) {
                    first = item.number + 1
                    if limit == 0 { return item.number + 1..<item.number + 1 }
                }
            }
            guard let first else { throw CommandFailure("\(log): there is no mark '\(fromMark ?? "")'") }
            if let toEntry { throw CommandFailure("\(log): there is no entry \(toEntry)\(behind), the log has \(reader.number)") }
            if let toMark { throw CommandFailure("\(log): there is no mark '\(toMark)'\(behind)") }
            if let toNext { throw CommandFailure("\(log): there is no entry of kind \(toNext.rawValue)\(behind)") }
            return first..<reader.number
        } catch let error as FormatError {
            throw failure(error)
        }
    }

    private var behind: String {
        if let fromEntry { return " from entry \(fromEntry) on" }
        if let fromMark { return " behind the mark '\(fromMark)'" }
        return ""
    }

    private func isEnd(_ item: LogWritesReader.Item, _ begin: UInt64, _ blockSize: Int) -> Bool {
        if let toEntry { return item.number == toEntry }
        if let toMark { return item.entry.isMark(toMark, blockSize: blockSize) }
        if let toNext { return toNext.includes(item.entry) }
        if let limit { return item.number + 1 - begin >= limit }
        return false
    }
}

/// What entries of a log can be asked for.
enum LogEntryKind: String, ExpressibleByArgument, CaseIterable {
    case write, flush, fua, discard, mark, metadata

    func includes(_ entry: LogWritesEntry) -> Bool {
        switch self {
        case .write: entry.dataCount > 0
        case .flush: entry.flags.contains(.flush)
        case .fua: entry.flags.contains(.forceUnitAccess)
        case .discard: entry.flags.contains(.discard)
        case .mark: entry.flags.contains(.mark)
        case .metadata: entry.flags.contains(.metadata)
        }
    }
}
