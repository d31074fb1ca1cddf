import DeviceMapperTables
import StorageUnits
import Testing

@Suite struct SwitchTargetTests {
    @Test(
        "a switch line is read and printed",
        arguments: ["2 128 0 7:0 0 7:1 0", "1 1 0 a 0", "3 100 0 a 0 b 16 c 4096", "2 4294967295 0 a 0 a 8"])
    func reads(_ arguments: String) throws {
        #expect(try MappingTable(parsing: "0 32768 switch \(arguments)").description == "0 32768 switch \(arguments)\n")
    }

    @Test("its paths are in the order of the line")
    func parts() throws {
        let target = try onlyTarget("0 32768 switch 2 128 0 8:0 4 b 8", as: SwitchTarget.self)
        #expect(target == SwitchTarget(regionSize: 128, paths: [.init(device: "8:0", start: 4), .init(device: "b", start: 8)]))
        #expect(target.devices == ["8:0", "b"])
    }

    @Test(
        "a wrong switch line is refused with its line and word",
        arguments: [
            ("", "word 4: number of paths: the line ends here"),
            ("0 8 0", "word 4: number of paths: expected 1 to 262141, found 0"),
            ("262142 8 0", "word 4: number of paths: expected 1 to 262141, found 262142"),
            ("1", "word 5: region size: the line ends here"),
            ("1 0 0 a 0", "word 5: region size: expected 1 to 4294967295, found 0"),
            ("1 4294967296 0 a 0", "word 5: region size: expected 1 to 4294967295, found 4294967296"),
            ("1 8", "word 6: number of optional arguments: the line ends here"),
            ("1 8 1 x a 0", "word 6: number of optional arguments: expected 0 to 0, found 1"),
            ("1 8 0", "word 7: device of path 0: the line ends here"),
            ("1 8 0 a", "word 8: start sector of path 0: the line ends here"),
            ("1 8 0 a x", "word 8: start sector of path 0: 'x' is not a number"),
            ("2 8 0 a 0", "word 9: device of path 1: the line ends here"),
            ("1 8 0 a 0 b 0", "word 9: unexpected 'b' after the arguments of switch"),
            (
                "2 8 0 a 0 b 18014398509481952",
                "word 10: switch: start sector of path 1: the line's end is more than 18014398509481983 sectors into the device"
            ),
        ])
    func errors(_ arguments: String, _ expected: String) {
        #expect(refusal(of: "0 32 switch \(arguments)") == "line 1, \(expected)")
    }

    @Test("values that no line could have are refused")
    func values() {
        let path = SwitchTarget.Path(device: "a")
        #expect(
            refusal(of: SwitchTarget(regionSize: 8, paths: [])) == "line 1, word 4: switch: number of paths: expected 1 to 262141, found 0")
        #expect(
            refusal(of: SwitchTarget(regionSize: 8, paths: Array(repeating: path, count: 262142)))
                == "line 1, word 4: switch: number of paths: expected 1 to 262141, found 262142")
        for size: UInt64 in [0, 1 << 32] {
            #expect(
                refusal(of: SwitchTarget(regionSize: Sectors(size), paths: [path]))
                    == "line 1, word 5: switch: region size: expected 1 to 4294967295, found \(size)")
        }
        #expect(
            refusal(of: SwitchTarget(regionSize: 8, paths: [.init(device: "a", start: Sectors(UInt64.max))]))
                == "line 1, word 8: switch: start sector of path 0: the line's end is more than 18014398509481983 sectors into the device")
        #expect(refusal(of: SwitchTarget(regionSize: 8, paths: [.init(device: "a", start: Sectors(Sectors.max.count - 8))])) == nil)
    }

    @Test("it is satisfied by an equal one only, and its status has no words")
    func satisfied() throws {
        for (reported, expected) in [("2 8 0 a 0 b 0", true), ("2 8 0 b 0 a 0", false), ("2 16 0 a 0 b 0", false)] {
            #expect(try ReportText.isSatisfied("0 8 switch 2 8 0 a 0 b 0", by: "0 8 switch \(reported)") == expected)
        }
        #expect(ReportText.printed(try ReportText.status(" ", of: SwitchTarget.self)).isEmpty)
    }

    // MARK: messages

    @Test("mappings are read as hexadecimal numbers, and written without what they do not need")
    func messages() throws {
        let message = SwitchMessage.setRegionMappings([
            .region(0x3F, path: 2), .next(path: 0), .next(path: 0x1F), .repeating(cycle: 2, count: 10), .repeating(cycle: 1, count: 0),
        ])
        #expect(try SwitchMessage("set_region_mappings 3f:2 :0 :1f R2,a R1,0") == message)
        #expect(try SwitchMessage("SET_REGION_MAPPINGS 0003F:02 :00 :1F r02,A R1,0") == message)
        #expect(message.text() == "set_region_mappings 3f:2 :0 :1f R2,a R1,0")
        #expect(
            try SwitchMessage("set_region_mappings ffffffffffffffff:ffffffff")
                == .setRegionMappings([.region(.max, path: .max)]))
        #expect(SwitchMessage.setRegionMappings([]).text() == "set_region_mappings")
        #expect(try SwitchMessage("set_region_mappings") == .setRegionMappings([]))
        #expect(try message.reply(parsing: nil) == NoReply())
    }

    @Test(
        "a mapping of another form is refused with its word",
        arguments: [
            "1", "0:", ":", "0:g", "g:1", "1:0:1", "+1:0", "0x1:0", "1:-0", "10000000000000000:1", "0:100000000", "R", "R1", "R1,", "R,1",
            "R0,1", "Rg,1", "R1,g", "R1,2,3", "R+1,2", "é:1",
        ])
    func mappings(_ word: String) {
        #expect(
            ReportText.refusal(ofMessage: "set_region_mappings 0:1 \(word)", to: SwitchTarget.self)
                == "word 3: mapping: expected <region>:<path>, :<path> or R<cycle>,<count> in hexadecimal, found '\(word)'")
    }

    @Test("a message of another name is refused")
    func names() {
        #expect(
            ReportText.refusal(ofMessage: "set 0:1", to: SwitchTarget.self)
                == "word 1: message: expected set_region_mappings, found 'set'")
    }
}
