/// What an active dust device can be told. Blocks are numbers of ``DustTarget/blockSize`` from the beginning of the device below.
public enum DustMessage: TargetMessage {
    /// The block is bad until it is written; that many writes of it fail before. Refused when it is bad already.
    case addBadBlock(UInt64, failingWrites: UInt8 = 0)
    /// The block is good again. Refused when it is not bad.
    case removeBadBlock(UInt64)
    /// Whether the block is bad.
    case queryBlock(UInt64)
    /// How many blocks are bad.
    case countBadBlocks
    /// Which blocks are bad.
    case listBadBlocks
    /// All blocks are good again.
    case clearBadBlocks
    /// Requests to bad blocks fail from now on.
    case enable
    /// Requests to bad blocks no longer fail.
    case disable
    /// Turns what the kernel's log tells of blocks off, or on again.
    case toggleQuiet

    /// What the device answers.
    public enum Reply: Hashable, Sendable {
        /// Nothing. Kernels before Linux 5.9 put every answer into their log.
        case nothing
        /// To ``DustMessage/queryBlock(_:)``.
        case isBad(Bool)
        /// To ``DustMessage/countBadBlocks``.
        case count(UInt64)
        /// To ``DustMessage/listBadBlocks``, in order.
        case badBlocks([UInt64])
        /// To ``DustMessage/clearBadBlocks``: whether there were any.
        case cleared(Bool)
    }

    private enum Word: String, CaseIterable, CustomStringConvertible {
        case addbadblock, removebadblock, queryblock, countbadblocks, listbadblocks, clearbadblocks, enable, disable, quiet
        var description: String { rawValue }
    }

    public init(parsing words: inout ArgumentReader) throws(TableError) {
        switch try words.choice("message", among: Word.allCases, ignoringCase: true) {
        case .addbadblock:
            let block = try words.number("block")
            let writes = words.isAtEnd ? 0 : try words.number("failing writes", in: 0...UInt64(UInt8.max))
            self = .addBadBlock(block, failingWrites: UInt8(writes))
        case .removebadblock: self = .removeBadBlock(try words.number("block"))
        case .queryblock: self = .queryBlock(try words.number("block"))
        case .countbadblocks: self = .countBadBlocks
        case .listbadblocks: self = .listBadBlocks
        case .clearbadblocks: self = .clearBadBlocks
        case .enable: self = .enable
        case .disable: self = .disable
        case .quiet: self = .toggleQuiet
        }
    }

    public func write(to words: inout ArgumentWriter) {
        let (word, numbers): (Word, [UInt64]) =
            switch self {
            case .addBadBlock(let block, 0): (.addbadblock, [block])
            case .addBadBlock(let block, let writes): (.addbadblock, [block, UInt64(writes)])
            case .removeBadBlock(let block): (.removebadblock, [block])
            case .queryBlock(let block): (.queryblock, [block])
            case .countBadBlocks: (.countbadblocks, [])
            case .listBadBlocks: (.listbadblocks, [])
            case .clearBadBlocks: (.clearbadblocks, [])
            case .enable: (.enable, [])
            case .disable: (.disable, [])
            case .toggleQuiet: (.quiet, [])
            }
        words.append(word.rawValue)
        for number in numbers { words.append(number) }
    }

    public func reply(parsing text: String?) throws(TableError) -> Reply {
        guard let text, !text.isEmpty else { return .nothing }
        // The answers are sentences, which later kernels could word differently; whatever is not known is an error, never a guess.
        var words: [String] = []
        var reader = try ArgumentReader(text)
        while !reader.isAtEnd { words.append(try reader.word("answer")) }
        let reply: Reply? =
            switch self {
            case .queryBlock(let block): Self.isBad(block, words)
            case .countBadBlocks: Self.count(words)
            case .listBadBlocks: Self.badBlocks(words)
            case .clearBadBlocks: Self.cleared(words)
            default: nil
            }
        guard let reply else {
            throw TableError(.invalidValue, message: "answer to '\(self.text())': \(quoteForMessage(text)) is not known")
        }
        return reply
    }

    private static func isBad(_ block: UInt64, _ words: [String]) -> Reply? {
        switch words.joined(separator: " ") {
        case "dust_query_block: block \(block) found in badblocklist": .isBad(true)
        case "dust_query_block: block \(block) not found in badblocklist": .isBad(false)
        default: nil
        }
    }

    private static func count(_ words: [String]) -> Reply? {
        guard words.count == 4, words[0] == "countbadblocks:", words[2...] == ["badblock(s)", "found"] else { return nil }
        return ArgumentReader.decimal(words[1]).map { .count($0) }
    }

    private static func badBlocks(_ words: [String]) -> Reply? {
        if words == ["No", "blocks", "in", "badblocklist"] { return .badBlocks([]) }
        let blocks = words.compactMap { ArgumentReader.decimal($0) }
        return blocks.count == words.count ? .badBlocks(blocks) : nil
    }

    private static func cleared(_ words: [String]) -> Reply? {
        switch words.joined(separator: " ") {
        case "dust_clear_badblocks: badblocks cleared": .cleared(true)
        case "dust_clear_badblocks: no badblocks found": .cleared(false)
        default: nil
        }
    }
}
