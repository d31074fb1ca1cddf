import BlockCrypto
import StorageUnits

/// The bytes of hexadecimal digits, white space left out.
func bytes(_ hex: String) -> [UInt8] {
    let digits = hex.filter { !$0.isWhitespace }.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}

extension SecretBytes {
    convenience init(_ bytes: [UInt8]) { self.init(copying: unsafe bytes.span.bytes) }
}

extension SectorCipher {
    /// The ciphertext of whole sectors.
    func encrypted(_ plaintext: [UInt8], sectorSize: Int, first: UInt64, step: UInt64 = 1, shift: UInt64 = 0) throws -> [UInt8] {
        var result = [UInt8](repeating: 0xee, count: plaintext.count)
        var span = result.mutableSpan
        var target = unsafe span.mutableBytes
        try encrypt(unsafe plaintext.span.bytes, into: &target, sectorSize: sectorSize, first: first, step: step, shift: shift)
        return result
    }

    /// The plaintext of whole sectors.
    func decrypted(_ ciphertext: [UInt8], sectorSize: Int, first: UInt64, step: UInt64 = 1, shift: UInt64 = 0) throws -> [UInt8] {
        var result = ciphertext
        var span = result.mutableSpan
        var sectors = unsafe span.mutableBytes
        try decrypt(&sectors, sectorSize: sectorSize, first: first, step: step, shift: shift)
        return result
    }
}
