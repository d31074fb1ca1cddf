import DeviceMapperTables
import StorageUnits

/// Reads tables of ten thousand, a hundred thousand and a million lines, and looks sectors up in them: the time of a line is about the same
/// in each, as reading is linear, and the time of a lookup grows by a few steps of a binary search.
///
///     swift run -c release --package-path Benchmarks TableScale
@main
struct TableScale {
    static func main() throws {
        print("table                   lines   bytes a line   ns a line    ns a byte   million lookups/s")
        for shape in Shape.all {
            for lines in [10_000, 100_000, 1_000_000] { try measure(shape, lines) }
        }
    }

    /// A kind of table.
    struct Shape: Sendable {
        var name: String
        var line: @Sendable (_ number: Int) -> String

        static let all = [
            Shape(name: "linear, one device") { "\(8 * $0) 8 linear 8:16 \(2048 + 8 * $0)\n" },
            Shape(name: "linear, two in turn") { "\(8 * $0) 8 linear \($0 % 2 == 0 ? "8:16" : "/dev/sdb") \(2048 + 8 * $0)\n" },
            Shape(name: "striped") { "\(8 * $0) 8 striped 2 4 8:16 \(4 * $0) 8:32 \(4 * $0)\n" },
            Shape(name: "zero and error") { "\(8 * $0) 8 \($0 % 2 == 0 ? "zero" : "error")\n" },
            Shape(name: "unknown") { "\(8 * $0) 8 flakey 8:16 \(8 * $0) 60 1 1 drop_writes\n" },
        ]
    }

    static func measure(_ shape: Shape, _ lines: Int) throws {
        var text: [UInt8] = []
        for number in 0..<lines { text += shape.line(number).utf8 }
        let clock = ContinuousClock()

        // The best of three: the first one also pays for the memory.
        var best = Duration.seconds(3600)
        var table: MappingTable?
        for _ in 0..<3 {
            table = nil
            let time = try clock.measure { table = try MappingTable(parsingUTF8: text.span) }
            best = min(best, time)
        }
        guard let table, table.lines.count == lines else { throw Failure.wrongTable }

        let lookups = 2_000_000
        var sector: UInt64 = 1
        var found = 0
        let time = clock.measure {
            for _ in 0..<lookups {
                sector = sector &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                if table.lineIndex(at: Sectors((sector >> 20) % table.length.count)) != nil { found += 1 }
            }
        }
        guard found == lookups else { throw Failure.wrongLookup }

        let perLine = nanoseconds(best) / Double(lines)
        print(
            padded(shape.name, 20, onLeft: false), padded("\(lines)", 8), padded("\(text.count / lines)", 14),
            padded(decimal(perLine), 11), padded(decimal(nanoseconds(best) / Double(text.count)), 12),
            padded(decimal(Double(lookups) * 1000 / nanoseconds(time)), 19))
    }

    enum Failure: Error { case wrongTable, wrongLookup }

    static func nanoseconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) * 1e9 + Double(duration.components.attoseconds) / 1e9
    }

    /// One digit behind the point. By integers: `rounded()` would ask for the C library's mathematics.
    static func decimal(_ number: Double) -> String {
        let tenths = Int(number * 10 + 0.5)
        return "\(tenths / 10).\(tenths % 10)"
    }

    static func padded(_ text: String, _ width: Int, onLeft: Bool = true) -> String {
        let padding = String(repeating: " ", count: max(0, width - text.count))
        return onLeft ? padding + text : text + padding
    }
}
