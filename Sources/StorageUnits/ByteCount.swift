/// A number of bytes.
public struct ByteCount: Hashable, Sendable, Comparable {
    /// No bytes.
    public static let zero = ByteCount(0)

    /// The number of bytes.
    public let count: UInt64

    /// A number of bytes.
    @inlinable public init(_ count: UInt64) { self.count = count }

    /// `count` times 1024 bytes. The caller keeps it within 64 bits.
    @inlinable public static func kibibytes(_ count: UInt64) -> ByteCount { ByteCount(count << 10) }
    /// `count` times 1024² bytes. The caller keeps it within 64 bits.
    @inlinable public static func mebibytes(_ count: UInt64) -> ByteCount { ByteCount(count << 20) }
    /// `count` times 1024³ bytes. The caller keeps it within 64 bits.
    @inlinable public static func gibibytes(_ count: UInt64) -> ByteCount { ByteCount(count << 30) }

    @inlinable public static func < (left: ByteCount, right: ByteCount) -> Bool { left.count < right.count }
}

extension ByteCount: CustomStringConvertible {
    /// The bare number of bytes.
    public var description: String { String(count) }

    /// For people: the largest binary unit that leaves at least one before the point, with at most two digits after it.
    /// `1536` is `1.5 KiB`. Rounds down, so that nothing ever reads as larger than it is.
    public var formatted: String {
        var unit = 0
        while unit < 6, count >> (10 * UInt64(unit + 1)) > 0 { unit += 1 }
        guard unit > 0 else { return "\(count) B" }
        let shift = UInt64(10 * unit)
        let whole = count >> shift
        let hundredths = ((count >> (shift - 10)) & 1023) * 100 / 1024
        let name = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"][unit - 1]
        switch (hundredths / 10, hundredths % 10) {
        case (0, 0): return "\(whole) \(name)"
        case (let tenths, 0): return "\(whole).\(tenths) \(name)"
        case (let tenths, let rest): return "\(whole).\(tenths)\(rest) \(name)"
        }
    }
}

extension ByteCount {
    /// Reads a size as people write it: a decimal number and an optional unit. `512` (bytes), `8s` (sectors of 512 bytes), `4K`, `4KiB`,
    /// `10M`, `10MiB`, `1GiB`, `2TiB`, `1PiB` (powers of 1024), `1kB`, `1MB`, `1GB`, `1TB`, `1PB` (powers of 1000).
    /// `nil` when it is anything else, or does not fit 64 bits.
    public init?(parsing text: some StringProtocol) {
        let digits = text.utf8.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
        guard let number = UInt64(String(decoding: digits, as: UTF8.self)) else { return nil }
        let scale: UInt64
        switch String(decoding: text.utf8.dropFirst(digits.count), as: UTF8.self) {
        case "", "B": scale = 1
        case "s": scale = Sectors.bytesPerSector
        case "K", "k", "KiB": scale = 1 << 10
        case "M", "MiB": scale = 1 << 20
        case "G", "GiB": scale = 1 << 30
        case "T", "TiB": scale = 1 << 40
        case "P", "PiB": scale = 1 << 50
        case "kB", "KB": scale = 1_000
        case "MB": scale = 1_000_000
        case "GB": scale = 1_000_000_000
        case "TB": scale = 1_000_000_000_000
        case "PB": scale = 1_000_000_000_000_000
        default: return nil
        }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: scale)
        guard !overflow else { return nil }
        self.init(bytes)
    }
}
