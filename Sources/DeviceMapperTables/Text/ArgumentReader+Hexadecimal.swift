extension ArgumentReader {
    /// Reads bytes as hexadecimal digits, two a byte, or `-` for none if `mayBeEmpty`: public values such as digests, never keys.
    public mutating func hexadecimal(_ name: @autoclosure () -> String, mayBeEmpty: Bool = false) throws(TableError) -> [UInt8] {
        let word = try word(name())
        if mayBeEmpty, word == "-" { return [] }
        if let bytes = Self.bytes(hexadecimal: word) { return bytes }
        let expected = "hexadecimal digits, two a byte" + (mayBeEmpty ? ", or -" : "")
        throw error(.invalidValue, "\(name()): expected \(expected), found \(lastWordQuoted)")
    }

    private static func bytes(hexadecimal word: String) -> [UInt8]? {
        let digits = word.utf8.compactMap { hexDigit($0) }
        guard digits.count == word.utf8.count, digits.count % 2 == 0 else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
