import DeviceMapperTables
import StorageUnits
import Testing

@Suite struct CryptTargetTests {
    private static let line = "crypt capi:new(mode)-iv - 0 d 0"

    private func options(_ text: String) throws -> CryptTarget.Options {
        try onlyTarget("0 8 \(Self.line) \(text)", as: CryptTarget.self).options
    }

    /// The options as they are printed.
    private func printed(_ text: String) throws -> String {
        let line = try MappingTable(parsing: "0 8 \(Self.line) \(text)").description
        try #require(line.hasPrefix("0 8 \(Self.line)"))
        return String(line.dropFirst("0 8 \(Self.line)".count).dropLast())
    }

    @Test("a crypt line is read into its parts and printed")
    func reads() throws {
        let text = "0 65536 crypt aes-xts-plain64 :64:user:volume 8 disk.img 4096 2 sector_size:4096 iv_large_sectors\n"
        let target = try onlyTarget(text, as: CryptTarget.self)
        #expect(target.cipher == .aesXTSPlain64)
        #expect(target.key == .stored(byteCount: 64, keyring: .user, description: "volume"))
        #expect(target.ivOffset == 8)
        #expect(target.device == "disk.img")
        #expect(target.start == 4096)
        #expect(target.options.sectorSize == ByteCount(4096))
        #expect(target.options.ivLargeSectors)
        #expect(target.devices == ["disk.img"])
        #expect(try MappingTable(length: 65536, target).description == text)
    }

    @Test("its defaults are those of a line without options")
    func defaults() throws {
        let key = CryptKey.stored(byteCount: 64, keyring: .user, description: "volume")
        let table = try MappingTable(length: 8, CryptTarget(key: key, device: "d"))
        #expect(table.description == "0 8 crypt aes-xts-plain64 :64:user:volume 0 d 0\n")
        #expect(try MappingTable(parsing: table.description) == table)
    }

    @Test("an IV offset may be any number")
    func ivOffset() throws {
        #expect(try onlyTarget("0 8 crypt new-mode-iv - 18446744073709551615 d 0", as: CryptTarget.self).ivOffset.count == UInt64.max)
    }

    // MARK: options

    @Test("each option is read", arguments: [0, 1])
    func eachOption(_ uppercased: Int) throws {
        func options(_ text: String) throws -> CryptTarget.Options { try self.options(uppercased == 1 ? text.uppercased() : text) }
        #expect(try options("0") == CryptTarget.Options())
        #expect(try options("1 allow_discards").allowDiscards)
        #expect(try options("1 same_cpu_crypt").sameCPUCrypt)
        #expect(try options("1 high_priority").highPriority)
        #expect(try options("1 submit_from_crypt_cpus").submitFromCryptCPUs)
        #expect(try options("1 no_read_workqueue").noReadWorkqueue)
        #expect(try options("1 no_write_workqueue").noWriteWorkqueue)
        #expect(try options("1 iv_large_sectors").ivLargeSectors)
        #expect(try options("1 integrity:28:aead").integrity == .init(tagSize: 28, kind: "aead"))
        #expect(try options("1 integrity:480:none").integrity == .init(tagSize: 480, kind: "none"))
        #expect(try options("1 sector_size:4096").sectorSize == ByteCount(4096))
        #expect(try options("1 integrity_key_size:32").integrityKeySize == 32)
    }

    @Test("no option sets another one's field")
    func onlyItsOwn() throws {
        let words = [
            "allow_discards", "same_cpu_crypt", "high_priority", "submit_from_crypt_cpus", "no_read_workqueue", "no_write_workqueue",
            "integrity:16:none", "sector_size:4096", "iv_large_sectors", "integrity_key_size:32",
        ]
        for word in words { #expect(try printed("1 \(word)") == " 1 \(word)") }
        #expect(Set(try words.map { try options("1 \($0)") }).count == words.count)
    }

    @Test("options are printed in the kernel's order, whatever order and case they were in")
    func order() throws {
        let kernels =
            " 10 allow_discards same_cpu_crypt high_priority submit_from_crypt_cpus no_read_workqueue no_write_workqueue "
            + "integrity:28:aead sector_size:4096 iv_large_sectors integrity_key_size:32"
        #expect(
            try printed(
                "10 Integrity_Key_Size:32 iv_large_SECTORS SECTOR_SIZE:4096 integrity:28:AEAD no_write_workqueue no_read_workqueue "
                    + "submit_from_crypt_cpus HIGH_priority same_cpu_crypt allow_discards") == kernels)
        #expect(try printed(String(kernels.dropFirst())) == kernels)
    }

    @Test("a sector size of 512 and a count of 0 vanish, and a repeated option counts once")
    func vanishes() throws {
        #expect(try printed("0") == "")
        #expect(try printed("1 sector_size:512") == "")
        #expect(try printed("2 sector_size:4096 sector_size:512") == "")
        #expect(try printed("2 allow_discards allow_discards") == " 1 allow_discards")
    }

    @Test("options of newer kernels are kept, in their order and case, behind the others")
    func unknown() throws {
        #expect(try printed("3 New_Option:5 allow_discards another") == " 3 allow_discards New_Option:5 another")
        #expect(try options("2 New_Option:5 another").unknown == ["New_Option:5", "another"])
        // Known words in forms that this parser does not know.
        #expect(try printed("3 allow_discards:1 integrity:28 sector_size") == " 3 allow_discards:1 integrity:28 sector_size")
        #expect(try printed(#"1 a\ b"#) == #" 1 a\ b"#)
    }

    // MARK: errors

    @Test(
        "a wrong crypt line is refused with its line and word",
        arguments: [
            ("", "word 4: cipher: the line ends here"),
            ("new-mode-iv", "word 5: key: the line ends here"),
            ("new-mode-iv -", "word 6: IV offset: the line ends here"),
            ("new-mode-iv - x", "word 6: IV offset: 'x' is not a number"),
            ("new-mode-iv - 0", "word 7: device: the line ends here"),
            ("new-mode-iv - 0 d", "word 8: start sector: the line ends here"),
            ("new-mode-iv - 0 d x", "word 8: start sector: 'x' is not a number"),
            ("new-mode-iv - 0 d 0 x", "word 9: number of options: 'x' is not a number"),
            ("new-mode-iv - 0 d 0 33", "word 9: number of options: expected 0 to 32, found 33"),
            ("new-mode-iv - 0 d 0 2 a", "word 11: expected 2 options, found 1"),
            ("new-mode-iv - 0 d 0 1 a b", "word 11: unexpected 'b' after the arguments of crypt"),
            ("new-mode-iv - 0 d 0 0 a", "word 10: unexpected 'a' after the arguments of crypt"),
            (
                "new-mode-iv - 0 d 0 2 a integrity:0:aead",
                "word 11: integrity: expected a tag size of 1 to 480 bytes, found 'integrity:0:aead'"
            ),
            (
                "new-mode-iv - 0 d 0 1 integrity:481:aead",
                "word 10: integrity: expected a tag size of 1 to 480 bytes, found 'integrity:481:aead'"
            ),
            (
                "new-mode-iv - 0 d 0 1 integrity::aead",
                "word 10: integrity: expected a tag size of 1 to 480 bytes, found 'integrity::aead'"
            ),
            (
                "new-mode-iv - 0 d 0 1 integrity:+8:aead",
                "word 10: integrity: expected a tag size of 1 to 480 bytes, found 'integrity:+8:aead'"
            ),
            ("new-mode-iv - 0 d 0 1 integrity:8:mac", "word 10: integrity: expected aead or none, found 'integrity:8:mac'"),
            (
                "new-mode-iv - 0 d 0 1 sector_size:513",
                "word 10: sector_size: expected 512, 1024, 2048 or 4096, found 'sector_size:513'"
            ),
            (
                "new-mode-iv - 0 d 0 1 sector_size:",
                "word 10: sector_size: expected 512, 1024, 2048 or 4096, found 'sector_size:'"
            ),
            (
                "new-mode-iv - 0 d 0 1 sector_size:99999999999999999999",
                "word 10: sector_size: expected 512, 1024, 2048 or 4096, found 'sector_size:99999999999999999999'"
            ),
            (
                "new-mode-iv - 0 d 0 1 integrity_key_size:0",
                "word 10: integrity_key_size: expected 1 to 4096 bytes, found 'integrity_key_size:0'"
            ),
            (
                "new-mode-iv - 0 d 0 1 integrity_key_size:4097",
                "word 10: integrity_key_size: expected 1 to 4096 bytes, found 'integrity_key_size:4097'"
            ),
            (
                "new-mode-iv - 0 d 18014398509481976",
                "word 8: crypt: start sector: the line's end is more than 18014398509481983 sectors into the device"
            ),
            (
                "new-mode-iv - 4 d 0 1 sector_size:4096",
                "word 6: crypt: IV offset: 4 is not a multiple of the sector size, 8 sectors"
            ),
            (
                "aes-xts-plain64 00 0 d 0",
                "word 5: crypt: key: 'aes-xts-plain64' takes one of 32, 48, 64 bytes, this one has 1"
            ),
        ])
    func errors(_ arguments: String, _ expected: String) {
        #expect(refusal(of: "0 8 crypt \(arguments)") == "line 1, \(expected)")
    }

    @Test("a line is a multiple of the sector size long", arguments: [(1024, 7, 2), (2048, 10, 4), (4096, 12, 8)] as [(Int, Int, Int)])
    func lengths(_ sectorSize: Int, _ length: Int, _ sectors: Int) {
        #expect(
            refusal(of: "0 \(length) \(Self.line) 1 sector_size:\(sectorSize)")
                == "line 1, word 2: crypt: length: \(length) is not a multiple of the sector size, \(sectors) sectors")
        #expect(refusal(of: "0 \(3 * sectors) \(Self.line) 1 sector_size:\(sectorSize)") == nil)
    }

    @Test("the end of the device is within the largest sector")
    func end() {
        #expect(refusal(of: "0 8 crypt new-mode-iv - 0 d \(Sectors.max.count - 8)") == nil)
        let target = CryptTarget(
            cipher: .kernelAPI(specification: "new", iv: nil), key: .stored(byteCount: 1, keyring: .user, description: "k"), device: "d",
            start: Sectors(UInt64.max))
        #expect(
            refusal(of: target)
                == "line 1, word 8: crypt: start sector: the line's end is more than 18014398509481983 sectors into the device")
    }

    // MARK: keys

    @Test(
        "AES takes keys of its lengths, as often as there are keys",
        arguments: [
            ("aes-xts-plain64", [32, 48, 64]), ("aes-cbc-plain64", [16, 24, 32]), ("aes-cbc-essiv:sha256", [16, 24, 32]),
            ("aes-ecb", [16, 24, 32]), ("aes-ctr-plain64", [16, 24, 32]), ("aes:2-cbc-plain64", [32, 48, 64]),
        ])
    func keyLengths(_ cipher: String, _ lengths: [Int]) {
        for length in [1, 8, 15, 16, 17, 24, 32, 33, 40, 48, 56, 63, 64, 65, 96, 128, 4096] {
            let expected =
                lengths.contains(length)
                ? nil
                : "line 1, word 5: crypt: key: '\(cipher)' takes one of \(lengths.map(String.init).joined(separator: ", ")) bytes, this one has \(length)"
            #expect(refusal(of: "0 8 crypt \(cipher) :\(length):logon:k 0 d 0") == expected)
        }
    }

    @Test(
        "other ciphers and vectors take keys of their own lengths, where they are known",
        arguments: [
            ("aes:64-cbc-lmk", [1024, 1040, 1536, 1560, 2048, 2080]), ("aes-cbc-lmk", [16, 24, 32]),
            ("capi:cbc(aes)-lmk", [1024, 1040, 1536, 1560, 2048, 2080]),
            ("aes-cbc-tcw", [48, 56, 64]), ("aes:2-cbc-tcw", [64, 80, 96]), ("aes-cbc-elephant", [32, 48, 64]),
            ("aes-lrw-benbi", [32, 40, 48]), ("twofish-xts-plain64", [32, 48, 64]), ("camellia-cbc-plain64", [16, 24, 32]),
            ("sm4-cbc-plain64", [16]), ("des3_ede-cbc-plain64", [24]), ("xchacha12,aes-adiantum-plain64", [32]),
            ("aes-hctr2-plain64", [16, 24, 32]), ("aes-ecb-tcw", [16, 24, 32]), ("capi:xts(aes)-plain64", [32, 48, 64]),
            ("capi:gcm(aes)-random", [16, 24, 32]), ("capi:rfc7539(chacha20,poly1305)-random", [32]),
            ("capi:authenc(hmac(sha256),xts(aes))-plain64", [64, 80, 96]),
        ])
    func lengthsOfOtherKeys(_ cipher: String, _ lengths: [Int]) {
        for length in Set(lengths + [1, 8, 16, 24, 32, 40, 48, 63, 64, 80, 96, 1024, 1536, 2048, 2080, 4096]) {
            let expected = lengths.map(String.init).joined(separator: ", ")
            #expect(
                refusal(of: "0 8 crypt \(cipher) :\(length):logon:k 0 d 0")
                    == (lengths.contains(length)
                        ? nil
                        : "line 1, word 5: crypt: key: '\(cipher)' takes \(lengths.count > 1 ? "one of " : "")\(expected) bytes, "
                            + "this one has \(length)"),
                "\(cipher) \(length)")
        }
    }

    @Test("a cipher that does nothing has no key")
    func cipherNull() {
        #expect(refusal(of: "0 8 crypt cipher_null-ecb - 0 d 0") == nil)
        #expect(
            refusal(of: "0 8 crypt cipher_null-ecb 00 0 d 0")
                == "line 1, word 5: crypt: key: 'cipher_null-ecb' takes 0 bytes, this one has 1")
    }

    @Test("the size of an authentication key is that of the option, if there is one")
    func integrityKeySize() {
        let line = "0 8 crypt capi:authenc(hmac(sha256),xts(aes))-plain64"
        #expect(refusal(of: "\(line) :68:logon:k 0 d 0 2 integrity:32:aead integrity_key_size:4") == nil)
        #expect(
            refusal(of: "\(line) :96:logon:k 0 d 0 2 integrity:32:aead integrity_key_size:4")
                == "line 1, word 5: crypt: key: 'capi:authenc(hmac(sha256),xts(aes))-plain64' takes one of 36, 52, 68 bytes, this one has 96"
        )
    }

    @Test(
        "the lengths of other keys are not known here, and accepted",
        arguments: ["serpent-xts-plain64", "aes-new-plain64", "capi:xts(aes-generic)-plain64", "capi:authenc(new,xts(aes))-plain64"])
    func otherKeys(_ cipher: String) {
        #expect(refusal(of: "0 8 crypt \(cipher) :17:logon:k 0 d 0") == nil)
    }

    @Test(
        "a cipher goes with its vector and the options",
        arguments: [
            ("aes:64-cbc-lmk :2048:logon:k 0 d 0 1 sector_size:4096", "lmk needs sectors of 512 bytes"),
            ("aes-cbc-tcw :64:logon:k 0 d 0 1 sector_size:1024", "tcw needs sectors of 512 bytes"),
            ("aes-xts-plain64 :64:logon:k 0 d 0 1 integrity:32:aead", "integrity aead needs a cipher that begins with 'capi:'"),
            ("capi:xts(aes)-plain64 :64:logon:k 0 d 0 1 integrity:32:aead", "it does not authenticate, as integrity aead needs"),
            ("capi:new(aes)-lmk :64:logon:k 0 d 0 1 integrity:32:aead", "lmk does not go with integrity aead"),
            ("capi:new(aes)-eboiv :64:logon:k 0 d 0 1 integrity:32:aead", "eboiv does not go with integrity aead"),
            ("capi:new(aes)-elephant :64:logon:k 0 d 0 1 integrity:32:aead", "elephant does not go with integrity aead"),
            ("aes-ctr-eboiv :32:logon:k 0 d 0", "eboiv needs a mode of whole blocks"),
            ("aes-ctr-elephant :32:logon:k 0 d 0", "elephant needs a mode of whole blocks"),
            ("aes-cbc-essiv:sha1 :32:logon:k 0 d 0", "a digest of sha1 has 20 bytes, and is no key of aes"),
            ("capi:cbc(aes)-essiv:sha512 :32:logon:k 0 d 0", "a digest of sha512 has 64 bytes, and is no key of aes"),
        ])
    func conflicts(_ arguments: String, _ expected: String) {
        let cipher = arguments.split(separator: " ")[0]
        #expect(refusal(of: "0 8 crypt \(arguments)") == "line 1, word 4: crypt: cipher: '\(cipher)': \(expected)")
    }

    @Test(
        "what the kernel leaves out of a mode without vectors, and large sectors with other vectors, are no conflict",
        arguments: [
            "aes-ecb-lmk :32:logon:k 0 d 0 1 sector_size:4096", "aes-ecb-eboiv :32:logon:k 0 d 0",
            "aes-cbc-elephant :64:logon:k 0 d 0 1 sector_size:4096", "serpent-cbc-essiv:sha1 :32:logon:k 0 d 0",
            "aes-cbc-essiv:new :32:logon:k 0 d 0", "aes-cbc-tcw :64:logon:k 0 d 0 2 sector_size:512 iv_large_sectors",
        ])
    func noConflicts(_ arguments: String) { #expect(refusal(of: "0 8 crypt \(arguments)") == nil) }

    @Test("a key in the kernel's keyring has no blanks in its description, a file may", arguments: ["a\\ b", "a\\\tb", "à"])
    func blanks(_ description: String) {
        for keyring in ["logon", "user", "encrypted", "trusted", "new"] {
            #expect(
                refusal(of: "0 8 crypt new-mode-iv :8:\(keyring):\(description) 0 d 0")
                    == "line 1, word 5: crypt: key: a key in the kernel's keyring has no blanks in its description")
        }
        #expect(refusal(of: "0 8 crypt new-mode-iv :8:file:\(description) 0 d 0") == nil)
        #expect(refusal(of: "0 8 crypt new-mode-iv :8:user:é 0 d 0") == nil)
    }

    // MARK: what the kernel makes of it

    @Test("options in another order and a size of 512 are what the kernel makes of them, and on zones it adds an option")
    func isSatisfied() throws {
        func target(_ options: String, _ cipher: String = "aes-xts-plain64") throws -> CryptTarget {
            try onlyTarget("0 8 crypt \(cipher) :64:logon:a:b 0 7:0 0 \(options)", as: CryptTarget.self)
        }
        let plain = try target("")
        #expect(try target("1 sector_size:512").isSatisfied(by: plain))
        #expect(try target("2 IV_large_sectors allow_discards").isSatisfied(by: target("2 allow_discards iv_large_sectors")))
        #expect(try plain.isSatisfied(by: target("1 no_write_workqueue")))
        #expect(try target("1 allow_discards").isSatisfied(by: target("2 allow_discards no_write_workqueue")))
        #expect(try !target("1 no_write_workqueue").isSatisfied(by: plain))
        #expect(try !plain.isSatisfied(by: target("1 no_read_workqueue")))
        #expect(try !plain.isSatisfied(by: target("", "aes-xts-plain")))
        #expect(try !plain.isSatisfied(by: target("1 sector_size:4096")))
        var other = plain
        other.key = .stored(byteCount: 64, keyring: .user, description: "a:b")
        #expect(!plain.isSatisfied(by: other))
    }

    @Test("what lvm2 tests: a key is hidden unless it is asked for, and a key in a keyring is shown")
    func redaction() throws {
        let key = "0102030405060708090a0102030405060102030405060708090a010203040506"
        let own = try MappingTable(parsing: "0 1 crypt aes-xts-plain64 \(key) 0 254:0 0")
        #expect(own.description == "0 1 crypt aes-xts-plain64 <redacted> 0 254:0 0\n")
        #expect(textWithKeys(own) == "0 1 crypt aes-xts-plain64 \(key) 0 254:0 0\n")
        let stored = "0 1 crypt aes-xts-plain64 :32:logon:LVMTEST:keydesc 0 254:0 0\n"
        #expect(try MappingTable(parsing: stored).description == stored)
        #expect(try textWithKeys(MappingTable(parsing: stored)) == stored)
    }

    @Test("a cipher that may hold a key is not quoted when the key's length is wrong")
    func hidesCipher() throws {
        let digits = String(repeating: "0123456789abcdef", count: 4)
        #expect(
            refusal(of: "0 8 crypt aes-xts-\(digits) 00 0 d 0")
                == "line 1, word 5: crypt: key: a word of 72 characters (not shown, it may be a key) takes one of 32, 48, 64 bytes, this one has 1"
        )
    }

    // MARK: values

    @Test("options that no text stands for are refused")
    func values() {
        func refusal(_ change: (inout CryptTarget.Options) -> Void) -> String? {
            var target = CryptTarget(
                cipher: .kernelAPI(specification: "new", iv: nil), key: .stored(byteCount: 1, keyring: .user, description: "k"), device: "d"
            )
            change(&target.options)
            return DeviceMapperTablesTests.refusal(of: target)
        }
        for size: UInt64 in [0, 1, 100, 513, 8192, UInt64.max] {
            #expect(
                refusal { $0.sectorSize = ByteCount(size) }
                    == "line 1: crypt: sector_size: expected 512, 1024, 2048 or 4096, found \(size)")
        }
        for size in [0, -1, 481, Int.max] {
            #expect(
                refusal { $0.integrity = .init(tagSize: size, kind: "aead") }
                    == "line 1: crypt: integrity: expected a tag size of 1 to 480 bytes, found \(size)")
        }
        for kind in ["", "AEAD", "mac:x"] {
            #expect(
                refusal { $0.integrity = .init(tagSize: 1, kind: kind) }
                    == "line 1: crypt: integrity: expected aead or none, found '\(kind)'")
        }
        for size in [0, -1, 4097] {
            #expect(
                refusal { $0.integrityKeySize = size } == "line 1: crypt: integrity_key_size: expected 1 to 4096 bytes, found \(size)")
        }
        for option in ["", "a\0"] {
            #expect(refusal { $0.unknown = ["fine", option] } == "line 1: crypt: an option is empty or has a NUL character")
        }
        for option in ["allow_discards", "SECTOR_size:512", "integrity:1:new"] {
            #expect(refusal { $0.unknown = [option] } == "line 1: crypt: '\(option)' is not an unknown option")
        }
        #expect(refusal { $0.unknown = ["fine"] } == nil)
    }
}
