public import StorageUnits

/// Writes the words of a table line or a message, with backslashes where the reader needs them.
///
/// What is written may hold keys; it is wiped with the writer.
public struct ArgumentWriter: ~Copyable {
    /// What becomes of key material.
    public enum Keys: Sendable {
        /// `<redacted>` stands in its place, which no parser takes for a key: the text cannot be loaded by mistake.
        case redacted
        /// It is written out.
        case shown
    }

    private let keys: Keys
    private var text: SecretBuffer
    private var isAtLineStart = true

    /// An empty writer.
    public init(keys: Keys) {
        self.keys = keys
        text = SecretBuffer()
    }

    /// An empty writer whose memory is a reserve's, and goes back to it.
    package init(keys: Keys, from reserve: SecretReserve) {
        self.keys = keys
        text = SecretBuffer(from: reserve)
    }

    /// Forgets what was written, and wipes it.
    package mutating func removeAll() {
        text.removeAll()
        isAtLineStart = true
    }

    /// Writes a word, which is not empty.
    public mutating func append(_ word: String) {
        separate()
        appendQuoted(word)
    }

    /// Writes a decimal number.
    public mutating func append(_ number: some BinaryInteger) {
        separate()
        text.append(String(number))
    }

    /// Writes a number of sectors.
    public mutating func append(_ sectors: Sectors) { append(sectors.count) }

    /// Writes a device.
    public mutating func append(_ device: DeviceReference) { append(device.description) }

    /// Writes key material in hexadecimal digits.
    public mutating func append(hex secret: SecretBytes) { append(behind: "", hex: secret) }

    /// Writes `prefix` and, in the same word, key material in hexadecimal digits: `journal_mac:hmac(sha256):00ff`.
    public mutating func append(behind prefix: String, hex secret: SecretBytes) {
        separate()
        if keys == .redacted, hasLongHexRun(Array(prefix.utf8).span) {
            text.append("<redacted>")
            return
        }
        appendQuoted(prefix)
        switch keys {
        case .redacted: text.append("<redacted>")
        case .shown:
            let digits = Array("0123456789abcdef".utf8)
            secret.withBytes { bytes in
                for index in 0..<bytes.byteCount {
                    let byte = unsafe bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)
                    text.append(digits[Int(byte >> 4)])
                    text.append(digits[Int(byte & 15)])
                }
            }
        }
    }

    /// Writes a word of which nobody knows whether it is a secret: one with 32 or more hexadecimal digits in a row is taken for one.
    public mutating func append(unverified word: String) {
        if keys == .redacted, hasLongHexRun(Array(word.utf8).span) {
            separate()
            text.append("<redacted>")
        } else {
            append(word)
        }
    }

    /// Writes a device of a target that has a key: a bare name with 32 or more hexadecimal digits in a row is taken for a key that somebody
    /// put in the wrong place. Names with a directory, such as `/dev/disk/by-id/...`, are written as they are.
    public mutating func append(unverified device: DeviceReference) {
        let word = device.description
        if word.utf8.contains(UInt8(ascii: "/")) { append(word) } else { append(unverified: word) }
    }

    /// Writes `part/whole`.
    public mutating func append(_ ratio: Ratio) { append(ratio.description) }

    /// Writes a decimal number, or `-` for none.
    public mutating func append(orDash number: UInt64?) { append(number.map(String.init) ?? "-") }

    /// Writes how many words there are, and the words.
    public mutating func append(counted words: [String]) {
        append(words.count)
        for word in words { append(unverified: word) }
    }

    /// Ends the line.
    mutating func endLine() {
        text.append(UInt8(ascii: "\n"))
        isAtLineStart = true
    }

    /// Lends what was written.
    public func withText<Result, Failure: Error>(_ body: (Span<UInt8>) throws(Failure) -> Result) throws(Failure) -> Result {
        try text.withBytes(body)
    }

    /// What was written, as a string, which nobody wipes: for text without keys.
    ///
    /// The backslash that the kernel needs within a character like 'à' is not in it, since the string would then not be UTF-8.
    public var string: String { withText { text in text.tableString } }

    private mutating func appendQuoted(_ word: String) {
        for byte in word.utf8 {
            // 0xA0 is a part of characters like 'à', but the kernel, which reads bytes, takes it for a no-break space.
            if ArgumentReader.isSpace(byte) || byte == UInt8(ascii: "\\") || byte == 0xA0 { text.append(UInt8(ascii: "\\")) }
            text.append(byte)
        }
    }

    private mutating func separate() {
        if !isAtLineStart { text.append(UInt8(ascii: " ")) }
        isAtLineStart = false
    }
}

extension Span<UInt8> {
    /// Table text as a string, which nobody wipes, without the backslash that the kernel needs within a character like 'à'.
    var tableString: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        var index = 0
        while index < count {
            if self[index] == UInt8(ascii: "\\"), index + 1 < count {
                if self[index + 1] != 0xA0 { bytes.append(self[index]) }
                index += 1
            }
            bytes.append(self[index])
            index += 1
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
