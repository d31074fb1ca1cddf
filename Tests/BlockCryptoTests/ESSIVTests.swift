import BlockCrypto
import StorageUnits
import Testing
import VolumeLaws

/// `essiv` has no published vectors: its parts, put together by hand from what openssl makes of them.
struct ESSIVTests {
    /// The hashes whose digest is a key of AES.
    static let forAES: [IVGenerator.ESSIVHash] = [.md5, .sha256, .sha3_256, .sm3]
    static let openssl = HostCommand("openssl", package: "openssl")

    @Test("A sector's vector is its number, encrypted with the hash of the key", arguments: forAES, [16, 24, 32])
    func vectors(_ hash: IVGenerator.ESSIVHash, _ keySize: Int) throws {
        var random = SeededGenerator(seed: UInt64(keySize))
        let key = random.bytes(keySize)
        let number = random.next()
        let plaintext = random.bytes(512)

        let salt = try Self.openssl.run("dgst", "-\(hash.rawValue)", "-binary", input: key).bytes
        let littleEndian = (0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64(8 * $0)) } + [UInt8](repeating: 0, count: 8)
        let iv = try Self.openssl.run(
            "enc", "-aes-\(salt.count * 8)-ecb", "-nopad", "-K", hexadecimal(salt), input: littleEndian
        ).bytes
        let expected = try Self.openssl.run(
            "enc", "-aes-\(keySize * 8)-cbc", "-nopad", "-K", hexadecimal(key), "-iv", hexadecimal(iv), input: plaintext
        ).bytes

        let cipher = try SectorCipher(.aes(.cbc, iv: .essiv(hash)), key: SecretBytes(key))
        #expect(try cipher.encrypted(plaintext, sectorSize: 512, first: number) == expected)
    }

    /// The salt is the hash of both halves of an XTS key.
    @Test("The whole key of XTS is hashed", arguments: forAES, [32, 64])
    func wholeKeyOfXTS(_ hash: IVGenerator.ESSIVHash, _ keySize: Int) throws {
        var random = SeededGenerator(seed: UInt64(keySize))
        let key = random.bytes(keySize)
        let plaintext = random.bytes(512)

        let salt = try Self.openssl.run("dgst", "-\(hash.rawValue)", "-binary", input: key).bytes
        let iv = try Self.openssl.run(
            "enc", "-aes-\(salt.count * 8)-ecb", "-nopad", "-K", hexadecimal(salt), input: [9] + [UInt8](repeating: 0, count: 15)
        ).bytes
        // The command openssl has no XTS. Its first block is built from the two ciphers that XTS is made of.
        let half = "-aes-\(keySize * 4)-ecb"
        let tweak = try Self.openssl.run("enc", half, "-nopad", "-K", hexadecimal(key[(keySize / 2)...]), input: iv).bytes
        let masked = zip(plaintext, tweak).map { $0 ^ $1 }
        let encrypted = try Self.openssl.run("enc", half, "-nopad", "-K", hexadecimal(key[..<(keySize / 2)]), input: masked).bytes
        let expected = zip(encrypted, tweak).map { $0 ^ $1 }

        let cipher = try SectorCipher(.aes(.xts, iv: .essiv(hash)), key: SecretBytes(key))
        #expect(Array(try cipher.encrypted(plaintext, sectorSize: 512, first: 9)[..<16]) == expected)
    }
}
