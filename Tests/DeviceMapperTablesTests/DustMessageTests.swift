import DeviceMapperTables
import Testing

@Suite struct DustMessageTests {
    static let messages: [(String, DustMessage)] = [
        ("addbadblock 60", .addBadBlock(60)), ("addbadblock 67 255", .addBadBlock(67, failingWrites: 255)),
        ("removebadblock 60", .removeBadBlock(60)), ("queryblock 18446744073709551615", .queryBlock(.max)),
        ("countbadblocks", .countBadBlocks), ("listbadblocks", .listBadBlocks), ("clearbadblocks", .clearBadBlocks), ("enable", .enable),
        ("disable", .disable), ("quiet", .toggleQuiet),
    ]

    @Test("each message is read in any case, and written")
    func reads() throws {
        for (text, message) in Self.messages {
            #expect(try DustMessage(text) == message)
            #expect(try DustMessage(text.uppercased()) == message)
            #expect(message.text() == text)
        }
        #expect(try DustMessage("addbadblock 5 0") == .addBadBlock(5))
    }

    @Test(
        "a wrong message is refused with its word",
        arguments: [
            ("", "word 1: message: the line ends here"),
            (
                "add",
                """
                word 1: message: expected addbadblock, removebadblock, queryblock, countbadblocks, listbadblocks, clearbadblocks, enable, \
                disable or quiet, found 'add'
                """
            ),
            ("addbadblock", "word 2: block: the line ends here"),
            ("addbadblock x", "word 2: block: 'x' is not a number"),
            ("addbadblock 1 256", "word 3: failing writes: expected 0 to 255, found 256"),
            ("addbadblock 1 2 3", "word 4: unexpected '3' after the arguments of the message"),
            ("removebadblock", "word 2: block: the line ends here"),
            ("queryblock 1 1", "word 3: unexpected '1' after the arguments of the message"),
            ("enable x", "word 2: unexpected 'x' after the arguments of the message"),
        ])
    func errors(_ text: String, _ expected: String) {
        #expect(ReportText.refusal(ofMessage: text, to: DustTarget.self) == expected)
    }

    @Test("each answer is read")
    func replies() throws {
        #expect(try DustMessage.queryBlock(60).reply(parsing: "dust_query_block: block 60 found in badblocklist") == .isBad(true))
        #expect(try DustMessage.queryBlock(61).reply(parsing: "dust_query_block: block 61 not found in badblocklist") == .isBad(false))
        #expect(try DustMessage.countBadBlocks.reply(parsing: "countbadblocks: 4 badblock(s) found") == .count(4))
        #expect(try DustMessage.listBadBlocks.reply(parsing: "60\n67\n72\n") == .badBlocks([60, 67, 72]))
        #expect(try DustMessage.listBadBlocks.reply(parsing: "No blocks in badblocklist") == .badBlocks([]))
        #expect(try DustMessage.clearBadBlocks.reply(parsing: "dust_clear_badblocks: badblocks cleared") == .cleared(true))
        #expect(try DustMessage.clearBadBlocks.reply(parsing: "dust_clear_badblocks: no badblocks found") == .cleared(false))
    }

    @Test("no answer is nothing: old kernels write to their log instead")
    func noReply() throws {
        for (_, message) in Self.messages {
            #expect(try message.reply(parsing: nil) == .nothing)
            #expect(try message.reply(parsing: "") == .nothing)
        }
    }

    @Test(
        "an answer that is not known is an error, with the message that it came to",
        arguments: [
            (DustMessage.queryBlock(60), "dust_query_block: block 61 found in badblocklist", "queryblock 60"),
            (.queryBlock(60), "found", "queryblock 60"),
            (.countBadBlocks, "countbadblocks: many badblock(s) found", "countbadblocks"),
            (.countBadBlocks, "4", "countbadblocks"),
            (.listBadBlocks, "60 x", "listbadblocks"),
            (.clearBadBlocks, "cleared", "clearbadblocks"),
            (.enable, "enabled", "enable"),
        ])
    func wrongReplies(_ message: DustMessage, _ answer: String, _ text: String) {
        let error = #expect(throws: TableError.self) { _ = try message.reply(parsing: answer) }
        #expect(error?.description == "answer to '\(text)': '\(answer)' is not known")
    }
}
