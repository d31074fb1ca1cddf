import DeviceMapperTables
import Testing

@Suite struct CryptCipherTests {
    /// The cipher of a line, whose key is one that suits it.
    private func cipher(_ text: String) throws -> CryptCipher {
        let key =
            switch text {
            case _ where text.hasPrefix("aes:64"): ":2048:logon:k"
            case _ where text.hasPrefix("aes:2-"), "aes-cbc-tcw": ":64:logon:k"
            case _ where text.contains("authenc"): ":96:logon:k"
            case _ where text.contains("cipher_null"): "-"
            default: ":32:logon:k"
            }
        return try onlyTarget("0 8 crypt \(text) \(key) 0 d 0", as: CryptTarget.self).cipher
    }

    private func named(
        _ algorithm: String, _ mode: String, _ iv: CryptCipher.InitializationVector?, keyCount: Int = 1
    ) -> CryptCipher {
        .named(.init(algorithm: algorithm, keyCount: keyCount, mode: mode, iv: iv))
    }

    @Test("a cipher, a mode and an initialization vector are read and printed")
    func namedCiphers() throws {
        let ciphers: [(String, CryptCipher)] = [
            ("aes-xts-plain64", .aesXTSPlain64),
            ("aes-xts-plain64", named("aes", "xts", .plain64)),
            ("aes-xts-plain", named("aes", "xts", .plain)),
            ("aes-xts-plain64be", named("aes", "xts", .plain64be)),
            ("aes-cbc-essiv:sha256", named("aes", "cbc", .essiv(hash: "sha256"))),
            ("aes-cbc-essiv:sha3-256", named("aes", "cbc", .essiv(hash: "sha3-256"))),
            ("aes-lrw-benbi", named("aes", "lrw", .benbi)),
            ("aes-cbc-null", named("aes", "cbc", .null)),
            ("aes-cbc-eboiv", named("aes", "cbc", .eboiv)),
            ("aes-cbc-elephant", named("aes", "cbc", .elephant)),
            ("aes:64-cbc-lmk", named("aes", "cbc", .lmk, keyCount: 64)),
            ("aes:2-cbc-plain64", named("aes", "cbc", .plain64, keyCount: 2)),
            ("aes-cbc-tcw", named("aes", "cbc", .tcw)),
            ("aes-xts-random", named("aes", "xts", .random)),
            ("aes-ecb", named("aes", "ecb", nil)),
            ("aes-ecb-null", named("aes", "ecb", .null)),
            ("cipher_null-ecb", named("cipher_null", "ecb", nil)),
            ("xchacha12,aes-adiantum-plain64", named("xchacha12,aes", "adiantum", .plain64)),
            ("aes-plain-plain64", named("aes", "plain", .plain64)),
            ("aes-cbc-newiv", named("aes", "cbc", .unknown("newiv"))),
            ("aes-cbc-newiv:a:b-c", named("aes", "cbc", .unknown("newiv:a:b-c"))),
            ("aes-cbc-PLAIN64", named("aes", "cbc", .unknown("PLAIN64"))),
        ]
        for (text, expected) in ciphers {
            #expect(try cipher(text) == expected, "\(text)")
            #expect(expected.description == text)
        }
    }

    @Test(
        "what the first kernels wrote means cbc-plain",
        arguments: [("aes", 1), ("aes-plain", 1), ("aes:2", 2), ("aes:2-plain", 2), ("aes:1", 1)])
    func shortForms(_ text: String, _ keyCount: Int) throws {
        let size = 32 * keyCount
        let target = try onlyTarget("0 8 crypt \(text) :\(size):logon:k 0 d 0", as: CryptTarget.self)
        #expect(target.cipher == named("aes", "cbc", .plain, keyCount: keyCount))
        #expect(target.cipher.description == (keyCount == 1 ? "aes-cbc-plain" : "aes:2-cbc-plain"))
    }

    @Test("a specification of the kernel's crypto interface is read and printed")
    func kernelAPI() throws {
        let ciphers: [(String, CryptCipher)] = [
            ("capi:xts(aes)-plain64", .kernelAPI(specification: "xts(aes)", iv: .plain64)),
            ("capi:gcm(aes)-random", .kernelAPI(specification: "gcm(aes)", iv: .random)),
            ("capi:authenc(hmac(sha256),xts(aes))-plain64", .kernelAPI(specification: "authenc(hmac(sha256),xts(aes))", iv: .plain64)),
            ("capi:rfc7539(chacha20,poly1305)-random", .kernelAPI(specification: "rfc7539(chacha20,poly1305)", iv: .random)),
            // Dashes within the brackets, and within the hash's name.
            ("capi:xts(aes-generic)-plain64", .kernelAPI(specification: "xts(aes-generic)", iv: .plain64)),
            ("capi:cbc(aes-generic)-essiv:sha3-256", .kernelAPI(specification: "cbc(aes-generic)", iv: .essiv(hash: "sha3-256"))),
            ("capi:cbc(aes)-essiv:sha256", .kernelAPI(specification: "cbc(aes)", iv: .essiv(hash: "sha256"))),
            ("capi:cbc(aes)-essiv:sha3-256", .kernelAPI(specification: "cbc(aes)", iv: .essiv(hash: "sha3-256"))),
            ("capi:xts-aes-aesni-plain64", .kernelAPI(specification: "xts-aes-aesni", iv: .plain64)),
            ("capi:ecb(cipher_null)", .kernelAPI(specification: "ecb(cipher_null)", iv: nil)),
            ("capi:essiv(cbc(aes),sha256)-plain64", .kernelAPI(specification: "essiv(cbc(aes),sha256)", iv: .plain64)),
        ]
        for (text, expected) in ciphers {
            #expect(try cipher(text) == expected, "\(text)")
            #expect(expected.description == text)
        }
    }

    @Test(
        "a wrong cipher is refused with its line and word",
        arguments: [
            ("capi:", "expected a specification behind 'capi:'"),
            // The kernel would take the last colon for the vector's, and the last dash before it.
            (
                "capi:xts(ecb:x(aes-generic))-plain64",
                "':' and the last '-' belong to an initialization vector behind the specification"
            ),
            ("capi:ecb(aes):x(y)-plain64", "':' and the last '-' belong to an initialization vector behind the specification"),
            ("capi:ecb(aes):x", "':' and the last '-' belong to an initialization vector behind the specification"),
            ("capi:xts(aes-generic)", "':' and the last '-' belong to an initialization vector behind the specification"),
            ("capi:-plain64", "expected a specification behind 'capi:'"),
            ("xts(aes)-plain64", "brackets are for specifications that begin with 'capi:'"),
            ("-xts-plain64", "expected cipher or cipher:keycount before the first '-'"),
            (":2-xts-plain64", "expected cipher or cipher:keycount before the first '-'"),
            ("aes:2:2-xts-plain64", "expected cipher or cipher:keycount before the first '-'"),
            ("aes:0-cbc-lmk", "the number of keys is a power of two up to 65536"),
            ("aes:3-cbc-lmk", "the number of keys is a power of two up to 65536"),
            ("aes:+64-cbc-lmk", "the number of keys is a power of two up to 65536"),
            ("aes:-2-cbc-lmk", "the number of keys is a power of two up to 65536"),
            ("aes:131072-cbc-lmk", "the number of keys is a power of two up to 65536"),
            ("aes:18446744073709551616-cbc-lmk", "the number of keys is a power of two up to 65536"),
            ("aes:-cbc-lmk", "the number of keys is a power of two up to 65536"),
            ("aes--plain64", "expected a mode behind the first '-'"),
            ("aes-", "expected a mode behind the first '-'"),
            ("aes-xts", "every mode but ecb needs an initialization vector"),
            ("aes-xts-", "expected an initialization vector behind the last '-'"),
            ("aes-plain-", "expected an initialization vector behind the last '-'"),
            ("aes-cbc-:sha256", "expected an initialization vector behind the last '-'"),
            ("capi:xts(aes)-", "expected an initialization vector behind the last '-'"),
            ("aes-cbc-essiv", "essiv needs a hash: essiv:sha256"),
            ("aes-cbc-essiv:", "essiv needs a hash: essiv:sha256"),
            ("aes-xts-plain64:sha256", "plain64 takes nothing behind it"),
            ("aes-xts-random:", "random takes nothing behind it"),
        ])
    func errors(_ text: String, _ expected: String) {
        #expect(refusal(of: "0 8 crypt \(text) :32:logon:k 0 d 0") == "line 1, word 4: cipher: '\(text)': \(expected)")
    }

    @Test(
        "a value that no text stands for is refused",
        arguments: [
            CryptCipher.named(.init(algorithm: "aes", keyCount: 3, mode: "cbc", iv: .plain)),
            .named(.init(algorithm: "aes", keyCount: Int.max, mode: "cbc", iv: .plain)),
            .named(.init(algorithm: "aes", keyCount: 0, mode: "cbc", iv: .plain)),
            .named(.init(algorithm: "aes", keyCount: -1, mode: "cbc", iv: .plain)),
            .named(.init(algorithm: "", mode: "cbc", iv: .plain)),
            .named(.init(algorithm: "aes", mode: "", iv: .plain)),
            .named(.init(algorithm: "aes-cbc", mode: "cbc", iv: .plain)),
            .named(.init(algorithm: "aes", mode: "cbc", iv: nil)),
            .named(.init(algorithm: "aes", mode: "cbc", iv: .essiv(hash: ""))),
            .named(.init(algorithm: "aes", mode: "cbc", iv: .unknown("plain"))),
            .named(.init(algorithm: "aes\0", mode: "cbc", iv: .plain)),
            .kernelAPI(specification: "", iv: .plain),
            .kernelAPI(specification: "xts(aes)-plain", iv: nil),
        ])
    func values(_ cipher: CryptCipher) {
        let target = CryptTarget(cipher: cipher, key: .stored(byteCount: 32, keyring: .logon, description: "k"), device: "d")
        let text = cipher.description.replacing("\0", with: "?")
        #expect(refusal(of: target) == "line 1, word 4: crypt: cipher: '\(text)' does not stand for this cipher")
    }
}
