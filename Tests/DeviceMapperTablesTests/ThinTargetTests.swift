import DeviceMapperTables
import StorageUnits
import Testing

@Suite struct ThinTargetTests {
    @Test("a thin line is read and printed", arguments: ["254:0 0", "/dev/mapper/pool 16777215", "254:0 1 7:0"])
    func reads(_ arguments: String) throws {
        let table = try MappingTable(parsing: "0 65536 thin \(arguments)")
        #expect(table.description == "0 65536 thin \(arguments)\n")
        #expect(table.lines[0].target is ThinTarget)
        #expect(table.isSatisfied(by: table))
    }

    @Test("its pool and its origin are its devices")
    func parts() throws {
        let target = try onlyTarget("0 8 thin 254:0 1 b", as: ThinTarget.self)
        #expect(target == ThinTarget(pool: "254:0", id: 1, externalOrigin: "b"))
        #expect(target.devices == ["254:0", "b"])
        #expect(ThinTarget(pool: "a", id: 0).devices == ["a"])
        #expect(!target.isSatisfied(by: ThinTarget(pool: "254:0", id: 1)))
        #expect(!target.isSatisfied(by: ThinTarget(pool: "254:0", id: 2, externalOrigin: "b")))
    }

    @Test(
        "a wrong thin line is refused with its line and word",
        arguments: [
            ("", "word 4: pool device: the line ends here"),
            ("a", "word 5: device id: the line ends here"),
            ("Fail", "word 5: device id: the line ends here"),
            ("a x", "word 5: device id: 'x' is not a number"),
            ("a 16777216", "word 5: device id: expected 0 to 16777215, found 16777216"),
            ("a 1 b c", "word 7: unexpected 'c' after the arguments of thin"),
            ("a 1 a", "word 6: thin: external origin device: expected another than the pool device, found 'a' again"),
        ])
    func errors(_ arguments: String, _ expected: String) {
        #expect(refusal(of: "0 32 thin \(arguments)") == "line 1, \(expected)")
    }

    @Test("values that no line could have are refused")
    func values() {
        #expect(
            refusal(of: ThinTarget(pool: "a", id: 16_777_216))
                == "line 1, word 5: thin: device id: expected 0 to 16777215, found 16777216")
        #expect(
            refusal(of: ThinTarget(pool: "a", id: 0, externalOrigin: "a"))
                == "line 1, word 6: thin: external origin device: expected another than the pool device, found 'a' again")
        #expect(refusal(of: ThinTarget(pool: "a", id: 16_777_215, externalOrigin: "b")) == nil)
    }

    @Test(
        "a status tells what the device has from the pool",
        arguments: [
            ("2048 2047", .mapped(2048, highest: 2047)), ("0 -", .mapped(0, highest: nil)), ("8192 12287", .mapped(8192, highest: 12287)),
            ("Fail", .failed), ("Error", .error), ("-", .closed),
        ] as [(String, ThinTarget.Status)])
    func statuses(_ text: String, _ expected: ThinTarget.Status) throws {
        #expect(try ReportText.status(text, of: ThinTarget.self) == expected)
        #expect(ReportText.printed(expected) == text)
    }

    @Test(
        "a wrong status is refused with its word",
        arguments: [
            ("", "word 1: mapped sectors: the line ends here"),
            ("x", "word 1: mapped sectors: 'x' is not a number"),
            ("0", "word 2: highest mapped sector: the line ends here"),
            ("0 x", "word 2: highest mapped sector: 'x' is not a number"),
            ("0 - 1", "word 3: unexpected '1' after the arguments of the status of thin"),
            ("- -", "word 2: unexpected '-' after the arguments of the status of thin"),
        ])
    func statusErrors(_ text: String, _ expected: String) { #expect(ReportText.refusal(ofStatus: text, of: ThinTarget.self) == expected) }
}
