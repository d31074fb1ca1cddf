import DeviceMapper
import Testing
import VolumeLaws

/// What a crypt volume leaves on its file, and reads from it, is what Python's `cryptography` (OpenSSL) computes.
struct CryptAgainstPythonTests {
    /// Each line of the header is `encrypt|decrypt mode key vector sector-size counts-large-sectors first-number bytes`.
    static let oracle = PythonOracle(
        program: """
            import hashlib
            from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

            def run(encrypting, algorithm, mode, data):
                cipher = Cipher(algorithm, mode)
                context = cipher.encryptor() if encrypting else cipher.decryptor()
                return context.update(data) + context.finalize()

            def ecb(encrypting, key, data):
                return run(encrypting, algorithms.AES(key), modes.ECB(), data)

            def exclusive_or(a, b):
                return (int.from_bytes(a, "little") ^ int.from_bytes(b, "little")).to_bytes(len(a), "little")

            # IEEE 1619 from its two ciphers: the library has no XTS with AES-192.
            def xts(encrypting, key, vector, data):
                half = len(key) // 2
                tweak = int.from_bytes(ecb(True, key[half:], vector), "little")
                tweaks = b""
                for _ in range(len(data) // 16):
                    tweaks += tweak.to_bytes(16, "little")
                    tweak <<= 1
                    if tweak >> 128:
                        tweak = (tweak ^ 0x87) & (2 ** 128 - 1)
                return exclusive_or(ecb(encrypting, key[:half], exclusive_or(data, tweaks)), tweaks)

            def vector_of(kind, number, key):
                if kind == "plain":
                    return (number % 2 ** 32).to_bytes(16, "little")
                if kind == "plain64":
                    return number.to_bytes(16, "little")
                name, digest = kind.split(":")
                assert name == "essiv"
                salt = hashlib.new(digest.replace("-", "_"), key).digest()
                return ecb(True, salt, number.to_bytes(16, "little"))

            place = 0
            for operation, mode, key, kind, size, large, first, count in header:
                key, size, first, count = bytes.fromhex(key), int(size), int(first), int(count)
                encrypting = operation == "encrypt"
                for offset in range(0, count, size):
                    sector = bytes(data[place + offset:place + offset + size])
                    number = (first + offset // 512) % 2 ** 64
                    if large == "true":
                        number //= size // 512
                    vector = vector_of(kind, number, key)
                    if mode == "cbc":
                        answer(run(encrypting, algorithms.AES(key), modes.CBC(vector), sector))
                    elif len(key) == 48:
                        answer(xts(encrypting, key, vector, sector))
                    else:
                        answer(run(encrypting, algorithms.AES(key), modes.XTS(vector), sector))
                place += count
            """)

    struct Case {
        var mode: String
        var vector: String
        var key: [UInt8]
        var sectorSize: Int
        var hasLargeVectors: Bool
        var ivOffset: UInt64
        var start: Int  // in sectors of 512 bytes
        var count: Int  // of units of `sectorSize`

        var bytes: Range<Int> { start * 512..<start * 512 + count * sectorSize }
        var summary: String {
            """
            aes-\(mode)-\(vector), \(key.count * 8) bits, sectors of \(sectorSize), large \(hasLargeVectors), IV offset \(ivOffset), \
            start \(start), \(count) sectors
            """
        }

        func table(_ path: String) throws -> MappingTable {
            let hash = vector.dropFirst("essiv:".count)
            let iv: CryptCipher.InitializationVector =
                switch vector {
                case "plain": .plain
                case "plain64": .plain64
                default: .essiv(hash: String(hash))
                }
            var options = CryptTarget.Options()
            options.sectorSize = ByteCount(UInt64(sectorSize))
            options.ivLargeSectors = hasLargeVectors
            let target = CryptTarget(
                cipher: .named(.init(algorithm: "aes", mode: mode, iv: iv)), key: .bytes(SecretBytes(copying: unsafe key.span.bytes)),
                ivOffset: Sectors(ivOffset), device: .path(path), start: Sectors(UInt64(start)), options: options)
            return try MappingTable(length: Sectors(UInt64(bytes.count / 512)), target)
        }

        func question(_ operation: String) -> String {
            "\(operation) \(mode) \(hexadecimal(key)) \(vector) \(sectorSize) \(hasLargeVectors) \(ivOffset) \(bytes.count)"
        }
    }

    /// Every combination once, each with its own offsets, lengths and key.
    static func cases(_ random: inout SeededGenerator) -> [Case] {
        var cases: [Case] = []
        for (mode, keySizes) in [("xts", [32, 48, 64]), ("cbc", [16, 24, 32])] {
            for vector in ["plain", "plain64", "essiv:sha256", "essiv:md5", "essiv:sha3-256"] {
                for keySize in keySizes {
                    for sectorSize in [512, 1024, 2048, 4096] {
                        for hasLargeVectors in [false, true] {
                            let unit = UInt64(sectorSize / 512)
                            // Near where `plain` begins again, and where the number itself does.
                            let near = ([0, 1 << 32, UInt64.max, random.next()] as [UInt64]).randomElement(using: &random) ?? 0
                            let ivOffset = (near &- UInt64.random(in: 0...40, using: &random)) / unit * unit
                            // Now and then more than the 64 KiB that are encrypted at a time.
                            let bytes = Int.random(in: 1...8, using: &random) == 1 ? 150_000 : 12_000
                            cases.append(
                                Case(
                                    mode: mode, vector: vector, key: random.bytes(keySize), sectorSize: sectorSize,
                                    hasLargeVectors: hasLargeVectors, ivOffset: ivOffset, start: Int.random(in: 0...20, using: &random),
                                    count: Int.random(in: 1...bytes / sectorSize, using: &random)))
                        }
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
