/// What the bytes of a device should be, as far as that is known.
///
/// Works a word at a time: tests are built without optimization, where each step of a loop costs, and compare many bytes.
struct ByteModel {
    private var bytes: [UInt8]
    /// All ones where a byte is known, all zeroes where it may be anything.
    private var mask: [UInt8]
    private let zeroes: [UInt8]
    private let ones: [UInt8]

    /// Known bytes.
    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        zeroes = [UInt8](repeating: 0, count: bytes.count)
        ones = [UInt8](repeating: 0xff, count: bytes.count)
        mask = ones
    }

    subscript(index: Int) -> UInt8 { bytes[index] }

    /// The bytes of a range become these.
    mutating func set(_ range: Range<Int>, _ new: [UInt8]) {
        precondition(range.count == new.count)
        Self.copy(new, &bytes, range)
        Self.copy(ones, &mask, range)
    }

    /// The bytes of a range become zero.
    mutating func clear(_ range: Range<Int>) {
        Self.copy(zeroes, &bytes, range)
        Self.copy(ones, &mask, range)
    }

    /// The bytes of a range may be anything from now on.
    mutating func forget(_ range: Range<Int>) { Self.copy(zeroes, &mask, range) }

    /// The first place, from `start` on, where a byte is known and `found` has another.
    func firstDifference(from start: Int, _ found: [UInt8]) -> Int? {
        precondition(start >= 0 && start <= bytes.count && found.count <= bytes.count - start)
        return unsafe bytes.withUnsafeBytes { expected in
            unsafe mask.withUnsafeBytes { mask in
                unsafe found.withUnsafeBytes { found in
                    var index = 0
                    while index + 8 <= found.count {
                        let one = unsafe found.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                        let other = unsafe expected.loadUnaligned(fromByteOffset: start + index, as: UInt64.self)
                        if one != other, unsafe (one ^ other) & mask.loadUnaligned(fromByteOffset: start + index, as: UInt64.self) != 0 {
                            break
                        }
                        index += 8
                    }
                    while index < found.count {
                        if unsafe (found[index] ^ expected[start + index]) & mask[start + index] != 0 { return start + index }
                        index += 1
                    }
                    return nil
                }
            }
        }
    }

    private static func copy(_ source: [UInt8], _ target: inout [UInt8], _ range: Range<Int>) {
        unsafe target.withUnsafeMutableBytes { target in
            unsafe source.withUnsafeBytes { source in
                let part = unsafe UnsafeRawBufferPointer(rebasing: source[..<range.count])
                unsafe UnsafeMutableRawBufferPointer(rebasing: target[range]).copyMemory(from: part)
            }
        }
    }
}
