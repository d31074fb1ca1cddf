internal import CGcrypt
public import StorageUnits

/// Encrypts and decrypts sectors, each with an initialization vector of its own: what `dm-crypt` does to data.
///
/// One thread at a time may use it; make one for each. The key's schedule lies in libgcrypt's secure memory and is wiped with the object.
public final class SectorCipher: @unchecked Sendable {  // lent to one thread at a time
    /// One for each key; none when sectors stay as they are.
    private let ciphers: [GcryptCipher]
    /// `nil` when the mode has no vectors.
    private let ivs: IVSource?
    private let ivSize: Int

    /// A cipher with its keys, as many as the scheme says one behind the other, and all of one length. Those of XTS are twice as long as the
    /// cipher's.
    public init(_ scheme: CipherScheme, key: SecretBytes) throws(CipherError) {
        try scheme.validate()
        let factor = scheme.mode == .xts ? 2 : 1
        let length = key.count / scheme.keyCount
        guard key.count % scheme.keyCount == 0, length % factor == 0, scheme.cipher.takes(keyByteCount: length / factor) else {
            let keys = scheme.keyCount == 1 ? "keys of" : "\(scheme.keyCount) keys of"
            throw CipherError(
                """
                \(scheme.cipher.rawValue) in \(scheme.mode.rawValue) mode takes \(keys) \(scheme.cipher.keyLengths(times: factor)) bytes, \
                not \(key.count)
                """)
        }
        ivSize = scheme.ivSize
        guard scheme.cipher != .null else {
            ciphers = []
            ivs = nil
            return
        }
        try Gcrypt.initialize()
        var keys: [SecretBytes] = []
        var ciphers: [GcryptCipher] = []
        for index in 0..<scheme.keyCount {
            let key = key.part(index * length..<(index + 1) * length)
            ciphers.append(try GcryptCipher(scheme.cipher, scheme.mode, key: key))
            keys.append(key)
        }
        self.ciphers = ciphers
        ivs = ivSize == 0 ? nil : try IVSource(scheme, keys: keys, ciphers: ciphers)
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
                guard !ciphers.isEmpty else { return unsafe target.copyMemory(from: start, byteCount: source.count) }
                let numbers = SectorNumbers(first: first, step: step, shift: shift, count: source.count / sectorSize)
                do throws(CipherError) {
                    try forEachSector(numbers, sectorSize) { index, cipher in
                        unsafe cipher.encrypt(target + index * sectorSize, start + index * sectorSize, sectorSize)
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
            guard let start = bytes.baseAddress, !ciphers.isEmpty else { return }
            let numbers = SectorNumbers(first: first, step: step, shift: shift, count: bytes.count / sectorSize)
            do throws(CipherError) {
                try forEachSector(numbers, sectorSize) { index, cipher in
                    unsafe cipher.decrypt(start + index * sectorSize, sectorSize)
                }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    /// Calls `body` with the index of each sector and its cipher, which has been given the sector's vector.
    private func forEachSector(
        _ numbers: SectorNumbers, _ sectorSize: Int, _ body: (Int, GcryptCipher) -> gcry_error_t
    ) throws(CipherError) {
        var done = 0
        while done < numbers.count {
            let batch = numbers.part(done..<min(numbers.count, done + IVSource.batch))
            let vectors = unsafe try ivs?.make(batch, sectorSize: sectorSize)
            for index in 0..<batch.count {
                let cipher = ciphers.count == 1 ? ciphers[0] : ciphers[batch.key(index, of: ciphers.count)]
                var status: gcry_error_t = 0
                if let vectors = unsafe vectors { status = unsafe cipher.setIV(vectors + ivSize * index, ivSize) }
                if status == 0 { status = body(done + index, cipher) }
                try Gcrypt.check(status, "encrypt or decrypt a sector")
            }
            done += batch.count
        }
    }
}

/// The numbers of neighbouring sectors.
struct SectorNumbers {
    var first: UInt64
    var step: UInt64
    var shift: UInt64
    var count: Int

    /// What a sector's vector is made from.
    @inline(__always)
    func shifted(_ index: Int) -> UInt64 { (first &+ step &* UInt64(index)) >> shift }

    /// Which of `count` keys a sector takes, a power of two.
    @inline(__always)
    func key(_ index: Int, of count: Int) -> Int { Int((first &+ step &* UInt64(index)) & UInt64(count - 1)) }

    func part(_ range: Range<Int>) -> SectorNumbers {
        SectorNumbers(first: first &+ step &* UInt64(range.lowerBound), step: step, shift: shift, count: range.count)
    }
}
