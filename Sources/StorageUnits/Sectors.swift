/// A count of 512-byte sectors, or a place on a device counted in them: the unit of every device-mapper table.
///
/// The kernel's `sector_t`. A sector is 512 bytes whatever the device's own block size is.
public struct Sectors: Hashable, Sendable, Comparable {
    /// The size of one sector: 512 bytes (the kernel's `SECTOR_SIZE`).
    public static let bytesPerSector: UInt64 = 512
    /// No sectors; also the first sector of a device.
    public static let zero = Sectors(0)
    /// The largest number of sectors whose size in bytes fits 63 bits, as the kernel's `loff_t` requires: 2^54 - 1.
    public static let max = Sectors(UInt64(Int64.max) / bytesPerSector)

    /// The number of sectors.
    public let count: UInt64

    /// A number of sectors.
    @inlinable public init(_ count: UInt64) { self.count = count }

    /// The sectors that `bytes` fills exactly, or `nil` when it is not a multiple of 512.
    @inlinable public init?(exactly bytes: ByteCount) {
        guard bytes.count % Self.bytesPerSector == 0 else { return nil }
        self.count = bytes.count / Self.bytesPerSector
    }

    /// The whole sectors within `bytes`: what is left of an odd tail is not counted.
    @inlinable public init(wholeSectorsIn bytes: ByteCount) { self.count = bytes.count / Self.bytesPerSector }

    /// The size in bytes, or `nil` when it does not fit 64 bits.
    @inlinable public var bytes: ByteCount? {
        let (bytes, overflow) = count.multipliedReportingOverflow(by: Self.bytesPerSector)
        return overflow ? nil : ByteCount(bytes)
    }

    /// The sum, or `nil` when it does not fit 64 bits.
    @inlinable public func adding(_ other: Sectors) -> Sectors? {
        let (sum, overflow) = count.addingReportingOverflow(other.count)
        return overflow ? nil : Sectors(sum)
    }

    /// Whether this is a multiple of `unit`; every count is a multiple of none or one sector.
    @inlinable public func isMultiple(of unit: Sectors) -> Bool { unit.count <= 1 || count % unit.count == 0 }

    @inlinable public static func < (left: Sectors, right: Sectors) -> Bool { left.count < right.count }
}

extension Sectors: CustomStringConvertible {
    /// The bare number, as tables have it.
    public var description: String { String(count) }
}

extension Sectors: ExpressibleByIntegerLiteral {
    /// A literal number of sectors.
    @inlinable public init(integerLiteral value: UInt64) { self.init(value) }
}
