/// The hashes of the kernel's crypto API whose digests have a known size.
enum Digest {
    private static let byteCounts: [String: Int] = [
        "crc32": 4, "crc32c": 4, "md5": 16, "rmd160": 20, "sha1": 20, "sha224": 28, "sha256": 32, "sha384": 48, "sha512": 64,
        "sha3-224": 28,
        "sha3-256": 32, "sha3-384": 48, "sha3-512": 64, "sm3": 32, "streebog256": 32, "streebog512": 64, "wp256": 32, "wp384": 48,
        "wp512": 64, "blake2b-160": 20, "blake2b-256": 32, "blake2b-384": 48, "blake2b-512": 64,
    ]

    /// The size in bytes of a digest of `algorithm`; `nil` where it is not known here.
    static func byteCount(of algorithm: String) -> Int? {
        if let count = byteCounts[algorithm] { return count }
        guard algorithm.hasPrefix("hmac("), algorithm.hasSuffix(")") else { return nil }
        return byteCounts[String(algorithm.dropFirst(5).dropLast())]
    }
}
