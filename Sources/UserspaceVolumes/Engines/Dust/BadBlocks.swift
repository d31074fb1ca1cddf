internal import DeviceMapperTables
internal import SystemPackage

/// The blocks of a dust line that are bad, and what requests are to notice of them.
struct BadBlocks: Sendable {
    private var blocks: BlockSet
    /// How many more writes fail, of those blocks that the next write does not heal.
    private var failingWrites: [UInt64: UInt8] = [:]
    private(set) var count: UInt64 = 0
    /// Whether requests to bad blocks fail.
    var isEnabled = false
    /// Whether the log tells of no block.
    var isQuiet = false

    /// The last number that a block can have: one more than the device has blocks, as the kernel compares it.
    private let last: UInt64
    /// What the volume may use for caches, which its lines share...
    private let memory: SharedResources.Memory
    /// ... how much that was when nobody had taken any, in bytes...
    private let budget: UInt64
    /// ... and how much of it is taken for the blocks: dictionaries keep what they had, until there are no blocks.
    private var taken: UInt64 = 0
    /// What an entry of a dictionary of numbers takes at most, in bytes: it may be filled to three eighths only.
    private static let bytesPerEntry = 48

    /// No bad blocks. Blocks are counted up to `last`, and take their memory from `memory`, which has `budget` bytes at first.
    init(last: UInt64, memory: SharedResources.Memory, budget: UInt64) {
        self.last = last
        self.memory = memory
        self.budget = budget
        blocks = BlockSet(last: last)
    }

    /// Whether there is anything that a request could meet.
    var areInTheWay: Bool { isEnabled && !blocks.isEmpty }

    // MARK: messages

    mutating func add(_ block: UInt64, failingWrites: UInt8) throws(MappingError) {
        try check(block)
        guard !blocks.contains(block) else { throw Self.refusal("block \(block) is bad already") }
        let entries = blocks.wordCount + blocks.mostWordsForOne + self.failingWrites.count + 1
        let needed = UInt64(entries * Self.bytesPerEntry)
        if needed > taken {
            guard memory.take(needed - taken) else {
                throw MappingError(
                    .outOfMemory, errno: Errno.noMemory.rawValue,
                    message: "\(count) bad blocks and another are more than the memory for caches holds, \(budget) bytes")
            }
            taken = needed
        }
        _ = blocks.insert(block)
        if failingWrites > 0 { self.failingWrites[block] = failingWrites }
        count += 1
    }

    mutating func remove(_ block: UInt64) throws(MappingError) {
        try check(block)
        guard blocks.contains(block) else { throw Self.refusal("block \(block) is not bad") }
        heal(block)
    }

    func contains(_ block: UInt64) throws(MappingError) -> Bool {
        try check(block)
        return blocks.contains(block)
    }

    /// All blocks are good again; false when they were already.
    mutating func clear() -> Bool {
        guard count > 0 else { return false }
        blocks = BlockSet(last: last)
        failingWrites = [:]
        count = 0
        memory.giveBack(taken)
        taken = 0
        return true
    }

    /// Calls `body` with each bad block, in order.
    func forEach(_ body: (UInt64) -> Void) {
        var next = blocks.next(from: 0)
        while let block = next {
            body(block)
            next = block < last ? blocks.next(from: block + 1) : nil
        }
    }

    private func check(_ block: UInt64) throws(MappingError) {
        guard block <= last else { throw Self.refusal("block \(block) is out of range: the device has \(last) blocks") }
    }

    private static func refusal(_ message: String) -> MappingError {
        MappingError(.invalidMessage, errno: Errno.invalidArgument.rawValue, message: message)
    }

    // MARK: requests

    /// The first bad block that is not before `block`.
    func next(from block: UInt64) -> UInt64? { blocks.next(from: block) }

    /// A write comes to a bad block: whether it fails. One that does not heals the block.
    mutating func failsWrite(to block: UInt64) -> Bool {
        guard let left = failingWrites[block] else {
            heal(block)
            return false
        }
        failingWrites[block] = left > 1 ? left - 1 : nil
        return true
    }

    private mutating func heal(_ block: UInt64) {
        guard blocks.remove(block) else { return }
        failingWrites[block] = nil
        count -= 1
    }
}
