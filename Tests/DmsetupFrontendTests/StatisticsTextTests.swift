import DmsetupFrontend
import Testing

@Suite struct StatisticsTextTests {
    @Test("decimal fractions are rounded as printf rounds them")
    func decimals() {
        let cases: [(Double, Int, String)] = [
            (0, 2, "0.00"), (0.125, 2, "0.12"), (0.375, 2, "0.38"), (1.005, 2, "1.00"), (1.115, 2, "1.11"), (0.005, 2, "0.01"),
            (2.5, 0, "2"),
            (3.5, 0, "4"), (1, 6, "1.000000"), (0.999999, 2, "1.00"), (1e18, 2, "1000000000000000000.00"),
        ]
        for (value, places, text) in cases { #expect(DecimalText.fixed(value, places: places) == text) }
        #expect([0, 0.00001, 0.5, 0.99999, 1].map(DecimalText.percent) == ["0.00", "0.01", "50.00", "99.99", "100.00"])
    }

    @Test("sizes are shown in the units that are asked for")
    func sizes() {
        #expect(SizeUnits.human.text(sectors: 20480) == "10.00m" && SizeUnits.human.text(sectors: 1) == "512b")
        #expect(SizeUnits.human.text(sectors: 0) == "0")
        let cases = [("s", "20480"), ("b", "10485760"), ("m", "10.00"), ("H", "10.49M"), ("3k", "3413.33"), ("K", "10485.76")]
        for (unit, text) in cases { #expect(SizeUnits(unit)?.text(sectors: 20480) == text) }
        for unit in ["", "x", "3", "99999999999999999999k", "18446744073709551615k"] { #expect(SizeUnits(unit) == nil) }
    }

    @Test("bounds of latencies are read, each with the unit of the one before it")
    func bounds() throws {
        #expect(try LatencyText.bounds("10ms,20,1s,5us,7ns") == [10_000_000, 20_000_000, 1_000_000_000, 5000, 7])
        #expect(try LatencyText.bounds("5") == [5])
        for (text, message) in [
            ("xx", "Invalid character in histogram: x"), ("10xs", "Invalid character in histogram: x"),
            (",5", "Empty histogram bin not allowed: ,5"), ("", "Invalid character in histogram: "),
        ] {
            #expect(throws: LatencyText.Failure.self) { try LatencyText.bounds(text) }
            do { _ = try LatencyText.bounds(text) } catch { #expect(error.message == message) }
        }
    }

    @Test("histograms are shown with bounds, ranges and percentages")
    func histograms() {
        let wide = LatencyText(isCompact: false, hasUnits: true)
        let bounds: [UInt64] = [1_000_000, 1_000_000_000]
        #expect(wide.text(bounds: bounds, counts: [5, 0, 0], .lower, .counts) == "    0s:     5,   1ms:     0,    1s:     0")
        #expect(wide.text(bounds: bounds, counts: [5, 0, 0], .range, .counts) == "0s-1ms:     5,1ms-1s:     0,   >1s:     0")
        #expect(wide.text(bounds: bounds, counts: [5, 0, 0], .none, .percentages) == "100.00%  0.00%  0.00%")
        let compact = LatencyText(isCompact: true, hasUnits: true)
        #expect(compact.text(bounds: bounds, counts: [10, 0, 0], .lower, .counts) == "0s:10:1ms:0:1s:0")
        #expect(compact.text(bounds: bounds, counts: [], .range, .none) == "0s-1ms,1ms-1s,>1s")
        #expect(wide.text(bounds: [], counts: [], .lower, .counts) == "")
    }
}
