public import DeviceMapperTables

/// A cipher of a crypt target, with how long its keys are; of all that the kernel and a volume both have.
public struct RandomCipher: Sendable {
    /// A block cipher with what goes with it.
    public struct Kind: Sendable {
        /// The cipher's name.
        public let name: String
        /// The bytes of a block.
        public let blockSize: Int
        /// Lengths of keys in bytes, all of them when there are few.
        public let keySizes: [Int]
        /// Hashes whose digest is a key.
        public let hashes: [String]
    }

    /// All of them but `cipher_null`, and SM4, which Debian's kernels are built without.
    public static let kinds: [Kind] = [
        Kind(name: "aes", blockSize: 16, keySizes: [16, 24, 32], hashes: ["md5", "sha256", "sha3-256"]),
        Kind(name: "serpent", blockSize: 16, keySizes: [16, 17, 24, 32], hashes: ["md5", "sha1", "sha224", "sha256"]),
        Kind(name: "twofish", blockSize: 16, keySizes: [16, 32], hashes: ["md5", "sha256"]),
        Kind(name: "camellia", blockSize: 16, keySizes: [16, 24, 32], hashes: ["md5", "sha256"]),
        Kind(name: "cast5", blockSize: 8, keySizes: [11, 14, 16], hashes: ["md5"]),
        Kind(name: "blowfish", blockSize: 8, keySizes: [4, 16, 33, 56], hashes: ["sha1", "sha256", "sha384"]),
        Kind(name: "des3_ede", blockSize: 8, keySizes: [24], hashes: []),
    ]

    /// The cipher.
    public let cipher: CryptCipher
    /// The length of all its keys in bytes.
    public let keySize: Int

    /// Any of them: half are AES with one key, as most volumes are.
    public init(using random: inout SeededGenerator) {
        let isUsual = Bool.random(using: &random)
        let kind = isUsual ? Self.kinds[0] : Self.kinds.randomElement(using: &random) ?? Self.kinds[0]
        let modes = Self.modes(of: kind)
        let mode = (isUsual ? ["xts", "cbc"] : modes).randomElement(using: &random) ?? "cbc"
        let iv = Self.vectors(of: kind, mode: mode).randomElement(using: &random) ?? nil
        let keyCount = isUsual ? 1 : [1, 1, 2, 64].randomElement(using: &random) ?? 1
        let keySize = kind.keySizes.randomElement(using: &random) ?? 16
        self.init(
            kind, mode: mode, iv: iv, keyCount: keyCount, keySize: keySize, isForCryptoAPI: Int.random(in: 0..<4, using: &random) == 0)
    }

    /// A cipher by its parts; `keySize` is that of the block cipher's key. With several keys it has no name in the crypto API.
    public init(
        _ kind: Kind, mode: String, iv: CryptCipher.InitializationVector?, keyCount: Int, keySize: Int, isForCryptoAPI: Bool
    ) {
        self.keySize = keySize * keyCount * (mode == "xts" ? 2 : 1)
        cipher =
            isForCryptoAPI && keyCount == 1
            ? .kernelAPI(specification: "\(mode)(\(kind.name))", iv: iv)
            : .named(.init(algorithm: kind.name, keyCount: keyCount, mode: mode, iv: iv))
    }

    /// The modes of a block cipher.
    public static func modes(of kind: Kind) -> [String] { (kind.blockSize == 16 ? ["xts"] : []) + ["cbc", "ctr", "ecb"] }

    /// The vectors that a block cipher in a mode takes.
    public static func vectors(of kind: Kind, mode: String) -> [CryptCipher.InitializationVector?] {
        guard mode != "ecb" else { return [nil] }
        let vectors: [CryptCipher.InitializationVector] = [.plain, .plain64, .plain64be, .null, .benbi] + (mode == "ctr" ? [] : [.eboiv])
        return vectors + kind.hashes.map { .essiv(hash: $0) }
    }
}
