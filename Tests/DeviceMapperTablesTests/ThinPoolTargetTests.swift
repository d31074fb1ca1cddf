import DeviceMapperTables
import StorageUnits
import Testing

@Suite struct ThinPoolTargetTests {
    @Test(
        "a thin-pool line is read and printed",
        arguments: [
            "7:3 7:1 128 1024 1 skip_block_zeroing", "a b 2097152 0 0", "a b 384 18446744073709551615 1 read_only",
            "7:3 7:1 128 0 4 skip_block_zeroing ignore_discard no_discard_passdown error_if_no_space", "a b 128 0",
            "a b 128 0 2 ignore_discard something_new",
        ])
    func reads(_ arguments: String) throws {
        let table = try MappingTable(parsing: "0 32768 thin-pool \(arguments)")
        #expect(table.description == "0 32768 thin-pool \(arguments)\n")
        #expect(table.lines[0].target is ThinPoolTarget)
    }

    @Test("its parts are in the order of the line")
    func parts() throws {
        let target = try onlyTarget("0 32768 thin-pool 8:0 b 256 32 2 error_if_no_space ignore_discard", as: ThinPoolTarget.self)
        #expect(
            target
                == ThinPoolTarget(
                    metadataDevice: "8:0", dataDevice: "b", blockSize: 256, lowWaterMark: 32,
                    features: .init(ignoreDiscard: true, errorIfNoSpace: true)))
        #expect(target.devices == ["8:0", "b"])
        let plain = ThinPoolTarget(metadataDevice: "a", dataDevice: "b")
        #expect(try MappingTable(length: 8, plain).description == "0 8 thin-pool a b 128 0 0\n")
    }

    @Test(
        "each feature is a word of its own, in any case, and counts once",
        arguments: [
            ("1 SKIP_Block_zeroing", ThinPoolTarget.Features(skipBlockZeroing: true)), ("1 ignore_discard", .init(ignoreDiscard: true)),
            ("1 no_discard_passdown", .init(noDiscardPassdown: true)), ("2 read_only READ_ONLY", .init(readOnly: true)),
            ("1 error_if_no_space", .init(errorIfNoSpace: true)), ("0", .init()),
        ])
    func features(_ words: String, _ expected: ThinPoolTarget.Features) throws {
        #expect(try onlyTarget("0 8 thin-pool a b 128 0 \(words)", as: ThinPoolTarget.self).features == expected)
    }

    @Test("features are printed in the kernel's order, those that nobody knows last")
    func order() throws {
        let words = "4 unheard_of error_if_no_space skip_block_zeroing no_discard_passdown"
        #expect(
            try MappingTable(parsing: "0 8 thin-pool a b 128 0 \(words)").description
                == "0 8 thin-pool a b 128 0 4 skip_block_zeroing no_discard_passdown error_if_no_space unheard_of\n")
    }

    @Test(
        "a wrong thin-pool line is refused with its line and word",
        arguments: [
            ("", "word 4: metadata device: the line ends here"),
            ("a", "word 5: data device: the line ends here"),
            ("a b", "word 6: block size: the line ends here"),
            ("a b 128", "word 7: low water mark: the line ends here"),
            ("a b x 0", "word 6: block size: 'x' is not a number"),
            ("a b 64 0", "word 6: block size: expected 128 to 2097152, found 64"),
            ("a b 2097280 0", "word 6: block size: expected 128 to 2097152, found 2097280"),
            ("a b 192 0", "word 6: thin-pool: block size: expected a multiple of 128, 128 to 2097152, found 192"),
            ("a b 128 -1", "word 7: low water mark: '-1' is not a number"),
            ("a b 128 18446744073709551616", "word 7: low water mark: the number does not fit 64 bits"),
            ("a b 128 0 x", "word 8: number of features: 'x' is not a number"),
            ("a b 128 0 5 a b c d e", "word 8: number of features: expected 0 to 4, found 5"),
            ("a b 128 0 2 read_only", "word 10: expected 2 features, found 1"),
            ("a b 128 0 1 read_only more", "word 10: unexpected 'more' after the arguments of thin-pool"),
            ("a a 128 0 0", "word 5: thin-pool: data device: expected another than the metadata device, found 'a' again"),
            ("8:0 8:0 128 0 0", "word 5: thin-pool: data device: expected another than the metadata device, found '8:0' again"),
        ])
    func errors(_ arguments: String, _ expected: String) {
        #expect(refusal(of: "0 32768 thin-pool \(arguments)") == "line 1, \(expected)")
    }

    @Test("values that no line could have are refused")
    func values() {
        func mistake(blockSize: Sectors = 128, _ features: ThinPoolTarget.Features = .init(), unknown: [String] = []) -> String? {
            var target = ThinPoolTarget(metadataDevice: "a", dataDevice: "b", blockSize: blockSize, features: features)
            target.features?.unknown = unknown
            return refusal(of: target)
        }
        #expect(mistake() == nil)
        for (size, word) in [(0, "0"), (127, "127"), (129, "129"), (2_097_280, "2097280")] as [(Sectors, String)] {
            #expect(
                mistake(blockSize: size)
                    == "line 1, word 6: thin-pool: block size: expected a multiple of 128, 128 to 2097152, found \(word)")
        }
        let all = ThinPoolTarget.Features(
            skipBlockZeroing: true, ignoreDiscard: true, noDiscardPassdown: true, readOnly: true, errorIfNoSpace: true)
        #expect(mistake(all) == "line 1, word 8: thin-pool: number of features: expected 0 to 4, found 5")
        #expect(mistake(unknown: ["READ_only"]) == "line 1: thin-pool: feature: 'READ_only' is not an unknown word")
        #expect(mistake(unknown: [""]) == "line 1: thin-pool: feature: a word is empty or has a NUL character")
        #expect(mistake(unknown: ["a\0"]) == "line 1: thin-pool: feature: a word is empty or has a NUL character")
        #expect(mistake(unknown: ["new"]) == nil)
    }

    @Test("a kernel prints the number of features, and features in its order")
    func satisfied() throws {
        func isSatisfied(_ loaded: String, by printed: String) throws -> Bool {
            try MappingTable(parsing: "0 8 thin-pool \(loaded)").isSatisfied(by: MappingTable(parsing: "0 8 thin-pool \(printed)"))
        }
        #expect(try isSatisfied("7:0 7:1 128 0", by: "7:0 7:1 128 0 0 "))
        #expect(try isSatisfied("7:0 7:1 128 0 2 ERROR_if_no_space read_only", by: "7:0 7:1 128 0 2 read_only error_if_no_space "))
        #expect(try !isSatisfied("7:0 7:1 128 0", by: "7:0 7:1 128 0 1 read_only "))
        #expect(try !isSatisfied("7:0 7:1 128 0 1 ignore_discard", by: "7:0 7:1 128 0 1 no_discard_passdown "))
        #expect(try !isSatisfied("7:0 7:1 128 0 0", by: "7:0 7:1 256 0 0 "))
        #expect(try !isSatisfied("7:0 7:1 128 0 0", by: "7:0 7:1 128 1 0 "))
        #expect(try !isSatisfied("7:0 7:1 128 0 0", by: "7:0 7:2 128 0 0 "))
    }

    // MARK: status

    @Test("a status tells of blocks, modes and what becomes of requests")
    func statusReads() throws {
        var state = ThinPoolTarget.State(transactionID: 5, metadataBlocks: .init(215, of: 2048), dataBlocks: .init(32, of: 256))
        #expect(ReportText.printed(ThinPoolTarget.Status.working(state)) == "5 215/2048 32/256 -")
        state.heldMetadataRoot = 36
        state.mode = .readOnly
        state.discards = .notPassedDown
        state.whenFull = .error
        state.needsCheck = true
        state.metadataLowWaterMark = 512
        let text = "5 215/2048 32/256 36 ro no_discard_passdown error_if_no_space needs_check 512"
        #expect(try ReportText.status(text, of: ThinPoolTarget.self) == .working(state))
        #expect(ReportText.printed(ThinPoolTarget.Status.working(state)) == text)
        #expect(try ReportText.status("Fail", of: ThinPoolTarget.self) == .failed)
        #expect(try ReportText.status("Error", of: ThinPoolTarget.self) == .error)
    }

    @Test(
        "what kernels printed is printed again",
        arguments: [
            "0 215/2048 32/256 - rw discard_passdown queue_if_no_space - 512 ",
            "0 213/2048 0/256 - rw ignore_discard error_if_no_space - 512 ",
            "0 214/2048 32/32 - out_of_data_space discard_passdown error_if_no_space - 512 ",
            "18446744073709551615 213/2048 0/128 - rw discard_passdown queue_if_no_space - 512 ",
            "0 213/2048 0/64 - rw no_discard_passdown queue_if_no_space - 512 new words", "0 1/2 3/4 5", "0 1/2 3/4 5 rw",
            "0 1/2 3/4 - rw discard_passdown", "0 1/2 3/4 - rw discard_passdown queue_if_no_space",
            "0 1/2 3/4 - rw discard_passdown queue_if_no_space -", "Fail", "Error",
        ])
    func statusPrints(_ text: String) throws {
        #expect(
            ReportText.printed(try ReportText.status(text, of: ThinPoolTarget.self)) == text.split(separator: " ").joined(separator: " "))
    }

    @Test(
        "a wrong status is refused with its word",
        arguments: [
            ("", "word 1: transaction id: the line ends here"),
            ("fail", "word 1: transaction id: 'fail' is not a number"),
            ("Fail 1", "word 2: unexpected '1' after the arguments of the status of thin-pool"),
            ("1", "word 2: metadata blocks: the line ends here"),
            ("1 5", "word 2: metadata blocks: expected two numbers with '/' between them, found '5'"),
            ("1 1/2", "word 3: data blocks: the line ends here"),
            ("1 1/2 x/1", "word 3: data blocks: expected two numbers with '/' between them, found 'x/1'"),
            ("1 1/2 3/4", "word 4: held metadata root: the line ends here"),
            ("1 1/2 3/4 x", "word 4: held metadata root: 'x' is not a number"),
            ("1 1/2 3/4 - RW", "word 5: mode: expected rw, ro or out_of_data_space, found 'RW'"),
            (
                "1 1/2 3/4 - rw x",
                "word 6: discards: expected discard_passdown, no_discard_passdown or ignore_discard, found 'x'"
            ),
            (
                "1 1/2 3/4 - rw ignore_discard x",
                "word 7: what happens without space: expected queue_if_no_space or error_if_no_space, found 'x'"
            ),
            ("1 1/2 3/4 - rw ignore_discard queue_if_no_space x", "word 8: needs_check: expected needs_check or -, found 'x'"),
            ("1 1/2 3/4 - rw ignore_discard queue_if_no_space - x", "word 9: metadata low water mark: 'x' is not a number"),
        ])
    func statusErrors(_ text: String, _ expected: String) {
        #expect(ReportText.refusal(ofStatus: text, of: ThinPoolTarget.self) == expected)
    }

    // MARK: messages

    @Test(
        "messages are read in any case, and printed",
        arguments: [
            ("CREATE_thin 0", .createThin(0), "create_thin 0"),
            ("create_snap 16777215 1", .createSnapshot(16_777_215, of: 1), "create_snap 16777215 1"),
            ("delete 7", .delete(7), "delete 7"),
            (
                "set_transaction_id 0 18446744073709551615", .setTransactionID(current: 0, new: .max),
                "set_transaction_id 0 18446744073709551615"
            ),
            ("reserve_metadata_snap", .reserveMetadataSnapshot, "reserve_metadata_snap"),
            ("Release_Metadata_Snap", .releaseMetadataSnapshot, "release_metadata_snap"),
        ] as [(String, ThinPoolTarget.Message, String)])
    func messages(_ text: String, _ expected: ThinPoolTarget.Message, _ printed: String) throws {
        let message = try ThinPoolTarget.Message(text)
        #expect(message == expected)
        #expect(message.text() == printed)
        #expect(try message.reply(parsing: nil) == NoReply())
    }

    @Test(
        "a wrong message is refused with its word",
        arguments: [
            ("", "word 1: message: the line ends here"),
            (
                "bogus",
                "word 1: message: expected create_thin, create_snap, delete, set_transaction_id, reserve_metadata_snap or "
                    + "release_metadata_snap, found 'bogus'"
            ),
            ("create_thin", "word 2: device id: the line ends here"),
            ("create_thin 16777216", "word 2: device id: expected 0 to 16777215, found 16777216"),
            ("create_thin 1 2", "word 3: unexpected '2' after the arguments of the message"),
            ("create_snap 1", "word 3: origin's id: the line ends here"),
            ("create_snap 1 16777216", "word 3: origin's id: expected 0 to 16777215, found 16777216"),
            ("delete x", "word 2: device id: 'x' is not a number"),
            ("set_transaction_id", "word 2: current transaction id: the line ends here"),
            ("set_transaction_id 1", "word 3: new transaction id: the line ends here"),
            ("set_transaction_id 1 x", "word 3: new transaction id: 'x' is not a number"),
        ])
    func messageErrors(_ text: String, _ expected: String) {
        #expect(ReportText.refusal(ofMessage: text, to: ThinPoolTarget.self) == expected)
    }
}
