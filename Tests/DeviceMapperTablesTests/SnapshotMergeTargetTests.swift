import DeviceMapperTables
import StorageUnits
import Testing

@Suite struct SnapshotMergeTargetTests {
    @Test(
        "a snapshot-merge line is read, and printed as the kernel prints it",
        arguments: [
            ("a b P 16", "a b P 16"),
            ("a b po 0", "a b PO 0"),
            ("254:0 7:1 P 8 1 DISCARD_ZEROES_COW", "254:0 7:1 P 8 1 discard_zeroes_cow"),
            ("a b PO 8 2 discard_zeroes_cow discard_passdown_origin", "a b PO 8 2 discard_zeroes_cow discard_passdown_origin"),
        ])
    func reads(_ arguments: String, _ printed: String) throws {
        #expect(try MappingTable(parsing: "0 8 snapshot-merge \(arguments)").description == "0 8 snapshot-merge \(printed)\n")
    }

    @Test("its parts are those of the line, and of the snapshot that it merges")
    func parts() throws {
        let target = try onlyTarget("0 8 snapshot-merge a b P 8 1 discard_zeroes_cow", as: SnapshotMergeTarget.self)
        #expect(
            target
                == SnapshotMergeTarget(
                    origin: "a", storeDevice: "b", reportsOverflow: false, chunkSize: 8, features: .init(discards: .zeroCopies)))
        #expect(target.devices == ["a", "b"])
        let snapshot = try onlyTarget("0 8 snapshot a b P 8 1 discard_zeroes_cow", as: SnapshotTarget.self)
        #expect(SnapshotMergeTarget(merging: snapshot) == target)
        #expect(SnapshotMergeTarget(merging: SnapshotTarget(origin: "a", storeDevice: "b", store: .transient, chunkSize: 8)) == nil)
    }

    @Test(
        "a wrong snapshot-merge line is refused with its line and word",
        arguments: [
            ("", "word 4: origin: the line ends here"),
            ("a", "word 5: store device: the line ends here"),
            ("a b", "word 6: store: the line ends here"),
            ("a b N 16", "word 6: store: expected P or PO, found 'N'"),
            ("a b P", "word 7: chunk size: the line ends here"),
            ("a b P 12", "word 7: chunk size: expected 0 or a power of two up to 2097152, found 12"),
            ("a b P 16 1 discard_passdown_origin", "word 9: features: expected discard_zeroes_cow beside discard_passdown_origin"),
            ("a b P 16 0 x", "word 9: unexpected 'x' after the arguments of snapshot-merge"),
            ("a a P 16", "word 5: snapshot-merge: store device: expected another device than the origin"),
        ])
    func errors(_ arguments: String, _ expected: String) {
        #expect(refusal(of: "0 8192 snapshot-merge \(arguments)") == "line 1, \(expected)")
    }

    @Test("values that no line could have are refused")
    func values() {
        #expect(
            refusal(of: SnapshotMergeTarget(origin: "a", storeDevice: "b", chunkSize: 5))
                == "line 1, word 7: snapshot-merge: chunk size: expected 0 or a power of two up to 2097152, found 5")
        #expect(
            refusal(of: SnapshotMergeTarget(origin: "a", storeDevice: "b", features: .init(unknown: [""])))
                == "line 1, word 9: snapshot-merge: features: a word is empty or has a NUL character")
    }

    @Test("it has the chunk size of the store's header, whatever the line says")
    func satisfied() throws {
        for (reported, expected) in [("a b P 32", true), ("a b P 0", true), ("a b PO 16", false), ("a c P 16", false)] {
            #expect(try ReportText.isSatisfied("0 8 snapshot-merge a b P 16", by: "0 8 snapshot-merge \(reported)") == expected)
        }
        #expect(try !ReportText.isSatisfied("0 8 snapshot-merge a b P 16", by: "0 8 snapshot a b P 16"))
    }
}
