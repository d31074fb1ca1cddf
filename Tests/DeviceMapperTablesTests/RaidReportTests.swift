import DeviceMapperTables
import StorageUnits
import Testing

/// Statuses of raid devices, and what they can be told.
@Suite struct RaidReportTests {
    @Test("a status tells how the members are and what goes on")
    func reads() throws {
        let parity = try ReportText.status("raid6_zr 5 AAAAA 48/68 idle 10 20 -", of: RaidTarget.self)
        #expect(
            parity
                == RaidTarget.Status(
                    kind: .raid6ZR, memberCount: 5, health: Array(repeating: .inSync, count: 5), progress: Ratio(48, of: 68), action: .idle,
                    mismatches: 10, dataOffset: 20, journal: RaidTarget.Status.Journal.none))
        // libdm shows this one as "Aa".
        let mirror = try ReportText.status("raid1 2 aa 10/20 resync 0 0 -", of: RaidTarget.self)
        #expect(mirror.health == [.alive, .alive])
        #expect(mirror.action == .resync)
        let degraded = try ReportText.status("raid5_ls 4 AaD- 0/4096 recover 0 0 a", of: RaidTarget.self)
        #expect(degraded.health == [.inSync, .alive, .failed, .missing])
        #expect(degraded.journal == .writeBack)
        #expect(degraded.unknown == [])
    }

    @Test(
        "a status is printed as it is read, that of older and newer kernels too",
        arguments: [
            "raid1 2 AA 16384/16384", "raid1 2 AA 16384/16384 idle 0", "raid1 2 AA 16384/16384 frozen 8 0",
            "raid1 2 AA 16384/16384 check 0 0 -",
            "raid10_offset 3 aaa 6984/12288 resync 0 0 -", "raid5_ra 3 AAA 4096/4096 idle 0 0 A", "raid5_ra 3 AAA 4096/4096 repair 0 0 D",
            "raid5_ls 3 AAAA 512/4096 reshape 0 8192 -", "raid1 3 AaA 2560/8192 recover 0 0 -", "raid1 2 AA 1/1 undef 0 0 - what is this",
        ])
    func prints(_ text: String) throws {
        #expect(ReportText.printed(try ReportText.status(text, of: RaidTarget.self)) == text)
    }

    @Test("words of newer kernels are kept")
    func newWords() throws {
        #expect(try ReportText.status("raid1 2 AA 1/1 idle 0 0 - x 5", of: RaidTarget.self).unknown == ["x", "5"])
    }

    @Test("fields that an older kernel does not tell are not printed, nor those behind them")
    func olderKernels() {
        var status = RaidTarget.Status(kind: .raid1, memberCount: 2, health: [.inSync, .failed], progress: Ratio(1, of: 2))
        #expect(ReportText.printed(status) == "raid1 2 AD 1/2")
        status.journal = .failed
        status.unknown = ["x"]
        #expect(ReportText.printed(status) == "raid1 2 AD 1/2")
        status.action = .idle
        #expect(ReportText.printed(status) == "raid1 2 AD 1/2 idle 0")
        status.dataOffset = 0
        #expect(ReportText.printed(status) == "raid1 2 AD 1/2 idle 0 0 D x")
    }

    private static let types =
        "raid0, raid1, raid10, raid10_near, raid10_offset, raid10_far, raid4, raid5_n, raid5_ls, raid5_rs, raid5_la, raid5_ra, raid6_zr, "
        + "raid6_nr, raid6_nc, raid6_n_6, raid6_ls_6, raid6_rs_6, raid6_la_6 or raid6_ra_6"

    @Test(
        "a wrong status is refused with its word",
        arguments: [
            ("", "word 1: type: the line ends here"),
            ("RAID1 2 AA 1/1", "word 1: type: expected \(types), found 'RAID1'"),
            ("raid1", "word 2: number of members: the line ends here"),
            ("raid1 0 A 1/1", "word 2: number of members: expected 1 to 253, found 0"),
            ("raid1 254 A 1/1", "word 2: number of members: expected 1 to 253, found 254"),
            ("raid1 2", "word 3: health: the line ends here"),
            ("raid1 2 AX 1/1", "word 3: health: expected letters A, a, D or -, found 'AX'"),
            ("raid1 2 AA", "word 4: sectors done: the line ends here"),
            ("raid1 2 AA 1", "word 4: sectors done: expected two numbers with '/' between them, found '1'"),
            (
                "raid1 2 AA 1/1 sync",
                "word 5: action: expected idle, frozen, reshape, resync, recover, check, repair or undef, found 'sync'"
            ),
            ("raid1 2 AA 1/1 idle", "word 6: mismatches: the line ends here"),
            ("raid1 2 AA 1/1 idle x", "word 6: mismatches: 'x' is not a number"),
            ("raid1 2 AA 1/1 idle 0 x", "word 7: data offset: 'x' is not a number"),
            ("raid1 2 AA 1/1 idle 0 0 X", "word 8: journal: expected A, a, D or -, found 'X'"),
            ("raid1 2 AA 1/1 idle 0 0 AA", "word 8: journal: expected A, a, D or -, found 'AA'"),
        ])
    func errors(_ text: String, _ expected: String) {
        #expect(ReportText.refusal(ofStatus: text, of: RaidTarget.self) == expected)
    }

    // MARK: messages

    @Test("a raid device is told what to do in a word, in any case", arguments: RaidTarget.Message.allCases)
    func messages(_ message: RaidTarget.Message) throws {
        #expect(try RaidTarget.Message(message.rawValue.uppercased()) == message)
        #expect(message.text() == message.rawValue)
        #expect(try message.reply(parsing: nil) == NoReply())
    }

    @Test(
        "a wrong message is refused with its word",
        arguments: [
            ("", "word 1: message: the line ends here"),
            ("stop", "word 1: message: expected idle, frozen, resync, recover, check or repair, found 'stop'"),
            ("idle now", "word 2: unexpected 'now' after the arguments of the message"),
        ])
    func wrongMessages(_ text: String, _ expected: String) {
        #expect(ReportText.refusal(ofMessage: text, to: RaidTarget.self) == expected)
    }
}
