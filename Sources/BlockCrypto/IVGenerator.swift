internal import CGcrypt
internal import StorageUnits

/// How the initialization vector of a sector is made from its number. A vector is as long as a block of the cipher: 16 bytes or 8. Source:
/// the kernel's dm-crypt.
public enum IVGenerator: Hashable, Sendable {
    /// The low 32 bits of the number, little-endian, then zeroes.
    case plain
    /// The number in 64 bits, little-endian, then zeroes.
    case plain64
    /// The number in 64 bits, big-endian, behind zeroes.
    case plain64be
    /// Zeroes.
    case null
    /// `plain64`, encrypted with a digest of the key: `essiv:<hash>`.
    case essiv(ESSIVHash)
    /// The number of the sector's first block, counted from 1, in 64 bits, big-endian, behind zeroes.
    case benbi
    /// The sector's place in bytes, little-endian, encrypted with the first key: BitLocker's.
    case eboiv

    /// A hash by the kernel's name. Its digest is the key of the cipher that encrypts vectors, and must have a length that the cipher takes.
    public enum ESSIVHash: String, Hashable, Sendable, CaseIterable {
        /// 16 bytes.
        case md5
        /// 20 bytes.
        case sha1
        /// 20 bytes.
        case rmd160
        /// 28 bytes.
        case sha224
        /// 32 bytes.
        case sha256
        /// 48 bytes.
        case sha384
        /// 28 bytes.
        case sha3_224 = "sha3-224"
        /// 32 bytes.
        case sha3_256 = "sha3-256"
        /// 48 bytes.
        case sha3_384 = "sha3-384"
        /// 32 bytes.
        case sm3

        var algorithm: gcry_md_algos {
            switch self {
            case .md5: GCRY_MD_MD5
            case .sha1: GCRY_MD_SHA1
            case .rmd160: GCRY_MD_RMD160
            case .sha224: GCRY_MD_SHA224
            case .sha256: GCRY_MD_SHA256
            case .sha384: GCRY_MD_SHA384
            case .sha3_224: GCRY_MD_SHA3_224
            case .sha3_256: GCRY_MD_SHA3_256
            case .sha3_384: GCRY_MD_SHA3_384
            case .sm3: GCRY_MD_SM3
            }
        }
    }
}

/// Makes the vectors of neighbouring sectors, several at once, for one thread at a time.
@safe
final class IVSource {
    /// How many vectors are made at once.
    static let batch = 128
    private static let largestSize = 16

    private enum Kind {
        /// The number with a mask, little-endian.
        case littleEndian(UInt64)
        /// The number times a power of two, plus something, big-endian.
        case bigEndian(shift: UInt64, plus: UInt64)
        /// `plain64`, encrypted with the cipher of the sector's key.
        case encrypted([GcryptCipher])
        /// What the mode makes of a block of zeroes at the sector's place in bytes.
        case placeInBytes(GcryptCipher)
    }

    private let kind: Kind
    private let size: Int
    private let vectors: UnsafeMutableRawBufferPointer

    /// `ciphers` are those of the sectors, one for each of `keys`.
    init(_ scheme: CipherScheme, keys: [SecretBytes], ciphers: [GcryptCipher]) throws(CipherError) {
        size = scheme.ivSize
        switch scheme.iv {
        case .plain: kind = .littleEndian(0xffff_ffff)
        case .plain64: kind = .littleEndian(.max)
        case .null: kind = .littleEndian(0)
        case .plain64be: kind = .bigEndian(shift: 0, plus: 0)
        case .benbi: kind = .bigEndian(shift: UInt64(9 - scheme.modeBlockSize.trailingZeroBitCount), plus: 1)
        case .eboiv: kind = .placeInBytes(ciphers[0])
        case .essiv(let hash):
            var made: [GcryptCipher] = []
            for key in keys {
                let digest = Gcrypt.digest(hash.algorithm, of: key)
                guard scheme.cipher.takes(keyByteCount: digest.count) else {
                    throw CipherError(
                        """
                        essiv:\(hash.rawValue) makes keys of \(digest.count) bytes, and \(scheme.cipher.rawValue) takes \
                        \(scheme.cipher.keyLengths(times: 1)) bytes
                        """)
                }
                made.append(try GcryptCipher(scheme.cipher, .ecb, key: digest))
            }
            kind = .encrypted(made)
        }
        unsafe vectors = .allocate(byteCount: Self.largestSize * Self.batch, alignment: 16)
        unsafe vectors.initializeMemory(as: UInt8.self, repeating: 0)
    }

    deinit { unsafe vectors.deallocate() }

    /// The vectors of `numbers`, each without its lowest `shift` bits; overwritten by the next call.
    func make(_ numbers: SectorNumbers, sectorSize: Int) throws(CipherError) -> UnsafeRawPointer {
        guard let start = unsafe vectors.baseAddress else { throw CipherError("no memory for initialization vectors") }
        switch kind {
        case .littleEndian(let mask):
            for index in 0..<numbers.count { unsafe store(numbers.shifted(index) & mask, at: start + size * index) }
        case .bigEndian(let shift, let plus):
            for index in 0..<numbers.count {
                let place = unsafe start + size * index
                unsafe place.storeBytes(of: 0, as: UInt64.self)
                unsafe place.storeBytes(of: (numbers.shifted(index) << shift &+ plus).bigEndian, toByteOffset: size - 8, as: UInt64.self)
            }
        case .encrypted(let ciphers):
            for index in 0..<numbers.count { unsafe store(numbers.shifted(index), at: start + size * index) }
            if ciphers.count == 1 {
                try Gcrypt.check(unsafe ciphers[0].encrypt(start, nil, size * numbers.count), "encrypt initialization vectors")
            } else {
                for index in 0..<numbers.count {
                    let cipher = ciphers[numbers.key(index, of: ciphers.count)]
                    try Gcrypt.check(unsafe cipher.encrypt(start + size * index, nil, size), "encrypt an initialization vector")
                }
            }
        case .placeInBytes(let cipher):
            for index in 0..<numbers.count {
                let place = unsafe start + size * index
                unsafe store(numbers.shifted(index) &* UInt64(sectorSize), at: place)
                try Gcrypt.check(unsafe cipher.setIV(place, size), "encrypt an initialization vector")
                unsafe place.initializeMemory(as: UInt8.self, repeating: 0, count: size)
                try Gcrypt.check(unsafe cipher.encrypt(place, nil, size), "encrypt an initialization vector")
            }
        }
        return UnsafeRawPointer(start)
    }

    /// A number in little-endian order, then zeroes.
    @inline(__always)
    private func store(_ number: UInt64, at place: UnsafeMutableRawPointer) {
        unsafe place.storeBytes(of: number.littleEndian, as: UInt64.self)
        if size > 8 { unsafe place.storeBytes(of: 0, toByteOffset: 8, as: UInt64.self) }
    }
}
