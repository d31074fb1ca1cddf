import BlockCrypto
import StorageUnits
import Testing
import VolumeLaws

/// The answers that the standards publish.
struct KnownAnswerTests {
    struct Vector: CustomTestStringConvertible, Sendable {
        var name: String
        var key: String
        var number: UInt64
        var plaintext: [UInt8]
        var ciphertext: [UInt8]
        var testDescription: String { name }
    }

    /// IEEE Std 1619-2007, annex B. The data unit sequence number is the sector's number; vectors with ciphertext stealing are left out, for
    /// sectors are whole blocks.
    static let xtsVectors: [Vector] = {
        let key128 = "27182818284590452353602874713526" + "31415926535897932384626433832795"
        let key256 =
            "2718281828459045235360287471352662497757247093699959574966967627"
            + "3141592653589793238462643383279502884197169399375105820974944592"
        let counting = (0..<512).map { UInt8(truncatingIfNeeded: $0) }
        let fours = [UInt8](repeating: 0x44, count: 32)
        return [
            Vector(
                name: "vector 1", key: String(repeating: "00", count: 32), number: 0, plaintext: [UInt8](repeating: 0, count: 32),
                ciphertext: bytes("917cf69ebd68b2ec9b9fe9a3eadda692cd43d2f59598ed858c02c2652fbf922e")),
            Vector(
                name: "vector 2", key: String(repeating: "11", count: 16) + String(repeating: "22", count: 16), number: 0x33_3333_3333,
                plaintext: fours, ciphertext: bytes("c454185e6a16936e39334038acef838bfb186fff7480adc4289382ecd6d394f0")),
            Vector(
                name: "vector 3", key: "fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0" + String(repeating: "22", count: 16), number: 0x33_3333_3333,
                plaintext: fours, ciphertext: bytes("af85336b597afc1a900b2eb21ec949d292df4c047e0b21532186a5971a227a89")),
            Vector(name: "vector 4", key: key128, number: 0, plaintext: counting, ciphertext: vector4),
            Vector(name: "vector 5", key: key128, number: 1, plaintext: vector4, ciphertext: vector5),
            Vector(name: "vector 10", key: key256, number: 0xff, plaintext: counting, ciphertext: vector10),
            Vector(name: "vector 13", key: key256, number: 0xffff_ffff, plaintext: counting, ciphertext: vector13),
            Vector(name: "vector 14", key: key256, number: 0xff_ffff_ffff, plaintext: counting, ciphertext: vector14),
        ]
    }()

    private static let vector4 = bytes(
        """
        27a7479befa1d476489f308cd4cfa6e2a96e4bbe3208ff25287dd3819616e89cc78cf7f5e543445f8333d8fa7f56000005279fa5d8b5e4ad40e736ddb4d35412
        328063fd2aab53e5ea1e0a9f332500a5df9487d07a5c92cc512c8866c7e860ce93fdf166a24912b422976146ae20ce846bb7dc9ba94a767aaef20c0d61ad0265
        5ea92dc4c4e41a8952c651d33174be51a10c421110e6d81588ede82103a252d8a750e8768defffed9122810aaeb99f9172af82b604dc4b8e51bcb08235a6f434
        1332e4ca60482a4ba1a03b3e65008fc5da76b70bf1690db4eae29c5f1badd03c5ccf2a55d705ddcd86d449511ceb7ec30bf12b1fa35b913f9f747a8afd1b130e
        94bff94effd01a91735ca1726acd0b197c4e5b03393697e126826fb6bbde8ecc1e08298516e2c9ed03ff3c1b7860f6de76d4cecd94c8119855ef5297ca67e9f3
        e7ff72b1e99785ca0a7e7720c5b36dc6d72cac9574c8cbbc2f801e23e56fd344b07f22154beba0f08ce8891e643ed995c94d9a69c9f1b5f499027a78572aeebd
        74d20cc39881c213ee770b1010e4bea718846977ae119f7a023ab58cca0ad752afe656bb3c17256a9f6e9bf19fdd5a38fc82bbe872c5539edb609ef4f79c203e
        bb140f2e583cb2ad15b4aa5b655016a8449277dbd477ef2c8d6c017db738b18deb4a427d1923ce3ff262735779a418f20a282df920147beabe421ee5319d0568
        """)
    private static let vector5 = bytes(
        """
        264d3ca8512194fec312c8c9891f279fefdd608d0c027b60483a3fa811d65ee59d52d9e40ec5672d81532b38b6b089ce951f0f9c35590b8b978d175213f329bb
        1c2fd30f2f7f30492a61a532a79f51d36f5e31a7c9a12c286082ff7d2394d18f783e1a8e72c722caaaa52d8f065657d2631fd25bfd8e5baad6e527d763517501
        c68c5edc3cdd55435c532d7125c8614deed9adaa3acade5888b87bef641c4c994c8091b5bcd387f3963fb5bc37aa922fbfe3df4e5b915e6eb514717bdd2a7407
        9a5073f5c4bfd46adf7d282e7a393a52579d11a028da4d9cd9c77124f9648ee383b1ac763930e7162a8d37f350b2f74b8472cf09902063c6b32e8c2d9290cefb
        d7346d1c779a0df50edcde4531da07b099c638e83a755944df2aef1aa31752fd323dcb710fb4bfbb9d22b925bc3577e1b8949e729a90bbafeacf7f7879e7b114
        7e28ba0bae940db795a61b15ecf4df8db07b824bb062802cc98a9545bb2aaeed77cb3fc6db15dcd7d80d7d5bc406c4970a3478ada8899b329198eb61c193fb62
        75aa8ca340344a75a862aebe92eee1ce032fd950b47d7704a3876923b4ad62844bf4a09c4dbe8b4397184b7471360c9564880aedddb9baa4af2e75394b08cd32
        ff479c57a07d3eab5d54de5f9738b8d27f27a9f0ab11799d7b7ffefb2704c95c6ad12c39f1e867a4b7b1d7818a4b753dfd2a89ccb45e001a03a867b187f225dd
        """)
    private static let vector10 = bytes(
        """
        1c3b3a102f770386e4836c99e370cf9bea00803f5e482357a4ae12d414a3e63b5d31e276f8fe4a8d66b317f9ac683f44680a86ac35adfc3345befecb4bb188fd
        5776926c49a3095eb108fd1098baec70aaa66999a72a82f27d848b21d4a741b0c5cd4d5fff9dac89aeba122961d03a757123e9870f8acf1000020887891429ca
        2a3e7a7d7df7b10355165c8b9a6d0a7de8b062c4500dc4cd120c0f7418dae3d0b5781c34803fa75421c790dfe1de1834f280d7667b327f6c8cd7557e12ac3a0f
        93ec05c52e0493ef31a12d3d9260f79a289d6a379bc70c50841473d1a8cc81ec583e9645e07b8d9670655ba5bbcfecc6dc3966380ad8fecb17b6ba02469a020a
        84e18e8f84252070c13e9f1f289be54fbc481457778f616015e1327a02b140f1505eb309326d68378f8374595c849d84f4c333ec4423885143cb47bd71c5edae
        9be69a2ffeceb1bec9de244fbe15992b11b77c040f12bd8f6a975a44a0f90c29a9abc3d4d893927284c58754cce294529f8614dcd2aba991925fedc4ae74ffac
        6e333b93eb4aff0479da9a410e4450e0dd7ae4c6e2910900575da401fc07059f645e8b7e9bfdef33943054ff84011493c27b3429eaedb4ed5376441a77ed4385
        1ad77f16f541dfd269d50d6a5f14fb0aab1cbb4c1550be97f7ab4066193c4caa773dad38014bd2092fa755c824bb5e54c4f36ffda9fcea70b9c6e693e148c151
        """)
    private static let vector13 = bytes(
        """
        bf53d2dade78e822a4d949a9bc6766b01b06a8ef70d26748c6a7fc36d80ae4c5520f7c4ab0ac8544424fa405162fef5a6b7f229498063618d39f0003cb5fb8d1
        c86b643497da1ff945c8d3bedeca4f479702a7a735f043ddb1d6aaade3c4a0ac7ca7f3fa5279bef56f82cd7a2f38672e824814e10700300a055e1630b8f1cb0e
        919f5e942010a416e2bf48cb46993d3cb6a51c19bacf864785a00bc2ecff15d350875b246ed53e68be6f55bd7e05cfc2b2ed6432198a6444b6d8c247fab941f5
        69768b5c429366f1d3f00f0345b96123d56204c01c63b22ce78baf116e525ed90fdea39fa469494d3866c31e05f295ff21fea8d4e6e13d67e47ce722e9698a1c
        1048d68ebcde76b86fcf976eab8aa9790268b7068e017a8b9b749409514f1053027fd16c3786ea1bac5f15cb79711ee2abe82f5cf8b13ae73030ef5b9e4457e7
        5d1304f988d62dd6fc4b94ed38ba831da4b7634971b6cd8ec325d9c61c00f1df73627ed3745a5e8489f3a95c69639c32cd6e1d537a85f75cc844726e8a72fc00
        77ad22000f1d5078f6b866318c668f1ad03d5a5fced5219f2eabbd0aa5c0f460d183f04404a0d6f469558e81fab24a167905ab4c7878502ad3e38fdbe62a4155
        6cec37325759533ce8f25f367c87bb5578d667ae93f9e2fd99bcbc5f2fbba88cf6516139420fcff3b7361d86322c4bd84c82f335abb152c4a93411373aaa8220
        """)
    private static let vector14 = bytes(
        """
        64497e5a831e4a932c09be3e5393376daa599548b816031d224bbf50a818ed2350eae7e96087c8a0db51ad290bd00c1ac1620857635bf246c176ab463be30b80
        8da548081ac847b158e1264be25bb0910bbc92647108089415d45fab1b3d2604e8a8eff1ae4020cfa39936b66827b23f371b92200be90251e6d73c5f86de5fd4
        a950781933d79a28272b782a2ec313efdfcc0628f43d744c2dc2ff3dcb66999b50c7ca895b0c64791eeaa5f29499fb1c026f84ce5b5c72ba1083cddb5ce45434
        631665c333b60b11593fb253c5179a2c8db813782a004856a1653011e93fb6d876c18366dd8683f53412c0c180f9c848592d593f8609ca736317d356e13e2bff
        3a9f59cd9aeb19cd482593d8c46128bb32423b37a9adfb482b99453fbe25a41bf6feb4aa0bef5ed24bf73c762978025482c13115e4015aac992e5613a3b5c2f6
        85b84795cb6e9b2656d8c88157e52c42f978d8634c43d06fea928f2822e465aa6576e9bf419384506cc3ce3c54ac1a6f67dc66f3b30191e698380bc999b05abc
        e19dc0c6dcc2dd001ec535ba18deb2df1a101023108318c75dc98611a09dc48a0acdec676fabdf222f07e026f059b672b56e5cbc8e1d21bbd867dd9272120546
        81d70ea737134cdfce93b6f82ae22423274e58a0821cc5502e2d0ab4585e94de6975be5e0b4efce51cd3e70c25a1fbbbd609d273ad5b0d59631c531f6a0a57b9
        """)

    /// NIST SP 800-38A, F.2.1, F.2.3 and F.2.5: CBC with AES-128, -192 and -256.
    static let cbcVectors: [Vector] = {
        let plaintext = bytes(
            """
            6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51
            30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710
            """)
        // The vector of the standard, 00 01 02 ... 0f, is no sector's. CBC begins by combining it with the first block: that is done here.
        let combined = plaintext.enumerated().map { $0 < 16 ? $1 ^ UInt8($0) : $1 }
        return [
            Vector(
                name: "F.2.1", key: "2b7e151628aed2a6abf7158809cf4f3c", number: 0, plaintext: combined,
                ciphertext: bytes(
                    """
                    7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2
                    73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7
                    """)),
            Vector(
                name: "F.2.3", key: "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b", number: 0, plaintext: combined,
                ciphertext: bytes(
                    """
                    4f021db243bc633d7178183a9fa071e8b4d9ada9ad7dedf4e5e738763f69145a
                    571b242012fb7ae07fa9baac3df102e008b0e27988598881d920a9e64f5615cd
                    """)),
            Vector(
                name: "F.2.5", key: "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", number: 0, plaintext: combined,
                ciphertext: bytes(
                    """
                    f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d
                    39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b
                    """)),
        ]
    }()

    @Test("XTS gives the ciphertexts of IEEE 1619", arguments: xtsVectors)
    func xts(_ vector: Vector) throws {
        let cipher = try SectorCipher(.aes(.xts, iv: .plain64), key: SecretBytes(bytes(vector.key)))
        let size = vector.plaintext.count
        #expect(difference(try cipher.encrypted(vector.plaintext, sectorSize: size, first: vector.number), vector.ciphertext) == nil)
        #expect(difference(try cipher.decrypted(vector.ciphertext, sectorSize: size, first: vector.number), vector.plaintext) == nil)
    }

    @Test("CBC gives the ciphertexts of SP 800-38A", arguments: cbcVectors)
    func cbc(_ vector: Vector) throws {
        let cipher = try SectorCipher(.aes(.cbc, iv: .plain64), key: SecretBytes(bytes(vector.key)))
        #expect(difference(try cipher.encrypted(vector.plaintext, sectorSize: 64, first: 0), vector.ciphertext) == nil)
        #expect(difference(try cipher.decrypted(vector.ciphertext, sectorSize: 64, first: 0), vector.plaintext) == nil)
    }

    /// Vector 14's number differs from vector 13's only above the 32 bits that `plain` looks at.
    @Test func plainSeesTheLow32BitsOfANumberOnly() throws {
        let vector = try #require(Self.xtsVectors.last)
        let cipher = try SectorCipher(.aes(.xts, iv: .plain), key: SecretBytes(bytes(vector.key)))
        #expect(difference(try cipher.encrypted(vector.plaintext, sectorSize: 512, first: 0xff_ffff_ffff), Self.vector13) == nil)
    }

    /// Two units that follow each other, as a disk has them: 4 encrypts to 5's plaintext.
    @Test func neighbouringUnitsHaveTheStandardsAnswersInOneCall() throws {
        let vector = Self.xtsVectors[3]
        let cipher = try SectorCipher(.aes(.xts, iv: .plain64), key: SecretBytes(bytes(vector.key)))
        let both = vector.plaintext + Self.vector4
        #expect(difference(try cipher.encrypted(both, sectorSize: 512, first: 0), Self.vector4 + Self.vector5) == nil)
        #expect(difference(try cipher.decrypted(Self.vector4 + Self.vector5, sectorSize: 512, first: 0), both) == nil)
    }

    /// One block each: FIPS 197, RFC 3713, RFC 2144, GB/T 32907; Serpent's and Twofish's from their authors' submissions to the AES contest
    /// and from NESSIE, Blowfish's from Schneier's, 3DES's from NBS SP 500-20.
    static let blocks: [(cipher: BlockCipher, key: String, plaintext: String, ciphertext: String)] = [
        (.aes, "000102030405060708090a0b0c0d0e0f", "00112233445566778899aabbccddeeff", "69c4e0d86a7b0430d8cdb78070b4c55a"),
        (.serpent, "000102030405060708090a0b0c0d0e0f", "000102030405060708090a0b0c0d0e0f", "4c7d8a328072a22c823e4a1f3acda16d"),
        (
            .serpent, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "000102030405060708090a0b0c0d0e0f",
            "de269ff833e432b85b2e88d2701ce75c"
        ),
        (.twofish, "00000000000000000000000000000000", "00000000000000000000000000000000", "9f589f5cf6122c32b6bfec2f2ae8c35a"),
        (
            .twofish, "0123456789abcdeffedcba987654321000112233445566778899aabbccddeeff", "00000000000000000000000000000000",
            "37527be0052334b89f0cfccae87cfa20"
        ),
        (.camellia, "0123456789abcdeffedcba9876543210", "0123456789abcdeffedcba9876543210", "67673138549669730857065648eabe43"),
        (
            .camellia, "0123456789abcdeffedcba98765432100011223344556677", "0123456789abcdeffedcba9876543210",
            "b4993401b3e996f84ee5cee7d79b09b9"
        ),
        (
            .camellia, "0123456789abcdeffedcba987654321000112233445566778899aabbccddeeff", "0123456789abcdeffedcba9876543210",
            "9acc237dff16d76c20ef7c919e3a7509"
        ),
        (.sm4, "0123456789abcdeffedcba9876543210", "0123456789abcdeffedcba9876543210", "681edf34d206965e86b3e94f536e4246"),
        (.cast5, "0123456712345678234567893456789a", "0123456789abcdef", "238b4fe5847e44b2"),
        (.blowfish, "0000000000000000", "0000000000000000", "4ef997456198dd78"),
        (.blowfish, "0123456789abcdef", "1111111111111111", "61f9c3802281b096"),
        (.des3, "0123456789abcdef23456789abcdef01456789abcdef0123", "5468652071756663", "a826fd8ce53b855f"),
    ]

    @Test("Each cipher gives the published ciphertext of a block", arguments: blocks.indices)
    func block(_ index: Int) throws {
        let block = Self.blocks[index]
        let cipher = try SectorCipher(CipherScheme(block.cipher, .ecb, iv: .null), key: SecretBytes(bytes(block.key)))
        let (plaintext, ciphertext) = (bytes(block.plaintext), bytes(block.ciphertext))
        #expect(difference(try cipher.encrypted(plaintext, sectorSize: plaintext.count, first: 0), ciphertext) == nil, "\(block.cipher)")
        #expect(difference(try cipher.decrypted(ciphertext, sectorSize: plaintext.count, first: 0), plaintext) == nil, "\(block.cipher)")
    }

    /// NIST SP 800-38A, F.5.5: the first counter as the vector of a sector has it is made by `plain64be`, which leaves its first half zero;
    /// there the last block of the counter that a carry goes through is at hand, too.
    @Test func counterModeCarriesOverTheWholeBlock() throws {
        let key = SecretBytes(bytes("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"))
        let counters = try SectorCipher(.aes(.ctr, iv: .plain64be), key: key)
        let blocks = try SectorCipher(.aes(.ecb, iv: .null), key: key)
        // 2^64 - 1, and the next block's counter 2^64.
        let expected = try blocks.encrypted(
            bytes("0000000000000000ffffffffffffffff" + "00000000000000010000000000000000"), sectorSize: 32, first: 0)
        #expect(try counters.encrypted([UInt8](repeating: 0, count: 32), sectorSize: 32, first: .max) == expected)
    }
}
