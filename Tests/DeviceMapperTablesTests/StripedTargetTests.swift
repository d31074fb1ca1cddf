import DeviceMapperTables
import StorageUnits
import Testing

@Suite struct StripedTargetTests {
    @Test("a striped line is read and printed", arguments: ["2 128 /dev/sda 0 /dev/sdb 64", "1 1 a 0", "4 64 a 0 a 1 a 2 a 3"])
    func reads(_ arguments: String) throws {
        let table = try MappingTable(parsing: "0 256 striped \(arguments)")
        #expect(table.description == "0 256 striped \(arguments)\n")
        #expect(table.lines[0].target is StripedTarget)
    }

    @Test("its stripes and their devices are in the order of the line")
    func parts() throws {
        let target = try onlyTarget("0 32 striped 2 16 8:0 4 b 8", as: StripedTarget.self)
        #expect(target == StripedTarget(chunkSize: 16, stripes: [.init(device: "8:0", start: 4), .init(device: "b", start: 8)]))
        #expect(target.devices == ["8:0", "b"])
    }

    @Test(
        "a wrong striped line is refused with its line and word",
        arguments: [
            ("", "word 4: number of stripes: the line ends here"),
            ("x", "word 4: number of stripes: 'x' is not a number"),
            ("0 8", "word 4: number of stripes: expected 1 to 4294967295, found 0"),
            ("4294967296 8", "word 4: number of stripes: expected 1 to 4294967295, found 4294967296"),
            ("2", "word 5: chunk size: the line ends here"),
            ("2 0 a 0 b 0", "word 5: chunk size: expected 1 to 4294967295, found 0"),
            ("2 4294967296 a 0 b 0", "word 5: chunk size: expected 1 to 4294967295, found 4294967296"),
            ("2 8", "word 6: device of stripe 0: the line ends here"),
            ("2 8 a", "word 7: start sector of stripe 0: the line ends here"),
            ("2 8 a 0", "word 8: device of stripe 1: the line ends here"),
            ("4294967295 8 a 0", "word 8: device of stripe 1: the line ends here"),
            ("2 8 a 0 b", "word 9: start sector of stripe 1: the line ends here"),
            ("2 8 a 0 b x", "word 9: start sector of stripe 1: 'x' is not a number"),
            ("2 8 a 0 b 0 c", "word 10: unexpected 'c' after the arguments of striped"),
            ("3 1 a 0 b 0 c 0", "word 2: striped: length: 32 sectors do not divide by 3 stripes"),
            ("2 5 a 0 b 0", "word 2: striped: length: 16 sectors a stripe are not a multiple of the chunk size, 5"),
            ("2 32 a 0 b 0", "word 2: striped: length: 16 sectors a stripe are not a multiple of the chunk size, 32"),
            (
                "2 8 a 0 b 18014398509481968",
                "word 9: striped: start sector of stripe 1: its end is more than 18014398509481983 sectors into the device"
            ),
        ])
    func errors(_ arguments: String, _ expected: String) {
        #expect(refusal(of: "0 32 striped \(arguments)") == "line 1, \(expected)")
    }

    @Test("values that no line could have are refused")
    func values() {
        #expect(
            refusal(of: StripedTarget(chunkSize: 8, stripes: []))
                == "line 1, word 4: striped: number of stripes: expected at least 1, found 0")
        let stripe = StripedTarget.Stripe(device: "a")
        #expect(
            refusal(of: StripedTarget(chunkSize: 0, stripes: [stripe]))
                == "line 1, word 5: striped: chunk size: expected 1 to 4294967295, found 0")
        #expect(
            refusal(of: StripedTarget(chunkSize: Sectors(1 << 32), stripes: [stripe]), length: 1 << 32)
                == "line 1, word 5: striped: chunk size: expected 1 to 4294967295, found 4294967296")
        #expect(
            refusal(of: StripedTarget(chunkSize: 8, stripes: [.init(device: "a", start: Sectors(UInt64.max))]))
                == "line 1, word 7: striped: start sector of stripe 0: its end is more than 18014398509481983 sectors into the device")
        #expect(refusal(of: StripedTarget(chunkSize: 8, stripes: [.init(device: "a", start: Sectors(Sectors.max.count - 8))])) == nil)
    }

    // MARK: status

    private func status(_ text: String) throws(TableError) -> StripedTarget.Status {
        guard let range = SectorRange(start: 0, length: 32) else { preconditionFailure() }
        return try StatusLine(range: range, typeName: "striped", text: text).status(of: StripedTarget.self)
    }

    @Test("a status tells which devices failed")
    func statusReads() throws {
        let status = try status("2 8:0 8:16 1 AD")
        #expect(status == StripedTarget.Status(members: [.init(device: "8:0", hasFailed: false), .init(device: "8:16", hasFailed: true)]))
        var writer = ArgumentWriter(keys: .redacted)
        status.write(to: &writer)
        #expect(writer.string == "2 8:0 8:16 1 AD")
    }

    @Test(
        "a wrong status is refused with its word",
        arguments: [
            ("", "word 1: number of stripes: the line ends here"),
            ("0 1 ", "word 1: number of stripes: expected 1 to 4294967295, found 0"),
            ("2 8:0", "word 3: device of stripe 1: the line ends here"),
            ("1 8:0", "word 3: number of health words: the line ends here"),
            ("1 8:0 2 A A", "word 3: number of health words: expected 1 to 1, found 2"),
            ("1 8:0 1", "word 4: health: the line ends here"),
            ("2 8:0 8:16 1 A", "word 5: health: expected 2 letters A or D, found 'A'"),
            ("2 8:0 8:16 1 AAA", "word 5: health: expected 2 letters A or D, found 'AAA'"),
            ("2 8:0 8:16 1 Ad", "word 5: health: expected 2 letters A or D, found 'Ad'"),
            ("1 8:0 1 A x", "word 5: unexpected 'x' after the arguments of the status of striped"),
        ])
    func statusErrors(_ text: String, _ expected: String) {
        let error = #expect(throws: TableError.self) { _ = try status(text) }
        #expect(error?.description == expected)
    }
}
