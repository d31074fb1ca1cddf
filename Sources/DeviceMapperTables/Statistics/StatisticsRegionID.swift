/// The number that the kernel gives a region of statistics. It is one of its own on each device, and the number of a region that is gone may be
/// given again.
public struct StatisticsRegionID: Hashable, Sendable, Comparable {
    /// The largest one, since the kernel keeps it in an `int`.
    public static let largest: UInt32 = UInt32(Int32.max)

    /// The number, up to ``largest``.
    public let number: UInt32

    /// A number of a region; `nil` when no region can have it.
    public init?(_ number: UInt32) {
        guard number <= Self.largest else { return nil }
        self.number = number
    }

    private init(checked number: UInt32) { self.number = number }

    init(parsing words: inout ArgumentReader) throws(TableError) {
        self.init(checked: try words.number32("region", in: 0...Self.largest))
    }

    init?(_ digits: some StringProtocol) {
        guard !digits.isEmpty, let number = ArgumentReader.decimal(digits), number <= UInt64(Self.largest) else { return nil }
        self.init(checked: UInt32(number))
    }

    public static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}

extension StatisticsRegionID: CustomStringConvertible {
    /// The bare number.
    public var description: String { String(number) }
}
