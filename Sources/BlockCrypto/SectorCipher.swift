internal import CGcrypt
public import StorageUnits

/// Encrypts and decrypts sectors, each with an initialization vector of its own: what `dm-crypt` does to data.
///
/// One thread at a time may use it; make one for each. The key's schedule lies in libgcrypt's secure memory and is wiped with the object.
public final class SectorCipher: @unchecked Sendable {  // lent to one thread at a time
    /// How the blocks of a sector are chained.
    public enum Mode: String, Hashable, Sendable, CaseIterable {
        /// Two keys of equal length, each block tweaked by its place. IEEE 1619.
        case xts
        /// Each block is combined with the encrypted one before it. NIST SP 800-38A.
        case cbc
    }

    private let cipher: GcryptCipher
    private let ivs: IVSource

    /// AES in `mode`. Keys have 16, 24 or 32 bytes, twice that for XTS.
    public init(aes mode: Mode, iv: IVGenerator, key: SecretBytes) throws(CipherError) {
        guard mode != .xts || [32, 48, 64].contains(key.count) else {
            throw CipherError("AES-XTS takes keys of 32, 48 or 64 bytes, not \(key.count)")
        }
        let algorithm = try Self.aes(keyByteCount: mode == .xts ? key.count / 2 : key.count)
        cipher = try GcryptCipher(algorithm, mode == .xts ? GCRY_CIPHER_MODE_XTS : GCRY_CIPHER_MODE_CBC, key: key)
        ivs = try IVSource(iv, key: key)
    }

    static func aes(keyByteCount: Int) throws(CipherError) -> gcry_cipher_algos {
        switch keyByteCount {
        case 16: GCRY_CIPHER_AES
        case 24: GCRY_CIPHER_AES192
        case 32: GCRY_CIPHER_AES256
        default: throw CipherError("AES takes keys of 16, 24 or 32 bytes, not \(keyByteCount)")
        }
    }

    /// Encrypts whole sectors of `sectorSize` bytes from `plaintext` into `ciphertext`, which has as many bytes. The first sector's number
    /// is `first`, each next one's is larger by `step`; after 2^64 - 1 they begin again. The vector is made from the number without its
    /// lowest `shift` bits.
    public func encrypt(
        _ plaintext: RawSpan, into ciphertext: inout MutableRawSpan, sectorSize: Int, first: UInt64, step: UInt64, shift: UInt64 = 0
    ) throws(CipherError) {
        precondition(plaintext.byteCount == ciphertext.byteCount && plaintext.byteCount % sectorSize == 0)
        var failure: CipherError?
        unsafe ciphertext.withUnsafeMutableBytes { target in
            unsafe plaintext.withUnsafeBytes { source in
                guard let target = target.baseAddress, let start = source.baseAddress else { return }
                do throws(CipherError) {
                    unsafe try forEachSector(source.count / sectorSize, first: first, step: step, shift: shift) { index, iv in
                        let status = unsafe cipher.setIV(iv, IVSource.ivSize)
                        let place = index * sectorSize
                        return status != 0 ? status : unsafe cipher.encrypt(target + place, start + place, sectorSize)
                    }
                } catch {
                    failure = error
                }
            }
        }
        if let failure { throw failure }
    }

    /// Decrypts whole sectors of `sectorSize` bytes in place; `first`, `step` and `shift` are as in `encrypt`.
    public func decrypt(
        _ sectors: inout MutableRawSpan, sectorSize: Int, first: UInt64, step: UInt64, shift: UInt64 = 0
    ) throws(CipherError) {
        precondition(sectors.byteCount % sectorSize == 0)
        var failure: CipherError?
        unsafe sectors.withUnsafeMutableBytes { bytes in
            guard let start = bytes.baseAddress else { return }
            do throws(CipherError) {
                unsafe try forEachSector(bytes.count / sectorSize, first: first, step: step, shift: shift) { index, iv in
                    let status = unsafe cipher.setIV(iv, IVSource.ivSize)
                    return status != 0 ? status : unsafe cipher.decrypt(start + index * sectorSize, sectorSize)
                }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    private func forEachSector(
        _ count: Int, first: UInt64, step: UInt64, shift: UInt64, _ body: (Int, UnsafeRawPointer) -> gcry_error_t
    ) throws(CipherError) {
        var done = 0
        while done < count {
            let batch = min(count - done, IVSource.batch)
            let vectors = unsafe try ivs.make(first: first &+ step &* UInt64(done), step: step, shift: shift, count: batch)
            for index in 0..<batch {
                try Gcrypt.check(unsafe body(done + index, vectors + IVSource.ivSize * index), "encrypt or decrypt a sector")
            }
            done += batch
        }
    }
}
