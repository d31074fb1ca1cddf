internal import CGcrypt
internal import StorageUnits

/// How the initialization vector of a sector is made from its number. 16 bytes each, as AES takes them.
public enum IVGenerator: Hashable, Sendable {
    /// The low 32 bits of the number, little-endian, then zeroes.
    case plain
    /// The number in 64 bits, little-endian, then zeroes.
    case plain64
    /// `plain64`, encrypted with a digest of the key: `essiv:<hash>`.
    case essiv(ESSIVHash)

    /// A hash whose digest is as long as a key of AES.
    public enum ESSIVHash: String, Hashable, Sendable, CaseIterable {
        /// 16 bytes: AES-128.
        case md5
        /// 32 bytes: AES-256.
        case sha256
        /// 32 bytes: AES-256.
        case sha3_256 = "sha3-256"

        var algorithm: gcry_md_algos {
            switch self {
            case .md5: GCRY_MD_MD5
            case .sha256: GCRY_MD_SHA256
            case .sha3_256: GCRY_MD_SHA3_256
            }
        }
    }
}

/// Makes the vectors of neighbouring sectors, several at once, for one thread at a time.
@safe
final class IVSource {
    static let ivSize = 16
    /// How many vectors are made at once.
    static let batch = 128

    private let kind: IVGenerator
    private let encryption: GcryptCipher?
    private let vectors: UnsafeMutableRawBufferPointer

    init(_ kind: IVGenerator, key: SecretBytes) throws(CipherError) {
        if case .essiv(let hash) = kind {
            try Gcrypt.initialize()
            encryption = try GcryptCipher(
                try SectorCipher.aes(keyByteCount: Gcrypt.digest(hash.algorithm, of: key).count), GCRY_CIPHER_MODE_ECB,
                key: Gcrypt.digest(hash.algorithm, of: key))
        } else {
            encryption = nil
        }
        self.kind = kind
        unsafe vectors = .allocate(byteCount: Self.ivSize * Self.batch, alignment: 16)
        unsafe vectors.initializeMemory(as: UInt8.self, repeating: 0)
    }

    deinit { unsafe vectors.deallocate() }

    /// The vectors of `count` numbers, at most `batch`, from `first` on, `step` apart, each without its lowest `shift` bits; overwritten by
    /// the next call.
    func make(first: UInt64, step: UInt64, shift: UInt64, count: Int) throws(CipherError) -> UnsafeRawPointer {
        guard let start = unsafe vectors.baseAddress else { throw CipherError("no memory for initialization vectors") }
        for index in 0..<count {
            let number = (first &+ step &* UInt64(index)) >> shift
            let low = kind == .plain ? number & 0xffff_ffff : number
            unsafe vectors.storeBytes(of: low.littleEndian, toByteOffset: Self.ivSize * index, as: UInt64.self)
            unsafe vectors.storeBytes(of: 0, toByteOffset: Self.ivSize * index + 8, as: UInt64.self)
        }
        if let encryption {
            try Gcrypt.check(unsafe encryption.encrypt(start, nil, Self.ivSize * count), "encrypt initialization vectors")
        }
        return UnsafeRawPointer(start)
    }
}
