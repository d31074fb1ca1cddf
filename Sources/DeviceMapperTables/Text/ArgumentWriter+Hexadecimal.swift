extension ArgumentWriter {
    /// Writes bytes as hexadecimal digits, or `-` for none: public values such as digests, never keys.
    public mutating func append(hexadecimal bytes: [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        let text = bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        append(text.isEmpty ? "-" : String(decoding: text, as: UTF8.self))
    }
}
