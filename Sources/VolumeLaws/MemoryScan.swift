internal import BlockIO
public import StorageUnits

/// A secret that a test can recognise although it holds no copy of it: each byte is computed from a seed and its place.
public struct RecognisableSecret: Sendable {
    /// The number of bytes.
    public let count: Int
    /// All that there is to remember of it.
    public let seed: UInt64

    /// A secret of `count` bytes, never the same twice.
    public init(count: Int) { self.init(count: count, seed: UInt64.random(in: 0...UInt64.max)) }

    /// The secret of `count` bytes that has a seed.
    public init(count: Int, seed: UInt64) {
        self.count = count
        self.seed = seed
    }

    /// The secret in memory that is wiped.
    public func bytes() -> SecretBytes {
        SecretBytes(count: count) { room in
            for index in 0..<count { room.storeBytes(of: byte(at: index), toByteOffset: index, as: UInt8.self) }
        }
    }

    /// The byte at `index`.
    public func byte(at index: Int) -> UInt8 {
        var generator = SeededGenerator(seed: seed &+ UInt64(index) &* 0x5851_f42d_4c95_7f2d)
        return UInt8(truncatingIfNeeded: generator.next() >> 32)
    }

    /// The digit at `index` of the secret in lower-case hexadecimal.
    public func hexDigit(at index: Int) -> UInt8 {
        let nibble = index % 2 == 0 ? byte(at: index / 2) >> 4 : byte(at: index / 2) & 15
        return nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
    }
}

/// Looks through the memory of this process for what is left of a secret.
///
/// To be run in a process that does nothing else (an exit test): what other threads do meanwhile is not seen in one piece.
public enum MemoryScan {
    /// The places in writable memory that hold 16 or more bytes of `secret` in a row, as bytes or as hexadecimal digits: their addresses.
    ///
    /// Any 31 bytes of it in a row are found, and any 16 that begin at a multiple of 16. The search compares products instead of the bytes
    /// themselves, so that it finds neither itself nor what an earlier search has left behind.
    public static func places(of secret: RecognisableSecret) throws -> [UInt64] {
        var needles: [Needle] = []
        for start in stride(from: 0, through: secret.count - 16, by: 16) {
            needles.append(Needle { secret.byte(at: start + $0) })
        }
        for start in stride(from: 0, through: 2 * secret.count - 16, by: 16) {
            needles.append(Needle { secret.hexDigit(at: start + $0) })
        }
        let memory = try FileDevice(path: "/proc/self/mem", access: .readOnly, locking: .none)
        let window = AlignedBuffer(count: 1 << 20)
        let own = window.withBytes { bytes in unsafe bytes.withUnsafeBytes { UInt64(UInt(bitPattern: $0.baseAddress)) } }
        var places: [UInt64] = []
        for region in try writableRegions().flatMap({ without(own..<own + UInt64(window.count), $0) }) {
            var start = region.lowerBound
            while start < region.upperBound {
                let count = min(window.count, Int(region.upperBound - start))
                search(memory, start, count, window, needles, &places)
                // The next window begins 15 bytes early, or what lies across the boundary is missed.
                start += UInt64(count == window.count ? count - 15 : count)
            }
        }
        window.wipe()
        return places
    }

    /// Where a secret lies.
    public static func address(of secret: SecretBytes) -> UInt64 {
        secret.withBytes { bytes in unsafe bytes.withUnsafeBytes { UInt64(UInt(bitPattern: $0.baseAddress)) } }
    }

    /// What the kernel tells of the mapping at an address: `dd` for one that core dumps leave out, `lo` for one that is locked, and others.
    public static func flags(ofMappingAt address: UInt64) throws -> [String]? {
        var isWanted = false
        for line in try lines(of: "/proc/self/smaps") {
            if let region = region(line) { isWanted = region.contains(address) }
            if isWanted, line.hasPrefix("VmFlags:") { return line.split(separator: " ").dropFirst().map(String.init) }
        }
        return nil
    }

    /// Sixteen bytes, as products.
    private struct Needle {
        let first: UInt64
        let second: UInt64

        init(_ byte: (Int) -> UInt8) {
            first = Self.product(0, byte)
            second = Self.product(8, byte)
        }

        private static func product(_ start: Int, _ byte: (Int) -> UInt8) -> UInt64 {
            var word: UInt64 = 0
            for index in (start..<start + 8).reversed() { word = word << 8 | UInt64(byte(index)) }
            return multiplied(word)
        }

        /// Odd factors lose nothing: two products are equal when the words are.
        @inline(never)
        static func multiplied(_ word: UInt64) -> UInt64 { word &* 0x9e37_79b9_7f4a_7c15 }
    }

    private static func search(
        _ memory: FileDevice, _ start: UInt64, _ count: Int, _ window: AlignedBuffer, _ needles: [Needle], _ places: inout [UInt64]
    ) {
        // The upper bits of a product tell most words apart from all needles.
        var isLikely = [Bool](repeating: false, count: 1 << 12)
        for needle in needles { isLikely[Int(needle.first >> 52)] = true }
        window.withMutableBytes { bytes in
            unsafe bytes.withUnsafeMutableBytes { bytes in
                var part = unsafe MutableRawSpan(_unsafeBytes: UnsafeMutableRawBufferPointer(rebasing: bytes[..<count]))
                do { try memory.read(at: start, into: &part) } catch { return }  // gone since the list was read, or a device's
                var index = 0
                while index + 16 <= count {
                    let word = unsafe bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                    // Most memory is zero, and no needle begins with eight zeroes.
                    if word == 0 {
                        while index + 24 <= count, unsafe bytes.loadUnaligned(fromByteOffset: index + 8, as: UInt64.self) == 0 {
                            index += 8
                        }
                        index += 1
                        continue
                    }
                    let first = Needle.multiplied(word)
                    index += 1
                    guard isLikely[Int(first >> 52)] else { continue }
                    for needle in needles where needle.first == first {
                        let second = unsafe bytes.loadUnaligned(fromByteOffset: index + 7, as: UInt64.self)
                        if Needle.multiplied(second) == needle.second { places.append(start + UInt64(index - 1)) }
                    }
                }
            }
        }
    }

    /// What is left of `region` without `hole`.
    private static func without(_ hole: Range<UInt64>, _ region: Range<UInt64>) -> [Range<UInt64>] {
        guard region.overlaps(hole) else { return [region] }
        return [
            region.lowerBound..<max(region.lowerBound, hole.lowerBound), min(region.upperBound, hole.upperBound)..<region.upperBound,
        ]
    }

    /// What the process can write to, without reservations of more than a gibibyte, as sanitizers make.
    private static func writableRegions() throws -> [Range<UInt64>] {
        try lines(of: "/proc/self/maps").compactMap { line in
            guard let region = region(line), line.split(separator: " ")[1].hasPrefix("rw"), region.count <= 1 << 30 else { return nil }
            return region
        }
    }

    /// The addresses that a line begins with, if it describes a mapping.
    private static func region(_ line: String) -> Range<UInt64>? {
        let bounds = line.prefix { $0 != " " }.split(separator: "-").map { UInt64($0, radix: 16) }
        guard bounds.count == 2, let start = bounds[0], let end = bounds[1], start <= end else { return nil }
        return start..<end
    }

    private static func lines(of path: String) throws -> [String] {
        let text = try SmallFile.read(path, limit: 1 << 26)
        return text.withBytes { bytes in String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self) }
            .split(separator: "\n").map(String.init)
    }
}
