import DeviceMapperTables
import StorageUnits
import Testing

@Suite struct VerityTargetTests {
    private static let root = String(repeating: "5a", count: 32)
    private static let line = "1 a b 4096 4096 1024 1 sha256 \(root) 00ff"

    /// A target like that of `line`.
    private func target(_ change: (inout VerityTarget) -> Void = { _ in }) -> VerityTarget {
        var target = VerityTarget(
            dataDevice: "a", hashDevice: "b", dataBlockCount: 1024, rootDigest: [UInt8](repeating: 0x5A, count: 32), salt: [0, 0xFF])
        change(&target)
        return target
    }

    private func parity(_ device: DeviceReference = "c", _ change: (inout VerityTarget.ErrorCorrection) -> Void = { _ in }) -> VerityTarget
    {
        target {
            var parity = VerityTarget.ErrorCorrection(device: device, blockCount: 1033)
            change(&parity)
            $0.options.errorCorrection = parity
        }
    }

    private func refusal(_ change: (inout VerityTarget) -> Void) -> String? {
        DeviceMapperTablesTests.refusal(of: target(change), length: 8192)
    }

    // MARK: reading and printing

    @Test("a verity line is read into its parts and printed")
    func reads() throws {
        let read = try onlyTarget("0 8192 verity \(Self.line)", as: VerityTarget.self)
        #expect(read == target())
        #expect(read.devices == ["a", "b"])
        #expect(try MappingTable(length: 8192, target()).description == "0 8192 verity \(Self.line)\n")
    }

    @Test("the older hash type, other sizes, digits in capitals and no salt are read")
    func otherParts() throws {
        let digest = String(repeating: "Ab", count: 20)
        let read = try onlyTarget("0 8 verity 0 8:0 8:0 512 1024 16 3 sha1 \(digest) -", as: VerityTarget.self)
        #expect(
            read
                == VerityTarget(
                    hashType: .chromiumOS, dataDevice: "8:0", hashDevice: "8:0", dataBlockSize: ByteCount(512),
                    hashBlockSize: ByteCount(1024), dataBlockCount: 16, hashStart: 3, algorithm: "sha1",
                    rootDigest: [UInt8](repeating: 0xAB, count: 20)))
        #expect(
            try MappingTable(length: 8, read).description == "0 8 verity 0 8:0 8:0 512 1024 16 3 sha1 \(digest.lowercased()) -\n")
    }

    @Test("each option is read alone, in any case, and printed", arguments: [false, true])
    func eachOption(_ uppercased: Bool) throws {
        let options: [(String, (inout VerityTarget.Options) -> Void)] = [
            ("ignore_corruption", { $0.corruption = .ignore }),
            ("restart_on_corruption", { $0.corruption = .restart }),
            ("panic_on_corruption", { $0.corruption = .panic }),
            ("restart_on_error", { $0.error = .restart }),
            ("panic_on_error", { $0.error = .panic }),
            ("ignore_zero_blocks", { $0.ignoreZeroBlocks = true }),
            ("check_at_most_once", { $0.checkAtMostOnce = true }),
            ("try_verify_in_tasklet", { $0.tryVerifyInTasklet = true }),
        ]
        for (word, change) in options {
            let expected = target { change(&$0.options) }
            let read = try onlyTarget("0 8192 verity \(Self.line) 1 \(uppercased ? word.uppercased() : word)", as: VerityTarget.self)
            #expect(read == expected, "\(word)")
            #expect(try MappingTable(length: 8192, expected).description == "0 8192 verity \(Self.line) 1 \(word)\n")
        }
        let key = uppercased ? "ROOT_hash_sig_key_desc" : "root_hash_sig_key_desc"
        let signed = try onlyTarget("0 8192 verity \(Self.line) 2 \(key) Verity:Key", as: VerityTarget.self)
        #expect(signed == target { $0.options.rootHashSignatureKey = "Verity:Key" })
        #expect(try MappingTable(length: 8192, signed).description == "0 8192 verity \(Self.line) 2 root_hash_sig_key_desc Verity:Key\n")
    }

    @Test("options are printed in the kernel's order, whatever order and case they were in; unknown ones come last, as they are")
    func order() throws {
        let kernels =
            "18 panic_on_corruption restart_on_error ignore_zero_blocks check_at_most_once try_verify_in_tasklet use_fec_from_device c "
            + "fec_blocks 1034 fec_start 7 fec_roots 24 root_hash_sig_key_desc k New_Option value third"
        let table = try MappingTable(
            parsing: "0 8192 verity \(Self.line) 18 New_Option value root_hash_sig_key_desc k FEC_roots 24 fec_start 7 fec_blocks 1034 "
                + "use_FEC_from_device c try_verify_in_tasklet CHECK_at_most_once ignore_zero_blocks restart_on_error third panic_on_corruption"
        )
        #expect(table.description == "0 8192 verity \(Self.line) \(kernels)\n")
        let target = try #require(table.lines[0].target as? VerityTarget)
        #expect(target.options.errorCorrection == .init(device: "c", blockCount: 1034, start: 7, roots: 24))
        #expect(target.options.unknown == ["New_Option", "value", "third"])
        #expect(target.devices == ["a", "b", "c"])
    }

    @Test("parity without a start begins at block 0, and of its numbers the last counts")
    func parityDefaults() throws {
        let read = try onlyTarget(
            "0 8192 verity \(Self.line) 8 use_fec_from_device c fec_blocks 1033 fec_roots 9 fec_roots 2", as: VerityTarget.self)
        #expect(read == parity())
        #expect(
            try MappingTable(length: 8192, read).description
                == "0 8192 verity \(Self.line) 8 use_fec_from_device c fec_blocks 1033 fec_start 0 fec_roots 2\n")
    }

    @Test("a count of no options vanishes, and a repeated option counts once")
    func vanishes() throws {
        #expect(try MappingTable(parsing: "0 8192 verity \(Self.line) 0").description == "0 8192 verity \(Self.line)\n")
        #expect(
            try MappingTable(parsing: "0 8192 verity \(Self.line) 2 ignore_zero_blocks ignore_zero_blocks").description
                == "0 8192 verity \(Self.line) 1 ignore_zero_blocks\n")
    }

    // MARK: errors

    @Test(
        "a wrong verity line is refused with its line and word",
        arguments: [
            ("", "word 4: hash type: the line ends here"),
            ("2 a b 4096 4096 1024 1 sha256 \(root) 00", "word 4: hash type: expected 0 to 1, found 2"),
            ("1", "word 5: data device: the line ends here"),
            ("1 a", "word 6: hash device: the line ends here"),
            ("1 a b", "word 7: data block size: the line ends here"),
            ("1 a b x", "word 7: data block size: 'x' is not a number"),
            ("1 a b 4294967296", "word 7: data block size: expected 0 to 4294967295, found 4294967296"),
            ("1 a b 4096", "word 8: hash block size: the line ends here"),
            ("1 a b 4096 x", "word 8: hash block size: 'x' is not a number"),
            ("1 a b 4096 4096", "word 9: number of data blocks: the line ends here"),
            ("1 a b 4096 4096 x", "word 9: number of data blocks: 'x' is not a number"),
            ("1 a b 4096 4096 1024", "word 10: hash start block: the line ends here"),
            ("1 a b 4096 4096 1024 -1", "word 10: hash start block: '-1' is not a number"),
            ("1 a b 4096 4096 1024 1", "word 11: algorithm: the line ends here"),
            ("1 a b 4096 4096 1024 1 sha256", "word 12: root digest: the line ends here"),
            ("1 a b 4096 4096 1024 1 sha256 5x 00", "word 12: root digest: expected hexadecimal digits, two a byte, found '5x'"),
            ("1 a b 4096 4096 1024 1 sha256 - 00", "word 12: root digest: expected hexadecimal digits, two a byte, found '-'"),
            (
                "1 a b 4096 4096 1024 1 sha256 \(root)5 00",
                "word 12: root digest: expected hexadecimal digits, two a byte, found a word of 65 characters (not shown, it may be a key)"
            ),
            ("1 a b 4096 4096 1024 1 sha256 \(root)", "word 13: salt: the line ends here"),
            ("1 a b 4096 4096 1024 1 sha256 \(root) 0", "word 13: salt: expected hexadecimal digits, two a byte, or -, found '0'"),
            ("\(line) x", "word 14: number of option words: 'x' is not a number"),
            ("\(line) 33", "word 14: number of option words: expected 0 to 32, found 33"),
            ("\(line) 2 ignore_corruption", "word 16: expected 2 option words, found 1"),
            ("\(line) 0 ignore_corruption", "word 15: unexpected 'ignore_corruption' after the arguments of verity"),
            ("\(line) 2 ignore_corruption IGNORE_corruption", "word 16: ignore_corruption: ignore_corruption excludes it"),
            ("\(line) 2 ignore_corruption panic_on_corruption", "word 16: panic_on_corruption: ignore_corruption excludes it"),
            ("\(line) 2 restart_on_error panic_on_error", "word 16: panic_on_error: restart_on_error excludes it"),
            ("\(line) 1 use_fec_from_device", "word 16: use_fec_from_device: the line ends here"),
            ("\(line) 1 root_hash_sig_key_desc", "word 16: root_hash_sig_key_desc: the line ends here"),
            ("\(line) 4 root_hash_sig_key_desc a root_hash_sig_key_desc a", "word 17: root_hash_sig_key_desc: given twice"),
            ("\(line) 4 use_fec_from_device c use_fec_from_device c", "word 17: use_fec_from_device: given twice"),
            ("\(line) 2 fec_blocks x", "word 16: fec_blocks: 'x' is not a number"),
            ("\(line) 2 fec_start x", "word 16: fec_start: 'x' is not a number"),
            ("\(line) 2 fec_roots 258x", "word 16: fec_roots: '258x' is not a number"),
            ("\(line) 2 fec_roots 2", "word 15: fec_roots: expected use_fec_from_device with it"),
            ("\(line) 2 fec_start 0", "word 15: fec_start: expected use_fec_from_device with it"),
            ("\(line) 5 try_verify_in_tasklet fec_roots 2 fec_blocks 1033", "word 18: fec_blocks: expected use_fec_from_device with it"),
            ("\(line) 4 use_fec_from_device c fec_roots 2", "word 15: use_fec_from_device: expected fec_blocks with it"),
            ("\(line) 4 use_fec_from_device c fec_blocks 1033", "word 15: use_fec_from_device: expected fec_roots with it"),
            (
                "\(line) 6 use_fec_from_device c fec_blocks 1032 fec_roots 2",
                "word 17: fec_blocks: expected at least 1033, the data's and the hashes', found 1032"
            ),
            ("\(line) 6 use_fec_from_device c fec_blocks 1033 fec_roots 1", "word 19: fec_roots: expected 2 to 24, found 1"),
            ("\(line) 6 use_fec_from_device c fec_blocks 1033 fec_roots 258", "word 19: fec_roots: expected 2 to 24, found 258"),
            (
                "1 a b 4096 512 1024 1 sha256 \(root) 00 6 use_fec_from_device c fec_blocks 2000 fec_roots 2",
                "word 15: use_fec_from_device: expected data and hash blocks of the same size, found 4096 and 512"
            ),
            (
                "1 a b 4096 4096 2147483648 1 sha256 \(root) 00 1 check_at_most_once",
                "word 15: check_at_most_once: expected at most 2147483647 data blocks, found 2147483648"
            ),
            (
                "\(line) 6 use_fec_from_device c fec_blocks 2251799813686271 fec_roots 2",
                "word 17: fec_blocks: their end is more than 18014398509481983 sectors into the hash device"
            ),
            (
                "\(line) 8 use_fec_from_device c fec_blocks 1033 fec_roots 2 fec_start 2251799813685240",
                "word 21: fec_start: the parity's end is more than 18014398509481983 sectors into the device"
            ),
            (
                "1 a b 256 4096 1024 1 sha256 \(root) 00",
                "word 7: verity: data block size: expected a power of two from 512 to 65536, found 256"
            ),
            (
                "1 a b 3072 4096 4096 1 sha256 \(root) 00",
                "word 7: verity: data block size: expected a power of two from 512 to 65536, found 3072"
            ),
            (
                "1 a b 131072 4096 1024 1 sha256 \(root) 00",
                "word 7: verity: data block size: expected a power of two from 512 to 65536, found 131072"
            ),
            (
                "1 a b 4096 0 1024 1 sha256 \(root) 00",
                "word 8: verity: hash block size: expected a power of two from 512 to 1073741824, found 0"
            ),
            (
                "1 a b 4096 2147483648 1024 1 sha256 \(root) 00",
                "word 8: verity: hash block size: expected a power of two from 512 to 1073741824, found 2147483648"
            ),
            (
                "1 a b 4096 4096 1023 1 sha256 \(root) 00",
                "word 2: verity: length: 8192 sectors are more than the 8184 of 1023 data blocks"
            ),
            (
                "1 a b 65536 4096 1024 1 sha256 \(root) 00",
                nil
            ),
            (
                "1 a b 4096 4096 2251799813685248 1 sha256 \(root) 00",
                "word 9: verity: number of data blocks: their end is more than 18014398509481983 sectors into the device"
            ),
            (
                "1 a b 4096 4096 18446744073709551615 1 sha256 \(root) 00",
                "word 9: verity: number of data blocks: their end is more than 18014398509481983 sectors into the device"
            ),
            (
                "1 a b 4096 4096 1024 2251799813685239 sha256 \(root) 00",
                "word 10: verity: hash start block: the hashes' end is more than 18014398509481983 sectors into the device"
            ),
            ("1 a b 4096 4096 1024 2251799813685238 sha256 \(root) 00", nil),
            (
                "1 a b 4096 4096 1024 18446744073709551615 sha256 \(root) 00",
                "word 10: verity: hash start block: the hashes' end is more than 18014398509481983 sectors into the device"
            ),
            ("1 a b 4096 4096 1024 1 sha1 \(root) 00", "word 12: verity: root digest: sha1 has 20 bytes, this one has 32"),
            ("1 a b 4096 4096 1024 1 sha256 5a 00", "word 12: verity: root digest: sha256 has 32 bytes, this one has 1"),
            (
                "1 a b 4096 4096 1024 1 hmac(sha512) \(root) 00", "word 12: verity: root digest: hmac(sha512) has 64 bytes, this one has 32"
            ),
            (
                "1 a b 4096 512 1024 1 new \(String(repeating: "5a", count: 257)) 00",
                "word 12: verity: root digest: expected 1 to 256 bytes, so that two fit a hash block, found 257"
            ),
        ] as [(String, String?)])
    func errors(_ arguments: String, _ expected: String?) {
        #expect(DeviceMapperTablesTests.refusal(of: "0 8192 verity \(arguments)") == expected.map { "line 1, \($0)" })
    }

    @Test("a line is a multiple of the data block size long, and may be shorter than the data")
    func lengths() {
        #expect(
            DeviceMapperTablesTests.refusal(of: "0 8188 verity \(Self.line)")
                == "line 1, word 2: verity: length: 8188 sectors are no multiple of the data block size, 4096")
        #expect(DeviceMapperTablesTests.refusal(of: "0 8 verity \(Self.line)") == nil)
    }

    @Test("values that no line could have are refused")
    func values() {
        #expect(refusal { _ in } == nil)
        #expect(
            refusal { $0.dataBlockSize = ByteCount(UInt64.max) }
                == "line 1, word 7: verity: data block size: expected a power of two from 512 to 65536, found 18446744073709551615")
        #expect(
            refusal { $0.hashBlockSize = ByteCount(1 << 40) }
                == "line 1, word 8: verity: hash block size: expected a power of two from 512 to 1073741824, found 1099511627776")
        for algorithm in ["", "a\0"] {
            #expect(refusal { $0.algorithm = algorithm } == "line 1, word 11: verity: algorithm: it is empty or has a NUL character")
        }
        #expect(
            refusal {
                $0.algorithm = "new"
                $0.rootDigest = []
            } == "line 1, word 12: verity: root digest: expected 1 to 2048 bytes, so that two fit a hash block, found 0")
        for key in ["", "a\0"] {
            #expect(
                refusal { $0.options.rootHashSignatureKey = key }
                    == "line 1: verity: root_hash_sig_key_desc: it is empty or has a NUL character")
        }
        for option in ["", "a\0"] {
            #expect(refusal { $0.options.unknown = ["fine", option] } == "line 1: verity: an option is empty or has a NUL character")
        }
        for option in ["ignore_corruption", "FEC_roots"] {
            #expect(refusal { $0.options.unknown = [option] } == "line 1: verity: '\(option)' is not an unknown option")
        }
        #expect(
            refusal { $0.options.errorCorrection = .init(device: "c", blockCount: 0) }
                == "line 1: verity: fec_blocks: expected at least 1033, the data's and the hashes', found 0")
        #expect(
            refusal { $0.options.errorCorrection = .init(device: "c", blockCount: 1033, roots: 25) }
                == "line 1: verity: fec_roots: expected 2 to 24, found 25")
        #expect(
            refusal { $0.options.errorCorrection = .init(device: "c", blockCount: UInt64.max, start: UInt64.max) }
                == "line 1: verity: fec_blocks: their end is more than 18014398509481983 sectors into the hash device")
        #expect(
            refusal {
                $0.dataBlockCount = 1 << 31
                $0.options.checkAtMostOnce = true
            } == "line 1: verity: check_at_most_once: expected at most 2147483647 data blocks, found 2147483648")
    }

    @Test("the blocks of a tree are counted as the kernel does: a single data block has none")
    func treeSizes() {
        for (blocks, hashes) in [(1, 0), (2, 1), (128, 1), (129, 3), (16384, 129), (16385, 132)] as [(UInt64, UInt64)] {
            let count = blocks + hashes
            for (covered, isTaken) in [(count, true), (count - 1, false)] where covered > 0 {
                let target = target {
                    $0.dataBlockCount = blocks
                    $0.options.errorCorrection = .init(device: "c", blockCount: covered)
                }
                #expect((DeviceMapperTablesTests.refusal(of: target, length: 8) == nil) == isTaken, "\(blocks) blocks, \(covered) covered")
            }
        }
    }

    // MARK: what the kernel makes of it

    @Test("the kernel prints what was loaded in its own order, and nothing else satisfies")
    func isSatisfied() throws {
        let loaded = try onlyTarget("0 8192 verity \(Self.line) 2 ignore_zero_blocks restart_on_corruption", as: VerityTarget.self)
        let printed = try onlyTarget("0 8192 verity \(Self.line) 2 restart_on_corruption ignore_zero_blocks", as: VerityTarget.self)
        #expect(loaded.isSatisfied(by: printed))
        #expect(!loaded.isSatisfied(by: target()))
        #expect(!target().isSatisfied(by: printed))
        #expect(!target().isSatisfied(by: target { $0.rootDigest[0] = 0 }))
        #expect(!target().isSatisfied(by: target { $0.salt = [] }))
    }

    @Test(
        "lines and statuses of a kernel read, and print alike",
        arguments: [("", "V"), (" 2 restart_on_corruption ignore_zero_blocks", "V"), (" 1 ignore_corruption", "C")])
    func golden(_ options: String, _ status: String) throws {
        let line =
            "0 32768 verity 1 7:0 7:1 4096 4096 4096 1 sha256 9347491dbb9c9bef4be4a695f4220e2e4477c5492ae7eb2a8c4b5589b9010b66 "
            + "00112233445566778899aabbccddeeff\(options)"
        #expect(try MappingTable(parsing: line).description == line + "\n")
        #expect(try printed(self.status(status)) == status)
    }

    // MARK: status

    private func status(_ text: String) throws(TableError) -> VerityTarget.Status {
        guard let range = SectorRange(start: 0, length: 8) else { preconditionFailure() }
        return try StatusLine(range: range, typeName: "verity", text: text).status(of: VerityTarget.self)
    }

    private func printed(_ status: VerityTarget.Status) -> String {
        var writer = ArgumentWriter(keys: .redacted)
        status.write(to: &writer)
        return writer.string
    }

    @Test("a status tells whether corruption was seen, and of newer kernels what was corrected")
    func statuses() throws {
        let statuses: [(String, VerityTarget.Status)] = [
            ("V", .init(isCorrupted: false)), ("C", .init(isCorrupted: true)),
            ("V -", .init(isCorrupted: false, corrections: .unavailable)),
            ("C 0", .init(isCorrupted: true, corrections: .blocks(0))), ("V 12", .init(isCorrupted: false, corrections: .blocks(12))),
        ]
        for (text, expected) in statuses {
            #expect(try status(text) == expected)
            #expect(printed(expected) == text)
        }
    }

    @Test(
        "a wrong status is refused with its word",
        arguments: [
            ("", "word 1: state: the line ends here"),
            ("v", "word 1: state: expected V or C, found 'v'"),
            ("V x", "word 2: corrected blocks: 'x' is not a number"),
            ("V 1 2", "word 3: unexpected '2' after the arguments of the status of verity"),
        ])
    func statusErrors(_ text: String, _ expected: String) {
        let error = #expect(throws: TableError.self) { _ = try status(text) }
        #expect(error?.description == expected)
    }
}
