import DeviceMapperTables
import StorageUnits
import Testing

@Suite struct UnstripedTargetTests {
    @Test(
        "an unstriped line is read and printed",
        arguments: ["2 128 0 7:0 0", "2 128 1 /dev/sda 64", "1 8 0 a 0", "2147483647 8 2147483646 a 0", "4 8192 3 a 1"])
    func reads(_ arguments: String) throws {
        #expect(try MappingTable(parsing: "0 16384 unstriped \(arguments)").description == "0 16384 unstriped \(arguments)\n")
    }

    @Test("its parts are those of the line")
    func parts() throws {
        let target = try onlyTarget("0 9 unstriped 3 3 1 8:0 64", as: UnstripedTarget.self)
        #expect(target == UnstripedTarget(stripe: 1, of: 3, chunkSize: 3, device: "8:0", start: 64))
        #expect(target.devices == ["8:0"])
    }

    @Test(
        "a wrong unstriped line is refused with its line and word",
        arguments: [
            ("", "word 4: number of stripes: the line ends here"),
            ("x", "word 4: number of stripes: 'x' is not a number"),
            ("4294967296 8 0 a 0", "word 4: number of stripes: expected 0 to 4294967295, found 4294967296"),
            ("0 8 0 a 0", "word 4: unstriped: number of stripes: expected 1 to 2147483647, found 0"),
            ("2147483648 8 0 a 0", "word 4: unstriped: number of stripes: expected 1 to 2147483647, found 2147483648"),
            ("2", "word 5: chunk size: the line ends here"),
            ("2 0 0 a 0", "word 5: chunk size: expected 1 to 4294967295, found 0"),
            ("2 8", "word 6: stripe: the line ends here"),
            ("2 8 x a 0", "word 6: stripe: 'x' is not a number"),
            ("2 8 2 a 0", "word 6: unstriped: stripe: expected 0 to 1, found 2"),
            ("1 8 1 a 0", "word 6: unstriped: stripe: expected 0 to 0, found 1"),
            ("2 8 0", "word 7: device: the line ends here"),
            ("2 8 0 a", "word 8: start sector: the line ends here"),
            ("2 8 0 a 0 b", "word 9: unexpected 'b' after the arguments of unstriped"),
            ("2 3 0 a 0", "word 2: unstriped: length: 32 sectors are not a multiple of the chunk size, 3"),
            ("2 64 0 a 0", "word 2: unstriped: length: 32 sectors are not a multiple of the chunk size, 64"),
            (
                "2 8 0 a 18014398509481928",
                "word 8: unstriped: start sector: the stripe's end is more than 18014398509481983 sectors into the device"
            ),
            (
                "2 8 1 a 18014398509481920",
                "word 8: unstriped: start sector: the stripe's end is more than 18014398509481983 sectors into the device"
            ),
        ])
    func errors(_ arguments: String, _ expected: String) {
        #expect(refusal(of: "0 32 unstriped \(arguments)") == "line 1, \(expected)")
    }

    @Test("the last chunk may end where the largest device does")
    func end() {
        // Four chunks of eight sectors, the last of them the seventh or the eighth on the device.
        #expect(refusal(of: "0 32 unstriped 2 8 0 a 18014398509481927") == nil)
        #expect(refusal(of: "0 32 unstriped 2 8 1 a 18014398509481919") == nil)
    }

    @Test("values that no line could have are refused")
    func values() {
        let end = "line 1, word 8: unstriped: start sector: the stripe's end is more than 18014398509481983 sectors into the device"
        #expect(
            refusal(of: UnstripedTarget(stripe: 0, of: 2, chunkSize: 0, device: "a"))
                == "line 1, word 5: unstriped: chunk size: expected 1 to 4294967295, found 0")
        #expect(refusal(of: UnstripedTarget(stripe: 0, of: 2, chunkSize: 8, device: "a", start: Sectors(UInt64.max))) == end)
        #expect(refusal(of: UnstripedTarget(stripe: 0, of: 1 << 30, chunkSize: 1, device: "a"), length: 1 << 53) == end)
        #expect(throws: Never.self) { try UnstripedTarget(stripe: 0, of: 2, chunkSize: 8, device: "a").validate(length: 0) }
    }

    @Test("it is satisfied by an equal one only, and its status has no words")
    func satisfied() throws {
        #expect(try ReportText.isSatisfied("0 8 unstriped 2 8 0 a 0", by: "0 8 unstriped 2 8 0 a 0"))
        #expect(try !ReportText.isSatisfied("0 8 unstriped 2 8 0 a 0", by: "0 8 unstriped 2 8 1 a 0"))
        #expect(ReportText.printed(try ReportText.status(" ", of: UnstripedTarget.self)).isEmpty)
    }
}
