/// What an active switch can be told.
public enum SwitchMessage: TargetMessage {
    /// Which paths regions take from now on. Those that are not named stay as they are; the kernel makes the changes one after the other,
    /// and those before one that it refuses stay made.
    case setRegionMappings([Mapping])

    /// A change of paths. The region of one is where the next goes on; before the first it is 0.
    public enum Mapping: Hashable, Sendable {
        /// A region takes a path; both count from 0.
        case region(UInt64, path: UInt32)
        /// The next region takes a path. As the first mapping this is region 1.
        case next(path: UInt32)
        /// The next `count` regions repeat the paths of the last `cycle` ones, at least 1 and no more than there are up to here.
        case repeating(cycle: UInt64, count: UInt64)
    }

    public init(parsing words: inout ArgumentReader) throws(TableError) {
        _ = try words.choice("message", among: ["set_region_mappings"], ignoringCase: true)
        var mappings: [Mapping] = []
        while !words.isAtEnd {
            guard let mapping = Mapping(parsing: try words.word("mapping")) else {
                throw words.error(
                    .invalidValue,
                    "mapping: expected <region>:<path>, :<path> or R<cycle>,<count> in hexadecimal, found \(words.lastWordQuoted)")
            }
            mappings.append(mapping)
        }
        self = .setRegionMappings(mappings)
    }

    public func write(to words: inout ArgumentWriter) {
        switch self {
        case .setRegionMappings(let mappings):
            words.append("set_region_mappings")
            for mapping in mappings { words.append(mapping.description) }
        }
    }
}

extension SwitchMessage.Mapping: CustomStringConvertible {
    /// Reads a mapping as messages have it.
    init?(parsing word: String) {
        if let first = word.utf8.first, first | 0x20 == UInt8(ascii: "r") {
            let parts = word.dropFirst().split(separator: ",", omittingEmptySubsequences: false)
            guard parts.count == 2, let cycle = Self.hexadecimal(parts[0]), cycle > 0, let count = Self.hexadecimal(parts[1]) else {
                return nil
            }
            self = .repeating(cycle: cycle, count: count)
        } else {
            let parts = word.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, let number = Self.hexadecimal(parts[1]), let path = UInt32(exactly: number) else { return nil }
            if parts[0].isEmpty {
                self = .next(path: path)
            } else {
                guard let region = Self.hexadecimal(parts[0]) else { return nil }
                self = .region(region, path: path)
            }
        }
    }

    /// The word that messages have for it: `3f:2`, `:0` or `R2,a`.
    public var description: String {
        func hexadecimal(_ number: some BinaryInteger) -> String { String(number, radix: 16) }
        return switch self {
        case .region(let region, let path): "\(hexadecimal(region)):\(hexadecimal(path))"
        case .next(let path): ":\(hexadecimal(path))"
        case .repeating(let cycle, let count): "R\(hexadecimal(cycle)),\(hexadecimal(count))"
        }
    }

    /// A number without sign or prefix that fits 64 bits. The kernel would shift more digits out.
    private static func hexadecimal(_ digits: Substring) -> UInt64? {
        digits.utf8.allSatisfy { hexDigit($0) != nil } ? UInt64(digits, radix: 16) : nil
    }
}
