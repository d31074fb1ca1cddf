import DeviceMapper
import Testing
import VolumeLaws

/// cryptsetup encrypts and decrypts whole images without the kernel's help, with ciphers of its own library: what it has encrypted must read
/// as the plaintext, and what a volume has written must come out of its decryption.
struct LUKS2Tests {
    struct Format: CustomTestStringConvertible, Sendable {
        var cipher: String
        var keyBits: Int
        var sectorSize: Int
        var testDescription: String { "\(cipher), \(keyBits) bits, sectors of \(sectorSize)" }

        init(_ cipher: String, _ keyBits: Int, _ sectorSize: Int) {
            (self.cipher, self.keyBits, self.sectorSize) = (cipher, keyBits, sectorSize)
        }
    }

    static let formats = [
        Format("aes-xts-plain64", 512, 512), Format("aes-xts-plain64", 512, 4096), Format("aes-xts-plain64", 256, 1024),
        Format("aes-xts-essiv:sha256", 512, 4096), Format("aes-cbc-essiv:sha256", 256, 512),
        Format("aes-cbc-essiv:sha256", 128, 4096), Format("aes-cbc-plain64", 192, 512),
    ]

    private static let cryptsetup = LUKSDump.cryptsetup
    private static let passphrase = Array("correct horse".utf8)
    // A weak passphrase is all there is to protect here.
    private static let quickly = ["--type", "luks2", "--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000", "--batch-mode"]

    @Test("An image that cryptsetup encrypted in place reads as it was, and it decrypts what we write", arguments: formats)
    func inPlace(_ format: Format) throws {
        var random = SeededGenerator(seed: UInt64(format.keyBits + format.sectorSize))
        let scratch = try ScratchDirectory()
        let passphrase = try scratch.file("passphrase", Self.passphrase)
        let plaintext = random.bytes(384 * 1024 + 3 * 4096)
        let image = try scratch.file("image", plaintext)
        let header = scratch("header")
        try Self.cryptsetup.run(
            ["reencrypt", "--encrypt", "--header", header, "--key-file", passphrase] + Self.quickly
                + ["--cipher", format.cipher, "--key-size", "\(format.keyBits)", "--sector-size", "\(format.sectorSize)", image])
        let dump = try LUKSDump(luks2: header, passphraseFile: passphrase, in: scratch)
        #expect(dump.cipher == format.cipher && dump.keySize * 8 == format.keyBits && dump.sectorSize == format.sectorSize)
        #expect(try ScratchDirectory.bytes(image) != plaintext, "nothing was encrypted")

        let volume = try Volume(dump.table(image, count: plaintext.count))
        let found = try volume.read(count: plaintext.count, inPiecesFrom: &random)
        #expect(difference(found, plaintext) == nil, "what cryptsetup encrypted reads otherwise")
        let other = random.bytes(plaintext.count)
        try volume.write(other, inPiecesFrom: &random)
        try volume.close()

        try Self.cryptsetup.run(
            "reencrypt", "--decrypt", "--header", header, "--key-file", passphrase, "--force-offline-reencrypt", "--batch-mode", image)
        #expect(difference(try ScratchDirectory.bytes(image), other) == nil, "what was written decrypts otherwise")
    }

    /// The usual way: the header at the start of the image, the sectors behind it, their size chosen by cryptsetup.
    @Test func aFormattedImageIsWrittenAndDecrypted() throws {
        var random = SeededGenerator(seed: 1)
        let scratch = try ScratchDirectory()
        let passphrase = try scratch.file("passphrase", Self.passphrase)
        let image = try scratch.sparseFile("image", size: 18 << 20)
        try Self.cryptsetup.run(["luksFormat"] + Self.quickly + [image, passphrase])
        let dump = try LUKSDump(luks2: image, passphraseFile: passphrase, in: scratch)
        #expect(dump.sectorSize == 4096, "cryptsetup chose another size of sectors than it does for files: one case less is tested")
        let count = 2 << 20
        let plaintext = random.bytes(count)
        let volume = try Volume(dump.table(image, count: count))
        #expect(volume.size == ByteCount(UInt64(count)))
        try volume.write(plaintext, inPiecesFrom: &random)
        try volume.close()

        // Decryption moves everything to the start of the image; the header goes to a file.
        try Self.cryptsetup.run(
            "reencrypt", "--decrypt", "--header", scratch("header"), "--key-file", passphrase, "--force-offline-reencrypt", "--batch-mode",
            image)
        #expect(difference(Array(try ScratchDirectory.bytes(image)[..<count]), plaintext) == nil)
    }

    /// Encryption in place with a header in the image: everything moves 16 MiB up, and the last 32 MiB, which were to be empty, are gone.
    @Test func anImageThatWasShiftedAndEncryptedReadsAsItWas() throws {
        var random = SeededGenerator(seed: 2)
        let scratch = try ScratchDirectory()
        let passphrase = try scratch.file("passphrase", Self.passphrase)
        let plaintext = random.bytes(1 << 20)
        let image = try scratch.file("image", plaintext + [UInt8](repeating: 0, count: 32 << 20))
        try Self.cryptsetup.run(
            ["reencrypt", "--encrypt", "--reduce-device-size", "32M", "--key-file", passphrase] + Self.quickly + [image])
        let dump = try LUKSDump(luks2: image, passphraseFile: passphrase, in: scratch)
        #expect(dump.offset == 16 << 20)
        let volume = try Volume(dump.table(image, count: plaintext.count), opening: .files(.readOnly))
        #expect(difference(try volume.read(count: plaintext.count, inPiecesFrom: &random), plaintext) == nil)
    }
}
