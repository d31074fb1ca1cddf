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
        let parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count == 2, let major = Self.number(parts[0]), let minor = Self.number(parts[1]),
            major < 1 << 12, minor < 1 << 20
        else { return nil }
        self.init(major: major, minor: minor)
    }

    private static func number(_ digits: some Collection<UInt8>) -> UInt32? {
        guard !digits.isEmpty, digits.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) else { return nil }
        return UInt32(String(decoding: digits, as: UTF8.self))
    }
}

extension DeviceNumber: CustomStringConvertible {
    /// `major:minor`.
    public var description: String { "\(major):\(minor)" }
}
