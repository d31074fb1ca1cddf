import DeviceMapperTables
import StorageUnits
import Testing

@Suite struct CacheTargetTests {
    @Test(
        "a cache line is read and printed",
        arguments: [
            "7:3 7:1 7:0 128 1 writeback smq 0", "7:3 7:1 7:0 128 2 metadata2 writethrough smq 2 migration_threshold 4096",
            "a b c 64 0 default 0", "a b c 2097152 1 passthrough cleaner 0", "a b c 192 3 metadata2 writeback no_discard_passdown mq 0",
            "a b c 64 3 metadata2 no_discard_passdown something_new mq 2 random_threshold 4",
            "a b c 64 0 other 4 migration_threshold 18446744073709551615 Key Value",
        ])
    func reads(_ arguments: String) throws {
        let table = try MappingTable(parsing: "0 32768 cache \(arguments)")
        #expect(table.description == "0 32768 cache \(arguments)\n")
        #expect(table.lines[0].target is CacheTarget)
        #expect(table.isSatisfied(by: table))
    }

    @Test("its parts are in the order of the line")
    func parts() throws {
        let target = try onlyTarget(
            "0 8 cache 8:0 b c 192 3 no_discard_passdown METADATA2 Writethrough mq 4 RANDOM_threshold 5 Migration_Threshold 100",
            as: CacheTarget.self)
        #expect(
            target
                == CacheTarget(
                    metadataDevice: "8:0", cacheDevice: "b", originDevice: "c", blockSize: 192,
                    features: .init(mode: .writethrough, metadata2: true, noDiscardPassdown: true),
                    policy: .init(.mq, migrationThreshold: 100, arguments: [.init("RANDOM_threshold", "5")])))
        #expect(target.devices == ["8:0", "b", "c"])
        #expect(
            try MappingTable(length: 8, target).description
                == "0 8 cache 8:0 b c 192 3 metadata2 writethrough no_discard_passdown mq 4 migration_threshold 100 RANDOM_threshold 5\n")
        let plain = CacheTarget(metadataDevice: "a", cacheDevice: "b", originDevice: "c")
        #expect(try MappingTable(length: 8, plain).description == "0 8 cache a b c 512 1 writeback smq 0\n")
        #expect(try onlyTarget("0 8 cache a b c 64 0 smq 0", as: CacheTarget.self).features.mode == nil)
    }

    @Test("of a migration threshold that comes twice the last counts, as for the kernel")
    func lastCounts() throws {
        let target = try onlyTarget(
            "0 8 cache a b c 64 0 smq 4 migration_threshold 1 migration_threshold 2", as: CacheTarget.self)
        #expect(target.policy == .init(.smq, migrationThreshold: 2))
    }

    @Test(
        "a wrong cache line is refused with its line and word",
        arguments: [
            ("", "word 4: metadata device: the line ends here"),
            ("a", "word 5: cache device: the line ends here"),
            ("a b", "word 6: origin device: the line ends here"),
            ("a b c", "word 7: block size: the line ends here"),
            ("a b c x", "word 7: block size: 'x' is not a number"),
            ("a b c 32 0 smq 0", "word 7: block size: expected 64 to 2097152, found 32"),
            ("a b c 2097216 0 smq 0", "word 7: block size: expected 64 to 2097152, found 2097216"),
            ("a b c 96 0 smq 0", "word 7: cache: block size: expected a multiple of 64, 64 to 2097152, found 96"),
            ("a b c 64", "word 8: number of features: the line ends here"),
            ("a b c 64 4 a b c d smq 0", "word 8: number of features: expected 0 to 3, found 4"),
            ("a b c 64 2 metadata2", "word 10: expected 2 features, found 1"),
            (
                "a b c 64 2 writeback WRITETHROUGH smq 0",
                "word 10: feature: expected only one mode, found 'WRITETHROUGH' beside 'writeback'"
            ),
            (
                "a b c 64 2 passthrough passthrough smq 0",
                "word 10: feature: expected only one mode, found 'passthrough' beside 'passthrough'"
            ),
            ("a b c 64 0", "word 9: policy: the line ends here"),
            ("a b c 64 0 smq", "word 10: number of policy arguments: the line ends here"),
            ("a b c 64 0 smq 1025", "word 10: number of policy arguments: expected 0 to 1024, found 1025"),
            ("a b c 64 0 smq 2 migration_threshold", "word 12: expected 2 policy arguments, found 1"),
            ("a b c 64 0 smq 1 migration_threshold", "word 11: policy argument: 'migration_threshold' has no value"),
            ("a b c 64 0 smq 1 migration_threshold 5", "word 11: policy argument: 'migration_threshold' has no value"),
            ("a b c 64 0 smq 2 migration_threshold x", "word 12: migration_threshold: 'x' is not a number"),
            ("a b c 64 0 smq 2 random_threshold 5", "word 11: policy argument: smq has no 'random_threshold'"),
            ("a b c 64 0 cleaner 2 random_threshold 5", "word 11: policy argument: cleaner has no 'random_threshold'"),
            ("a b c 64 0 default 2 random_threshold 5", "word 11: policy argument: default has no 'random_threshold'"),
            ("a b c 64 0 mq 2 bogus 5", "word 11: policy argument: mq has no 'bogus'"),
            ("a b c 64 0 mq 2 random_threshold x", "word 12: random_threshold: 'x' is not a number"),
            ("a b c 64 0 mq 2 random_threshold 18446744073709551616", "word 12: random_threshold: '18446744073709551616' is not a number"),
            ("a b c 64 0 smq 0 more", "word 11: unexpected 'more' after the arguments of cache"),
        ])
    func errors(_ arguments: String, _ expected: String) {
        #expect(refusal(of: "0 32768 cache \(arguments)") == "line 1, \(expected)")
    }

    private func mistake(_ change: (inout CacheTarget) -> Void) -> String? {
        var target = CacheTarget(metadataDevice: "a", cacheDevice: "b", originDevice: "c")
        change(&target)
        return refusal(of: target)
    }

    @Test("sizes and features that no line could have are refused")
    func values() {
        #expect(mistake { _ in } == nil)
        for (size, word) in [(0, "0"), (63, "63"), (65, "65"), (2_097_216, "2097216")] as [(Sectors, String)] {
            #expect(
                mistake { $0.blockSize = size }
                    == "line 1, word 7: cache: block size: expected a multiple of 64, 64 to 2097152, found \(word)")
        }
        let all = CacheTarget.Features(mode: .passthrough, metadata2: true, noDiscardPassdown: true)
        #expect(mistake { $0.features = all } == nil)
        #expect(
            mistake {
                $0.features = all
                $0.features.unknown = ["new"]
            } == "line 1, word 8: cache: number of features: expected 0 to 3, found 4")
        #expect(mistake { $0.features.unknown = ["Writeback"] } == "line 1: cache: feature: 'Writeback' is not an unknown word")
        #expect(mistake { $0.features.unknown = [""] } == "line 1: cache: feature: a word is empty or has a NUL character")
    }

    @Test("policies that no line could have are refused")
    func policies() {
        #expect(mistake { $0.policy = .init("") } == "line 1: cache: policy: a word is empty or has a NUL character")
        #expect(
            mistake { $0.policy = .init("other", arguments: [.init("k", "")]) }
                == "line 1: cache: policy argument: a word is empty or has a NUL character")
        #expect(
            mistake { $0.policy = .init("other", arguments: [.init("k\0", "v")]) }
                == "line 1: cache: policy argument: a word is empty or has a NUL character")
        #expect(
            mistake { $0.policy = .init("other", arguments: [.init("Migration_threshold", "5")]) }
                == "line 1: cache: policy argument: migration_threshold is no key of the policy")
        #expect(
            mistake { $0.policy = .init(arguments: [.init("random_threshold", "5")]) }
                == "line 1: cache: policy argument: smq has no 'random_threshold'")
        #expect(
            mistake { $0.policy = .init(.mq, arguments: [.init("read_promote_adjustment", "-5")]) }
                == "line 1: cache: read_promote_adjustment: '-5' is not a number")
        let many = Array(repeating: CacheTarget.PolicyArgument("k", "v"), count: 512)
        #expect(mistake { $0.policy = .init("other", arguments: many) } == nil)
        #expect(
            mistake { $0.policy = .init("other", migrationThreshold: 1, arguments: many) }
                == "line 1: cache: number of policy arguments: expected 0 to 1024, found 1026")
    }

    @Test("a kernel prints words as they were loaded, and what is not there is the default")
    func satisfied() throws {
        func isSatisfied(_ loaded: String, by printed: String) throws -> Bool {
            try MappingTable(parsing: "0 8 cache 7:0 7:1 7:2 \(loaded)")
                .isSatisfied(by: MappingTable(parsing: "0 8 cache 7:0 7:1 7:2 \(printed)"))
        }
        #expect(try isSatisfied("64 1 writeback smq 0", by: "64 0 smq 0"))
        #expect(try isSatisfied("64 0 smq 0", by: "64 1 WRITEBACK smq 2 migration_threshold 2048"))
        #expect(try isSatisfied("64 2 metadata2 writethrough smq 0", by: "64 2 writethrough metadata2 smq 0"))
        #expect(
            try isSatisfied(
                "64 0 mq 4 migration_threshold 5 random_threshold 1", by: "64 0 mq 4 random_threshold 1 migration_threshold 5"))
        #expect(try !isSatisfied("64 0 smq 0", by: "128 0 smq 0"))
        #expect(try !isSatisfied("64 0 smq 0", by: "64 1 writethrough smq 0"))
        #expect(try !isSatisfied("64 0 smq 0", by: "64 1 metadata2 smq 0"))
        #expect(try !isSatisfied("64 0 smq 0", by: "64 0 cleaner 0"))
        #expect(try !isSatisfied("64 0 smq 0", by: "64 0 smq 2 migration_threshold 2049"))
        #expect(try !isSatisfied("64 0 mq 0", by: "64 0 mq 2 random_threshold 1"))
    }

    // MARK: status

    @Test("a status tells of blocks, requests and what is in effect")
    func statusReads() throws {
        var counters = CacheTarget.Counters()
        (counters.readHits, counters.readMisses, counters.writeHits) = (1, 2, 3)
        (counters.writeMisses, counters.demotions, counters.promotions) = (4, 5, 6)
        let state = CacheTarget.State(
            metadataBlocks: .init(9, of: 2048), blockSize: 192, cacheBlocks: .init(7, of: 85), counters: counters, dirtyBlocks: 8,
            features: .init(mode: .writethrough, metadata2: true, noDiscardPassdown: true), migrationThreshold: 100, policy: .mq,
            policyArguments: [.init("random_threshold", "0")], metadataMode: .readOnly, needsCheck: true)
        let text =
            "8 9/2048 192 7/85 1 2 3 4 5 6 8 3 metadata2 writethrough no_discard_passdown 2 migration_threshold 100 mq "
            + "2 random_threshold 0 ro needs_check"
        #expect(try ReportText.status(text, of: CacheTarget.self) == .working(state))
        #expect(ReportText.printed(CacheTarget.Status.working(state)) == text)
        let plain = CacheTarget.State(metadataBlocks: .init(7, of: 2048), blockSize: 128, cacheBlocks: .init(0, of: 128))
        #expect(
            ReportText.printed(CacheTarget.Status.working(plain))
                == "8 7/2048 128 0/128 0 0 0 0 0 0 0 1 writeback 2 migration_threshold 2048 smq 0 rw -")
        #expect(try ReportText.status("Fail", of: CacheTarget.self) == .failed)
        #expect(try ReportText.status("Error", of: CacheTarget.self) == .error)
    }

    @Test(
        "what kernels printed is printed again",
        arguments: [
            "8 7/2048 128 16/256 16 0 0 0 0 16 16 1 writeback 2 migration_threshold 2048 smq 0 rw - ",
            "8 9/2048 128 0/256 0 16 0 16 0 0 0 2 metadata2 writethrough 2 migration_threshold 4096 smq 0 rw - ",
            "8 7/2048 128 0/128 0 0 0 0 0 0 0 2 writeback no_discard_passdown 2 migration_threshold 18446744073709551615 smq 0 rw - ",
            "8 7/2048 128 0/128 0 0 0 0 0 0 0 1 passthrough 2 migration_threshold 2048 cleaner 0 rw - new words",
            "8 7/2048 128 0/128 0 0 0 0 0 0 0 1 passthrough 2 migration_threshold 2048 cleaner 0 rw",
            "8 7/2048 128 0/128 0 0 0 0 0 0 0 2 passthrough new 4 migration_threshold 2048 other 5 cleaner 0",
            "8 7/2048 128 0/128 0 0 0 0 0 0 0 0 0 cleaner 0", "Fail", "Error",
        ])
    func statusPrints(_ text: String) throws {
        #expect(ReportText.printed(try ReportText.status(text, of: CacheTarget.self)) == text.split(separator: " ").joined(separator: " "))
    }

    @Test(
        "a wrong status is refused with its word",
        arguments: [
            ("", "word 1: metadata block size: the line ends here"),
            ("Fail 1", "word 2: unexpected '1' after the arguments of the status of cache"),
            ("8 7", "word 2: metadata blocks: expected two numbers with '/' between them, found '7'"),
            ("8 7/8", "word 3: block size: the line ends here"),
            ("8 7/8 1 x", "word 4: cache blocks: expected two numbers with '/' between them, found 'x'"),
            ("8 7/8 1 0/1", "word 5: read hits: the line ends here"),
            ("8 7/8 1 0/1 4294967296", "word 5: read hits: expected 0 to 4294967295, found 4294967296"),
            ("8 7/8 1 0/1 1", "word 6: read misses: the line ends here"),
            ("8 7/8 1 0/1 1 2", "word 7: write hits: the line ends here"),
            ("8 7/8 1 0/1 1 2 3", "word 8: write misses: the line ends here"),
            ("8 7/8 1 0/1 1 2 3 4", "word 9: demotions: the line ends here"),
            ("8 7/8 1 0/1 1 2 3 4 5", "word 10: promotions: the line ends here"),
            ("8 7/8 1 0/1 1 2 3 4 5 6", "word 11: dirty blocks: the line ends here"),
            ("8 7/8 1 0/1 1 2 3 4 5 6 7", "word 12: number of features: the line ends here"),
            ("8 7/8 1 0/1 1 2 3 4 5 6 7 0", "word 13: number of core arguments: the line ends here"),
            ("8 7/8 1 0/1 1 2 3 4 5 6 7 0 1 x", "word 14: core arguments: 'x' has no value"),
            ("8 7/8 1 0/1 1 2 3 4 5 6 7 0 2 migration_threshold x", "word 15: migration_threshold: 'x' is not a number"),
            ("8 7/8 1 0/1 1 2 3 4 5 6 7 0 0", "word 14: policy: the line ends here"),
            ("8 7/8 1 0/1 1 2 3 4 5 6 7 0 0 smq", "word 15: number of policy arguments: the line ends here"),
            ("8 7/8 1 0/1 1 2 3 4 5 6 7 0 0 smq 1 x", "word 16: policy arguments: 'x' has no value"),
            ("8 7/8 1 0/1 1 2 3 4 5 6 7 0 0 smq 0 x", "word 16: metadata mode: expected rw or ro, found 'x'"),
            ("8 7/8 1 0/1 1 2 3 4 5 6 7 0 0 smq 0 rw x", "word 17: needs_check: expected needs_check or -, found 'x'"),
        ])
    func statusErrors(_ text: String, _ expected: String) { #expect(ReportText.refusal(ofStatus: text, of: CacheTarget.self) == expected) }

    // MARK: messages

    @Test(
        "messages are read in any case, and printed",
        arguments: [
            ("MIGRATION_threshold 0", .setMigrationThreshold(0), "migration_threshold 0"),
            ("random_threshold 3", .set(.init("random_threshold", "3")), "random_threshold 3"),
            (
                "INVALIDATE_cblocks 1 3-5 6-7 4294967294", .invalidate([1..<2, 3..<5, 6..<7, 4_294_967_294..<4_294_967_295]),
                "invalidate_cblocks 1 3-5 6 4294967294"
            ),
            ("invalidate_cblocks", .invalidate([]), "invalidate_cblocks"),
        ] as [(String, CacheTarget.Message, String)])
    func messages(_ text: String, _ expected: CacheTarget.Message, _ printed: String) throws {
        let message = try CacheTarget.Message(text)
        #expect(message == expected)
        #expect(message.text() == printed)
        #expect(try message.reply(parsing: nil) == NoReply())
    }

    @Test(
        "a wrong message is refused with its word",
        arguments: [
            ("", "word 1: message: the line ends here"),
            ("key", "word 2: value: the line ends here"),
            ("key value more", "word 3: unexpected 'more' after the arguments of the message"),
            ("migration_threshold x", "word 2: migration_threshold: 'x' is not a number"),
            ("invalidate_cblocks x", "word 2: cache blocks: expected <block> or <first>-<end>, found 'x'"),
            ("invalidate_cblocks 1-", "word 2: cache blocks: expected <block> or <first>-<end>, found '1-'"),
            ("invalidate_cblocks -1", "word 2: cache blocks: expected <block> or <first>-<end>, found '-1'"),
            ("invalidate_cblocks 1-2-3", "word 2: cache blocks: expected <block> or <first>-<end>, found '1-2-3'"),
            (
                "invalidate_cblocks 0 5-5",
                "word 3: cache blocks: expected a first block before the end, which is at most 4294967295, found '5-5'"
            ),
            (
                "invalidate_cblocks 5-4",
                "word 2: cache blocks: expected a first block before the end, which is at most 4294967295, found '5-4'"
            ),
            (
                "invalidate_cblocks 4294967295",
                "word 2: cache blocks: expected a first block before the end, which is at most 4294967295, found '4294967295'"
            ),
            (
                "invalidate_cblocks 18446744073709551615",
                "word 2: cache blocks: expected a first block before the end, which is at most 4294967295, found '18446744073709551615'"
            ),
            (
                "invalidate_cblocks 1-4294967297",
                "word 2: cache blocks: expected a first block before the end, which is at most 4294967295, found '1-4294967297'"
            ),
        ])
    func messageErrors(_ text: String, _ expected: String) {
        #expect(ReportText.refusal(ofMessage: text, to: CacheTarget.self) == expected)
    }
}
