import BlockCrypto
import StorageUnits
import Testing
import VolumeLaws

/// What holds for every cipher, whatever its answers are.
struct SectorCipherTests {
    struct Kind: CustomTestStringConvertible, Sendable {
        var mode: SectorCipher.Mode
        var iv: IVGenerator
        var keySize: Int
        var testDescription: String { "\(mode) \(iv) with a key of \(keySize) bytes" }

        func cipher(_ random: inout SeededGenerator) throws -> SectorCipher {
            try SectorCipher(aes: mode, iv: iv, key: SecretBytes(random.bytes(keySize)))
        }
    }

    static let kinds: [Kind] = {
        let ivs = [.plain, .plain64] + IVGenerator.ESSIVHash.allCases.map { IVGenerator.essiv($0) }
        return ivs.flatMap { iv in
            [16, 24, 32].flatMap { [Kind(mode: .cbc, iv: iv, keySize: $0), Kind(mode: .xts, iv: iv, keySize: 2 * $0)] }
        }
    }()

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
            #expect((whole == plaintext) == false)
            #expect(difference(try cipher.decrypted(whole, sectorSize: sectorSize, first: first, step: step), plaintext) == nil)
        }
    }

    @Test("The number matters, except in what plain leaves out", arguments: kinds)
    func theNumberMatters(_ kind: Kind) throws {
        var random = SeededGenerator(seed: 3)
        let cipher = try kind.cipher(&random)
        let plaintext = random.bytes(512)
        let zero = try cipher.encrypted(plaintext, sectorSize: 512, first: 0)
        #expect(try cipher.encrypted(plaintext, sectorSize: 512, first: 1) != zero)
        #expect(try cipher.encrypted(plaintext, sectorSize: 512, first: 0) == zero, "a cipher forgets the sector before")
        #expect((try cipher.encrypted(plaintext, sectorSize: 512, first: 1 << 32) == zero) == (kind.iv == .plain))
        // 2^32 - 1, then 2^32: in the middle of a call.
        let two = try cipher.encrypted(plaintext + plaintext, sectorSize: 512, first: 1 << 32 - 1)
        #expect((Array(two[512...]) == zero) == (kind.iv == .plain))
    }

    /// As `iv_large_sectors` has it, which divides the number of each sector by their size.
    @Test("A shift takes low bits off every number, also where numbers begin again", arguments: kinds)
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

    /// The kernel takes such keys too. Libraries that follow FIPS 140 refuse them.
    @Test func anXTSKeyOfTwoEqualHalvesIsTaken() throws {
        var random = SeededGenerator(seed: 5)
        let half = random.bytes(32)
        let cipher = try SectorCipher(aes: .xts, iv: .plain64, key: SecretBytes(half + half))
        let plaintext = random.bytes(4096)
        let ciphertext = try cipher.encrypted(plaintext, sectorSize: 4096, first: 7)
        #expect(difference(try cipher.decrypted(ciphertext, sectorSize: 4096, first: 7), plaintext) == nil)
    }

    @Test("A CBC key of another length is refused", arguments: [0, 1, 15, 17, 23, 31, 33, 48, 64])
    func wrongLengthForCBC(_ count: Int) {
        let error = #expect(throws: CipherError.self) {
            try SectorCipher(aes: .cbc, iv: .plain64, key: SecretBytes([UInt8](repeating: 1, count: count)))
        }
        #expect(error?.description == "AES takes keys of 16, 24 or 32 bytes, not \(count)")
    }

    @Test("An XTS key of another length is refused", arguments: [0, 16, 24, 31, 33, 40, 49, 62, 65, 66, 96, 128])
    func wrongLengthForXTS(_ count: Int) {
        let error = #expect(throws: CipherError.self) {
            try SectorCipher(aes: .xts, iv: .plain64, key: SecretBytes([UInt8](repeating: 1, count: count)))
        }
        #expect(error?.description == "AES-XTS takes keys of 32, 48 or 64 bytes, not \(count)")
    }

    /// Each holds two key schedules in libgcrypt's secure memory, which has to grow for that.
    @Test func hundredsOfCiphersLiveAtTheSameTime() throws {
        var random = SeededGenerator(seed: 6)
        let ciphers = try (0..<300).map { _ in
            try SectorCipher(aes: .xts, iv: .essiv(.sha256), key: SecretBytes(random.bytes(64)))
        }
        let plaintext = random.bytes(512)
        var ciphertexts: Set<[UInt8]> = []
        for cipher in ciphers { ciphertexts.insert(try cipher.encrypted(plaintext, sectorSize: 512, first: 0)) }
        #expect(ciphertexts.count == ciphers.count)
    }
}
