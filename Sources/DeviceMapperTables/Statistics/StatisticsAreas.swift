public import StorageUnits

/// How a region is cut into areas, each of which is counted for itself.
public enum StatisticsAreas: Hashable, Sendable {
    /// Areas of that many sectors, 1 or more; the last one may be smaller.
    case size(Sectors)
    /// That many areas of the same size, 1 or more; the last ones may be smaller, or missing in a region of few sectors.
    case count(UInt32)

    /// The whole region is one area.
    public static let one = StatisticsAreas.count(1)

    init(parsing words: inout ArgumentReader) throws(TableError) {
        let word = try words.word("areas")
        let isCount = word.hasPrefix("/")
        let digits = isCount ? word.dropFirst() : word[...]
        guard !digits.isEmpty, let number = ArgumentReader.decimal(digits) else {
            throw words.error(
                .notANumber, "areas: expected a number of sectors, or '/' and a number of areas, found \(words.lastWordQuoted)")
        }
        if isCount, let count = UInt32(exactly: number), count > 0 {
            self = .count(count)
        } else if !isCount, number > 0 {
            self = .size(Sectors(number))
        } else {
            throw words.error(.outOfRange, Self.outOfRange(isCount: isCount, "\(number)"))
        }
    }

    /// Throws when there would be no areas.
    func expectSome() throws(TableError) {
        switch self {
        case .size(0): throw TableError(.outOfRange, message: Self.outOfRange(isCount: false, "0"))
        case .count(0): throw TableError(.outOfRange, message: Self.outOfRange(isCount: true, "0"))
        case .size, .count: break
        }
    }

    private static func outOfRange(isCount: Bool, _ found: String) -> String {
        isCount ? "areas: expected 1 to \(UInt32.max), found \(found)" : "areas: expected at least 1 sector, found \(found)"
    }
}

extension StatisticsAreas: CustomStringConvertible {
    /// As the kernel takes it: `2048` sectors, or `/100` areas.
    public var description: String {
        switch self {
        case .size(let sectors): "\(sectors)"
        case .count(let count): "/\(count)"
        }
    }
}
