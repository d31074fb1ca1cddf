import DeviceMapperTables
import StorageUnits
import Testing

@Suite struct LinearTargetTests {
    @Test("a linear line is read and printed", arguments: ["/dev/sda 0", "8:16 123456789", #"/images/my\ disk.img 2048"#, "./7:0 1"])
    func reads(_ arguments: String) throws {
        let table = try MappingTable(parsing: "0 8 linear \(arguments)")
        #expect(table.description == "0 8 linear \(arguments)\n")
        #expect(table.lines[0].target is LinearTarget)
    }

    @Test(
        "a wrong linear line is refused with its line and word",
        arguments: [
            ("", "word 4: device: the line ends here"),
            ("a", "word 5: start sector: the line ends here"),
            ("a x", "word 5: start sector: 'x' is not a number"),
            ("a 0 0", "word 6: unexpected '0' after the arguments of linear"),
            ("a 18014398509481984", "word 5: start sector: expected 0 to 18014398509481983, found 18014398509481984"),
            (
                "a 18014398509481976",
                "word 5: linear: start sector: the line's end is more than 18014398509481983 sectors into the device"
            ),
        ])
    func errors(_ arguments: String, _ expected: String) {
        #expect(refusal(of: "0 8 linear \(arguments)") == "line 1, \(expected)")
    }

    @Test("a run may reach to the largest sector, and not behind it")
    func end() {
        #expect(refusal(of: LinearTarget(device: "a", start: Sectors(Sectors.max.count - 8))) == nil)
        let expected = "line 1, word 5: linear: start sector: the line's end is more than 18014398509481983 sectors into the device"
        #expect(refusal(of: LinearTarget(device: "a", start: Sectors(Sectors.max.count - 7))) == expected)
        #expect(refusal(of: LinearTarget(device: "a", start: Sectors(UInt64.max))) == expected)
    }
}
