internal import CGcrypt
internal import StorageUnits

/// A block cipher, by the name that the kernel's crypto API has for it: AES, Serpent, Twofish, Camellia, SM4, CAST5, Blowfish and 3DES, or no
/// cipher. The kernel has others, and so has libgcrypt.
public enum BlockCipher: String, Hashable, Sendable, CaseIterable {
    /// Keys of 16, 24 or 32 bytes. FIPS 197.
    case aes
    /// Keys of 1 to 32 bytes.
    case serpent
    /// Keys of 16 or 32 bytes; the kernel's takes 24, too.
    case twofish
    /// Keys of 16, 24 or 32 bytes. RFC 3713.
    case camellia
    /// Keys of 16 bytes. GB/T 32907.
    case sm4
    /// Keys of 11 to 16 bytes, blocks of 8. RFC 2144; the kernel's takes keys of 5 to 10, too, with fewer rounds.
    case cast5
    /// Keys of 4 to 56 bytes, blocks of 8.
    case blowfish
    /// Three keys of DES: 24 bytes, blocks of 8. NIST SP 800-67.
    case des3 = "des3_ede"
    /// No cipher, with an empty key: sectors stay as they are.
    case null = "cipher_null"

    /// The length of a block in bytes.
    public var blockSize: Int {
        switch self {
        case .aes, .serpent, .twofish, .camellia, .sm4: 16
        case .cast5, .blowfish, .des3: 8
        case .null: 1
        }
    }

    /// Whether the cipher takes keys of so many bytes.
    func takes(keyByteCount count: Int) -> Bool {
        switch self {
        case .aes, .camellia: [16, 24, 32].contains(count)
        case .serpent: (1...32).contains(count)
        case .twofish: [16, 32].contains(count)
        case .sm4: count == 16
        case .cast5: (11...16).contains(count)
        case .blowfish: (4...56).contains(count)
        case .des3: count == 24
        case .null: count == 0
        }
    }

    /// The lengths in words, each as `times` the cipher's.
    func keyLengths(times factor: Int) -> String {
        func list(_ lengths: Int...) -> String {
            let words = lengths.map { String($0 * factor) }
            return words.count == 1 ? words[0] : words.dropLast().joined(separator: ", ") + " or " + (words.last ?? "")
        }
        return switch self {
        case .aes, .camellia: list(16, 24, 32)
        case .serpent: "\(factor) to \(32 * factor)"
        case .twofish: list(16, 32)
        case .sm4: list(16)
        case .cast5: "\(11 * factor) to \(16 * factor)"
        case .blowfish: "\(4 * factor) to \(56 * factor)"
        case .des3: list(24)
        case .null: "no"
        }
    }

    /// libgcrypt's name of the cipher with a key that `takes` accepts.
    func algorithm(keyByteCount count: Int) -> gcry_cipher_algos {
        switch self {
        case .aes: count == 16 ? GCRY_CIPHER_AES : count == 24 ? GCRY_CIPHER_AES192 : GCRY_CIPHER_AES256
        case .serpent: GCRY_CIPHER_SERPENT256
        case .twofish: count == 16 ? GCRY_CIPHER_TWOFISH128 : GCRY_CIPHER_TWOFISH
        case .camellia: count == 16 ? GCRY_CIPHER_CAMELLIA128 : count == 24 ? GCRY_CIPHER_CAMELLIA192 : GCRY_CIPHER_CAMELLIA256
        case .sm4: GCRY_CIPHER_SM4
        case .cast5: GCRY_CIPHER_CAST5
        case .blowfish: GCRY_CIPHER_BLOWFISH
        case .des3: GCRY_CIPHER_3DES
        case .null: GCRY_CIPHER_NONE
        }
    }

    /// What stands behind a short key until it has the one length that libgcrypt takes: the ciphers' own rules for short keys.
    func padding(keyByteCount count: Int) -> [UInt8] {
        switch self {
        case .serpent where count < 32: [1] + [UInt8](repeating: 0, count: 31 - count)
        case .cast5 where count < 16: [UInt8](repeating: 0, count: 16 - count)
        default: []
        }
    }
}
