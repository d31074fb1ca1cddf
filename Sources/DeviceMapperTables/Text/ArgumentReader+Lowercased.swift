extension ArgumentReader {
    /// `word` with small letters for the capitals of ASCII, and those alone: what the kernel's `strcasecmp` compares.
    static func lowercased(_ word: String) -> String {
        String(
            decoding: word.utf8.map { $0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z") ? $0 | 0x20 : $0 }, as: UTF8.self)
    }
}
