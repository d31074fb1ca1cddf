import DeviceMapperTables
import StorageUnits
import Testing

@Suite struct SnapshotTargetTests {
    @Test(
        "a snapshot line is read, and printed as the kernel prints it",
        arguments: [
            ("a b P 16", "a b P 16"),
            ("a b p 16", "a b P 16"),
            ("a b PO 0", "a b PO 0"),
            ("a b pO 2097152", "a b PO 2097152"),
            ("a b n 1", "a b N 1"),
            ("a b N 0", "a b N 0"),
            ("7:0 7:1 P 16 0", "7:0 7:1 P 16"),
            ("a b P 16 1 Discard_zeroes_COW", "a b P 16 1 discard_zeroes_cow"),
            ("a b P 16 2 discard_zeroes_cow discard_zeroes_cow", "a b P 16 1 discard_zeroes_cow"),
            ("a b N 16 2 discard_passdown_origin discard_zeroes_cow", "a b N 16 2 discard_zeroes_cow discard_passdown_origin"),
            ("a b P 16 2 new:1 discard_zeroes_cow", "a b P 16 2 discard_zeroes_cow new:1"),
        ])
    func reads(_ arguments: String, _ printed: String) throws {
        #expect(try MappingTable(parsing: "0 8192 snapshot \(arguments)").description == "0 8192 snapshot \(printed)\n")
    }

    @Test("its parts are those of the line")
    func parts() throws {
        #expect(try onlyTarget("0 8 snapshot a b PO 0", as: SnapshotTarget.self) == SnapshotTarget(origin: "a", storeDevice: "b"))
        let target = try onlyTarget("0 8 snapshot 8:0 8:16 N 8 3 x discard_zeroes_cow discard_passdown_origin", as: SnapshotTarget.self)
        #expect(
            target
                == SnapshotTarget(
                    origin: "8:0", storeDevice: "8:16", store: .transient, chunkSize: 8,
                    features: .init(discards: .zeroCopiesAndPassDown, unknown: ["x"])))
        #expect(target.devices == ["8:0", "8:16"])
        #expect(try onlyTarget("0 8 snapshot a b P 1", as: SnapshotTarget.self).store == .persistent(reportsOverflow: false))
        #expect([SnapshotStore.persistent(reportsOverflow: false), .persistent(), .transient].map(\.letters) == ["P", "PO", "N"])
    }

    @Test(
        "a wrong snapshot line is refused with its line and word",
        arguments: [
            ("", "word 4: origin: the line ends here"),
            ("a", "word 5: store device: the line ends here"),
            ("a b", "word 6: store: the line ends here"),
            ("a b X 16", "word 6: store: expected P, PO or N, found 'X'"),
            ("a b POX 16", "word 6: store: expected P, PO or N, found 'POX'"),
            ("a b NO 16", "word 6: store: expected P, PO or N, found 'NO'"),
            ("a b P", "word 7: chunk size: the line ends here"),
            ("a b P x", "word 7: chunk size: 'x' is not a number"),
            ("a b P 4294967296", "word 7: chunk size: expected 0 to 4294967295, found 4294967296"),
            ("a b P 12", "word 7: chunk size: expected 0 or a power of two up to 2097152, found 12"),
            ("a b P 4194304", "word 7: chunk size: expected 0 or a power of two up to 2097152, found 4194304"),
            ("a b P 16 x", "word 8: number of features: 'x' is not a number"),
            ("a b P 16 17", "word 8: number of features: expected 0 to 16, found 17"),
            ("a b P 16 1", "word 9: expected 1 features, found 0"),
            ("a b P 16 2 discard_zeroes_cow", "word 10: expected 2 features, found 1"),
            ("a b P 16 1 discard_passdown_origin", "word 9: features: expected discard_zeroes_cow beside discard_passdown_origin"),
            ("a b P 16 0 x", "word 9: unexpected 'x' after the arguments of snapshot"),
            ("a a P 16", "word 5: snapshot: store device: expected another device than the origin"),
        ])
    func errors(_ arguments: String, _ expected: String) {
        #expect(refusal(of: "0 8192 snapshot \(arguments)") == "line 1, \(expected)")
    }

    @Test("values that no line could have are refused")
    func values() {
        func refusal(_ chunkSize: Sectors, _ unknown: [String] = []) -> String? {
            DeviceMapperTablesTests.refusal(
                of: SnapshotTarget(origin: "a", storeDevice: "b", chunkSize: chunkSize, features: .init(unknown: unknown)))
        }
        #expect(refusal(16, ["new"]) == nil)
        #expect(refusal(3) == "line 1, word 7: snapshot: chunk size: expected 0 or a power of two up to 2097152, found 3")
        #expect(
            refusal(Sectors(1 << 63))
                == "line 1, word 7: snapshot: chunk size: expected 0 or a power of two up to 2097152, found 9223372036854775808")
        #expect(refusal(16, [""]) == "line 1, word 9: snapshot: features: a word is empty or has a NUL character")
        #expect(refusal(16, ["a\0"]) == "line 1, word 9: snapshot: features: a word is empty or has a NUL character")
        #expect(refusal(16, ["Discard_zeroes_cow"]) == "line 1, word 9: snapshot: features: 'Discard_zeroes_cow' is not an unknown word")
        #expect(
            refusal(16, Array(repeating: "x", count: 17))
                == "line 1, word 8: snapshot: number of features: expected 0 to 16, found 17")
    }

    @Test(
        "a persistent store has the chunk size of its header, a transient one that of the line, and 0 stands for one to take over",
        arguments: [
            ("a b P 16", "a b P 16", true),
            ("a b P 0", "a b P 32", true),
            ("a b P 16", "a b P 32", true),
            ("a b P 16", "a b P 0", true),
            ("a b N 16", "a b N 0", true),
            ("a b N 0", "a b N 16", true),
            ("a b N 16", "a b N 32", false),
            ("a b P 16", "a b PO 16", false),
            ("a b P 16", "a b N 16", false),
            ("a b P 16", "c b P 16", false),
            ("a b P 16", "a c P 16", false),
            ("a b P 16", "a b P 16 1 discard_zeroes_cow", false),
        ])
    func satisfied(_ loaded: String, _ reported: String, _ expected: Bool) throws {
        #expect(try ReportText.isSatisfied("0 8192 snapshot \(loaded)", by: "0 8192 snapshot \(reported)") == expected)
    }

    // MARK: status

    @Test("a status tells how full the store is, or what became of it")
    func status() throws {
        func status(_ text: String) throws -> SnapshotStatus { try ReportText.status(text, of: SnapshotTarget.self) }
        #expect(try status("2080/32768 32 ") == .working(.init(allocated: 2080, total: 32768, metadata: 32)))
        #expect(try status("2080/32768") == .working(.init(allocated: 2080, total: 32768, metadata: nil)))
        let states: [(String, SnapshotStatus)] = [
            ("Invalid", .invalid), ("Overflow", .overflow), ("Merge failed", .mergeFailed), ("Unknown", .unknown),
        ]
        for (text, expected) in states { #expect(try status(text) == expected) }
        for text in ["2080/32768 32", "2048/32768 0", "288/32768"] + states.map(\.0) {
            #expect(ReportText.printed(try status(text)) == text)
            #expect(ReportText.printed(try ReportText.status(text, of: SnapshotMergeTarget.self)) == text)
        }
    }

    @Test(
        "a wrong status is refused with its word",
        arguments: [
            ("", "word 1: allocated sectors: the line ends here"),
            ("invalid", "word 1: allocated sectors: expected two numbers with '/' between them, found 'invalid'"),
            ("1/2/3", "word 1: allocated sectors: expected two numbers with '/' between them, found '1/2/3'"),
            ("1/2 x", "word 2: metadata sectors: 'x' is not a number"),
            ("1/2 3 4", "word 3: unexpected '4' after the arguments of the status of snapshot"),
            ("Merge", "word 2: state behind 'Merge': the line ends here"),
            ("Merge done", "word 2: state behind 'Merge': expected failed, found 'done'"),
            ("Invalid 1", "word 2: unexpected '1' after the arguments of the status of snapshot"),
        ])
    func statusErrors(_ text: String, _ expected: String) {
        #expect(ReportText.refusal(ofStatus: text, of: SnapshotTarget.self) == expected)
    }
}
