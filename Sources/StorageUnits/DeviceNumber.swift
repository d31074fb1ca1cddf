/// A device's major and minor number: the kernel's `dev_t`, written `major:minor` in tables.
public struct DeviceNumber: Hashable, Sendable {
    /// The driver's number: 12 bits in the kernel, 0 to 4095.
    public let major: UInt32
    /// The device's number within the driver: 20 bits in the kernel, 0 to 1048575.
    public let minor: UInt32

    /// A device number from its two parts.
    public init(major: UInt32, minor: UInt32) {
        self.major = major
        self.minor = minor
    }

    /// Reads `major:minor`, both decimal and within the kernel's 12 and 20 bits; `nil` for anything else.
    public init?(parsing text: some StringProtocol) {
        let text = String(text)
        self.init(parsingUTF8: text.utf8.span)
    }

    /// Reads the same from bytes.
    public init?(parsingUTF8 text: Span<UInt8>) {
        var index = 0
        guard let major = Self.number(text, &index, below: 1 << 12), index < text.count, text[index] == UInt8(ascii: ":") else {
            return nil
        }
        index += 1
        guard let minor = Self.number(text, &index, below: 1 << 20), index == text.count else { return nil }
        self.init(major: major, minor: minor)
    }

    /// Reads the digits from `index` on, at least one.
    private static func number(_ text: Span<UInt8>, _ index: inout Int, below limit: UInt32) -> UInt32? {
        let first = index
        var value: UInt32 = 0
        while index < text.count {
            let digit = text[index] &- UInt8(ascii: "0")
            guard digit < 10 else { break }
            value = value * 10 + UInt32(digit)  // never overflows: it was below 2^20
            guard value < limit else { return nil }
            index += 1
        }
        return index > first ? value : nil
    }
}

extension DeviceNumber: CustomStringConvertible {
    /// `major:minor`.
    public var description: String { "\(major):\(minor)" }
}
