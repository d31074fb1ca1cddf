import DeviceMapperTables
import StorageUnits
import Testing

@Suite struct MappingTableBuildingTests {
    @Test("segments follow each other")
    func segments() throws {
        let spares: [DeviceReference] = ["/dev/sdb", "8:32"]
        let table = try MappingTable {
            LinearTarget(device: "/dev/sda", start: 2048).spanning(64)
            for spare in spares { LinearTarget(device: spare).spanning(8) }
            if spares.isEmpty { ErrorTarget().spanning(1) } else { ZeroTarget().spanning(4) }
            if spares.count > 1 { ErrorTarget().spanning(2) }
        }
        #expect(
            table.description == """
                0 64 linear /dev/sda 2048
                64 8 linear /dev/sdb 0
                72 8 linear 8:32 0
                80 4 zero
                84 2 error

                """)
    }

    private func refusal(@MappingTable.SegmentBuilder _ segments: () throws(TableError) -> [MappingTable.Segment]) -> String? {
        do throws(TableError) {
            _ = try MappingTable(segments)
            return nil
        } catch {
            return error.description
        }
    }

    @Test("a table that cannot be is refused with the segment's number")
    func errors() {
        #expect(refusal { if false { ZeroTarget().spanning(1) } } == "the table has no lines")
        #expect(
            refusal {
                ZeroTarget().spanning(8)
                StripedTarget(chunkSize: 8, stripes: []).spanning(8)
            } == "line 2, word 4: striped: number of stripes: expected at least 1, found 0")
        #expect(
            refusal {
                ZeroTarget().spanning(8)
                ZeroTarget().spanning(Sectors(UInt64.max))
            } == "line 2, word 2: length: the device would have more than 18014398509481983 sectors")
        #expect(
            refusal {
                ZeroTarget().spanning(8)
                ZeroTarget().spanning(0)
            } == "line 2, word 2: length: expected at least 1, found 0")
    }
}
