import DeviceMapperTables
import StorageUnits
import Testing

@Suite struct LogWritesTargetTests {
    @Test("a log-writes line is read and printed", arguments: ["7:0 7:1", "/dev/sda log.img"])
    func reads(_ arguments: String) throws {
        #expect(try MappingTable(parsing: "0 32768 log-writes \(arguments)").description == "0 32768 log-writes \(arguments)\n")
    }

    @Test("its parts are those of the line")
    func parts() throws {
        let target = try onlyTarget("0 8 log-writes a 8:0", as: LogWritesTarget.self)
        #expect(target == LogWritesTarget(device: "a", logDevice: "8:0"))
        #expect(target.devices == ["a", "8:0"])
    }

    @Test("a wrong log-writes line is refused with its line and word")
    func errors() {
        #expect(refusal(of: "0 8 log-writes") == "line 1, word 4: device: the line ends here")
        #expect(refusal(of: "0 8 log-writes a") == "line 1, word 5: log device: the line ends here")
        #expect(refusal(of: "0 8 log-writes a b c") == "line 1, word 6: unexpected 'c' after the arguments of log-writes")
    }

    @Test("it is satisfied by an equal one only")
    func satisfied() throws {
        #expect(try ReportText.isSatisfied("0 8 log-writes a b", by: "0 8 log-writes a b"))
        #expect(try !ReportText.isSatisfied("0 8 log-writes a b", by: "0 8 log-writes b a"))
    }

    // MARK: status and messages

    @Test("a status tells how far the log is, and whether it is still written")
    func status() throws {
        func status(_ text: String) throws -> LogWritesTarget.Status { try ReportText.status(text, of: LogWritesTarget.self) }
        #expect(try status("18 2066") == .init(entries: 18, lastSector: 2066))
        #expect(try status("0 0 logging_disabled") == .init(entries: 0, lastSector: 0, isLogging: false))
        for text in ["18 2066", "18 2066 logging_disabled"] { #expect(ReportText.printed(try status(text)) == text) }
    }

    @Test(
        "a wrong status is refused with its word",
        arguments: [
            ("", "word 1: entries: the line ends here"),
            ("x", "word 1: entries: 'x' is not a number"),
            ("1", "word 2: last sector: the line ends here"),
            ("1 x", "word 2: last sector: 'x' is not a number"),
            ("1 2 disabled", "word 3: state: expected logging_disabled, found 'disabled'"),
            ("1 2 logging_disabled 3", "word 4: unexpected '3' after the arguments of the status of log-writes"),
        ])
    func statusErrors(_ text: String, _ expected: String) {
        #expect(ReportText.refusal(ofStatus: text, of: LogWritesTarget.self) == expected)
    }

    @Test("a mark is a word, which may have blanks")
    func messages() throws {
        #expect(try LogWritesTarget.Message("MARK one") == .mark("one"))
        #expect(try LogWritesTarget.Message(#"mark two\ words\\"#) == .mark(#"two words\"#))
        #expect(LogWritesTarget.Message.mark(#"two words\"#).text() == #"mark two\ words\\"#)
        #expect(try LogWritesTarget.Message.mark("a").reply(parsing: nil) == NoReply())
    }

    @Test(
        "a wrong message is refused with its word",
        arguments: [
            ("", "word 1: message: the line ends here"),
            ("note x", "word 1: message: expected mark, found 'note'"),
            ("mark", "word 2: text: the line ends here"),
            ("mark a b", "word 3: unexpected 'b' after the arguments of the message"),
        ])
    func messageErrors(_ text: String, _ expected: String) {
        #expect(ReportText.refusal(ofMessage: text, to: LogWritesTarget.self) == expected)
    }
}
