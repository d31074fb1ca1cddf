import BlockCrypto
import StorageUnits
import Testing
import VolumeLaws

/// What holds for every cipher, whatever its answers are.
struct SectorCipherTests {
    struct Kind: CustomTestStringConvertible, Sendable {
        var scheme: CipherScheme
        var keySize: Int
        var testDescription: String {
            "\(scheme.cipher)-\(scheme.mode)-\(scheme.iv), \(scheme.keyCount) keys of \(keySize) bytes"
        }

        func cipher(_ random: inout SeededGenerator) throws -> SectorCipher {
            try SectorCipher(scheme, key: SecretBytes(random.bytes(keySize * scheme.keyCount)))
        }

        /// How much of a sector's number its vector knows.
        var bitsOfNumber: Int {
            if scheme.mode == .ecb || scheme.iv == .null { return 0 }
            return scheme.iv == .plain ? 32 : 64
        }
    }

    private static let ivs: [IVGenerator] = [.plain, .plain64, .plain64be, .null, .benbi, .eboiv]
    private static let keySizes: [BlockCipher: [Int]] = [
        .aes: [16, 24, 32], .serpent: [16, 21, 32], .twofish: [16, 32], .camellia: [16, 24, 32], .sm4: [16], .cast5: [11, 16],
        .blowfish: [4, 19, 56], .des3: [24],
    ]
    private static let hashes: [BlockCipher: [IVGenerator.ESSIVHash]] = [
        .aes: [.md5, .sha256, .sha3_256, .sm3], .serpent: [.sha1, .rmd160, .sha224, .sha3_224], .twofish: [.md5, .sha256],
        .camellia: [.sha3_256], .sm4: [.md5], .cast5: [.md5], .blowfish: [.sha1, .sha384, .sha3_384],
    ]

    /// Every cipher in every mode with every vector, and with some of its key lengths.
    static let kinds: [Kind] = keySizes.keys.sorted { $0.rawValue < $1.rawValue }.flatMap { cipher -> [Kind] in
        let sizes = keySizes[cipher] ?? []
        var kinds: [Kind] = []
        for mode in CipherScheme.Mode.allCases where mode != .xts || cipher.blockSize == 16 {
            let vectors = mode == .ecb ? [.null] : ivs + (hashes[cipher] ?? []).map { .essiv($0) }
            for iv in vectors where mode != .ctr || iv != .eboiv {
                let size = sizes[kinds.count % sizes.count] * (mode == .xts ? 2 : 1)
                let keyCount = [1, 1, 4][kinds.count % 3]
                kinds.append(Kind(scheme: CipherScheme(cipher, mode, iv: iv, keyCount: keyCount), keySize: size))
            }
        }
        return kinds
    }

    /// 128 vectors are made at a time: calls on both sides of that, and of twice that.
    @Test("One call for many sectors does what a call for each sector does", arguments: kinds, [512, 1024, 2048, 4096])
    func oneCallEqualsMany(_ kind: Kind, _ sectorSize: Int) throws {
        var random = SeededGenerator(seed: UInt64(sectorSize))
        let cipher = try kind.cipher(&random)
        let counts = sectorSize == 512 ? [1, 127, 128, 129, 256, 300] : [2, 129]
        let all = random.bytes(sectorSize * 2) + [UInt8](repeating: 7, count: (counts.max() ?? 0) * sectorSize)
        for count in counts {
            let first = random.next()  // the largest numbers wrap
            let step = UInt64(sectorSize / 512)
            let plaintext = Array(all[..<(count * sectorSize)])
            let whole = try cipher.encrypted(plaintext, sectorSize: sectorSize, first: first, step: step)
            var each: [UInt8] = []
            for sector in 0..<count {
                each += try cipher.encrypted(
                    Array(plaintext[sector * sectorSize..<(sector + 1) * sectorSize]), sectorSize: sectorSize,
                    first: first &+ step &* UInt64(sector), step: step)
            }
            #expect(difference(whole, each) == nil, "\(count) sectors from number \(first) in steps of \(step)")
            #expect(whole != plaintext)
            #expect(difference(try cipher.decrypted(whole, sectorSize: sectorSize, first: first, step: step), plaintext) == nil)
        }
    }

    @Test("The number matters, except in what the vector leaves out", arguments: kinds)
    func theNumberMatters(_ kind: Kind) throws {
        var random = SeededGenerator(seed: 3)
        let cipher = try kind.cipher(&random)
        let plaintext = random.bytes(512)
        let zero = try cipher.encrypted(plaintext, sectorSize: 512, first: 0)
        let four = try cipher.encrypted(plaintext, sectorSize: 512, first: 4)
        #expect((four == zero) == (kind.bitsOfNumber == 0), "with the same key")
        let one = try cipher.encrypted(plaintext, sectorSize: 512, first: 1)
        #expect((one == zero) == (kind.bitsOfNumber == 0 && kind.scheme.keyCount == 1))
        #expect(try cipher.encrypted(plaintext, sectorSize: 512, first: 0) == zero, "a cipher forgets the sector before")
        #expect((try cipher.encrypted(plaintext, sectorSize: 512, first: 1 << 32) == zero) == (kind.bitsOfNumber < 64))
        // 2^32 - 1, then 2^32: in the middle of a call.
        let two = try cipher.encrypted(plaintext + plaintext, sectorSize: 512, first: 1 << 32 - 1)
        #expect((Array(two[512...]) == zero) == (kind.bitsOfNumber < 64))
    }

    /// As `iv_large_sectors` has it, which divides the number of each sector by their size.
    @Test("A shift takes low bits off every number, also where numbers begin again", arguments: kinds.filter { $0.scheme.keyCount == 1 })
    func shift(_ kind: Kind) throws {
        var random = SeededGenerator(seed: 8)
        let cipher = try kind.cipher(&random)
        let plaintext = random.bytes(4 * 4096)
        let whole = try cipher.encrypted(plaintext, sectorSize: 4096, first: UInt64.max - 15, step: 8, shift: 3)
        let last = try cipher.encrypted(Array(plaintext[..<8192]), sectorSize: 4096, first: (1 << 61) - 2)
        let first = try cipher.encrypted(Array(plaintext[8192...]), sectorSize: 4096, first: 0)
        #expect(difference(whole, last + first) == nil)
        #expect(difference(try cipher.decrypted(whole, sectorSize: 4096, first: UInt64.max - 15, step: 8, shift: 3), plaintext) == nil)
    }

    @Test("Nothing is done for no sectors", arguments: kinds) func noSectors(_ kind: Kind) throws {
        var random = SeededGenerator(seed: 4)
        let cipher = try kind.cipher(&random)
        #expect(try cipher.encrypted([], sectorSize: 512, first: 0) == [])
        #expect(try cipher.decrypted([], sectorSize: 512, first: 0) == [])
    }

    /// A key is that of the sector's number modulo their count, whatever the vector is made from.
    @Test func keysTakeTurns() throws {
        var random = SeededGenerator(seed: 12)
        let keys = (0..<4).map { _ in random.bytes(32) }
        let together = try SectorCipher(
            CipherScheme(.aes, .cbc, iv: .essiv(.sha256), keyCount: 4), key: SecretBytes(Array(keys.joined())))
        let plaintext = random.bytes(6 * 512)
        var expected: [UInt8] = []
        for sector in 0..<6 {
            // Numbers 6 8 10 12 14 0; the vectors are made from their halves.
            let number = (UInt64(6) + 2 * UInt64(sector)) & 15
            let alone = try SectorCipher(.aes(.cbc, iv: .essiv(.sha256)), key: SecretBytes(keys[Int(number & 3)]))
            expected += try alone.encrypted(
                Array(plaintext[sector * 512..<(sector + 1) * 512]), sectorSize: 512, first: (6 + 2 * UInt64(sector)) / 2)
        }
        #expect(difference(try together.encrypted(plaintext, sectorSize: 512, first: 6, step: 2, shift: 1), expected) == nil)
        #expect(difference(try together.decrypted(expected, sectorSize: 512, first: 6, step: 2, shift: 1), plaintext) == nil)
    }

    @Test func withoutACipherSectorsStayAsTheyAre() throws {
        var random = SeededGenerator(seed: 13)
        let cipher = try SectorCipher(CipherScheme(.null, .ecb, iv: .null), key: SecretBytes([]))
        let plaintext = random.bytes(4096)
        #expect(try cipher.encrypted(plaintext, sectorSize: 512, first: 5) == plaintext)
        #expect(try cipher.decrypted(plaintext, sectorSize: 512, first: 5) == plaintext)
    }

    /// The kernel takes such keys too. Libraries that follow FIPS 140 refuse them.
    @Test func anXTSKeyOfTwoEqualHalvesIsTaken() throws {
        var random = SeededGenerator(seed: 5)
        let half = random.bytes(32)
        let cipher = try SectorCipher(.aes(.xts, iv: .plain64), key: SecretBytes(half + half))
        let plaintext = random.bytes(4096)
        let ciphertext = try cipher.encrypted(plaintext, sectorSize: 4096, first: 7)
        #expect(difference(try cipher.decrypted(ciphertext, sectorSize: 4096, first: 7), plaintext) == nil)
    }

    /// A weak key of DES, three times: what it encrypts twice is as it was.
    @Test func aWeakKeyIsTaken() throws {
        var random = SeededGenerator(seed: 14)
        let cipher = try SectorCipher(CipherScheme(.des3, .ecb, iv: .null), key: SecretBytes([UInt8](repeating: 1, count: 24)))
        let plaintext = random.bytes(512)
        let once = try cipher.encrypted(plaintext, sectorSize: 512, first: 0)
        #expect(once != plaintext)
        #expect(try cipher.encrypted(once, sectorSize: 512, first: 0) == plaintext)
    }

    @Test(
        "A key of another length is refused",
        arguments: [
            (CipherScheme.aes(.cbc, iv: .plain64), [0, 1, 15, 17, 23, 31, 33, 48, 64], "aes in cbc mode takes keys of 16, 24 or 32 bytes"),
            (
                .aes(.xts, iv: .plain64), [0, 16, 24, 31, 33, 40, 49, 62, 65, 66, 96, 128],
                "aes in xts mode takes keys of 32, 48 or 64 bytes"
            ),
            (CipherScheme(.aes, .cbc, iv: .plain64, keyCount: 4), [16, 63, 65], "aes in cbc mode takes 4 keys of 16, 24 or 32 bytes"),
            (CipherScheme(.twofish, .cbc, iv: .plain64), [24], "twofish in cbc mode takes keys of 16 or 32 bytes"),
            (CipherScheme(.cast5, .cbc, iv: .plain64), [5, 10, 17], "cast5 in cbc mode takes keys of 11 to 16 bytes"),
            (CipherScheme(.blowfish, .ctr, iv: .plain64), [3, 57], "blowfish in ctr mode takes keys of 4 to 56 bytes"),
            (CipherScheme(.serpent, .xts, iv: .plain64), [0, 33, 66], "serpent in xts mode takes keys of 2 to 64 bytes"),
            (CipherScheme(.sm4, .ecb, iv: .null), [15, 32], "sm4 in ecb mode takes keys of 16 bytes"),
            (CipherScheme(.des3, .ecb, iv: .null), [8, 16, 32], "des3_ede in ecb mode takes keys of 24 bytes"),
            (CipherScheme(.null, .ecb, iv: .null), [1, 32], "cipher_null in ecb mode takes keys of no bytes"),
        ])
    func wrongLength(_ scheme: CipherScheme, _ counts: [Int], _ message: String) {
        for count in counts {
            let error = #expect(throws: CipherError.self) {
                try SectorCipher(scheme, key: SecretBytes([UInt8](repeating: 1, count: count)))
            }
            #expect(error?.description == "\(message), not \(count)")
        }
    }

    @Test(
        "What no key could make work is refused",
        arguments: [
            (CipherScheme(.null, .cbc, iv: .plain64), "cipher_null has no mode but ecb"),
            (CipherScheme(.blowfish, .xts, iv: .plain64), "xts takes a cipher with blocks of 16 bytes, and those of blowfish have 8"),
            (CipherScheme(.aes, .cbc, iv: .plain64, keyCount: 3), "expected a power of two of keys up to 1024, found 3"),
            (CipherScheme(.aes, .cbc, iv: .plain64, keyCount: 2048), "expected a power of two of keys up to 1024, found 2048"),
            (CipherScheme(.aes, .ctr, iv: .eboiv), "eboiv needs a mode that encrypts whole blocks, which ctr does not"),
            (CipherScheme(.des3, .cbc, iv: .essiv(.sha256)), "essiv:sha256 makes keys of 32 bytes, and des3_ede takes 24 bytes"),
        ])
    func impossibleSchemes(_ scheme: CipherScheme, _ message: String) {
        let error = #expect(throws: CipherError.self) { try SectorCipher(scheme, key: SecretBytes([UInt8](repeating: 1, count: 24))) }
        #expect(error?.description == message)
    }

    /// Each holds two key schedules in libgcrypt's secure memory, which has to grow for that.
    @Test func hundredsOfCiphersLiveAtTheSameTime() throws {
        var random = SeededGenerator(seed: 6)
        let ciphers = try (0..<300).map { _ in
            try SectorCipher(.aes(.xts, iv: .essiv(.sha256)), key: SecretBytes(random.bytes(64)))
        }
        let plaintext = random.bytes(512)
        var ciphertexts: Set<[UInt8]> = []
        for cipher in ciphers { ciphertexts.insert(try cipher.encrypted(plaintext, sectorSize: 512, first: 0)) }
        #expect(ciphertexts.count == ciphers.count)
    }
}
