import DeviceMapperTables
import StorageUnits
import Testing

@Suite struct MultipathReportTests {
    private func status(_ text: String) throws(TableError) -> MultipathTarget.Status {
        guard let range = SectorRange(start: 0, length: 32) else { preconditionFailure() }
        return try StatusLine(range: range, typeName: "multipath", text: text).status(of: MultipathTarget.self)
    }

    @Test("a status tells which groups and paths work")
    func statusReads() throws {
        #expect(
            try status("2 0 0 0 1 1 A 0 2 0 7:0 F 1 7:1 A 0 ")
                == MultipathTarget.Status(
                    nextGroup: 1,
                    groups: [
                        .init(state: .active, paths: [.init(device: "7:0", hasFailed: true, failureCount: 1), .init(device: "7:1")])
                    ]))
        var old = MultipathTarget.Status(
            queueing: 1, initCount: 3, nextGroup: 2,
            groups: [
                .init(state: .disabled, selectorWords: ["972", "0"], paths: [.init(device: "8:0", words: ["1", "2", "3"])]),
                .init(state: .enabled, paths: [.init(device: "8:16")]),
            ])
        old.unknown = ["x"]
        old.handlerWords = ["y", "z"]
        #expect(try status("3 1 3 x 2 y z 2 2 D 2 972 0 1 3 8:0 A 0 1 2 3 E 0 1 0 8:16 A 0") == old)
    }

    @Test(
        "a status prints as it was read",
        arguments: MultipathTarget.syntax.statusExamples + ["3 1 3 x 2 y z 2 2 D 2 972 0 1 3 8:0 A 0 1 2 3 E 0 1 0 8:16 A 0"])
    func statusPrints(_ text: String) throws {
        var writer = ArgumentWriter(keys: .redacted)
        try status(text).write(to: &writer)
        #expect(writer.string == text)
    }

    @Test(
        "a wrong status is refused with its word",
        arguments: [
            ("", "word 1: number of feature words: the line ends here"),
            ("1 0", "word 1: number of feature words: expected 2 to 1024, found 1"),
            ("2 x", "word 2: queueing: 'x' is not a number"),
            ("2 0 x", "word 3: initialisations: 'x' is not a number"),
            ("3 0 0", "word 4: feature word: the line ends here"),
            ("2 0 0 x", "word 4: number of handler words: 'x' is not a number"),
            ("2 0 0 1", "word 5: handler word: the line ends here"),
            ("2 0 0 0 1025", "word 5: number of groups: expected 0 to 1024, found 1025"),
            ("2 0 0 0 1 2", "word 6: next group: expected 0 to 1, found 2"),
            ("2 0 0 0 1 1", "word 7: group state: the line ends here"),
            ("2 0 0 0 1 1 a", "word 7: group state: expected A, E or D, found 'a'"),
            ("2 0 0 0 1 1 A 1", "word 9: selector word: the line ends here"),
            ("2 0 0 0 1 1 A 1025", "word 8: number of selector words: expected 0 to 1024, found 1025"),
            ("2 0 0 0 1 1 A 0 0", "word 9: number of paths: expected 1 to 1024, found 0"),
            ("2 0 0 0 1 1 A 0 1 1025", "word 10: number of words a path: expected 0 to 1024, found 1025"),
            ("2 0 0 0 1 1 A 0 1 0", "word 11: path: the line ends here"),
            ("2 0 0 0 1 1 A 0 1 0 8:0 X", "word 12: path state: expected A or F, found 'X'"),
            ("2 0 0 0 1 1 A 0 1 0 8:0 A x", "word 13: failures: 'x' is not a number"),
            ("2 0 0 0 1 1 A 0 1 1 8:0 A 0", "word 14: word of a path: the line ends here"),
            ("2 0 0 0 0 0 x", "word 7: unexpected 'x' after the arguments of the status of multipath"),
        ])
    func statusErrors(_ text: String, _ expected: String) {
        let error = #expect(throws: TableError.self) { _ = try status(text) }
        #expect(error?.description == expected)
    }

    static let messages: [(String, MultipathTarget.Message)] = [
        ("queue_if_no_path", .queueIfNoPath), ("fail_if_no_path", .failIfNoPath), ("disable_group 1", .disableGroup(1)),
        ("enable_group 1024", .enableGroup(1024)), ("switch_group 2", .switchGroup(2)), ("fail_path 8:0", .failPath("8:0")),
        ("reinstate_path /dev/sda", .reinstatePath("/dev/sda")),
    ]

    @Test("each message is read and written, in any case, and has no answer")
    func messagesRead() throws {
        for (text, message) in Self.messages {
            #expect(try MultipathTarget.Message(text) == message)
            #expect(message.text() == text)
            #expect(try message.reply(parsing: nil) == NoReply())
        }
        #expect(try MultipathTarget.Message("FAIL_PATH 8:0") == .failPath("8:0"))
    }

    @Test(
        "a wrong message is refused with its word",
        arguments: [
            ("", "word 1: message: the line ends here"),
            (
                "fail",
                """
                word 1: message: expected queue_if_no_path, fail_if_no_path, disable_group, enable_group, switch_group, fail_path or \
                reinstate_path, found 'fail'
                """
            ),
            ("queue_if_no_path 1", "word 2: unexpected '1' after the arguments of the message"),
            ("disable_group", "word 2: group: the line ends here"),
            ("enable_group 0", "word 2: group: expected 1 to 1024, found 0"),
            ("switch_group 1025", "word 2: group: expected 1 to 1024, found 1025"),
            ("fail_path", "word 2: path: the line ends here"),
            ("reinstate_path a b", "word 3: unexpected 'b' after the arguments of the message"),
        ])
    func messageErrors(_ text: String, _ expected: String) {
        let error = #expect(throws: TableError.self) { _ = try MultipathTarget.Message(text) }
        #expect(error?.description == expected)
    }
}
