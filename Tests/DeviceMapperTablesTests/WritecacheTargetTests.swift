import DeviceMapperTables
import StorageUnits
import Testing

@Suite struct WritecacheTargetTests {
    @Test(
        "a writecache line is read and printed",
        arguments: [
            "s 7:0 7:1 4096 0", "s 7:0 7:1 4096 4 high_watermark 60 low_watermark 40", "p a b 512 1 fua", "p a b 1024 1 nofua",
            "p a b 512 5 autocommit_time 3600000 cleaner nofua metadata_only", "s a b 2048 3 cleaner unheard_of 5",
            "s a b 4096 18 start_sector 8 high_watermark 7 low_watermark 6 writeback_jobs 0 autocommit_blocks 4294967295 "
                + "autocommit_time 3 max_age 86400000 cleaner metadata_only pause_writeback 60000",
        ])
    func reads(_ arguments: String) throws {
        let table = try MappingTable(parsing: "0 32768 writecache \(arguments)")
        #expect(table.description == "0 32768 writecache \(arguments)\n")
        #expect(table.lines[0].target is WritecacheTarget)
        #expect(table.isSatisfied(by: table))
    }

    @Test("its parts are in the order of the line")
    func parts() throws {
        let target = try onlyTarget(
            "0 8 writecache S 8:0 b 1024 11 pause_writeback 1 CLEANER max_age 2 autocommit_time 3 low_watermark 4 autocommit_blocks 5",
            as: WritecacheTarget.self)
        var options = WritecacheTarget.Options()
        (options.lowWatermark, options.autocommitBlocks, options.autocommitTime, options.maxAge) = (4, 5, 3, 2)
        options.cleaner = true
        #expect(
            target
                == WritecacheTarget(
                    medium: .ssd(pauseWriteback: 1), originDevice: "8:0", cacheDevice: "b", blockSize: ByteCount(1024), options: options))
        #expect(target.devices == ["8:0", "b"])
        #expect(
            try MappingTable(length: 8, target).description
                == "0 8 writecache s 8:0 b 1024 11 low_watermark 4 autocommit_blocks 5 autocommit_time 3 max_age 2 cleaner "
                + "pause_writeback 1\n"
        )
        let plain = WritecacheTarget(originDevice: "a", cacheDevice: "b")
        #expect(try MappingTable(length: 8, plain).description == "0 8 writecache s a b 4096 0\n")
    }

    @Test(
        "of options that exclude or repeat each other the last counts, as for the kernel",
        arguments: [
            ("p a b 512 2 fua nofua", "p a b 512 1 nofua"), ("p a b 512 2 NOFUA FUA", "p a b 512 1 fua"),
            ("s a b 512 4 max_age 1 max_age 2", "s a b 512 2 max_age 2"),
            ("s a b 512 3 metadata_only cleaner cleaner", "s a b 512 2 cleaner metadata_only"),
            ("s a b 512 4 high_watermark 40 high_watermark 45", "s a b 512 2 high_watermark 45"),
        ])
    func lastCounts(_ loaded: String, _ printed: String) throws {
        let table = try MappingTable(parsing: "0 8 writecache \(loaded)")
        #expect(table.description == "0 8 writecache \(printed)\n")
        #expect(try table.isSatisfied(by: MappingTable(parsing: "0 8 writecache \(printed)")))
    }

    @Test(
        "a wrong writecache line is refused with its line and word",
        arguments: [
            ("", "word 4: medium: the line ends here"),
            ("x a b 4096 0", "word 4: medium: expected p or s, found 'x'"),
            ("s", "word 5: origin device: the line ends here"),
            ("s a", "word 6: cache device: the line ends here"),
            ("s a b", "word 7: block size: the line ends here"),
            ("s a b x 0", "word 7: block size: 'x' is not a number"),
            ("s a b 256 0", "word 7: block size: expected 512, 1024, 2048 or 4096, found 256"),
            ("s a b 1536 0", "word 7: block size: expected 512, 1024, 2048 or 4096, found 1536"),
            ("s a b 8192 0", "word 7: block size: expected 512, 1024, 2048 or 4096, found 8192"),
            ("s a b 4096", "word 8: number of words of options: the line ends here"),
            ("s a b 4096 19 a", "word 8: number of words of options: expected 0 to 18, found 19"),
            ("s a b 4096 2 cleaner", "word 10: expected 2 words of options, found 1"),
            ("s a b 4096 0 more", "word 9: unexpected 'more' after the arguments of writecache"),
            ("s a b 4096 1 Max_Age", "word 9: option: 'Max_Age' has no value"),
            ("s a b 4096 2 cleaner high_watermark 50", "word 10: option: 'high_watermark' has no value"),
            (
                "s a b 4096 2 start_sector 18014398509481984",
                "word 10: start_sector: expected 0 to 18014398509481983, found 18014398509481984"
            ),
            ("s a b 4096 2 high_watermark 101", "word 10: high_watermark: expected 0 to 100, found 101"),
            ("s a b 4096 2 low_watermark 101", "word 10: low_watermark: expected 0 to 100, found 101"),
            ("s a b 4096 2 low_watermark -1", "word 10: low_watermark: '-1' is not a number"),
            ("s a b 4096 2 high_watermark 44", "word 10: high_watermark: expected at least the low watermark, 45, found 44"),
            ("s a b 4096 2 low_watermark 51", "word 10: high_watermark: expected at least the low watermark, 51, found 50"),
            (
                "s a b 4096 4 high_watermark 1 low_watermark 2",
                "word 12: high_watermark: expected at least the low watermark, 2, found 1"
            ),
            ("s a b 4096 2 writeback_jobs 4294967296", "word 10: writeback_jobs: expected 0 to 4294967295, found 4294967296"),
            ("s a b 4096 2 autocommit_blocks x", "word 10: autocommit_blocks: 'x' is not a number"),
            ("s a b 4096 2 autocommit_time 3600001", "word 10: autocommit_time: expected 0 to 3600000, found 3600001"),
            ("s a b 4096 2 max_age 86400001", "word 10: max_age: expected 0 to 86400000, found 86400001"),
            ("s a b 4096 2 pause_writeback 60001", "word 10: pause_writeback: expected 0 to 60000, found 60001"),
            ("s a b 4096 1 fua", "word 9: option: 'fua' is for persistent memory, 'p', only"),
            ("s a b 4096 1 NOfua", "word 9: option: 'NOfua' is for persistent memory, 'p', only"),
            ("p a b 4096 2 pause_writeback 1", "word 9: option: 'pause_writeback' is for an SSD, 's', only"),
        ])
    func errors(_ arguments: String, _ expected: String) {
        #expect(refusal(of: "0 32768 writecache \(arguments)") == "line 1, \(expected)")
    }

    @Test("a line is a multiple of the block size")
    func lengths() {
        #expect(
            refusal(of: "0 12 writecache s a b 4096 0")
                == "line 1, word 2: writecache: length: 12 is not a multiple of the block size, 8 sectors")
        #expect(
            refusal(of: "0 13 writecache s a b 1024 0")
                == "line 1, word 2: writecache: length: 13 is not a multiple of the block size, 2 sectors")
        #expect(refusal(of: "0 13 writecache s a b 512 0") == nil)
    }

    @Test("values that no line could have are refused")
    func values() {
        func mistake(
            _ medium: WritecacheTarget.Medium = .ssd(), size: UInt64 = 4096, _ change: (inout WritecacheTarget.Options) -> Void
        )
            -> String?
        {
            var target = WritecacheTarget(medium: medium, originDevice: "a", cacheDevice: "b", blockSize: ByteCount(size))
            change(&target.options)
            return refusal(of: target)
        }
        #expect(mistake { _ in } == nil)
        for size: UInt64 in [0, 511, 8192] {
            #expect(
                mistake(size: size) { _ in }
                    == "line 1, word 7: writecache: block size: expected 512, 1024, 2048 or 4096, found \(size)")
        }
        #expect(
            mistake { $0.startSector = Sectors(1 << 54) }
                == "line 1: writecache: start_sector: expected 0 to 18014398509481983, found 18014398509481984")
        #expect(mistake { $0.highWatermark = 101 } == "line 1: writecache: high_watermark: expected 0 to 100, found 101")
        #expect(mistake { $0.lowWatermark = 101 } == "line 1: writecache: low_watermark: expected 0 to 100, found 101")
        #expect(
            mistake { $0.highWatermark = 10 }
                == "line 1: writecache: high_watermark: expected at least the low watermark, 45, found 10")
        #expect(
            mistake { $0.autocommitTime = 3_600_001 } == "line 1: writecache: autocommit_time: expected 0 to 3600000, found 3600001")
        #expect(mistake { $0.maxAge = 86_400_001 } == "line 1: writecache: max_age: expected 0 to 86400000, found 86400001")
        #expect(
            mistake(.ssd(pauseWriteback: 60_001)) { _ in } == "line 1: writecache: pause_writeback: expected 0 to 60000, found 60001")
        #expect(mistake { $0.unknown = ["NoFUA"] } == "line 1: writecache: option: 'NoFUA' is not an unknown word")
        #expect(mistake { $0.unknown = ["max_age"] } == "line 1: writecache: option: 'max_age' is not an unknown word")
        #expect(mistake { $0.unknown = [""] } == "line 1: writecache: option: a word is empty or has a NUL character")
        #expect(
            mistake { $0.unknown = Array(repeating: "new", count: 19) }
                == "line 1, word 8: writecache: number of words of options: expected 0 to 18, found 19")
        #expect(mistake(.persistentMemory(fua: false)) { $0.unknown = ["new"] } == nil)
    }

    @Test("what a kernel prints satisfies only the line that was loaded")
    func satisfied() throws {
        func isSatisfied(_ loaded: String, by printed: String) throws -> Bool {
            try MappingTable(parsing: "0 8 writecache \(loaded)").isSatisfied(by: MappingTable(parsing: "0 8 writecache \(printed)"))
        }
        #expect(
            try isSatisfied("S 7:0 7:1 512 4 LOW_watermark 1 high_watermark 2", by: "s 7:0 7:1 512 4 high_watermark 2 low_watermark 1"))
        #expect(try !isSatisfied("s 7:0 7:1 512 0", by: "p 7:0 7:1 512 0"))
        #expect(try !isSatisfied("s 7:0 7:1 512 0", by: "s 7:0 7:1 1024 0"))
        #expect(try !isSatisfied("s 7:0 7:1 512 0", by: "s 7:0 7:1 512 1 cleaner"))
        #expect(try !isSatisfied("p 7:0 7:1 512 1 fua", by: "p 7:0 7:1 512 1 nofua"))
        #expect(try !isSatisfied("s 7:0 7:1 512 2 pause_writeback 1", by: "s 7:0 7:1 512 2 pause_writeback 2"))
    }

    // MARK: status

    @Test("a status tells how full the cache is, and what it did")
    func statusReads() throws {
        var counters = WritecacheTarget.Status.Counters()
        (counters.reads, counters.readHits, counters.writes, counters.uncommittedWriteHits) = (5, 6, 7, 8)
        (counters.committedWriteHits, counters.writesAround, counters.allocatingWrites) = (9, 10, 11)
        (counters.blockedWrites, counters.flushes, counters.discards) = (12, 13, 14)
        let expected = WritecacheTarget.Status(error: 1, blocks: 2, freeBlocks: 3, writebackBlocks: 4, counters: counters)
        #expect(try ReportText.status("1 2 3 4 5 6 7 8 9 10 11 12 13 14", of: WritecacheTarget.self) == expected)
        #expect(ReportText.printed(expected) == "1 2 3 4 5 6 7 8 9 10 11 12 13 14")
        #expect(ReportText.printed(WritecacheTarget.Status(blocks: 9, freeBlocks: 8, counters: nil)) == "0 9 8 0")
    }

    @Test(
        "what kernels printed is printed again",
        arguments: [
            "0 4080 4080 0 256 256 256 0 0 0 256 0 1 0", "0 15879 15879 0 0 0 0 0 0 0 0 0 0 0", "0 4080 4080 0",
            "0 4080 4080 0 1 2 3 4 5 6 7 8 9 10 new words",
        ])
    func statusPrints(_ text: String) throws { #expect(ReportText.printed(try ReportText.status(text, of: WritecacheTarget.self)) == text) }

    @Test(
        "a wrong status is refused with its word",
        arguments: [
            ("", "word 1: error: the line ends here"),
            ("Error", "word 1: error: 'Error' is not a number"),
            ("0", "word 2: blocks: the line ends here"),
            ("0 1", "word 3: free blocks: the line ends here"),
            ("0 1 2", "word 4: blocks under writeback: the line ends here"),
            ("0 1 2 3 x", "word 5: reads: 'x' is not a number"),
            ("0 1 2 3 1", "word 6: read hits: the line ends here"),
            ("0 1 2 3 1 2", "word 7: writes: the line ends here"),
            ("0 1 2 3 1 2 3", "word 8: uncommitted write hits: the line ends here"),
            ("0 1 2 3 1 2 3 4", "word 9: committed write hits: the line ends here"),
            ("0 1 2 3 1 2 3 4 5", "word 10: writes around: the line ends here"),
            ("0 1 2 3 1 2 3 4 5 6", "word 11: allocating writes: the line ends here"),
            ("0 1 2 3 1 2 3 4 5 6 7", "word 12: blocked writes: the line ends here"),
            ("0 1 2 3 1 2 3 4 5 6 7 8", "word 13: flushes: the line ends here"),
            ("0 1 2 3 1 2 3 4 5 6 7 8 9", "word 14: discards: the line ends here"),
        ])
    func statusErrors(_ text: String, _ expected: String) {
        #expect(ReportText.refusal(ofStatus: text, of: WritecacheTarget.self) == expected)
    }

    // MARK: messages

    @Test(
        "messages are read in any case, and printed",
        arguments: [
            ("FLUSH", .flush, "flush"), ("flush_on_suspend", .flushOnSuspend, "flush_on_suspend"), ("Cleaner", .cleaner, "cleaner"),
            ("clear_stats", .clearStatistics, "clear_stats"),
        ] as [(String, WritecacheTarget.Message, String)])
    func messages(_ text: String, _ expected: WritecacheTarget.Message, _ printed: String) throws {
        let message = try WritecacheTarget.Message(text)
        #expect(message == expected)
        #expect(message.text() == printed)
        #expect(try message.reply(parsing: nil) == NoReply())
    }

    @Test(
        "a wrong message is refused with its word",
        arguments: [
            ("", "word 1: message: the line ends here"),
            ("bogus", "word 1: message: expected flush, flush_on_suspend, cleaner or clear_stats, found 'bogus'"),
            ("flush x", "word 2: unexpected 'x' after the arguments of the message"),
        ])
    func messageErrors(_ text: String, _ expected: String) {
        #expect(ReportText.refusal(ofMessage: text, to: WritecacheTarget.self) == expected)
    }
}
