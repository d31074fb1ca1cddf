public import BlockIO
internal import StorageUnits

/// What holds for every block device, whatever it is made of.
///
/// A test makes one of these for its device and checks each law; a violation tells the seed that repeats the run.
public struct DeviceLaws: Sendable {
    /// One law.
    public enum Law: String, Hashable, Sendable, CaseIterable, CustomStringConvertible {
        case readsBack = "what was written is read back"
        case neighbours = "the neighbours of a write, of zeroes and of a discard do not change"
        case pieces = "a request in pieces does what a plain one does"
        case zeroes = "zeroes read as zeroes"
        case extents = "extents cover the device without a gap, and holes read as zeroes"
        case flushing = "flushes and durable writes succeed"
        case empty = "requests of no bytes do nothing"
        case tags = "a device without tags refuses them"
        case model = "random requests do what they do to an array of bytes"
        case threads = "threads on ranges apart do what one thread does"

        /// The law as a sentence.
        public var description: String { rawValue }
    }

    /// The unit of the requests that the device takes, in bytes.
    public var blockSize: Int
    /// The sizes of the devices that are made, in bytes: multiples of `blockSize`.
    public var sizes: [UInt64]
    /// Ranges that read as zeroes whatever is written to them.
    public var forgetful: [Range<UInt64>]
    /// How many random requests a run of the model makes.
    public var requests: Int
    /// What repeats a run.
    public var seed: UInt64
    /// Called with each device when a law is done with it.
    public var finish: @Sendable (any BlockDevice) throws -> Void
    private let make: @Sendable (UInt64) throws -> any BlockDevice

    /// The laws for the devices that `make` gives: a fresh one of about that size for each call, whatever it holds.
    public init(
        blockSize: Int = 1, sizes: [UInt64]? = nil, forgetful: [Range<UInt64>] = [], requests: Int = scaled(2000),
        seed: UInt64 = .random(in: 0...UInt64.max), finish: @escaping @Sendable (any BlockDevice) throws -> Void = { _ in },
        make: @escaping @Sendable (UInt64) throws -> any BlockDevice
    ) {
        let block = UInt64(blockSize)
        self.blockSize = blockSize
        self.sizes = sizes ?? [block, 3 * block, max(8 * block, 4096), max(24 * block, 150_000 / block * block)]
        self.forgetful = forgetful
        self.requests = requests
        self.seed = seed
        self.finish = finish
        self.make = make
    }

    /// Checks all laws.
    public func checkAll() throws {
        for law in Law.allCases { try check(law) }
    }

    /// Checks a law, on a fresh device of each size.
    public func check(_ law: Law) throws {
        for (index, size) in sizes.enumerated() {
            do {
                let device = try make(size)
                var run = try Run(self, law, device, SeededGenerator(seed: seed &+ UInt64(index)))
                try run.check()
                try finish(device)
            } catch let error as LawViolation {
                throw error
            } catch {
                throw LawViolation(law: law.rawValue, message: "on a device of about \(size) bytes, failed: \(error)", seed: seed)
            }
        }
    }

    /// Checks that a device which says that it is read-only is: every change is refused, with its range, and changes nothing.
    public static func checkReadOnly(_ device: any BlockDevice, blockSize: Int = 1) throws {
        let law = "a read-only device refuses every change"
        func expect(_ condition: Bool, _ message: String) throws {
            if !condition { throw LawViolation(law: law, message: message, seed: 0) }
        }
        try expect(device.limits.isReadOnly, "it does not say that it is read-only")
        let all = device.size.count
        let before = try device.read(at: 0, count: Int(all))
        let block = UInt64(blockSize)
        let offset = all >= 2 * block ? block : 0
        let other = [UInt8](repeating: 0x5a, count: blockSize)
        let changes: [(String, () throws(BlockIOError) -> Void)] = [
            ("a write", { () throws(BlockIOError) in try device.write(other, at: offset) }),
            ("a durable write", { () throws(BlockIOError) in try device.write(other, at: offset, flags: .forceUnitAccess) }),
            ("a write in pieces", { () throws(BlockIOError) in try device.write(other, pieces: [0..<blockSize], at: offset) }),
            ("zeroes", { () throws(BlockIOError) in try device.writeZeroes(at: offset, count: block, flags: []) }),
            ("a discard", { () throws(BlockIOError) in try device.discard(at: offset, count: block) }),
        ]
        for (name, change) in changes {
            guard let error = failure(of: change) else {
                try expect(false, "\(name) was not refused")
                continue
            }
            try expect(error.code == .readOnly, "\(name) was refused as \(error.code): \(error)")
            try expect(
                error.offset == offset && error.count == block,
                "\(name) of \(block) bytes at \(offset) was refused for \(error.count) bytes at \(error.offset)")
        }
        try device.flush()
        try expect(try device.read(at: 0, count: Int(all)) == before, "its bytes have changed")
    }
}

/// A device with what its bytes should be.
private struct Run {
    let laws: DeviceLaws
    let law: DeviceLaws.Law
    let device: any BlockDevice
    var random: SeededGenerator
    /// What each byte should be; of a discarded one nothing is known.
    var expected: ByteModel
    let size: UInt64
    let block: UInt64

    init(_ laws: DeviceLaws, _ law: DeviceLaws.Law, _ device: any BlockDevice, _ random: SeededGenerator) throws {
        self.laws = laws
        self.law = law
        self.device = device
        self.random = random
        size = device.size.count
        block = UInt64(laws.blockSize)
        expected = ByteModel(try device.read(at: 0, count: Int(size)))
    }

    mutating func check() throws {
        try expect(size > 0, "there are none")
        switch law {
        case .readsBack: try readsBack()
        case .neighbours: try neighbours()
        case .pieces: try pieces()
        case .zeroes: try zeroes()
        case .extents: try extents()
        case .flushing: try flushing()
        case .empty: try empty()
        case .tags: try tags()
        case .model: try model(laws.requests)
        case .threads: try threads()
        }
        try compareAll()
    }

    // MARK: the laws

    mutating func readsBack() throws {
        for _ in 0..<scaled(200) {
            let range = range()
            try write(range)
            try compare(range)
        }
        try write(0..<size)
        try compare(0..<size)
    }

    mutating func neighbours() throws {
        for _ in 0..<scaled(100) {
            try write(0..<size)
            let range = range()
            switch UInt.random(in: 0..<3, using: &random) {
            case 0: try write(range)
            case 1: try zero(range)
            default: try discard(range)
            }
            try compare(0..<range.lowerBound)
            try compare(range.upperBound..<size)
        }
    }

    mutating func pieces() throws {
        for _ in 0..<scaled(200) {
            try writePieces(range())
            try readPieces(range())
        }
        try compareAll()
        // More pieces than one system call takes.
        let count = min(size / block, 2500)
        try writePieces(0..<count * block, count: Int(count))
        try readPieces(0..<count * block, count: Int(count))
    }

    mutating func zeroes() throws {
        for flags in [ZeroFlags(), .mayUnmap, .forceUnitAccess, [.mayUnmap, .forceUnitAccess]] {
            try write(0..<size)
            for _ in 0..<scaled(40) {
                let range = range()
                try zero(range, flags)
                try compare(range)
            }
            try zero(0..<size, flags)
            try compare(0..<size)
        }
    }

    mutating func extents() throws {
        for round in 0..<scaled(30) {
            if round > 0 { try write(range()) }
            try zero(range(), .mayUnmap)
            var place: UInt64 = 0
            while place < size {
                let limit = Bool.random(using: &random) ? size - place : range(in: place..<size, from: place).upperBound - place
                place += try extent(at: place, limit: limit).count
            }
            let range = range()
            _ = try extent(at: range.lowerBound, limit: range.upperBound - range.lowerBound)
        }
    }

    mutating func flushing() throws {
        try device.flush()
        try write(range())
        try device.flush()
        try write(range(), .forceUnitAccess)
        try writePieces(range(), flags: .forceUnitAccess)
        try zero(range(), .forceUnitAccess)
        try device.flush()
        try device.flush()
    }

    mutating func empty() throws {
        try write(0..<size)
        for place in [0, size / block / 2 * block, size] {
            let read = try device.read(at: place, count: 0)
            try expect(read.isEmpty, "0 bytes were asked for, \(read.count) came")
            try device.write([], at: place)
            try device.write([], pieces: [], at: place)
            var nothing: [UInt8] = []
            try device.read(at: place, into: &nothing, pieces: [])
            try device.writeZeroes(at: place, count: 0, flags: [])
            if device.limits.canDiscard { try device.discard(at: place, count: 0) }
        }
    }

    mutating func tags() throws {
        guard device.tagSize == 0 else { return }
        let count = laws.blockSize
        let memory = AlignedBuffer(count: count)
        let none = AlignedBuffer(count: 0)
        for isWrite in [false, true] {
            let error = failure { () throws(BlockIOError) in
                try memory.withMutableBytes { (bytes) throws(BlockIOError) in
                    try none.withMutableBytes { (tags) throws(BlockIOError) in
                        if isWrite {
                            try device.write(bytes.bytes, tags: tags.bytes, at: 0, flags: [])
                        } else {
                            try device.read(at: 0, into: &bytes, tags: &tags)
                        }
                    }
                }
            }
            try expect(
                error?.code == .unsupported, "a \(isWrite ? "write" : "read") with tags was not refused, but: \(String(describing: error))")
        }
    }

    mutating func model(_ requests: Int) throws {
        for _ in 0..<requests {
            let range = range()
            switch UInt.random(in: 0..<100, using: &random) {
            case 0..<30: try compare(range)
            case 30..<55: try write(range)
            case 55..<65: try readPieces(range)
            case 65..<75: try writePieces(range)
            case 75..<80: try write(range, .forceUnitAccess)
            case 80..<87: try zero(range, Bool.random(using: &random) ? .mayUnmap : [])
            case 87..<91: try discard(range)
            case 91..<94: try device.flush()
            default: _ = try extent(at: range.lowerBound, limit: range.upperBound - range.lowerBound)
            }
        }
    }

    mutating func threads() throws {
        // Ranges apart, each with bytes for several rounds; the last round's are what must be there in the end.
        let rounds = 4
        var ranges: [Range<UInt64>] = []
        var place: UInt64 = 0
        while place < size {
            let longest = max(block, size / 12 / block * block)
            let end = min(size, place + block * UInt64.random(in: 1...longest / block, using: &random))
            ranges.append(place..<end)
            place = end
        }
        var written: [[UInt8]] = []
        for range in ranges { written.append(random.bytes(rounds * range.count)) }
        let failures = Monitor<[String]>([])
        let device = device
        let plan = ranges.shuffled(using: &random)
        let bytesOf = Dictionary(uniqueKeysWithValues: zip(ranges, written))
        let forgetful = laws.forgetful
        // A turn is a range with all its rounds: no two threads are ever at one range.
        Workers(count: 4).perform(plan.count) { index in
            let range = plan[index]
            guard let bytes = bytesOf[range] else { return }
            do throws(BlockIOError) {
                for round in 0..<rounds {
                    let new = Array(bytes[round * range.count..<(round + 1) * range.count])
                    if round % 2 == 0 {
                        try device.write(new, at: range.lowerBound)
                    } else {
                        try device.writeZeroes(at: range.lowerBound, count: UInt64(range.count), flags: [])
                        try device.write(new, pieces: [0..<range.count], at: range.lowerBound)
                    }
                    let found = try device.read(at: range.lowerBound, count: range.count)
                    var model = ByteModel(new)
                    for forgotten in forgetful {
                        let part = forgotten.clamped(to: range)
                        model.clear(Int(part.lowerBound - range.lowerBound)..<Int(part.upperBound - range.lowerBound))
                    }
                    if let place = model.firstDifference(from: 0, found) {
                        let message = "byte \(range.lowerBound + UInt64(place)) should be \(model[place]) and is \(found[place])"
                        failures.withLock { $0.append("\(message), in round \(round)") }
                        return
                    }
                }
            } catch {
                failures.withLock { $0.append("a request to \(range) failed: \(error)") }
            }
        }
        if let failure = failures.withLock({ $0.first }) { try expect(false, failure) }
        for (range, bytes) in zip(ranges, written) { remember(range, Array(bytes.suffix(range.count))) }
    }

    // MARK: requests, on the device and on the array

    mutating func write(_ range: Range<UInt64>, _ flags: WriteFlags = []) throws {
        let new = random.bytes(range.count)
        try asking("write", range) { () throws(BlockIOError) in try device.write(new, at: range.lowerBound, flags: flags) }
        remember(range, new)
    }

    mutating func writePieces(_ range: Range<UInt64>, count: Int? = nil, flags: WriteFlags = []) throws {
        let memory = Memory(range.count / laws.blockSize, laws.blockSize, count: count, &random)
        let bytes = random.bytes(memory.count)
        try asking("write in \(memory.pieces.count) pieces", range) { () throws(BlockIOError) in
            try device.write(bytes, pieces: memory.pieces, at: range.lowerBound, flags: flags)
        }
        remember(range, memory.pieces.flatMap { bytes[$0] })
    }

    mutating func readPieces(_ range: Range<UInt64>, count: Int? = nil) throws {
        let memory = Memory(range.count / laws.blockSize, laws.blockSize, count: count, &random)
        let before = random.bytes(memory.count)
        var after = before
        try asking("read in \(memory.pieces.count) pieces", range) { () throws(BlockIOError) in
            try device.read(at: range.lowerBound, into: &after, pieces: memory.pieces)
        }
        try compare(range, memory.pieces.flatMap { after[$0] })
        var memoryModel = ByteModel(before)
        for piece in memory.pieces { memoryModel.forget(piece) }
        let spoilt = memoryModel.firstDifference(from: 0, after)
        try expect(spoilt == nil, "a read of \(range) in \(memory.pieces.count) pieces wrote to memory between them")
    }

    mutating func zero(_ range: Range<UInt64>, _ flags: ZeroFlags = []) throws {
        try asking("write zeroes to", range) { () throws(BlockIOError) in
            try device.writeZeroes(at: range.lowerBound, count: UInt64(range.count), flags: flags)
        }
        expected.clear(places(range))
    }

    mutating func discard(_ range: Range<UInt64>) throws {
        let error = failure { () throws(BlockIOError) in try device.discard(at: range.lowerBound, count: UInt64(range.count)) }
        // A part of the device may be able to, and other parts not.
        if let error { try expect(error.code == .unsupported, "a discard of \(range) failed as \(error.code): \(error)") }
        expected.forget(places(range))
        forget()
    }

    func extent(at offset: UInt64, limit: UInt64) throws -> Extent {
        let found = try device.extent(at: offset, limit: limit)
        try expect(
            found.count > 0 && found.count <= limit, "the extent at \(offset), of at most \(limit) bytes, has \(found.count) bytes")
        if found.kind == .hole {
            let there = try device.read(at: offset, count: Int(found.count))
            let other = ByteModel([UInt8](repeating: 0, count: there.count)).firstDifference(from: 0, there)
            try expect(
                other == nil,
                "the hole of \(found.count) bytes at \(offset) has a byte \(there[other ?? 0]) at \(offset + UInt64(other ?? 0))")
        }
        return found
    }

    /// Notes what a range holds from now on.
    private mutating func remember(_ range: Range<UInt64>, _ new: [UInt8]) {
        expected.set(places(range), new)
        forget()
    }

    private mutating func forget() {
        for range in laws.forgetful { expected.clear(places(range.clamped(to: 0..<size))) }
    }

    private func places(_ range: Range<UInt64>) -> Range<Int> { Int(range.lowerBound)..<Int(range.upperBound) }

    // MARK: comparing

    func compareAll() throws { try compare(0..<size) }

    func compare(_ range: Range<UInt64>) throws {
        guard !range.isEmpty else { return }
        var found: [UInt8] = []
        try asking("read", range) { () throws(BlockIOError) in found = try device.read(at: range.lowerBound, count: range.count) }
        try compare(range, found)
    }

    func compare(_ range: Range<UInt64>, _ found: [UInt8]) throws {
        guard let place = expected.firstDifference(from: Int(range.lowerBound), found) else { return }
        let byte = found[place - Int(range.lowerBound)]
        try expect(false, "byte \(place) of a read of \(range) should be \(expected[place]) and is \(byte)")
    }

    func asking(_ what: String, _ range: Range<UInt64>, _ request: () throws(BlockIOError) -> Void) throws {
        if let error = failure(of: request) { try expect(false, "cannot \(what) \(range): \(error.code): \(error)") }
    }

    func expect(_ condition: Bool, _ message: @autoclosure () -> String) throws {
        if !condition {
            throw LawViolation(law: law.rawValue, message: "on a device of \(size) bytes, \(message())", seed: laws.seed)
        }
    }

    // MARK: choosing

    /// A range of whole blocks, of at least one: short ones as often as long ones, and such as begin or end where things tend to.
    mutating func range() -> Range<UInt64> { range(in: 0..<size, from: nil) }

    mutating func range(in bounds: Range<UInt64>, from start: UInt64?) -> Range<UInt64> {
        let blocks = UInt64(bounds.count) / block
        var count = min(blocks, UInt64.random(in: 1...(2 << UInt64.random(in: 0...blocks.logarithm, using: &random)), using: &random))
        var first = UInt64.random(in: 0...blocks - count, using: &random)
        switch UInt.random(in: 0..<8, using: &random) {
        case 0: first = 0
        case 1: first = blocks - count
        case 2, 3:
            // Sectors and pages, where they are more than a block.
            let unit = max(1, (Bool.random(using: &random) ? 512 : 4096) / block)
            first = first / unit * unit
            count = max(1, min(max(unit, count / unit * unit), blocks - first))
        default: break
        }
        if let start { return start..<start + count * block }
        return bounds.lowerBound + first * block..<bounds.lowerBound + (first + count) * block
    }
}

/// Memory with pieces in it, in any order, with other bytes between them.
private struct Memory {
    var pieces: [Range<Int>]
    var count: Int

    init(_ blocks: Int, _ blockSize: Int, count: Int?, _ random: inout SeededGenerator) {
        let most = min(blocks, 1 << Int.random(in: 0...11, using: &random))
        let pieceCount = count ?? Int.random(in: 1...most, using: &random)
        var cuts: Set<Int> = [0, blocks]
        while cuts.count < pieceCount + 1 { cuts.insert(Int.random(in: 0...blocks, using: &random)) }
        let places = cuts.sorted()
        let lengths = zip(places, places.dropFirst()).map { ($1 - $0) * blockSize }
        pieces = [Range<Int>](repeating: 0..<0, count: pieceCount)
        var end = 0
        for index in pieces.indices.shuffled(using: &random) {
            end += Int.random(in: 0...3, using: &random) * Int.random(in: 0...5, using: &random)
            pieces[index] = end..<end + lengths[index]
            end += lengths[index]
        }
        self.count = end
    }
}

extension UInt64 {
    /// The logarithm to base 2, rounded down; of at least 1.
    fileprivate var logarithm: UInt64 { UInt64(63 - leadingZeroBitCount) }
}
