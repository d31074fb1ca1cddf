import DeviceMapperTables
import StorageUnits
import Testing

@Suite struct DustTargetTests {
    @Test("a dust line is read and printed", arguments: ["7:0 0 512", "/dev/sda 3 4096", "a 8192 4194304"])
    func reads(_ arguments: String) throws {
        #expect(try MappingTable(parsing: "0 8192 dust \(arguments)").description == "0 8192 dust \(arguments)\n")
    }

    @Test("its parts are those of the line")
    func parts() throws {
        let target = try onlyTarget("0 8192 dust 8:0 64 1024", as: DustTarget.self)
        #expect(target == DustTarget(device: "8:0", start: 64, blockSize: .kibibytes(1)))
        #expect(target.devices == ["8:0"])
        #expect(try onlyTarget("0 1 dust a 0 512", as: DustTarget.self) == DustTarget(device: "a"))
    }

    @Test(
        "a wrong dust line is refused with its line and word",
        arguments: [
            ("", "word 4: device: the line ends here"),
            ("a", "word 5: start sector: the line ends here"),
            ("a x 512", "word 5: start sector: 'x' is not a number"),
            ("a 0", "word 6: block size: the line ends here"),
            ("a 0 x", "word 6: block size: 'x' is not a number"),
            ("a 0 0", "word 6: dust: block size: expected a power of two from 512 to 1073741824 bytes, found 0"),
            ("a 0 256", "word 6: dust: block size: expected a power of two from 512 to 1073741824 bytes, found 256"),
            ("a 0 768", "word 6: dust: block size: expected a power of two from 512 to 1073741824 bytes, found 768"),
            ("a 0 2147483648", "word 6: dust: block size: expected a power of two from 512 to 1073741824 bytes, found 2147483648"),
            ("a 0 8192", "word 2: dust: length: 12 sectors are less than a block of 8192 bytes"),
            ("a 0 512 x", "word 7: unexpected 'x' after the arguments of dust"),
            (
                "a 18014398509481972 512",
                "word 5: dust: start sector: the line's end is more than 18014398509481983 sectors into the device"
            ),
        ])
    func errors(_ arguments: String, _ expected: String) {
        #expect(refusal(of: "0 12 dust \(arguments)") == "line 1, \(expected)")
    }

    @Test("the largest block and the last sector are accepted")
    func limits() {
        #expect(refusal(of: "0 2097152 dust a 0 1073741824") == nil)
        #expect(refusal(of: "0 12 dust a 18014398509481971 512") == nil)
    }

    @Test("values that no line could have are refused")
    func values() {
        #expect(
            refusal(of: DustTarget(device: "a", blockSize: .zero))
                == "line 1, word 6: dust: block size: expected a power of two from 512 to 1073741824 bytes, found 0")
        #expect(
            refusal(of: DustTarget(device: "a", start: Sectors(UInt64.max)))
                == "line 1, word 5: dust: start sector: the line's end is more than 18014398509481983 sectors into the device")
    }

    @Test("it is satisfied by an equal one only")
    func satisfied() throws {
        #expect(try ReportText.isSatisfied("0 8 dust a 0 512", by: "0 8 dust a 0 512"))
        #expect(try !ReportText.isSatisfied("0 8 dust a 0 512", by: "0 8 dust a 0 1024"))
    }

    @Test("a status tells what becomes of bad blocks, and whether the log tells of it")
    func status() throws {
        func status(_ text: String) throws -> DustTarget.Status { try ReportText.status(text, of: DustTarget.self) }
        #expect(try status("7:0 bypass verbose") == .init(device: "7:0"))
        #expect(try status("7:0 fail_read_on_bad_block quiet") == .init(device: "7:0", isEnabled: true, isQuiet: true))
        for text in ["7:0 bypass quiet", "7:0 fail_read_on_bad_block verbose"] { #expect(ReportText.printed(try status(text)) == text) }
    }

    @Test(
        "a wrong status is refused with its word",
        arguments: [
            ("", "word 1: device: the line ends here"),
            ("7:0", "word 2: mode: the line ends here"),
            ("7:0 pass", "word 2: mode: expected fail_read_on_bad_block or bypass, found 'pass'"),
            ("7:0 bypass", "word 3: log: the line ends here"),
            ("7:0 bypass loud", "word 3: log: expected quiet or verbose, found 'loud'"),
            ("7:0 bypass quiet x", "word 4: unexpected 'x' after the arguments of the status of dust"),
        ])
    func statusErrors(_ text: String, _ expected: String) {
        #expect(ReportText.refusal(ofStatus: text, of: DustTarget.self) == expected)
    }
}
