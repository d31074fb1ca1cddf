internal import DeviceMapperTables

/// Histograms of latencies as words of a report, and bounds of them as `--bounds` takes them. Times are in nanoseconds.
package struct LatencyText {
    /// What stands in front of each bin's value.
    package enum Bounds {
        case none, lower, range
    }

    /// What is told of each bin.
    package enum Values {
        case none, counts, percentages
    }

    /// Whether bins are written side by side without blanks, for programs.
    var isCompact: Bool
    /// Whether times have a unit.
    var hasUnits: Bool

    package init(isCompact: Bool, hasUnits: Bool) {
        self.isCompact = isCompact
        self.hasUnits = hasUnits
    }

    /// The bins of a histogram, or nothing where there is none.
    package func text(bounds: [UInt64], counts: [UInt64], _ shown: Bounds, _ values: Values) -> String {
        guard !bounds.isEmpty else { return "" }
        let total = counts.reduce(0, &+)
        let pads = values != .none && !isCompact
        var parts: [String] = []
        for bin in 0...bounds.count {
            let lower = bin == 0 ? 0 : bounds[bin - 1]
            let upper = bin < bounds.count ? bounds[bin] : nil
            var text = title(lower, upper, shown, width: pads ? (hasUnits ? 6 : 10) : 0)
            var width = pads ? 6 : 0
            if shown != .none {
                if values != .none { text += ":" }
                // A title that is too long takes room from its value.
                if pads { width = max(0, width - (text.utf8.count - ((hasUnits ? 6 : 10) + 1))) }
            }
            switch values {
            case .none: break
            case .counts: text += String(bin < counts.count ? counts[bin] : 0).paddedLeft(to: width)
            case .percentages:
                let share = total > 0 && bin < counts.count ? Double(counts[bin]) / Double(total) : 0
                text += DecimalText.fixed(share * 100, places: 2).paddedLeft(to: width) + "%"
            }
            parts.append(text)
        }
        let separator = shown == .none ? (pads ? "" : ":") : (pads || values == .none ? "," : ":")
        return parts.joined(separator: separator)
    }

    private func title(_ lower: UInt64, _ upper: UInt64?, _ shown: Bounds, width: Int) -> String {
        switch shown {
        case .none: ""
        case .lower: time(lower).paddedLeft(to: width)
        case .range: upper.map { "\(time(lower))-\(time($0))" } ?? ">\(time(lower))".paddedLeft(to: width)
        }
    }

    private func time(_ nanoseconds: UInt64) -> String {
        guard hasUnits else { return "\(nanoseconds)" }
        for (unit, letters) in [(1_000_000_000, "s"), (1_000_000, "ms"), (1000, "us")] as [(UInt64, String)]
        where nanoseconds % unit == 0 {
            return "\(nanoseconds / unit)\(letters)"
        }
        return "\(nanoseconds)ns"
    }

    /// What is wrong with `--bounds`.
    package struct Failure: Error {
        package var message: String
    }

    /// Reads `10ms,20,1s`: a number without a unit has that of the one before it, and the first one nanoseconds.
    package static func bounds(_ text: String) throws(Failure) -> [UInt64] {
        var rest = Array(text.utf8)[...]
        var unit: UInt64 = 1
        var bounds: [UInt64] = []
        func wrongCharacter() -> Failure {
            Failure(message: "Invalid character in histogram: \(rest.first.map { String(UnicodeScalar($0)) } ?? "")")
        }
        repeat {
            if rest.first == UInt8(ascii: ",") { throw Failure(message: "Empty histogram bin not allowed: \(text)") }
            let digits = rest.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
            guard !digits.isEmpty || rest.first.map({ "muns".utf8.contains($0) }) ?? false else { throw wrongCharacter() }
            let number = digits.isEmpty ? 0 : CNumber.whole(String(decoding: digits, as: UTF8.self), radix: 10) ?? .max
            rest = rest.dropFirst(digits.count)
            let units: [(String, UInt64)] = [("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1000), ("ns", 1)]
            if let (letters, size) = units.first(where: { rest.starts(with: $0.0.utf8) }) {
                unit = size
                rest = rest.dropFirst(letters.utf8.count)
            } else if let byte = rest.first, byte != UInt8(ascii: ",") {
                throw wrongCharacter()
            }
            if rest.first == UInt8(ascii: ",") { rest = rest.dropFirst() }
            bounds.append(number &* unit)
        } while !rest.isEmpty
        return bounds
    }
}
