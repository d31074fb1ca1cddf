import DeviceMapperTables
import Testing

@Suite struct SnapshotOriginTargetTests {
    @Test("a snapshot-origin line is read and printed", arguments: ["/dev/sda", "254:0", "a"])
    func reads(_ device: String) throws {
        let table = try MappingTable(parsing: "0 32768 snapshot-origin \(device)")
        #expect(table.description == "0 32768 snapshot-origin \(device)\n")
        #expect(table.lines[0].target.isEqual(to: SnapshotOriginTarget(device: DeviceReference(parsing: device))))
    }

    @Test("a wrong snapshot-origin line is refused with its line and word")
    func errors() {
        #expect(refusal(of: "0 8 snapshot-origin") == "line 1, word 4: device: the line ends here")
        #expect(refusal(of: "0 8 snapshot-origin a 0") == "line 1, word 5: unexpected '0' after the arguments of snapshot-origin")
    }

    @Test("it is satisfied by the same device only")
    func satisfied() throws {
        #expect(try ReportText.isSatisfied("0 8 snapshot-origin a", by: "0 8 snapshot-origin a"))
        #expect(try !ReportText.isSatisfied("0 8 snapshot-origin a", by: "0 8 snapshot-origin b"))
    }

    @Test("its status has no words")
    func status() throws {
        #expect(ReportText.printed(try ReportText.status(" ", of: SnapshotOriginTarget.self)).isEmpty)
    }
}
