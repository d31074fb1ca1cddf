import DeviceMapper
import Testing
import VolumeLaws

/// What a crypt volume leaves on its file, and reads from it, is what Python's `cryptography` (OpenSSL) computes.
struct CryptAgainstPythonTests {
    /// Each line of the header is
    /// `encrypt|decrypt algorithm mode keys key-count vector sector-size counts-large-sectors first-number bytes`.
    static let oracle = PythonOracle(
        program: """
            import hashlib, warnings
            warnings.simplefilter("ignore")  # of what newer versions call old ciphers
            from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

            ciphers = {
                "aes": (algorithms.AES, 16), "camellia": (algorithms.Camellia, 16), "sm4": (algorithms.SM4, 16),
                "des3_ede": (algorithms.TripleDES, 8), "blowfish": (algorithms.Blowfish, 8), "cast5": (algorithms.CAST5, 8),
            }

            def run(encrypting, algorithm, mode, data):
                cipher = Cipher(algorithm, mode)
                context = cipher.encryptor() if encrypting else cipher.decryptor()
                return context.update(data) + context.finalize()

            def exclusive_or(a, b):
                return (int.from_bytes(a, "little") ^ int.from_bytes(b, "little")).to_bytes(len(a), "little")

            # IEEE 1619 from its two ciphers: the library has XTS for some keys of AES only.
            def xts(encrypting, cipher, key, vector, data):
                half = len(key) // 2
                tweak = int.from_bytes(run(True, cipher(key[half:]), modes.ECB(), vector), "little")
                tweaks = b""
                for _ in range(len(data) // 16):
                    tweaks += tweak.to_bytes(16, "little")
                    tweak <<= 1
                    if tweak >> 128:
                        tweak = (tweak ^ 0x87) & (2 ** 128 - 1)
                return exclusive_or(run(encrypting, cipher(key[:half]), modes.ECB(), exclusive_or(data, tweaks)), tweaks)

            def sector_by(encrypting, cipher, key, mode, vector, data):
                if mode == "xts":
                    if cipher is algorithms.AES and len(key) != 48:
                        return run(encrypting, cipher(key), modes.XTS(vector), data)
                    return xts(encrypting, cipher, key, vector, data)
                if mode == "ctr":  # the library has it for blocks of 16 bytes only
                    block, first = len(vector), int.from_bytes(vector, "big")
                    counters = (((first + n) % 256 ** block).to_bytes(block, "big") for n in range(len(data) // block))
                    return exclusive_or(data, run(True, cipher(key), modes.ECB(), b"".join(counters)))
                return run(encrypting, cipher(key), modes.CBC(vector) if mode == "cbc" else modes.ECB(), data)

            def vector_of(kind, number, cipher, block, mode, key, first_key, size):
                if kind == "plain":
                    return (number % 2 ** 32).to_bytes(block, "little")
                if kind == "plain64":
                    return number.to_bytes(block, "little")
                if kind == "plain64be":
                    return number.to_bytes(block, "big")
                if kind == "null":
                    return bytes(block)
                if kind == "benbi":
                    blocks = 512 if mode == "ctr" else 512 // block  # a block of ctr is a byte
                    return ((number * blocks + 1) % 2 ** 64).to_bytes(block, "big")
                if kind == "eboiv":
                    place = (number * size % 2 ** 64).to_bytes(block, "little")
                    return sector_by(True, cipher, first_key, mode, place, bytes(block))
                name, digest = kind.split(":")
                assert name == "essiv"
                salt = hashlib.new({"rmd160": "ripemd160"}.get(digest, digest.replace("-", "_")), key).digest()
                return run(True, cipher(salt), modes.ECB(), number.to_bytes(block, "little"))

            place = 0
            for operation, algorithm, mode, keys, key_count, kind, size, large, first, count in header:
                keys, key_count, size, first, count = bytes.fromhex(keys), int(key_count), int(size), int(first), int(count)
                keys = [keys[n * len(keys) // key_count:(n + 1) * len(keys) // key_count] for n in range(key_count)]
                cipher, block = ciphers[algorithm]
                for offset in range(0, count, size):
                    sector = bytes(data[place + offset:place + offset + size])
                    number = (first + offset // 512) % 2 ** 64
                    key = keys[number % key_count]
                    if large == "true":
                        number //= size // 512
                    vector = vector_of(kind, number, cipher, block, mode, key, keys[0], size) if mode != "ecb" else None
                    answer(sector_by(operation == "encrypt", cipher, key, mode, vector, sector))
                place += count
            """)

    struct Case {
        var algorithm: String
        var mode: String
        var vector: String
        var keyCount = 1
        var keys: [UInt8]
        var sectorSize: Int
        var hasLargeVectors: Bool
        var ivOffset: UInt64
        var start: Int  // in sectors of 512 bytes
        var count: Int  // of units of `sectorSize`

        var bytes: Range<Int> { start * 512..<start * 512 + count * sectorSize }
        var summary: String {
            """
            \(algorithm)-\(mode)-\(vector), \(keyCount) keys, \(keys.count * 8) bits, sectors of \(sectorSize), large \(hasLargeVectors), \
            IV offset \(ivOffset), start \(start), \(count) sectors
            """
        }

        func table(_ path: String) throws -> MappingTable {
            let keys = keyCount == 1 ? "" : ":\(keyCount)"
            let cipher = "\(algorithm)\(keys)-\(mode)" + (mode == "ecb" ? "" : "-\(vector)")
            let options = "sector_size:\(sectorSize)" + (hasLargeVectors ? " iv_large_sectors" : "")
            return try MappingTable(
                parsing: "0 \(bytes.count / 512) crypt \(cipher) \(hexadecimal(self.keys)) \(ivOffset) \(path) \(start) "
                    + "\(hasLargeVectors ? 2 : 1) \(options)")
        }

        func question(_ operation: String) -> String {
            """
            \(operation) \(algorithm) \(mode) \(hexadecimal(keys)) \(keyCount) \(vector) \(sectorSize) \(hasLargeVectors) \(ivOffset) \
            \(bytes.count)
            """
        }

        /// Offsets and lengths of all sorts.
        init(
            _ algorithm: String, _ mode: String, _ vector: String, keyCount: Int = 1, keySize: Int, sectorSize: Int,
            hasLargeVectors: Bool, _ random: inout SeededGenerator
        ) {
            self.algorithm = algorithm
            self.mode = mode
            self.vector = vector
            self.keyCount = keyCount
            keys = random.bytes(keyCount * keySize * (mode == "xts" ? 2 : 1))
            self.sectorSize = sectorSize
            self.hasLargeVectors = hasLargeVectors
            let unit = UInt64(sectorSize / 512)
            // Near where `plain` begins again, and where the number itself does.
            let near = ([0, 1 << 32, UInt64.max, random.next()] as [UInt64]).randomElement(using: &random) ?? 0
            ivOffset = (near &- UInt64.random(in: 0...40, using: &random)) / unit * unit
            start = Int.random(in: 0...20, using: &random)
            // Now and then more than the 64 KiB that are encrypted at a time.
            let bytes = Int.random(in: 1...8, using: &random) == 1 ? 150_000 : 12_000
            count = Int.random(in: 1...bytes / sectorSize, using: &random)
        }
    }

    /// The lengths of keys of each cipher, and the hashes whose digest is such a key.
    private static let others: [(name: String, block: Int, keySizes: [Int], hashes: [String])] = [
        ("aes", 16, [16, 24, 32], ["sha256"]), ("camellia", 16, [16, 24, 32], ["md5", "sha256"]), ("sm4", 16, [16], ["md5"]),
        ("des3_ede", 8, [24], []), ("blowfish", 8, [4, 11, 32, 56], ["sha1", "sha384"]), ("cast5", 8, [11, 14, 16], ["md5"]),
    ]

    /// Every combination of AES with the vectors of LUKS, and every cipher, mode and vector otherwise, each with its own offsets, lengths and
    /// keys.
    static func cases(_ random: inout SeededGenerator) -> [Case] {
        var cases: [Case] = []
        for mode in ["xts", "cbc"] {
            for vector in ["plain", "plain64", "essiv:sha256", "essiv:md5", "essiv:sha3-256"] {
                for keySize in [16, 24, 32] {
                    for sectorSize in [512, 1024, 2048, 4096] {
                        for large in [false, true] {
                            cases.append(
                                Case("aes", mode, vector, keySize: keySize, sectorSize: sectorSize, hasLargeVectors: large, &random))
                        }
                    }
                }
            }
        }
        for cipher in others {
            for mode in ["xts", "cbc", "ctr", "ecb"] where mode != "xts" || cipher.block == 16 {
                let vectors = ["plain", "plain64", "plain64be", "null", "benbi", "eboiv"] + cipher.hashes.map { "essiv:\($0)" }
                for vector in mode == "ecb" ? ["null"] : vectors where mode != "ctr" || vector != "eboiv" {
                    for keyCount in [1, [2, 64].randomElement(using: &random) ?? 2] {
                        cases.append(
                            Case(
                                cipher.name, mode, vector, keyCount: keyCount,
                                keySize: cipher.keySizes.randomElement(using: &random) ?? 16,
                                sectorSize: [512, 1024, 2048, 4096].randomElement(using: &random) ?? 512,
                                hasLargeVectors: Bool.random(using: &random), &random))
                    }
                }
            }
        }
        return cases
    }

    @Test("Files hold what Python encrypts, and read as what Python decrypts", arguments: 0..<scaled(10))
    func sameBytes(_ seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let scratch = try ScratchDirectory()
        let cases = Self.cases(&random)
        var questions: [String] = []
        var data: [UInt8] = []
        var found: [[UInt8]] = []
        for (index, one) in cases.enumerated() {
            let before = random.bytes(one.bytes.upperBound + 512 * Int.random(in: 0...3, using: &random))
            let path = try scratch.file("\(index)", before)
            let plaintext = random.bytes(one.bytes.count)
            let volume = try Volume(one.table(path))
            questions += [one.question("decrypt"), one.question("encrypt")]
            data += before[one.bytes] + plaintext
            found.append(try volume.read(count: one.bytes.count, inPiecesFrom: &random))
            try volume.write(plaintext, inPiecesFrom: &random)
            try volume.close()
            let after = try ScratchDirectory.bytes(path)
            found.append(Array(after[one.bytes]))
            #expect(
                difference(Array(after[..<one.bytes.lowerBound]), Array(before[..<one.bytes.lowerBound])) == nil,
                "seed \(seed): in front of \(one.summary)")
            #expect(
                difference(Array(after[one.bytes.upperBound...]), Array(before[one.bytes.upperBound...])) == nil,
                "seed \(seed): behind \(one.summary)")
        }
        let answer = try Self.oracle.answer(questions, data)
        try #require(answer.count == data.count)
        var place = 0
        for (index, one) in cases.enumerated() {
            for (direction, bytes) in [("read", found[2 * index]), ("written", found[2 * index + 1])] {
                let expected = Array(answer[place..<place + bytes.count])
                #expect(difference(bytes, expected) == nil, "seed \(seed): \(direction) through \(one.summary)")
                place += bytes.count
            }
        }
    }
}
