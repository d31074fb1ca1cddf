internal import CGcrypt
internal import StorageUnits

/// The calls of libgcrypt that this module makes.
enum Gcrypt {
    /// The oldest version with everything that is used here, SM4 and weak keys last.
    private static let minimumVersion = "1.9.0"
    private static let isReady = unsafe cgcrypt_initialize(minimumVersion, 32768) != 0

    static func initialize() throws(CipherError) {
        guard isReady else { throw CipherError("libgcrypt \(minimumVersion) or newer is needed") }
    }

    static func check(_ status: gcry_error_t, _ action: String) throws(CipherError) {
        guard status != 0 else { return }
        throw CipherError("libgcrypt cannot \(action): \(unsafe String(cString: gcry_strerror(status)))")
    }

    /// The digest of a secret, itself a secret.
    static func digest(_ algorithm: gcry_md_algos, of secret: SecretBytes) -> SecretBytes {
        let algorithm = CInt(algorithm.rawValue)
        return SecretBytes(count: Int(gcry_md_get_algo_dlen(algorithm))) { digest in
            unsafe digest.withUnsafeMutableBytes { digest in
                secret.withBytes { bytes in
                    unsafe bytes.withUnsafeBytes { bytes in
                        unsafe gcry_md_hash_buffer(algorithm, digest.baseAddress, bytes.baseAddress, bytes.count)
                    }
                }
            }
        }
    }
}

extension SecretBytes {
    /// One of several keys.
    func part(_ range: Range<Int>) -> SecretBytes {
        range == 0..<count ? self : withBytes { SecretBytes(copying: $0.extracting(range)) }
    }

    /// The key as libgcrypt takes it: with the padding of a short one, behind each half when there are two `parts`.
    fileprivate func padded(for cipher: BlockCipher, parts: Int) -> SecretBytes {
        let length = count / parts
        let padding = cipher.padding(keyByteCount: length)
        guard !padding.isEmpty else { return self }
        let paddedLength = length + padding.count
        return SecretBytes(count: parts * paddedLength) { target in
            withBytes { source in
                for part in 0..<parts {
                    for index in 0..<length {
                        let byte = unsafe source.unsafeLoad(fromByteOffset: part * length + index, as: UInt8.self)
                        target.storeBytes(of: byte, toByteOffset: part * paddedLength + index, as: UInt8.self)
                    }
                    for (index, byte) in padding.enumerated() {
                        target.storeBytes(of: byte, toByteOffset: part * paddedLength + length + index, as: UInt8.self)
                    }
                }
            }
        }
    }
}

/// A cipher with a key, for one thread at a time. Its memory is wiped when it goes.
@safe
final class GcryptCipher {
    private let handle: gcry_cipher_hd_t
    private let counts: Bool

    init(_ cipher: BlockCipher, _ mode: CipherScheme.Mode, key: SecretBytes) throws(CipherError) {
        let parts = mode == .xts ? 2 : 1
        let algorithm = cipher.algorithm(keyByteCount: key.count / parts)
        let key = key.padded(for: cipher, parts: parts)
        counts = mode == .ctr
        var handle: gcry_cipher_hd_t?
        try Gcrypt.check(
            unsafe gcry_cipher_open(
                &handle, CInt(algorithm.rawValue), CInt(mode.gcryptMode.rawValue), CUnsignedInt(GCRY_CIPHER_SECURE.rawValue)),
            "open the cipher")
        guard let handle = unsafe handle else { throw CipherError("libgcrypt cannot open the cipher") }
        unsafe self.handle = unsafe handle
        // The kernel takes weak keys of DES and Blowfish, too: a volume that has one is to be read.
        try Gcrypt.check(unsafe gcry_cipher_ctl(handle, CInt(GCRYCTL_SET_ALLOW_WEAK_KEY.rawValue), nil, 1), "allow weak keys")
        let status = key.withBytes { key in
            unsafe key.withUnsafeBytes { unsafe gcry_cipher_setkey(handle, $0.baseAddress, $0.count) }
        }
        guard gcry_err_code(status) != GPG_ERR_WEAK_KEY else { return }
        try Gcrypt.check(status, "use a key of \(key.count) bytes")  // from here on deinit closes the handle
    }

    deinit { unsafe gcry_cipher_close(handle) }

    /// Begins a unit with its initialization vector, or first counter, of `count` bytes.
    func setIV(_ iv: UnsafeRawPointer, _ count: Int) -> gcry_error_t {
        counts ? unsafe gcry_cipher_setctr(handle, iv, count) : unsafe gcry_cipher_setiv(handle, iv, count)
    }

    func encrypt(_ target: UnsafeMutableRawPointer, _ source: UnsafeRawPointer?, _ count: Int) -> gcry_error_t {
        if let source = unsafe source {
            return unsafe gcry_cipher_encrypt(handle, target, count, source, count)
        }
        return unsafe gcry_cipher_encrypt(handle, target, count, nil, 0)
    }

    func decrypt(_ bytes: UnsafeMutableRawPointer, _ count: Int) -> gcry_error_t {
        unsafe gcry_cipher_decrypt(handle, bytes, count, nil, 0)
    }
}

extension CipherScheme.Mode {
    fileprivate var gcryptMode: gcry_cipher_modes {
        switch self {
        case .xts: GCRY_CIPHER_MODE_XTS
        case .cbc: GCRY_CIPHER_MODE_CBC
        case .ecb: GCRY_CIPHER_MODE_ECB
        case .ctr: GCRY_CIPHER_MODE_CTR
        }
    }
}
