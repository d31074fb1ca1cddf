import DeviceMapperTables
import StorageUnits
import Testing

@Suite struct MirrorTargetTests {
    @Test(
        "a mirror line is read and printed",
        arguments: [
            "core 1 1024 2 /dev/sda 0 /dev/sdb 0", "core 2 2 nosync 2 8:0 0 8:16 64 1 handle_errors",
            "disk 3 log 32768 sync 3 a 0 b 1 c 2 2 handle_errors keep_log", "userspace 3 u clustered-core 1024 2 a 0 b 0",
            "userspace 3 u integrated_flush clustered-core 2 a 0 b 0", "core 1 1024 2 a 0 b 0 2 handle_errors new_option",
        ])
    func reads(_ arguments: String) throws {
        let table = try MappingTable(parsing: "0 32768 mirror \(arguments)")
        #expect(table.description == "0 32768 mirror \(arguments)\n")
        #expect(table.lines[0].target is MirrorTarget)
    }

    @Test("its log, devices and options are in the order of the line")
    func parts() throws {
        let target = try onlyTarget("0 32 mirror disk 3 8:32 16 nosync 2 8:0 4 b 8 2 keep_log handle_errors", as: MirrorTarget.self)
        #expect(
            target
                == MirrorTarget(
                    log: .disk("8:32", regionSize: 16, sync: .nothing),
                    legs: [.init(device: "8:0", start: 4), .init(device: "b", start: 8)], errorHandling: .leaveOutKeepingLog))
        #expect(target.devices == ["8:32", "8:0", "b"])
        let other = try onlyTarget("0 32 mirror userspace 4 u INTEGRATED_FLUSH x y 2 a 0 b 0 1 what", as: MirrorTarget.self)
        #expect(other.log == .userspace(.init(uuid: "u", integratesFlush: true, words: ["x", "y"])))
        #expect(other.errorHandling == .ignore)
        #expect(other.unknownWords == ["what"])
        #expect(other.devices == ["a", "b"])
    }

    @Test(
        "a wrong mirror line is refused with its line and word",
        arguments: [
            ("", "word 4: log: the line ends here"),
            ("CORE 1 8", "word 4: log: expected core, disk or userspace, found 'CORE'"),
            ("core", "word 5: number of log words: the line ends here"),
            ("core 0", "word 5: number of log words: expected 1 to 2, found 0"),
            ("core 3", "word 5: number of log words: expected 1 to 2, found 3"),
            ("disk 1", "word 5: number of log words: expected 2 to 3, found 1"),
            ("userspace 2 u x", "word 5: number of log words: expected 3 to 4294967295, found 2"),
            ("userspace 4294967295 u x", "word 8: log word: the line ends here"),
            ("userspace 3", "word 6: UUID: the line ends here"),
            ("core 1", "word 6: region size: the line ends here"),
            ("core 1 x", "word 6: region size: 'x' is not a number"),
            ("disk 2", "word 6: log device: the line ends here"),
            ("core 2 8", "word 7: sync mode: the line ends here"),
            ("core 2 8 SYNC", "word 7: sync mode: expected sync or nosync, found 'SYNC'"),
            ("core 1 8", "word 7: number of devices: the line ends here"),
            ("core 1 8 1 a 0", "word 7: number of devices: expected 2 to 9, found 1"),
            ("core 1 8 10 a 0", "word 7: number of devices: expected 2 to 9, found 10"),
            ("core 1 8 2", "word 8: device 0: the line ends here"),
            ("core 1 8 2 a", "word 9: start sector of device 0: the line ends here"),
            ("core 1 8 2 a 0 b x", "word 11: start sector of device 1: 'x' is not a number"),
            ("core 1 8 2 a 0 b 0 x", "word 12: number of words of options: 'x' is not a number"),
            ("core 1 8 2 a 0 b 0 1", "word 13: expected 1 words of options, found 0"),
            ("core 1 8 2 a 0 b 0 1 keep_log", "word 13: option: keep_log needs handle_errors"),
            ("core 1 8 2 a 0 b 0 1 handle_errors x", "word 14: unexpected 'x' after the arguments of mirror"),
            (
                "core 1 24 2 a 0 b 0",
                "word 6: mirror: region size: expected a power of two of sectors, 2 to 2147483648, found 24"
            ),
            ("core 1 1 2 a 0 b 0", "word 6: mirror: region size: expected a power of two of sectors, 2 to 2147483648, found 1"),
            ("disk 2 c 64 2 a 0 b 0", "word 7: mirror: region size: expected at most the line's length, 32 sectors, found 64"),
            (
                "core 2 8 sync 2 a 0 b 18014398509481968",
                "word 12: mirror: start sector of device 1: the line's end is more than 18014398509481983 sectors into the device"
            ),
        ])
    func errors(_ arguments: String, _ expected: String) {
        #expect(refusal(of: "0 32 mirror \(arguments)") == "line 1, \(expected)")
    }

    @Test("values that no line could have are refused")
    func values() {
        let legs = [MirrorTarget.Leg(device: "a"), .init(device: "b")]
        func refusal(_ log: MirrorTarget.Log, _ legs: [MirrorTarget.Leg], length: UInt64 = 8, unknown: [String] = []) -> String? {
            var target = MirrorTarget(log: log, legs: legs)
            target.unknown = unknown
            return DeviceMapperTablesTests.refusal(of: target, length: length)
        }
        #expect(refusal(.core(regionSize: 8), legs) == nil)
        #expect(
            refusal(.core(regionSize: 8), [legs[0]]) == "line 1, word 7: mirror: number of devices: expected 2 to 9, found 1")
        #expect(
            refusal(.core(regionSize: 0), legs)
                == "line 1, word 6: mirror: region size: expected a power of two of sectors, 2 to 2147483648, found 0")
        #expect(
            refusal(.core(regionSize: 2), legs, length: 1 << 34)
                == "line 1, word 6: mirror: region size: expected at most 4294967295 regions in the line, found 8589934592")
        #expect(
            refusal(.userspace(.init(uuid: "u", words: ["x"])), legs)
                == "line 1, word 5: mirror: number of log words: expected at least 3, found 2")
        let long = String(repeating: "u", count: 129)
        #expect(
            refusal(.userspace(.init(uuid: long, words: ["x", "y"])), legs)
                == "line 1, word 6: mirror: UUID: expected 1 to 128 bytes without a NUL character, found 129")
        #expect(
            refusal(.userspace(.init(uuid: "u", words: ["Integrated_Flush", "y"])), legs)
                == "line 1, word 7: mirror: log words: 'integrated_flush' is not a word for the daemon")
        #expect(
            refusal(.userspace(.init(uuid: "u", words: ["x", ""])), legs)
                == "line 1: mirror: log words: a word is empty or has a NUL character")
        #expect(
            refusal(.core(regionSize: 8), legs, unknown: ["keep_log"])
                == "line 1, word 14: mirror: option: 'keep_log' is not an unknown word")
        #expect(
            refusal(.core(regionSize: 8), legs, unknown: Array(repeating: "x", count: 32))
                == "line 1, word 12: mirror: words of options: expected 0 to 32, found 33")
    }

    @Test("what kernels printed of loaded lines is what they make of them, and no other line is")
    func satisfied() throws {
        let loaded = try onlyTarget("0 32768 mirror core 1 1024 2 7:0 0 7:1 0 0", as: MirrorTarget.self)
        #expect(loaded.isSatisfied(by: try onlyTarget("0 32768 mirror core 1 1024 2 7:0 0 7:1 0", as: MirrorTarget.self)))
        #expect(!loaded.isSatisfied(by: try onlyTarget("0 32768 mirror core 1 1024 2 7:0 0 7:1 0 1 handle_errors", as: MirrorTarget.self)))
        #expect(!loaded.isSatisfied(by: try onlyTarget("0 32768 mirror core 2 1024 nosync 2 7:0 0 7:1 0", as: MirrorTarget.self)))
    }

    // MARK: status

    private func status(_ text: String) throws(TableError) -> MirrorTarget.Status {
        guard let range = SectorRange(start: 0, length: 32) else { preconditionFailure() }
        return try StatusLine(range: range, typeName: "mirror", text: text).status(of: MirrorTarget.self)
    }

    @Test("a status tells what is in sync, and what failed")
    func statusReads() throws {
        let read = try status("2 253:1 253:2 80/81 1 AD 3 disk 253:0 A")
        #expect(
            read
                == MirrorTarget.Status(
                    legs: [.init(device: "253:1", health: .alive), .init(device: "253:2", health: .writeFailed)],
                    regionsInSync: Ratio(80, of: 81), log: .disk("253:0", .alive)))
        #expect(!read.isInSync)
        #expect(
            try status("4 253:1 253:2 253:3 253:4 10/10 1 AFSR 1 core").legs.map(\.health) == [
                .alive, .flushFailed, .syncFailed, .readFailed,
            ])
        #expect(try status("2 7:0 7:1 32/32 1 AU 1 core ").isInSync)
        #expect(try status("2 7:0 7:1 1/2 1 AA 1 clustered-core").log == .clusteredCore)
        #expect(try status("2 7:0 7:1 1/2 1 AA 3 clustered-disk 8:0 F").log == .clusteredDisk("8:0", .flushFailed))
        #expect(try status("2 7:0 7:1 1/2 1 AA userspace 1 COM_FAILURE").log == .unreachable)
        #expect(try status("2 7:0 7:1 1/2 1 AA 2 mine x").log == .other(["2", "mine", "x"]))
    }

    @Test("a status prints as it was read", arguments: MirrorTarget.syntax.statusExamples + ["2 7:0 7:1 32/32 1 AA 3 disk 7:2 A"])
    func statusPrints(_ text: String) throws {
        var writer = ArgumentWriter(keys: .redacted)
        try status(text).write(to: &writer)
        #expect(writer.string == text)
    }

    @Test(
        "a wrong status is refused with its word",
        arguments: [
            ("", "word 1: number of devices: the line ends here"),
            ("1 7:0", "word 1: number of devices: expected 2 to 9, found 1"),
            ("2 7:0", "word 3: device 1: the line ends here"),
            ("2 7:0 7:1 32", "word 4: regions in sync: expected two numbers with '/' between them, found '32'"),
            ("2 7:0 7:1 32/32 2 AA", "word 5: number of health words: expected 1 to 1, found 2"),
            ("2 7:0 7:1 32/32 1 A", "word 6: health: expected 2 letters A, F, D, S, R or U, found 'A'"),
            ("2 7:0 7:1 32/32 1 AX", "word 6: health: expected 2 letters A, F, D, S, R or U, found 'AX'"),
            ("2 7:0 7:1 32/32 1 AA", "word 7: log: the line ends here"),
            ("2 7:0 7:1 32/32 1 AA 3 disk", "word 9: log device: the line ends here"),
            ("2 7:0 7:1 32/32 1 AA 3 disk 7:2 X", "word 10: log health: expected A, F or D, found 'X'"),
            ("2 7:0 7:1 32/32 1 AA 1 core x", "word 9: unexpected 'x' after the arguments of the status of mirror"),
        ])
    func statusErrors(_ text: String, _ expected: String) {
        let error = #expect(throws: TableError.self) { _ = try status(text) }
        #expect(error?.description == expected)
    }
}
