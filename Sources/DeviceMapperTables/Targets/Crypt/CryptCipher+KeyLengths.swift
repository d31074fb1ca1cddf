/// What is known of the kernel's ciphers.
extension CryptCipher {
    /// Where initialization vectors come from.
    public var iv: InitializationVector? {
        switch self {
        case .named(let named): named.iv
        case .kernelAPI(_, let iv): iv
        }
    }

    /// The chaining mode: `xts` of `aes-xts-plain64` and of `capi:xts(aes)-plain64`.
    public var mode: String? {
        switch self {
        case .named(let named): named.mode
        case .kernelAPI(let specification, _): specification.split(separator: "(").first.map(String.init)
        }
    }

    /// The block cipher: `aes` of `aes-xts-plain64` and of `capi:xts(aes)-plain64`; `nil` of a specification with more parts.
    public var algorithm: String? {
        switch self {
        case .named(let named): return named.algorithm
        case .kernelAPI(let specification, _):
            guard let open = specification.firstIndex(of: "("), specification.hasSuffix(")") else { return nil }
            let inner = specification[specification.index(after: open)...].dropLast()
            return inner.contains("(") ? nil : String(inner)
        }
    }

    /// Whether the cipher authenticates what it encrypts; `nil` where that is not known.
    var authenticates: Bool? {
        guard case .kernelAPI(let specification, _) = self, specification.contains("("), let mode else { return nil }
        if ["gcm", "ccm", "authenc", "rfc7539"].contains(mode) { return true }
        return ["xts", "cbc", "ecb", "ctr", "lrw", "adiantum", "hctr2"].contains(mode) ? false : nil
    }

    /// The lengths in bytes of the keys of a block cipher, where they are known.
    static func keyLengths(of algorithm: String) -> [Int]? {
        switch algorithm {
        case "aes", "twofish", "camellia", "aria": [16, 24, 32]
        case "sm4": [16]
        case "des3_ede": [24]
        case "cipher_null": [0]
        default: nil
        }
    }

    /// The lengths in bytes of one key of a block cipher in a mode, where they are known.
    static func keyLengths(of algorithm: String, mode: String) -> [Int]? {
        if mode == "adiantum", ["xchacha12,aes", "xchacha20,aes"].contains(algorithm) { return [32] }
        guard let lengths = keyLengths(of: algorithm) else { return nil }
        switch mode {
        case "cbc", "ecb", "ctr", "pcbc", "cfb", "ofb", "hctr2", "gcm", "ccm": return lengths
        case "xts": return lengths.map { 2 * $0 }
        case "lrw": return lengths.map { $0 + 16 }
        default: return nil
        }
    }
}

extension CryptTarget {
    /// The lengths in bytes of keys that the cipher takes, where they are known.
    var keyLengths: [Int]? {
        if case .kernelAPI(let specification, _) = cipher {
            if specification == "rfc7539(chacha20,poly1305)" { return [32] }
            if specification.hasPrefix("authenc(") { return authencKeyLengths(specification) }
        }
        guard let algorithm = cipher.algorithm, let mode = cipher.mode,
            let lengths = CryptCipher.keyLengths(of: algorithm, mode: mode)
        else { return nil }
        var keyCount = 1
        if case .named(let named) = cipher { keyCount = named.keyCount }
        // Without a vector in the cipher's mode the kernel forgets the one that is given.
        guard mode != "ecb" else { return lengths.map { $0 * keyCount } }
        switch cipher.iv {
        case .lmk:
            if case .kernelAPI = cipher { keyCount = 64 }
            // With a seed there is a key more, which is seen from a length that does not divide by the number of keys.
            return (lengths.map { $0 * keyCount } + lengths.map { $0 * (keyCount + 1) }.filter { $0 % keyCount != 0 }).sorted()
        case .tcw:
            // A seed as long as the vector and 16 bytes for whitening follow the keys.
            guard CryptCipher.keyLengths(of: algorithm) == [16, 24, 32] else { return nil }
            return lengths.map { $0 * keyCount + 32 }
        case .elephant:
            // The second half is an AES key for the diffuser.
            let halves = lengths.map { $0 * keyCount }.filter { [16, 24, 32].contains($0) }
            return halves.isEmpty ? nil : halves.map { 2 * $0 }
        default: return lengths.map { $0 * keyCount }
        }
    }

    /// `authenc(hmac(sha256),xts(aes))`: the cipher's key and that of the hash, which is as long as a digest.
    private func authencKeyLengths(_ specification: String) -> [Int]? {
        guard let comma = specification.firstIndex(of: ","), specification.hasSuffix("))") else { return nil }
        let hash = String(specification[..<comma].dropFirst("authenc(".count))
        guard let hashKey = options.integrityKeySize ?? Digest.byteCount(of: hash) else { return nil }
        let inner = CryptCipher.kernelAPI(specification: String(specification[specification.index(after: comma)...].dropLast()), iv: nil)
        guard let algorithm = inner.algorithm, let mode = inner.mode else { return nil }
        return CryptCipher.keyLengths(of: algorithm, mode: mode)?.map { $0 + hashKey }
    }
}
