import DeviceMapperTables
import StorageUnits
import Testing

@Suite struct CloneTargetTests {
    @Test(
        "a clone line is read, and printed in one way",
        arguments: [
            ("m d s 8", "m d s 8"),
            ("7:3 7:1 7:0 2097152", "7:3 7:1 7:0 2097152"),
            ("m d s 8 0", "m d s 8"),
            ("m d s 8 0 0", "m d s 8"),
            ("m d s 8 2 NO_discard_passdown No_hydration", "m d s 8 2 no_hydration no_discard_passdown"),
            ("m d s 8 2 no_hydration no_hydration", "m d s 8 1 no_hydration"),
            ("m d s 8 0 2 Hydration_batch_size 32", "m d s 8 0 2 hydration_batch_size 32"),
            ("m d s 8 0 4 hydration_batch_size 32 hydration_batch_size 16", "m d s 8 0 2 hydration_batch_size 16"),
            (
                "m d s 8 1 no_hydration 4 hydration_batch_size 1 hydration_threshold 0",
                "m d s 8 1 no_hydration 4 hydration_threshold 0 hydration_batch_size 1"
            ),
            (
                "m d s 8 2 new no_hydration 4 newer 1 hydration_threshold 2",
                "m d s 8 2 no_hydration new 4 hydration_threshold 2 newer 1"
            ),
        ])
    func reads(_ arguments: String, _ printed: String) throws {
        #expect(try MappingTable(parsing: "0 8192 clone \(arguments)").description == "0 8192 clone \(printed)\n")
    }

    @Test("its parts are those of the line")
    func parts() throws {
        let target = try onlyTarget(
            "0 8192 clone m 8:0 s 64 2 x no_hydration 4 hydration_threshold 16 y 1", as: CloneTarget.self)
        #expect(
            target
                == CloneTarget(
                    metadataDevice: "m", destination: "8:0", source: "s", regionSize: 64, features: .init(hydrates: false, unknown: ["x"]),
                    hydration: .init(threshold: 16, unknown: ["y", "1"])))
        #expect(target.devices == ["m", "8:0", "s"])
        #expect(
            try onlyTarget("0 8192 clone m d s 8 1 no_discard_passdown", as: CloneTarget.self)
                == CloneTarget(metadataDevice: "m", destination: "d", source: "s", regionSize: 8, features: .init(passesDiscards: false)))
    }

    @Test(
        "a wrong clone line is refused with its line and word",
        arguments: [
            ("", "word 4: metadata device: the line ends here"),
            ("m", "word 5: destination: the line ends here"),
            ("m d", "word 6: source: the line ends here"),
            ("m d s", "word 7: region size: the line ends here"),
            ("m d s x", "word 7: region size: 'x' is not a number"),
            ("m d s 4", "word 7: clone: region size: expected a power of two from 8 to 2097152, found 4"),
            ("m d s 24", "word 7: clone: region size: expected a power of two from 8 to 2097152, found 24"),
            ("m d s 4194304", "word 7: clone: region size: expected a power of two from 8 to 2097152, found 4194304"),
            ("m d s 8 x", "word 8: number of features: 'x' is not a number"),
            ("m d s 8 17", "word 8: number of features: expected 0 to 16, found 17"),
            ("m d s 8 1", "word 9: expected 1 features, found 0"),
            ("m d s 8 0 x", "word 9: number of core arguments: 'x' is not a number"),
            ("m d s 8 0 33", "word 9: number of core arguments: expected 0 to 32, found 33"),
            ("m d s 8 0 2 hydration_threshold", "word 11: expected 2 core arguments, found 1"),
            (
                "m d s 8 0 1 hydration_threshold",
                "word 10: core arguments: expected a value for 'hydration_threshold' among those counted"
            ),
            ("m d s 8 0 3 x 1 y 2", "word 12: core arguments: expected a value for 'y' among those counted"),
            ("m d s 8 0 2 hydration_threshold x", "word 11: hydration_threshold: 'x' is not a number"),
            (
                "m d s 8 0 2 hydration_batch_size 4294967296",
                "word 11: hydration_batch_size: expected 0 to 4294967295, found 4294967296"
            ),
            ("m d s 8 0 0 x", "word 10: unexpected 'x' after the arguments of clone"),
        ])
    func errors(_ arguments: String, _ expected: String) {
        #expect(refusal(of: "0 8192 clone \(arguments)") == "line 1, \(expected)")
    }

    @Test("there are at most 2147483648 regions, of which the last may be a part of one")
    func length() {
        #expect(refusal(of: "0 17179869184 clone m d s 8") == nil)
        #expect(
            refusal(of: "0 17179869185 clone m d s 8")
                == "line 1, word 2: clone: length: 17179869185 sectors are more than 2147483648 regions of 8")
    }

    @Test("values that no line could have are refused")
    func values() {
        func refusal(_ features: CloneFeatures, _ hydration: CloneHydration = .init()) -> String? {
            DeviceMapperTablesTests.refusal(
                of: CloneTarget(
                    metadataDevice: "m", destination: "d", source: "s", regionSize: 8, features: features, hydration: hydration))
        }
        #expect(refusal(.init(unknown: ["new"]), .init(unknown: ["newer", "1"])) == nil)
        #expect(refusal(.init(unknown: [""])) == "line 1, word 9: clone: features: a word is empty or has a NUL character")
        #expect(refusal(.init(unknown: ["No_hydration"])) == "line 1, word 9: clone: features: 'No_hydration' is not an unknown word")
        #expect(
            refusal(.init(hydrates: false, unknown: Array(repeating: "x", count: 16)))
                == "line 1, word 8: clone: number of features: expected 0 to 16, found 17")
        #expect(
            refusal(.init(), .init(unknown: ["hydration_threshold", "1"]))
                == "line 1, word 10: clone: core arguments: 'hydration_threshold' is not an unknown word")
        #expect(
            refusal(.init(), .init(unknown: ["x", ""])) == "line 1, word 11: clone: core arguments: a word is empty or has a NUL character")
        #expect(refusal(.init(), .init(unknown: ["x"])) == "line 1, word 9: clone: core arguments: expected a value for each name")
        #expect(refusal(.init(), .init(unknown: ["x", "hydration_threshold"])) == nil)
        #expect(
            refusal(.init(), .init(threshold: 1, unknown: Array(repeating: "x", count: 32)))
                == "line 1, word 9: clone: number of core arguments: expected 0 to 32, found 34")
    }

    @Test("what the kernel does without an argument may be there or not")
    func satisfied() throws {
        for (reported, expected) in [
            ("m d s 8 0", true), ("m d s 8 0 4 hydration_threshold 1 hydration_batch_size 1", true),
            ("m d s 8 0 2 hydration_threshold 2", false), ("m d s 8 1 no_hydration", false), ("m d s 16", false), ("m s d 8", false),
        ] {
            #expect(try ReportText.isSatisfied("0 8 clone m d s 8", by: "0 8 clone \(reported)") == expected, "\(reported)")
        }
        #expect(
            try ReportText.isSatisfied(
                "0 8 clone m d s 8 2 NO_hydration no_discard_passdown", by: "0 8 clone m d s 8 2 no_discard_passdown no_hydration"))
    }

    // MARK: status and messages

    @Test("a status tells how far the copy is, and what is in force")
    func status() throws {
        func status(_ text: String) throws -> CloneStatus { try ReportText.status(text, of: CloneTarget.self) }
        let printed = "8 6/2048 8 512/4096 3 1 no_hydration 4 hydration_threshold 16 hydration_batch_size 1 ro"
        #expect(
            try status(printed)
                == .working(
                    .init(
                        metadataBlocks: Ratio(6, of: 2048), regionSize: 8, regions: Ratio(512, of: 4096), regionsInFlight: 3,
                        features: .init(hydrates: false), hydration: .init(threshold: 16, batchSize: 1), mode: .readOnly)))
        #expect(
            try status("8 6/2048 8 4096/4096 0 0 4 hydration_threshold 1 hydration_batch_size 1 rw ")
                == .working(.init(metadataBlocks: Ratio(6, of: 2048), regionSize: 8, regions: Ratio(4096, of: 4096))))
        #expect(try status("Fail") == .failed)
        #expect(try status("Error") == .error)
        for text in [
            printed, "Fail", "Error", "8 6/2048 8 1/2 0 2 no_discard_passdown new 2 newer 1 Fail",
            "8 6/2048 8 4096/4096 0 0 4 hydration_threshold 1 hydration_batch_size 1 rw",
        ] {
            #expect(ReportText.printed(try status(text)) == text)
        }
    }

    @Test(
        "a wrong status is refused with its word",
        arguments: [
            ("", "word 1: metadata block size: the line ends here"),
            ("x", "word 1: metadata block size: 'x' is not a number"),
            ("8 6", "word 2: metadata blocks: expected two numbers with '/' between them, found '6'"),
            ("8 6/7", "word 3: region size: the line ends here"),
            ("8 6/7 8 9", "word 4: regions: expected two numbers with '/' between them, found '9'"),
            ("8 6/7 8 9/9", "word 5: regions in flight: the line ends here"),
            ("8 6/7 8 9/9 0", "word 6: number of features: the line ends here"),
            ("8 6/7 8 9/9 0 0", "word 7: number of core arguments: the line ends here"),
            ("8 6/7 8 9/9 0 0 0", "word 8: mode: the line ends here"),
            ("8 6/7 8 9/9 0 0 0 x", "word 8: mode: expected rw, ro or Fail, found 'x'"),
            ("8 6/7 8 9/9 0 0 0 rw x", "word 9: unexpected 'x' after the arguments of the status of clone"),
            ("Fail x", "word 2: unexpected 'x' after the arguments of the status of clone"),
        ])
    func statusErrors(_ text: String, _ expected: String) {
        #expect(ReportText.refusal(ofStatus: text, of: CloneTarget.self) == expected)
    }

    @Test("each message is read in any case, and written")
    func messages() throws {
        let messages: [(String, CloneMessage)] = [
            ("enable_hydration", .enableHydration), ("disable_hydration", .disableHydration),
            ("hydration_threshold 0", .hydrationThreshold(0)), ("hydration_batch_size 4294967295", .hydrationBatchSize(.max)),
        ]
        for (text, message) in messages {
            #expect(try CloneMessage(text) == message)
            #expect(try CloneMessage(text.uppercased()) == message)
            #expect(message.text() == text)
            #expect(try message.reply(parsing: nil) == NoReply())
        }
    }

    @Test(
        "a wrong message is refused with its word",
        arguments: [
            (
                "hydrate",
                "word 1: message: expected enable_hydration, disable_hydration, hydration_threshold or hydration_batch_size, found 'hydrate'"
            ),
            ("hydration_threshold", "word 2: number of regions: the line ends here"),
            ("hydration_batch_size 4294967296", "word 2: number of regions: expected 0 to 4294967295, found 4294967296"),
            ("enable_hydration x", "word 2: unexpected 'x' after the arguments of the message"),
        ])
    func messageErrors(_ text: String, _ expected: String) {
        #expect(ReportText.refusal(ofMessage: text, to: CloneTarget.self) == expected)
    }
}
