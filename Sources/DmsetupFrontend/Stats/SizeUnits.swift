/// The units that sizes are read and shown in: `--units`, and the letter behind `--start`, `--length` and `--areasize`.
package struct SizeUnits {
    private enum Kind {
        /// The largest unit that leaves something in front of the point: of 1024 or of 1000 each. Rounding up may be marked.
        case human(step: Double, letters: [Character], marksRounding: Bool)
        case fixed(bytes: UInt64, places: Int)
    }

    private let kind: Kind

    package static let human = SizeUnits(kind: .human(step: 1024, letters: Array("eptgmkb"), marksRounding: false))

    private init(kind: Kind) { self.kind = kind }

    /// Reads `h`, `H`, `r`, `R`, or another letter with or without a number in front; `nil` when it is none.
    package init?(_ text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let letter = text.dropFirst(digits.count).first else { return nil }
        switch letter {
        case "h", "r": kind = .human(step: 1024, letters: Array("eptgmkb"), marksRounding: letter == "r")
        case "H", "R": kind = .human(step: 1000, letters: Array("EPTGMKB"), marksRounding: letter == "R")
        default:
            guard let bytes = Self.bytes(text) else { return nil }
            let isCustom = !digits.isEmpty && CNumber.whole(digits, radix: 10) != 1
            kind = .fixed(bytes: bytes, places: !isCustom && "bBsS".contains(letter) ? 0 : 2)
        }
    }

    /// How many bytes a unit has; `nil` when there is no such unit.
    package static func bytes(_ text: some StringProtocol) -> UInt64? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let letter = text.dropFirst(digits.count).first, let count = digits.isEmpty ? 1 : CNumber.whole(digits, radix: 10) else {
            return nil
        }
        let unit: UInt64
        switch letter {
        case "h", "H", "r", "R": return 1
        case "b", "B": unit = 1
        case "s", "S": unit = 512
        default:
            let small = Array("kmgtpe"), large = Array("KMGTPE")
            if let power = small.firstIndex(of: letter) {
                unit = 1 << (10 * UInt64(power + 1))
            } else if let power = large.firstIndex(of: letter) {
                unit = (0...power).reduce(1) { unit, _ in unit * 1000 }
            } else {
                return nil
            }
        }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: unit)
        return overflow || bytes == 0 ? nil : bytes
    }

    /// A number of sectors with a letter behind it where the unit varies. The fixed ones have none: so it is in dmsetup.
    package func text(sectors: UInt64) -> String {
        guard sectors > 0 else { return "0" }
        let size = Double(sectors &* 512)
        switch kind {
        case .fixed(let bytes, let places): return DecimalText.fixed(size / Double(bytes), places: places)
        case .human(let step, let letters, let marksRounding):
            var unit = step * step * step * step * step * step
            var index = 0
            while index < letters.count - 1, size < unit {
                unit /= step
                index += 1
            }
            let hundredths = 100 * size / unit
            let mark = marksRounding && hundredths.rounded(.down) != hundredths.rounded(.toNearestOrEven) ? "<" : ""
            let places = index == letters.count - 1 ? 0 : 2
            return "\(mark)\(DecimalText.fixed(size / unit, places: places))\(letters[index])"
        }
    }
}
