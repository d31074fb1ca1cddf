import DeviceMapperTables
import StorageUnits
import Testing

@Suite struct IntegrityTargetTests {
    private static let key = "0102030405060708090a0102030405060102030405060708090a010203040506"
    private typealias Options = IntegrityTarget.Options

    private func read(_ arguments: String) throws -> IntegrityTarget {
        try onlyTarget("0 8192 integrity \(arguments)", as: IntegrityTarget.self)
    }

    private func target(_ mode: IntegrityTarget.Mode = .journal(), _ change: (inout Options) -> Void = { _ in }) -> IntegrityTarget {
        var target = IntegrityTarget(device: "d", tagSize: ByteCount(4), mode: mode)
        change(&target.options)
        return target
    }

    private func printed(_ target: IntegrityTarget) throws -> String { try textWithKeys(MappingTable(length: 8192, target)) }

    private func refusal(_ mode: IntegrityTarget.Mode = .journal(), _ change: (inout Options) -> Void) -> String? {
        DeviceMapperTablesTests.refusal(of: target(mode, change), length: 8192)
    }

    private func secret(_ bytes: [UInt8]) -> SecretBytes {
        SecretBytes(count: bytes.count) { secret in
            for (index, byte) in bytes.enumerated() { secret.storeBytes(of: byte, toByteOffset: index, as: UInt8.self) }
        }
    }

    // MARK: reading and printing

    @Test("an integrity line is read into its parts and printed")
    func reads() throws {
        let text = "0 8192 integrity disk.img 8 - J 2 block_size:4096 internal_hash:crc32c\n"
        let read = try onlyTarget(text, as: IntegrityTarget.self)
        var expected = IntegrityTarget(device: "disk.img", reserved: 8)
        expected.options.blockSize = ByteCount(4096)
        expected.options.internalHash = .init("crc32c")
        #expect(read == expected)
        #expect(read.devices == ["disk.img"])
        #expect(try printed(read) == text)
        #expect(try printed(target()) == "0 8192 integrity d 0 4 J 0\n")
    }

    @Test("each mode is read and printed, with its own options")
    func modes() throws {
        let modes: [(String, IntegrityTarget.Mode)] = [
            ("J 1 internal_hash:crc32c", .journal()),
            (
                "J 3 journal_watermark:0 commit_time:4294967295 internal_hash:crc32c",
                .journal(watermarkPercent: 0, commitMilliseconds: UInt32.max)
            ),
            ("J 2 journal_watermark:100 internal_hash:crc32c", .journal(watermarkPercent: 100)),
            ("B 1 internal_hash:crc32c", .bitmap()),
            (
                "B 3 sectors_per_bit:18446744073709551615 bitmap_flush_interval:0 internal_hash:crc32c",
                .bitmap(sectorsPerBit: Sectors(UInt64.max), flushMilliseconds: 0)
            ),
            ("D 1 internal_hash:crc32c", .direct), ("R 1 internal_hash:crc32c", .recovery), ("I 1 internal_hash:crc32c", .inline),
        ]
        for (text, mode) in modes {
            let expected = target(mode) { $0.internalHash = .init("crc32c") }
            #expect(try read("d 0 4 \(text)") == expected, "\(text)")
            #expect(try printed(expected) == "0 8192 integrity d 0 4 \(text)\n")
        }
    }

    @Test("each option is read and printed, and sets its own field alone")
    func eachOption() throws {
        let options: [(String, (inout Options) -> Void)] = [
            ("meta_device:7:1", { $0.metaDevice = "7:1" }), ("meta_device:/dev/x", { $0.metaDevice = "/dev/x" }),
            ("block_size:1024", { $0.blockSize = ByteCount(1024) }),
            ("recalculate", { $0.recalculate = true }), ("reset_recalculate", { $0.resetRecalculate = true }),
            ("allow_discards", { $0.discards = .unkeyed }),
            ("journal_sectors:88", { $0.journalSectors = 88 }), ("interleave_sectors:32768", { $0.interleaveSectors = 32768 }),
            ("buffer_sectors:4294967295", { $0.bufferSectors = 4_294_967_295 }),
            ("fix_padding", { $0.fixPadding = true }), ("fix_hmac", { $0.fixHMAC = true }),
            ("legacy_recalculate", { $0.legacyRecalculate = true }),
        ]
        for (word, change) in options {
            let expected = target {
                $0.internalHash = .init("sha256")
                change(&$0)
            }
            #expect(try read("d 0 4 J 2 internal_hash:sha256 \(word)") == expected, "\(word)")
            #expect(try printed(expected) == "0 8192 integrity d 0 4 J 2 \(word) internal_hash:sha256\n")
        }
    }

    @Test("algorithms are read with their keys or without, a key of no bytes too")
    func algorithms() throws {
        let key: [UInt8] = [0, 0xFF] + [UInt8](repeating: 0x5A, count: 14)
        let digits = "00ff" + String(repeating: "5a", count: 14)
        let table = try MappingTable(
            parsing: "0 8192 integrity d 0 4 J 3 journal_mac:sha256 journal_crypt:ctr(aes):\(digits.uppercased()) internal_hash:hmac(sha1):"
        )
        let read = try #require(table.lines[0].target as? IntegrityTarget)
        #expect(read.options.internalHash == .init("hmac(sha1)", key: secret([])))
        #expect(read.options.journalCrypt == .init("ctr(aes)", key: secret(key)))
        #expect(read.options.journalMAC == .init("sha256"))
        #expect(
            textWithKeys(table)
                == "0 8192 integrity d 0 4 J 3 internal_hash:hmac(sha1): journal_crypt:ctr(aes):\(digits) journal_mac:sha256\n")
        #expect(
            table.description
                == "0 8192 integrity d 0 4 J 3 internal_hash:hmac(sha1):<redacted> journal_crypt:ctr(aes):<redacted> journal_mac:sha256\n")
        #expect(
            DeviceMapperTablesTests.refusal(of: table.description)
                == "line 1, word 9: internal_hash: expected internal_hash:<algorithm>[:<key in hexadecimal digits, two a byte>]")
    }

    @Test("options are printed in the kernel's order, whatever order they were in; unknown ones come last, as they are")
    func order() throws {
        let kernels =
            "d 0 4 J 17 meta_device:m block_size:4096 recalculate reset_recalculate allow_discards_keyed journal_sectors:1 "
            + "interleave_sectors:2 buffer_sectors:3 journal_watermark:4 commit_time:5 fix_padding fix_hmac legacy_recalculate "
            + "internal_hash:hmac(md5):00 journal_crypt:ecb(cipher_null) journal_mac:crc32 New:Option:1"
        let words = kernels.split(separator: " ").map(String.init)
        let reversed = (words[..<5] + words[5...].reversed()).joined(separator: " ")
        #expect(try printed(read(reversed)) == "0 8192 integrity \(kernels)\n")
        #expect(try printed(read(kernels)) == "0 8192 integrity \(kernels)\n")
        #expect(try read(kernels).devices == ["d", "m"])
        #expect(try read(kernels).options.unknown == ["New:Option:1"])
    }

    @Test("defaults and repetitions vanish, the last of two values counts, and keyed discards stay keyed")
    func vanishes() throws {
        #expect(try printed(read("d 0 4 J 1 block_size:512")) == "0 8192 integrity d 0 4 J 0\n")
        #expect(try printed(read("d 0 4 J 2 fix_padding fix_padding")) == "0 8192 integrity d 0 4 J 1 fix_padding\n")
        #expect(try printed(read("d 0 4 J 2 commit_time:1 commit_time:2")) == "0 8192 integrity d 0 4 J 1 commit_time:2\n")
        #expect(try printed(read("d 0 4 J 2 meta_device:a meta_device:b")) == "0 8192 integrity d 0 4 J 1 meta_device:b\n")
        for discards in ["allow_discards allow_discards_keyed", "allow_discards_keyed allow_discards"] {
            #expect(try read("d 0 4 J 3 \(discards) internal_hash:hmac(md5):00").options.discards == .keyed)
        }
    }

    @Test("options of newer kernels, and known ones in other forms, are kept")
    func unknown() throws {
        for word in ["new", "FIX_PADDING", "fix_padding:1", "recalculate:", "journal_sectors", "internal_hash", #"a\ b"#, ":x"] {
            #expect(try printed(read("d 0 4 J 1 \(word)")) == "0 8192 integrity d 0 4 J 1 \(word)\n")
        }
    }

    // MARK: errors

    @Test(
        "a wrong integrity line is refused with its line and word",
        arguments: [
            ("", "word 4: device: the line ends here"),
            ("d", "word 5: reserved sectors: the line ends here"),
            ("d x", "word 5: reserved sectors: 'x' is not a number"),
            ("d 0", "word 6: tag size: the line ends here"),
            ("d 0 x", "word 6: tag size: 'x' is not a number"),
            ("d 0 4", "word 7: mode: the line ends here"),
            ("d 0 4 j 0", "word 7: mode: expected J, B, D, R or I, found 'j'"),
            ("d 0 4 J", "word 8: number of options: the line ends here"),
            ("d 0 4 J x", "word 8: number of options: 'x' is not a number"),
            ("d 0 4 J 33", "word 8: number of options: expected 0 to 32, found 33"),
            ("d 0 4 J 2 fix_padding", "word 10: expected 2 options, found 1"),
            ("d 0 4 J 0 fix_padding", "word 9: unexpected 'fix_padding' after the arguments of integrity"),
            ("d 0 4 J 1 block_size:256", "word 9: block_size: expected 512, 1024, 2048 or 4096, found 'block_size:256'"),
            ("d 0 4 J 1 block_size:x", "word 9: block_size: expected 0 to 4294967295, found 'block_size:x'"),
            ("d 0 4 J 1 journal_sectors:+5", "word 9: journal_sectors: expected 0 to 4294967295, found 'journal_sectors:+5'"),
            (
                "d 0 4 J 1 interleave_sectors:4294967296",
                "word 9: interleave_sectors: expected 0 to 4294967295, found 'interleave_sectors:4294967296'"
            ),
            ("d 0 4 J 1 buffer_sectors:", "word 9: buffer_sectors: expected 0 to 4294967295, found 'buffer_sectors:'"),
            ("d 0 4 J 1 journal_watermark:101", "word 9: journal_watermark: expected 0 to 100, found 'journal_watermark:101'"),
            ("d 0 4 J 1 commit_time:4294967296", "word 9: commit_time: expected 0 to 4294967295, found 'commit_time:4294967296'"),
            (
                "d 0 4 B 2 internal_hash:crc32c sectors_per_bit:18446744073709551616",
                "word 10: sectors_per_bit: expected 0 to 18446744073709551615, found 'sectors_per_bit:18446744073709551616'"
            ),
            (
                "d 0 4 B 2 internal_hash:crc32c bitmap_flush_interval:x",
                "word 10: bitmap_flush_interval: expected 0 to 4294967295, found 'bitmap_flush_interval:x'"
            ),
            ("d 0 4 D 1 journal_watermark:5", "word 9: journal_watermark: only mode J has it, this is mode D"),
            ("d 0 4 B 1 commit_time:5", "word 9: commit_time: only mode J has it, this is mode B"),
            ("d 0 4 J 1 sectors_per_bit:5", "word 9: sectors_per_bit: only mode B has it, this is mode J"),
            ("d 0 4 R 1 bitmap_flush_interval:5", "word 9: bitmap_flush_interval: only mode B has it, this is mode R"),
            ("d 0 4 J 1 meta_device:", "word 9: meta_device: expected a device"),
            (
                "d 0 4 J 1 internal_hash:",
                "word 9: internal_hash: expected internal_hash:<algorithm>[:<key in hexadecimal digits, two a byte>]"
            ),
            (
                "d 0 4 J 1 INTERNAL_hash:crc32c",
                "word 9: internal_hash: expected internal_hash:<algorithm>[:<key in hexadecimal digits, two a byte>]"
            ),
            (
                "d 0 4 J 1 journal_crypt:ctr(aes):5",
                "word 9: journal_crypt: expected journal_crypt:<algorithm>[:<key in hexadecimal digits, two a byte>]"
            ),
            (
                "d 0 4 J 1 journal_mac:hmac(md5):5x",
                "word 9: journal_mac: expected journal_mac:<algorithm>[:<key in hexadecimal digits, two a byte>]"
            ),
            ("d 0 4 J 1 allow_discards", "word 9: allow_discards: expected internal_hash with it"),
            ("d 0 4 J 2 fix_padding allow_discards_keyed", "word 10: allow_discards_keyed: expected internal_hash with it"),
            (
                "d 0 4 J 2 allow_discards_keyed internal_hash:crc32c", "word 9: allow_discards_keyed: expected a key in internal_hash"
            ),
            ("d 0 4 R 1 recalculate", "word 9: recalculate: expected internal_hash with it"),
            ("d 0 4 J 1 reset_recalculate", "word 9: reset_recalculate: expected internal_hash with it"),
            ("d 0 4 I 2 internal_hash:crc32c meta_device:m", "word 10: meta_device: mode I excludes it"),
            ("d 0 4 I 2 internal_hash:crc32c journal_crypt:ctr(aes)", "word 10: journal_crypt: mode I excludes it"),
            ("d 0 4 I 2 internal_hash:crc32c journal_mac:crc32c", "word 10: journal_mac: mode I excludes it"),
            ("d 0 4 I 2 internal_hash:crc32c allow_discards", "word 10: allow_discards: mode I excludes it"),
            (
                "d 0 4 I 2 internal_hash:hmac(md5):00 allow_discards_keyed",
                "word 10: allow_discards_keyed: mode I excludes it"
            ),
            ("d 0 4 J 1 internal_hash:hmac(sha256)", "word 9: internal_hash: 'hmac(sha256)' needs a key"),
            ("d 0 4 J 1 journal_mac:cmac(aes)", "word 9: journal_mac: 'cmac(aes)' needs a key"),
            ("d 0 4 J 1 internal_hash:sha256:", "word 9: internal_hash: 'sha256' takes no key"),
            ("d 0 4 J 1 internal_hash:crc32c:0000", "word 9: internal_hash: 'crc32c' takes a key of 4 bytes"),
            ("d 0 4 J 1 journal_crypt:ctr(aes)", "word 9: journal_crypt: 'ctr(aes)' needs a key"),
            (
                "d 0 4 J 1 journal_crypt:cbc(aes):00",
                "word 9: journal_crypt: 'cbc(aes)' takes one of 16, 24, 32 bytes, this key has 1"
            ),
            (
                "d 18014398509473784 4 J 0",
                "word 5: integrity: reserved sectors: the line's end is more than 18014398509481983 sectors into the device"
            ),
            ("d 18014398509473783 4 J 0", nil),
            ("d 18014398509481975 4 J 1 meta_device:m", nil),
            (
                "d 18014398509481976 4 J 1 meta_device:m",
                "word 5: integrity: reserved sectors: the line's end is more than 18014398509481983 sectors into the device"
            ),
            ("d 0 0 J 0", "word 6: integrity: tag size: expected 1 to 255 bytes, found 0"),
            ("d 0 256 J 0", "word 6: integrity: tag size: expected 1 to 255 bytes, found 256"),
            ("d 0 - J 0", "word 6: integrity: tag size: - is the size of the internal hash, and there is none"),
            ("d 0 4 B 0", "word 7: integrity: mode: B needs internal_hash"),
            ("d 0 4 I 0", "word 7: integrity: mode: I needs internal_hash"),
            ("d 0 4 R 1 journal_crypt:ctr(aes)", nil),
            ("d 0 4 J 1 internal_hash:crc32c:00000000", nil),
            ("d 0 4 J 1 journal_crypt:ecb(cipher_null)", nil),
            ("d 0 4 J 1 journal_crypt:new:00", nil),
        ] as [(String, String?)])
    func errors(_ arguments: String, _ expected: String?) {
        #expect(DeviceMapperTablesTests.refusal(of: "0 8192 integrity \(arguments)") == expected.map { "line 1, \($0)" })
    }

    @Test("a line is a multiple of the block size long")
    func lengths() {
        #expect(
            DeviceMapperTablesTests.refusal(of: "0 8190 integrity d 0 4 J 1 block_size:4096")
                == "line 1, word 2: integrity: length: 8190 sectors are no multiple of the block size, 4096")
        #expect(DeviceMapperTablesTests.refusal(of: "0 8191 integrity d 0 4 J 0") == nil)
    }

    @Test(
        "an option that is not UTF-8 is refused, wherever it is not", arguments: ["\u{1}", "internal_hash:\u{1}", "internal_hash:a:\u{1}"])
    func notUTF8(_ option: String) {
        let text = Array("0 8 integrity d 0 4 J 1 \(option)".utf8).map { $0 == 1 ? 0xFF : $0 }
        let message =
            option == "\u{1}"
            ? "option: not UTF-8" : "internal_hash: expected internal_hash:<algorithm>[:<key in hexadecimal digits, two a byte>]"
        #expect(DeviceMapperTablesTests.refusal(of: text) == "line 1, word 9: \(message)")
    }

    @Test("values that no line could have are refused")
    func values() {
        #expect(refusal { _ in } == nil)
        for size: UInt64 in [0, 100, 8192, UInt64.max] {
            #expect(
                refusal { $0.blockSize = ByteCount(size) }
                    == "line 1: integrity: block_size: expected 512, 1024, 2048 or 4096, found \(size)")
        }
        let large = Sectors(1 << 32)
        #expect(
            refusal { $0.journalSectors = large } == "line 1: integrity: journal_sectors: expected 0 to 4294967295, found 4294967296")
        #expect(
            refusal { $0.interleaveSectors = large }
                == "line 1: integrity: interleave_sectors: expected 0 to 4294967295, found 4294967296")
        #expect(refusal { $0.bufferSectors = large } == "line 1: integrity: buffer_sectors: expected 0 to 4294967295, found 4294967296")
        #expect(
            refusal(.journal(watermarkPercent: 101)) { _ in }
                == "line 1: integrity: journal_watermark: expected 0 to 100, found 101")
        for name in ["", "a:b", "a\0"] {
            let message = "the algorithm's name is empty, or has a colon or a NUL character"
            #expect(refusal { $0.internalHash = .init(name) } == "line 1: integrity: internal_hash: \(message)")
            #expect(refusal { $0.journalCrypt = .init(name) } == "line 1: integrity: journal_crypt: \(message)")
            #expect(refusal { $0.journalMAC = .init(name) } == "line 1: integrity: journal_mac: \(message)")
        }
        for option in ["", "a\0"] {
            #expect(refusal { $0.unknown = ["fine", option] } == "line 1: integrity: an option is empty or has a NUL character")
        }
        for option in ["fix_padding", "journal_sectors:1", "internal_hash:crc32c", "meta_device:", "sectors_per_bit:1"] {
            #expect(refusal { $0.unknown = [option] } == "line 1: integrity: '\(option)' is not an unknown option")
        }
        #expect(refusal { $0.unknown = ["with a blank", #"back\slash"#, "à"] } == nil)
        #expect(refusal { $0.discards = .keyed } == "line 1: integrity: allow_discards_keyed: expected internal_hash with it")
        #expect(
            refusal { $0.metaDevice = "" } == "line 1: a device's path is empty or has a NUL character")
    }

    // MARK: keys

    @Test("what lvm2 tests: exactly the keys are hidden unless they are asked for")
    func redaction() throws {
        let start =
            "0 7856 integrity 254:0 0 32 J 7 journal_sectors:88 interleave_sectors:32768 buffer_sectors:128 journal_watermark:50 commit_time:10000"
        let other = Self.key.replacing("0506010203", with: "0b06010203", maxReplacements: 1)
        #expect(other != Self.key)
        for (hash, hidden) in [("crc32", "crc32"), ("hmac(sha256):\(other)", "hmac(sha256):<redacted>")] {
            let line = "\(start) internal_hash:\(hash) journal_crypt:ctr(aes):\(Self.key)\n"
            let table = try MappingTable(parsing: line)
            #expect(table.description == "\(start) internal_hash:\(hidden) journal_crypt:ctr(aes):<redacted>\n")
            #expect(textWithKeys(table) == line)
            var dumped = ""
            dump(table, to: &dumped)
            for text in ["\(table.lines[0].target)", String(reflecting: table), dumped] {
                #expect(text.contains("<redacted>"))
                #expect(!text.contains("01020304"))
            }
        }
    }

    @Test(
        "a mistake in a key, or a key in a wrong place, is told without the key",
        arguments: [
            "d 0 4 J 1 internal_hash:hmac(sha256):\(key)0", "d 0 4 J 1 internal_hash:hmac(sha256):\(key)xy",
            "d 0 4 J 1 internal_hash:\(key)", "d 0 4 J 1 internal_hash:\(key):00", "d 0 4 J 1 \(key)",
            "d 0 4 J 1 internal_hash:sha256:\(key)",
            "d 0 4 J 1 Internal_Hash:hmac(sha256):01020304", "d 0 4 J 1 new:\(key)", "d 0 4 J 1 journal_sectors:\(key)",
            "d 0 4 J 1 block_size:\(key)", "d 0 4 J 1 meta_device:\(key)", "\(key) 0 4 J 0", "d \(key) 4 J 0", "d 0 \(key) J 0",
            "d 0 4 \(key) 0",
            "d 0 4 J \(key)", "d 0 4 J 0 \(key)", "d 0 4 J 1 internal_hash:hmac(sha256) \(key)", "d 0 4 J 1 internal_hash:\(key)",
        ])
    func mistakes(_ arguments: String) {
        let text = "0 8192 integrity \(arguments)"
        let shown: String
        do throws(TableError) {
            shown = try MappingTable(parsing: text).description
        } catch {
            shown = String(reflecting: error) + error.description
        }
        #expect(!shown.contains("01020304"), "\(shown)")
    }

    // MARK: status

    private func status(_ text: String) throws(TableError) -> IntegrityTarget.Status {
        guard let range = SectorRange(start: 0, length: 8) else { preconditionFailure() }
        return try StatusLine(range: range, typeName: "integrity", text: text).status(of: IntegrityTarget.self)
    }

    @Test("a status tells mismatches, the sectors that there are and how far tags are made anew, the latter of newer kernels")
    func statuses() throws {
        let statuses: [(String, IntegrityTarget.Status)] = [
            ("0 32328 -", .init(mismatches: 0, progress: .init(provided: 32328))),
            ("7 15944 15936", .init(mismatches: 7, progress: .init(provided: 15944, recalculation: .until(15936)))),
            ("7 15944", .init(mismatches: 7, progress: .init(provided: 15944, recalculation: nil))),
            ("7", .init(mismatches: 7)),
        ]
        for (text, expected) in statuses {
            #expect(try status(text) == expected)
            var writer = ArgumentWriter(keys: .redacted)
            expected.write(to: &writer)
            #expect(writer.string == text)
        }
    }

    @Test(
        "a wrong status is refused with its word",
        arguments: [
            ("", "word 1: mismatches: the line ends here"),
            ("-", "word 1: mismatches: '-' is not a number"),
            ("0 x", "word 2: provided sectors: 'x' is not a number"),
            ("0 1 x", "word 3: recalculated sectors: 'x' is not a number"),
            ("0 1 - 2", "word 4: unexpected '2' after the arguments of the status of integrity"),
        ])
    func statusErrors(_ text: String, _ expected: String) {
        let error = #expect(throws: TableError.self) { _ = try status(text) }
        #expect(error?.description == expected)
    }
}
