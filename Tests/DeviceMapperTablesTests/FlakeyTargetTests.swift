import DeviceMapperTables
import StorageUnits
import Testing

@Suite struct FlakeyTargetTests {
    private func faults(_ arguments: String) throws -> FlakeyTarget.Faults {
        try onlyTarget("0 8 flakey 8:0 0 60 1 \(arguments)", as: FlakeyTarget.self).faults
    }

    @Test("the faults of a flakey line are read in any order and case")
    func reads() throws {
        let corruption = FlakeyTarget.Corruption(byte: 32, value: 255, flags: 7)
        #expect(try faults("") == .init())
        #expect(try faults("0") == .init())
        #expect(try faults("1 error_reads") == .init(failsReads: true))
        #expect(try faults("2 ERROR_WRITES error_reads") == .failAll)
        #expect(try faults("1 drop_writes") == .init(change: .writes(.drop)))
        #expect(try faults("5 corrupt_bio_byte 32 W 255 7") == .init(change: .corruptWrites(corruption)))
        #expect(try faults("5 corrupt_bio_byte 32 r 255 7") == .init(change: .corruptReads(corruption, writes: .pass)))
        #expect(try faults("6 error_writes corrupt_bio_byte 32 r 255 7") == .init(change: .corruptReads(corruption, writes: .fail)))
        #expect(try faults("6 corrupt_bio_byte 32 r 255 7 drop_writes") == .init(change: .corruptReads(corruption, writes: .drop)))
        #expect(
            try faults("4 random_write_corrupt 1000000000 random_read_corrupt 5")
                == .init(randomReadCorruption: 5, randomWriteCorruption: 1_000_000_000))
    }

    @Test("options are printed in the kernel's order, those of newer kernels at the end")
    func prints() throws {
        let table = try MappingTable(
            parsing:
                "0 8 flakey 8:0 4 5 1 13 new random_write_corrupt 2 random_read_corrupt 1 corrupt_bio_byte 1 R 2 3 drop_writes error_reads 9"
        )
        #expect(
            table.description
                == "0 8 flakey 8:0 4 5 1 13 error_reads drop_writes corrupt_bio_byte 1 r 2 3 random_read_corrupt 1 random_write_corrupt 2 new 9\n"
        )
        let target = table.lines[0].target
        #expect(target.unknownWords == ["new", "9"])
        #expect(target.devices == ["8:0"])
        #expect(try MappingTable(length: 8, FlakeyTarget(device: "a", upSeconds: 1, downSeconds: 0)).description == "0 8 flakey a 0 1 0\n")
    }

    @Test(
        "a wrong flakey line is refused with its line and word",
        arguments: [
            ("", "word 4: device: the line ends here"),
            ("a", "word 5: start sector: the line ends here"),
            ("a 0", "word 6: up seconds: the line ends here"),
            ("a 0 1", "word 7: down seconds: the line ends here"),
            ("a 0 1 4294967296", "word 7: down seconds: expected 0 to 4294967295, found 4294967296"),
            ("a 0 0 0", "word 7: flakey: down seconds: expected at least 1, as the up seconds are 0, found 0"),
            ("a 0 4294967295 1", "word 7: flakey: down seconds: 4294967295 up and 1 down are more than 4294967295 together"),
            (
                "a 18014398509481976 1 1",
                "word 5: flakey: start sector: the line's end is more than 18014398509481983 sectors into the device"
            ),
            ("a 0 1 1 drop_writes", "word 8: number of words of options: 'drop_writes' is not a number"),
            ("a 0 1 1 1", "word 9: expected 1 words of options, found 0"),
            ("a 0 1 1 2 error_reads error_reads", "word 10: option: error_reads stands there twice"),
            ("a 0 1 1 2 drop_writes drop_writes", "word 10: option: drop_writes stands there twice"),
            ("a 0 1 1 2 error_writes error_writes", "word 10: option: error_writes stands there twice"),
            ("a 0 1 1 2 drop_writes error_writes", "word 10: option: writes are dropped or failed, not both"),
            (
                "a 0 1 1 6 corrupt_bio_byte 1 w 1 0 drop_writes",
                "word 14: option: writes of which a byte is changed are neither dropped nor failed"
            ),
            ("a 0 1 1 1 corrupt_bio_byte", "word 10: byte: the line ends here"),
            ("a 0 1 1 5 corrupt_bio_byte 0 r 1 0", "word 10: byte: expected 1 to 4294967295, found 0"),
            ("a 0 1 1 5 corrupt_bio_byte 1 x 1 0", "word 11: direction: expected r or w, found 'x'"),
            ("a 0 1 1 5 corrupt_bio_byte 1 r 256 0", "word 12: value: expected 0 to 255, found 256"),
            ("a 0 1 1 5 corrupt_bio_byte 1 r 1 x", "word 13: flags: 'x' is not a number"),
            ("a 0 1 1 2 random_read_corrupt 1000000001", "word 10: chance: expected 0 to 1000000000, found 1000000001"),
            ("a 0 1 1 0 x", "word 9: unexpected 'x' after the arguments of flakey"),
        ])
    func errors(_ arguments: String, _ expected: String) {
        #expect(refusal(of: "0 8 flakey \(arguments)") == "line 1, \(expected)")
    }

    @Test("values that no line could have are refused")
    func values() {
        func refused(_ faults: FlakeyTarget.Faults) -> String? {
            refusal(of: FlakeyTarget(device: "a", upSeconds: 1, downSeconds: 1, faults: faults))
        }
        #expect(
            refused(.init(change: .corruptWrites(.init(byte: 0, value: 0))))
                == "line 1: flakey: corrupt_bio_byte: bytes count from 1, found 0")
        #expect(
            refused(.init(randomReadCorruption: 1_000_000_001))
                == "line 1: flakey: random_read_corrupt: expected 0 to 1000000000, found 1000000001")
        #expect(
            refused(.init(randomWriteCorruption: 1_000_000_001))
                == "line 1: flakey: random_write_corrupt: expected 0 to 1000000000, found 1000000001")
        var faults = FlakeyTarget.Faults()
        faults.unknown = [""]
        #expect(refused(faults) == "line 1: flakey: option: a word is empty or has a NUL character")
    }

    @Test("a kernel that was told no faults fails everything, and newer ones say so")
    func satisfied() {
        let none = FlakeyTarget(device: "8:0", upSeconds: 1, downSeconds: 1)
        let all = FlakeyTarget(device: "8:0", upSeconds: 1, downSeconds: 1, faults: .failAll)
        let drop = FlakeyTarget(device: "8:0", upSeconds: 1, downSeconds: 1, faults: .init(change: .writes(.drop)))
        #expect(none.isSatisfied(by: none) && none.isSatisfied(by: all) && all.isSatisfied(by: all))
        #expect(!all.isSatisfied(by: none) && !none.isSatisfied(by: drop) && !drop.isSatisfied(by: all))
        #expect(!none.isSatisfied(by: FlakeyTarget(device: "8:0", upSeconds: 2, downSeconds: 1)))
    }
}
