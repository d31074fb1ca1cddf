internal import CGcrypt
internal import StorageUnits

/// The calls of libgcrypt that this module makes.
enum Gcrypt {
    /// The oldest version with everything that is used here.
    private static let minimumVersion = "1.8.0"
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

/// A cipher with a key, for one thread at a time. Its memory is wiped when it goes.
@safe
final class GcryptCipher {
    private let handle: gcry_cipher_hd_t

    init(_ algorithm: gcry_cipher_algos, _ mode: gcry_cipher_modes, key: SecretBytes) throws(CipherError) {
        try Gcrypt.initialize()
        var handle: gcry_cipher_hd_t?
        try Gcrypt.check(
            unsafe gcry_cipher_open(
                &handle, CInt(algorithm.rawValue), CInt(mode.rawValue), CUnsignedInt(GCRY_CIPHER_SECURE.rawValue)), "open the cipher")
        guard let handle = unsafe handle else { throw CipherError("libgcrypt cannot open the cipher") }
        unsafe self.handle = unsafe handle
        let status = key.withBytes { key in
            unsafe key.withUnsafeBytes { unsafe gcry_cipher_setkey(handle, $0.baseAddress, $0.count) }
        }
        try Gcrypt.check(status, "use a key of \(key.count) bytes")  // from here on deinit closes the handle
    }

    deinit { unsafe gcry_cipher_close(handle) }

    /// Begins a unit with its initialization vector of `count` bytes.
    func setIV(_ iv: UnsafeRawPointer, _ count: Int) -> gcry_error_t { unsafe gcry_cipher_setiv(handle, iv, count) }

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
