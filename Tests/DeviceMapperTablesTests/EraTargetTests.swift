import DeviceMapperTables
import StorageUnits
import Testing

@Suite struct EraTargetTests {
    @Test("an era line is read and printed", arguments: ["7:1 7:0 128", "/dev/sdb /dev/sda 8", "a b 24", "a b 4294967288"])
    func reads(_ arguments: String) throws {
        #expect(try MappingTable(parsing: "0 32768 era \(arguments)").description == "0 32768 era \(arguments)\n")
    }

    @Test("its parts are those of the line")
    func parts() throws {
        let target = try onlyTarget("0 100 era a 8:0 0128", as: EraTarget.self)
        #expect(target == EraTarget(metadataDevice: "a", origin: "8:0", blockSize: 128))
        #expect(target.devices == ["a", "8:0"])
    }

    @Test(
        "a wrong era line is refused with its line and word",
        arguments: [
            ("", "word 4: metadata device: the line ends here"),
            ("a", "word 5: origin: the line ends here"),
            ("a b", "word 6: block size: the line ends here"),
            ("a b x", "word 6: block size: 'x' is not a number"),
            ("a b 4294967304", "word 6: block size: expected 0 to 4294967295, found 4294967304"),
            ("a b 0", "word 6: era: block size: expected a multiple of 8 up to 4294967288, found 0"),
            ("a b 4", "word 6: era: block size: expected a multiple of 8 up to 4294967288, found 4"),
            ("a b 12", "word 6: era: block size: expected a multiple of 8 up to 4294967288, found 12"),
            ("a b 128 c", "word 7: unexpected 'c' after the arguments of era"),
        ])
    func errors(_ arguments: String, _ expected: String) {
        #expect(refusal(of: "0 32768 era \(arguments)") == "line 1, \(expected)")
    }

    @Test("there are at most 2147483647 blocks, of which the last may be a part of one")
    func length() {
        #expect(refusal(of: "0 17179869176 era a b 8") == nil)
        #expect(
            refusal(of: "0 17179869177 era a b 8")
                == "line 1, word 2: era: length: 17179869177 sectors are more than 2147483647 blocks of 8")
    }

    @Test("values that no line could have are refused")
    func values() {
        #expect(
            refusal(of: EraTarget(metadataDevice: "a", origin: "b", blockSize: Sectors(1 << 32)))
                == "line 1, word 6: era: block size: expected a multiple of 8 up to 4294967288, found 4294967296")
    }

    @Test("it is satisfied by an equal one only")
    func satisfied() throws {
        for (reported, expected) in [("a b 128", true), ("a b 64", false), ("b a 128", false)] {
            #expect(try ReportText.isSatisfied("0 8 era a b 128", by: "0 8 era \(reported)") == expected)
        }
    }

    // MARK: status and messages

    @Test("a status tells how full the metadata are, the era, and what is held")
    func status() throws {
        func status(_ text: String) throws -> EraTarget.Status { try ReportText.status(text, of: EraTarget.self) }
        #expect(try status("8 18/4096 3 89") == .working(.init(metadataBlocks: Ratio(18, of: 4096), era: 3, heldRoot: 89)))
        #expect(try status("8 9/2048 1 -") == .working(.init(metadataBlocks: Ratio(9, of: 2048), era: 1)))
        #expect(try status("Error") == .error)
        for text in ["8 18/4096 3 89", "8 9/2048 1 -", "Error"] { #expect(ReportText.printed(try status(text)) == text) }
    }

    @Test(
        "a wrong status is refused with its word",
        arguments: [
            ("", "word 1: metadata block size: the line ends here"),
            ("Fail", "word 1: metadata block size: 'Fail' is not a number"),
            ("0 1/2 3 -", "word 1: metadata block size: expected 1 to 4294967295, found 0"),
            ("8 1 3 -", "word 2: metadata blocks: expected two numbers with '/' between them, found '1'"),
            ("8 1/2 4294967296 -", "word 3: era: expected 0 to 4294967295, found 4294967296"),
            ("8 1/2 3", "word 4: held root: the line ends here"),
            ("8 1/2 3 x", "word 4: held root: 'x' is not a number"),
            ("8 1/2 3 - -", "word 5: unexpected '-' after the arguments of the status of era"),
            ("Error 1", "word 2: unexpected '1' after the arguments of the status of era"),
        ])
    func statusErrors(_ text: String, _ expected: String) {
        #expect(ReportText.refusal(ofStatus: text, of: EraTarget.self) == expected)
    }

    @Test("each message is read in any case, and written")
    func messages() throws {
        let messages: [(String, EraTarget.Message)] = [
            ("checkpoint", .checkpoint), ("take_metadata_snap", .takeMetadataSnapshot), ("drop_metadata_snap", .dropMetadataSnapshot),
        ]
        for (text, message) in messages {
            #expect(try EraTarget.Message(text) == message)
            #expect(try EraTarget.Message(text.uppercased()) == message)
            #expect(message.text() == text)
            #expect(try message.reply(parsing: nil) == NoReply())
        }
        #expect(
            ReportText.refusal(ofMessage: "check", to: EraTarget.self)
                == "word 1: message: expected checkpoint, take_metadata_snap or drop_metadata_snap, found 'check'")
        #expect(
            ReportText.refusal(ofMessage: "checkpoint now", to: EraTarget.self)
                == "word 2: unexpected 'now' after the arguments of the message")
    }
}
