internal import StorageUnits

extension SecretBytes {
    /// The bytes that `digits` stand for, two digits a byte; `nil` when it is anything else. No digits are no bytes.
    convenience init?(hexadecimal digits: Span<UInt8>) {
        guard digits.count % 2 == 0 else { return nil }
        for index in digits.indices where hexDigit(digits[index]) == nil { return nil }
        self.init(count: digits.count / 2) { bytes in
            for index in 0..<digits.count / 2 {
                guard let high = hexDigit(digits[2 * index]), let low = hexDigit(digits[2 * index + 1]) else { return }
                bytes.storeBytes(of: high << 4 | low, toByteOffset: index, as: UInt8.self)
            }
        }
    }
}
