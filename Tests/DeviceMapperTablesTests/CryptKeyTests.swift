import DeviceMapperTables
import StorageUnits
import Testing

@Suite struct CryptKeyTests {
    private static let wrong =
        "key: expected hexadecimal digits, two a byte, or :<bytes>:<logon|user|encrypted|trusted|file>:<description>"

    /// The key of a line whose cipher takes every length.
    private func key(_ text: String) throws -> CryptKey {
        try onlyTarget("0 8 crypt new-mode-iv \(text) 0 d 0", as: CryptTarget.self).key
    }

    private func bytes(_ key: CryptKey) -> [UInt8]? {
        guard case .bytes(let secret) = key else { return nil }
        return secret.withBytes { bytes in (0..<bytes.byteCount).map { unsafe bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self) } }
    }

    @Test("hexadecimal digits in either case are bytes")
    func digits() throws {
        #expect(bytes(try key("00")) == [0])
        #expect(bytes(try key("0123456789abcdef")) == [0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF])
        #expect(bytes(try key("aBCdeF")) == [0xAB, 0xCD, 0xEF])
        #expect(try key("ABCDEF") == key("abcdef"))
        #expect(try key("abcdef").byteCount == 3)
        #expect(textWithKeys(try MappingTable(parsing: "0 8 crypt new-mode-iv ABcd 0 d 0")) == "0 8 crypt new-mode-iv abcd 0 d 0\n")
    }

    @Test("a key has at most 4096 bytes")
    func largest() throws {
        #expect(CryptKey.largestByteCount == 4096)
        let digits = String(repeating: "5a", count: 4096)
        #expect(try key(digits).byteCount == 4096)
        #expect(refusal(of: "0 8 crypt new-mode-iv \(digits)5a 0 d 0") == "line 1, word 5: \(Self.wrong)")
    }

    @Test("a dash is a key of no bytes, and is printed as one")
    func none() throws {
        #expect(bytes(try key("-")) == [])
        #expect(try key("-").byteCount == 0)
        #expect(try MappingTable(parsing: "0 8 crypt new-mode-iv - 0 d 0").description == "0 8 crypt new-mode-iv - 0 d 0\n")
    }

    @Test("a key that is kept elsewhere is named by its length, its keyring and its description, which may have colons")
    func stored() throws {
        let keys: [(String, CryptKey)] = [
            (":32:logon:a:b", .stored(byteCount: 32, keyring: .logon, description: "a:b")),
            (":64:logon:cryptsetup:1234-d0", .stored(byteCount: 64, keyring: .logon, description: "cryptsetup:1234-d0")),
            (":1:user::", .stored(byteCount: 1, keyring: .user, description: ":")),
            (":4096:encrypted:k", .stored(byteCount: 4096, keyring: .encrypted, description: "k")),
            (":16:trusted:k", .stored(byteCount: 16, keyring: .trusted, description: "k")),
            (":16:file:/run/key", .stored(byteCount: 16, keyring: .file, description: "/run/key")),
            (#":16:file:/my\ key"#, .stored(byteCount: 16, keyring: .file, description: "/my key")),
            (":16:tpm9:k", .stored(byteCount: 16, keyring: .unknown("tpm9"), description: "k")),
        ]
        for (text, expected) in keys {
            #expect(try key(text) == expected, "\(text)")
            #expect(try key(text).byteCount == expected.byteCount)
            // It is a name, no secret: it is shown.
            #expect(try MappingTable(parsing: "0 8 crypt new-mode-iv \(text) 0 d 0").description == "0 8 crypt new-mode-iv \(text) 0 d 0\n")
        }
        #expect(try key(":016:logon:k") == .stored(byteCount: 16, keyring: .logon, description: "k"))
    }

    @Test(
        "anything else is no key, and is not quoted",
        arguments: [
            "0", "abc", "0x00", "0g", "g0", "--", "+00", "a:", "0-", ":", "::", ":::", ":32", ":32:", ":32:logon", ":32:logon:", ":32::k",
            ":0:logon:k", ":4097:logon:k", ":-1:logon:k", ":+32:logon:k", ":x:logon:k", ":32x:logon:k", "::logon:k",
            ":99999999999999999999:logon:k", "é", "٠٠",
        ])
    func rubbish(_ text: String) {
        #expect(refusal(of: "0 8 crypt new-mode-iv \(text) 0 d 0") == "line 1, word 5: \(Self.wrong)")
    }

    @Test("a keyring's name or a description that is not UTF-8 is refused")
    func notUTF8() {
        for key in [Array(":8:logon:".utf8) + [0xFF], Array(":8:".utf8) + [0xFF] + Array(":k".utf8), [0xFF, 0xFF]] {
            let text = Array("0 8 crypt new-mode-iv ".utf8) + key + Array(" 0 d 0".utf8)
            #expect(refusal(of: text) == "line 1, word 5: \(Self.wrong)")
        }
    }

    @Test(
        "a value that no text stands for is refused",
        arguments: [
            CryptKey.stored(byteCount: 0, keyring: .logon, description: "k"), .stored(byteCount: 4097, keyring: .logon, description: "k"),
            .stored(byteCount: -1, keyring: .logon, description: "k"), .stored(byteCount: 8, keyring: .logon, description: ""),
            .stored(byteCount: 8, keyring: .logon, description: "a\0b"), .stored(byteCount: 8, keyring: .unknown(""), description: "k"),
            .stored(byteCount: 8, keyring: .unknown("a:b"), description: "k"),
            .stored(byteCount: 8, keyring: .unknown("a\0"), description: "k"), .bytes(SecretBytes(count: 4097) { _ in }),
        ])
    func values(_ key: CryptKey) {
        let target = CryptTarget(cipher: .kernelAPI(specification: "new", iv: nil), key: key, device: "d")
        #expect(refusal(of: target) == "line 1, word 5: crypt: \(Self.wrong)")
    }
}
