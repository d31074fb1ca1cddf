internal import StorageUnits

/// Replaces the keys in the arguments of a table by zeroes of the same number, as `dmsetup table` does without `--showkeys`.
enum KeyHiding {
    /// Adds the arguments of a target to `text`, without their keys.
    static func append(_ arguments: Span<UInt8>, of type: String, to text: inout SecretBuffer) {
        let hidden = keys(in: arguments, of: type)
        for index in arguments.indices {
            text.append(hidden.contains { $0.contains(index) } ? UInt8(ascii: "0") : arguments[index])
        }
    }

    private static func keys(in arguments: Span<UInt8>, of type: String) -> [Range<Int>] {
        switch type {
        case "crypt":
            // The second word; what begins with a colon only names a key.
            let start = min(wordEnd(arguments, 0) + 1, arguments.count)
            guard start < arguments.count, arguments[start] != UInt8(ascii: ":") else { return [] }
            return [start..<wordEnd(arguments, start)]
        case "integrity":
            return ["internal_hash:", "journal_crypt:", "journal_mac:"].compactMap { option in key(of: option, in: arguments) }
        default: return []
        }
    }

    /// The key behind an option's algorithm: `OPTION:ALGORITHM:KEY`.
    private static func key(of option: String, in arguments: Span<UInt8>) -> Range<Int>? {
        let option = Array(option.utf8)
        guard arguments.count >= option.count else { return nil }
        for place in 0...(arguments.count - option.count) where option.indices.allSatisfy({ arguments[place + $0] == option[$0] }) {
            var index = place + option.count
            while index < arguments.count, arguments[index] != UInt8(ascii: " "), arguments[index] != UInt8(ascii: ":") { index += 1 }
            guard index < arguments.count, arguments[index] == UInt8(ascii: ":") else { return nil }
            return index + 1..<wordEnd(arguments, index + 1)
        }
        return nil
    }

    private static func wordEnd(_ text: Span<UInt8>, _ start: Int) -> Int {
        var end = start
        while end < text.count, text[end] != UInt8(ascii: " ") { end += 1 }
        return end
    }
}
