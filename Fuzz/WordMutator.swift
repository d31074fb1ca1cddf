import DeviceMapperTables
import StorageUnits

/// The fuzzer's own way to change an input, which knows nothing of words.
@_extern(c, "LLVMFuzzerMutate")
private func mutateBytes(_ bytes: UnsafeMutablePointer<UInt8>?, _ count: Int, _ limit: Int) -> Int

/// Changes an input: every other time a word of it, since random bytes seldom make a line that is accepted.
@c(LLVMFuzzerCustomMutator)
public func mutate(_ bytes: UnsafeMutablePointer<UInt8>?, _ count: Int, _ limit: Int, _ seed: CUnsignedInt) -> Int {
    var random = Random(state: UInt64(seed))
    guard let bytes = unsafe bytes, random.below(2) == 0 else { return unsafe mutateBytes(bytes, count, limit) }
    var lines = unsafe Array(UnsafeBufferPointer(start: bytes, count: count)).split(
        separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false
    ).map { $0.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false).map(Array.init) }
    for _ in 0...random.below(2) { changeWord(&lines, &random) }
    let changed = Array(lines.map { Array($0.joined(separator: [UInt8(ascii: " ")])) }.joined(separator: [UInt8(ascii: "\n")]))
    let kept = min(changed.count, limit)
    for index in 0..<kept { unsafe bytes[index] = changed[index] }
    return kept
}

/// Words to put in: those of the examples, numbers at limits, and some of what people get wrong.
private let vocabulary: [[UInt8]] = {
    var words = Set(
        TargetRegistry.standard.types.flatMap { type in
            type.syntax.examples.flatMap { $0.arguments.split(separator: " ").map(String.init) } + [type.typeName]
        })
    words.formUnion([
        "0", "1", "2", "7", "8", "9", "16", "32", "255", "256", "65536", "4294967295", "4294967296", "18014398509481983",
        "18014398509481984", "18446744073709551615", "18446744073709551616", "-1", "+1", "0x10", "8s", "x", "#", "\\", "\\ ", "a\\", "à",
        "-", ":", "::", "\t", "\0", "00112233445566778899aabbccddeeff", ":16:logon:a:b", "aes", "aes-plain", "aes:2-cbc-plain",
        "aes-cbc-essiv:sha3-256", "capi:xts(aes)-plain64", "sector_size:4096", "sector_size:512", "integrity:16:none", "iv_large_sectors",
        "integrity_key_size:32", "allow_discards", "7:0", "./7:0", "A", "AD", "unknown",
    ])
    return words.sorted().map { Array($0.utf8) }
}()

private func changeWord(_ lines: inout [[[UInt8]]], _ random: inout Random) {
    let line = random.below(lines.count)
    let word = random.below(lines[line].count)
    let other = random.below(lines[line].count)
    switch random.below(8) {
    case 0, 1: lines[line][word] = vocabulary[random.below(vocabulary.count)]
    case 2: lines[line].insert(vocabulary[random.below(vocabulary.count)], at: word)
    case 3: if lines[line].count > 1 { lines[line].remove(at: word) }
    case 4: lines[line].swapAt(word, other)
    case 5: lines[line].insert(lines[line][other], at: word)
    case 6:
        if let number = number(lines[line][word]) {
            let changes: [UInt64] = [number &+ 1, number &- 1, number &* 2, number / 2, random.next(), UInt64(random.below(64))]
            lines[line][word] = Array(String(changes[random.below(changes.count)]).utf8)
        }
    default:
        // A line of its own, which begins where this one ends.
        var copy = lines[line]
        if copy.count > 1, let start = number(copy[0]), let length = number(copy[1]) { copy[0] = Array(String(start &+ length).utf8) }
        lines.insert(copy, at: line + 1)
    }
}

private func number(_ word: [UInt8]) -> UInt64? { UInt64(String(decoding: word, as: UTF8.self)) }

private struct Random {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 29)
    }

    mutating func below(_ limit: Int) -> Int { Int((next() >> 16) % UInt64(max(limit, 1))) }
}
