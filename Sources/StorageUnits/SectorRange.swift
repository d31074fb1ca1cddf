/// A run of sectors: where it starts and how long it is. Its end always fits 64 bits.
public struct SectorRange: Hashable, Sendable {
    /// The first sector.
    public let start: Sectors
    /// The number of sectors; may be zero.
    public let length: Sectors

    /// `length` sectors from `start`, or `nil` when the end does not fit 64 bits.
    public init?(start: Sectors, length: Sectors) {
        guard start.adding(length) != nil else { return nil }
        self.start = start
        self.length = length
    }

    /// The first sector behind the run.
    public var end: Sectors { Sectors(start.count + length.count) }

    /// Whether `sector` lies in the run.
    public func contains(_ sector: Sectors) -> Bool { sector >= start && sector < end }
}

extension SectorRange: CustomStringConvertible {
    /// `start+length`, as the kernel's statistics have it.
    public var description: String { "\(start)+\(length)" }
}
