import DeviceMapperTables
import StorageUnits
import Testing

@Suite struct EBSTargetTests {
    @Test("an ebs line is read and printed", arguments: ["7:0 0 1 8", "a 3 1", "a 8 8 8", "a 128 128 32", "a 32768 1 32768"])
    func reads(_ arguments: String) throws {
        #expect(try MappingTable(parsing: "0 8192 ebs \(arguments)").description == "0 8192 ebs \(arguments)\n")
    }

    @Test("its parts are those of the line")
    func parts() throws {
        let target = try onlyTarget("0 8192 ebs 8:0 64 2 8", as: EBSTarget.self)
        #expect(target == EBSTarget(device: "8:0", start: 64, emulatedBlockSize: 2, underlyingBlockSize: 8))
        #expect(target.devices == ["8:0"])
        #expect(try onlyTarget("0 8 ebs a 0 1", as: EBSTarget.self) == EBSTarget(device: "a"))
    }

    @Test(
        "a wrong ebs line is refused with its line and word",
        arguments: [
            ("", "word 4: device: the line ends here"),
            ("a", "word 5: start sector: the line ends here"),
            ("a x 1", "word 5: start sector: 'x' is not a number"),
            ("a 0", "word 6: emulated block size: the line ends here"),
            ("a 0 0", "word 6: ebs: emulated block size: expected a power of two up to 128, found 0"),
            ("a 0 3", "word 6: ebs: emulated block size: expected a power of two up to 128, found 3"),
            ("a 0 256", "word 6: ebs: emulated block size: expected a power of two up to 128, found 256"),
            ("a 0 1 x", "word 7: underlying block size: 'x' is not a number"),
            ("a 0 1 0", "word 7: ebs: underlying block size: expected a power of two up to 32768, found 0"),
            ("a 0 1 3", "word 7: ebs: underlying block size: expected a power of two up to 32768, found 3"),
            ("a 0 1 65536", "word 7: ebs: underlying block size: expected a power of two up to 32768, found 65536"),
            ("a 0 1 1 1", "word 8: unexpected '1' after the arguments of ebs"),
            ("a 0 8", "word 2: ebs: length: 12 is not a multiple of the emulated block size, 8 sectors"),
            ("a 2 4", "word 5: ebs: start sector: 2 is not a multiple of the emulated block size, 4 sectors"),
            ("a 4 4 8", "word 5: ebs: start sector: 4 is not a multiple of the underlying block size, 8 sectors"),
            (
                "a 18014398509481972 1",
                "word 5: ebs: start sector: the line's end is more than 18014398509481983 sectors into the device"
            ),
        ])
    func errors(_ arguments: String, _ expected: String) {
        #expect(refusal(of: "0 12 ebs \(arguments)") == "line 1, \(expected)")
    }

    @Test("the run may end where the largest device does")
    func end() { #expect(refusal(of: "0 12 ebs a 18014398509481971 1") == nil) }

    @Test("values that no line could have are refused")
    func values() {
        #expect(
            refusal(of: EBSTarget(device: "a", emulatedBlockSize: 5))
                == "line 1, word 6: ebs: emulated block size: expected a power of two up to 128, found 5")
        #expect(
            refusal(of: EBSTarget(device: "a", start: Sectors(UInt64.max)))
                == "line 1, word 5: ebs: start sector: the line's end is more than 18014398509481983 sectors into the device")
    }

    @Test("it is satisfied by an equal one only: an underlying block size is printed where it was loaded")
    func satisfied() throws {
        for (reported, expected) in [("a 0 1", true), ("a 0 1 1", false), ("a 0 2", false)] {
            #expect(try ReportText.isSatisfied("0 8 ebs a 0 1", by: "0 8 ebs \(reported)") == expected)
        }
    }
}
