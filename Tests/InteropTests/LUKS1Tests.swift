import DeviceMapper
import Testing
import VolumeLaws

/// qemu has a LUKS driver of its own: it must read what a volume has written, and write what a volume reads.
struct LUKS1Tests {
    struct Format: CustomTestStringConvertible, Sendable {
        var cipher: String
        var keyBits: Int
        var testDescription: String { "\(cipher), \(keyBits) bits" }

        init(_ cipher: String, _ keyBits: Int) { (self.cipher, self.keyBits) = (cipher, keyBits) }
    }

    static let formats = [
        Format("aes-xts-plain64", 512), Format("aes-xts-plain64", 256), Format("aes-xts-plain", 512), Format("aes-cbc-essiv:sha256", 256),
        Format("aes-cbc-essiv:sha256", 128), Format("aes-cbc-plain64", 256), Format("aes-cbc-plain", 128), Format("aes-cbc-essiv:md5", 128),
    ]

    private static let qemu = HostCommand("qemu-img", package: "qemu-utils")
    private static let passphrase = "correct horse"
    private static let secret = ["--object", "secret,id=passphrase,data=\(passphrase)"]
    private static let count = 256 * 1024

    @Test("What qemu writes is read, and what is written qemu reads", arguments: formats) func bothDirections(_ format: Format) throws {
        let scratch = try ScratchDirectory()
        let passphrase = try scratch.file("passphrase", Array(Self.passphrase.utf8))
        let image = try scratch.sparseFile("image", size: (2 << 20) + Self.count)
        try LUKSDump.cryptsetup.run(
            "luksFormat", "--type", "luks1", "--pbkdf-force-iterations", "1000", "--batch-mode", "--cipher", format.cipher, "--key-size",
            "\(format.keyBits)", image, passphrase)
        try check(image, passphrase, scratch, expecting: format)
    }

    /// qemu measures for a second how slow it can make a guess of the passphrase: hence only two.
    @Test(
        "An image that qemu made is written and read",
        arguments: [
            (Format("aes-xts-plain64", 512), "cipher-alg=aes-256,cipher-mode=xts,ivgen-alg=plain64"),
            (Format("aes-cbc-essiv:sha256", 128), "cipher-alg=aes-128,cipher-mode=cbc,ivgen-alg=essiv,ivgen-hash-alg=sha256"),
        ])
    func madeByQEMU(_ format: Format, _ options: String) throws {
        let scratch = try ScratchDirectory()
        let passphrase = try scratch.file("passphrase", Array(Self.passphrase.utf8))
        let image = scratch("image")
        try Self.create(image, options)
        try check(image, passphrase, scratch, expecting: format)
    }

    /// On a busy machine qemu finds its measurement of the processor useless, and gives up: then it is asked again.
    private static func create(_ image: String, _ options: String) throws {
        for attempt in 1... {
            let arguments = secret + ["-o", "key-secret=passphrase,iter-time=10,\(options)", image, "\(count)"]
            let result = Result { try qemu.run(["create", "-q", "-f", "luks"] + arguments) }
            guard attempt < 10, case .failure(let error) = result, "\(error)".contains("Unable to get accurate CPU usage") else {
                _ = try result.get()
                return
            }
        }
    }

    private func check(_ image: String, _ passphrase: String, _ scratch: ScratchDirectory, expecting format: Format) throws {
        var random = SeededGenerator(seed: UInt64(format.keyBits))
        let dump = try LUKSDump(luks1: image, passphraseFile: passphrase, in: scratch)
        #expect(dump.cipher == format.cipher && dump.keySize * 8 == format.keyBits)
        let table = try dump.table(image, count: Self.count)
        let options = "driver=luks,key-secret=passphrase,file.filename=\(image)"

        let theirs = random.bytes(Self.count)
        try Self.qemu.run(
            ["convert", "-n", "-f", "raw"] + Self.secret + ["--target-image-opts", try scratch.file("theirs", theirs), options])
        let volume = try Volume(table)
        #expect(difference(try volume.read(count: Self.count, inPiecesFrom: &random), theirs) == nil, "what qemu wrote reads otherwise")
        let ours = random.bytes(Self.count)
        try volume.write(ours, inPiecesFrom: &random)
        try volume.close()

        try Self.qemu.run(["convert"] + Self.secret + ["--image-opts", options, "-O", "raw", scratch("ours")])
        let found = Array(try ScratchDirectory.bytes(scratch("ours"))[..<Self.count])
        #expect(difference(found, ours) == nil, "qemu reads what was written otherwise")
    }
}
