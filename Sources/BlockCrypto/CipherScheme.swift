/// How sectors are encrypted: a cipher in a mode, where each sector's vector comes from, and how many keys take turns.
public struct CipherScheme: Hashable, Sendable {
    /// How the blocks of a sector are chained.
    public enum Mode: String, Hashable, Sendable, CaseIterable {
        /// Two keys of equal length, each block tweaked by its place. Takes ciphers with blocks of 16 bytes. IEEE 1619.
        case xts
        /// Each block is combined with the encrypted one before it. NIST SP 800-38A.
        case cbc
        /// Each block by itself, without a vector. NIST SP 800-38A.
        case ecb
        /// Encrypted counters, which begin at the vector, are combined with the sector. NIST SP 800-38A.
        case ctr
    }

    /// The block cipher.
    public var cipher: BlockCipher
    /// The mode.
    public var mode: Mode
    /// Where vectors come from. Without meaning in `ecb`.
    public var iv: IVGenerator
    /// How many keys there are, one behind the other in the key's bytes: a power of two from 1 to ``largestKeyCount``. A sector's key is
    /// that of its number modulo this.
    public var keyCount: Int

    /// The most keys: each has a context of its own for each thread.
    public static let largestKeyCount = 1024

    /// A cipher in a mode.
    public init(_ cipher: BlockCipher, _ mode: Mode, iv: IVGenerator, keyCount: Int = 1) {
        self.cipher = cipher
        self.mode = mode
        self.iv = iv
        self.keyCount = keyCount
    }

    /// AES in a mode.
    public static func aes(_ mode: Mode, iv: IVGenerator) -> CipherScheme { CipherScheme(.aes, mode, iv: iv) }

    /// The bytes of a sector's vector; 0 when there is none.
    var ivSize: Int { mode == .ecb ? 0 : cipher.blockSize }

    /// The length of what the mode encrypts at a time, as the kernel counts it.
    var modeBlockSize: Int { mode == .ctr ? 1 : cipher.blockSize }

    /// Throws what no key could make work.
    public func validate() throws(CipherError) {
        guard cipher != .null || mode == .ecb else { throw CipherError("cipher_null has no mode but ecb") }
        guard mode != .xts || cipher.blockSize == 16 else {
            throw CipherError("xts takes a cipher with blocks of 16 bytes, and those of \(cipher.rawValue) have \(cipher.blockSize)")
        }
        guard (1...Self.largestKeyCount).contains(keyCount), keyCount & (keyCount - 1) == 0 else {
            throw CipherError("expected a power of two of keys up to \(Self.largestKeyCount), found \(keyCount)")
        }
        guard mode != .ctr || iv != .eboiv else { throw CipherError("eboiv needs a mode that encrypts whole blocks, which ctr does not") }
    }
}
