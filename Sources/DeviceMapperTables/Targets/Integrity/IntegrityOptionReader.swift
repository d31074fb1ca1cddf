internal import StorageUnits

extension IntegrityTarget {
    /// Reads the options of a line one by one. The kernel looks at the case of these words.
    struct OptionReader {
        /// The mode, with its own options as they come.
        private(set) var mode: Mode
        private(set) var options = Options()
        private(set) var places = OptionPlaces()

        init(_ mode: Mode) { self.mode = mode }

        /// What a word is; those that may have a key never become strings as a whole.
        private enum Word {
            case plain(String)
            case algorithm(String, Algorithm)
            /// An algorithm that is none, by the option's name.
            case malformed(String)
            case notUTF8
        }

        mutating func read(_ words: inout ArgumentReader) throws(TableError) {
            switch try words.secret("option", expected: "an option", Self.word) {
            case .notUTF8: throw words.error(.invalidText, "option: not UTF-8")
            case .malformed(let name):
                throw words.error(.invalidValue, "\(name): expected \(name):<algorithm>[:<key in hexadecimal digits, two a byte>]")
            case .algorithm(let name, let algorithm):
                places.note(name, words)
                switch name {
                case "internal_hash": options.internalHash = algorithm
                case "journal_crypt": options.journalCrypt = algorithm
                default: options.journalMAC = algorithm
                }
            case .plain(let word): try read(word, words)
            }
        }

        private static let withKeys = ["internal_hash", "journal_crypt", "journal_mac"]

        private static func word(_ bytes: Span<UInt8>) -> Word? {
            let colon = bytes.indices.first { bytes[$0] == UInt8(ascii: ":") }
            guard let start = string(bytes.extracting(0..<(colon ?? bytes.count))) else { return .notUTF8 }
            guard let colon, let name = withKeys.first(where: { ArgumentReader.isSame($0, start) }) else {
                return string(bytes).map { .plain($0) } ?? .notUTF8
            }
            let second = (colon + 1..<bytes.count).first { bytes[$0] == UInt8(ascii: ":") } ?? bytes.count
            guard name == start, second > colon + 1, let algorithm = string(bytes.extracting(colon + 1..<second)) else {
                return .malformed(name)
            }
            guard second < bytes.count else { return .algorithm(name, Algorithm(algorithm)) }
            guard let key = SecretBytes(hexadecimal: bytes.extracting(second + 1..<bytes.count)) else { return .malformed(name) }
            return .algorithm(name, Algorithm(algorithm, key: key))
        }

        private static func string(_ bytes: Span<UInt8>) -> String? {
            guard let valid = try? UTF8Span(validating: bytes) else { return nil }
            return String(copying: valid)
        }

        private mutating func read(_ word: String, _ words: borrowing ArgumentReader) throws(TableError) {
            let colon = word.utf8.firstIndex(of: UInt8(ascii: ":"))
            let name = String(word[..<(colon ?? word.endIndex)])
            places.note(name, words)
            guard let colon else {
                if !readFlag(word) { options.unknown.append(word) }
                return
            }
            let value = word[word.utf8.index(after: colon)...]
            switch name {
            case "meta_device":
                guard !value.isEmpty else { throw words.error(.invalidValue, "meta_device: expected a device") }
                options.metaDevice = DeviceReference(parsing: String(value))
            case "block_size":
                options.blockSize = ByteCount(try number(name, value, words))
                guard options.isBlockSizeKnown else {
                    throw words.error(.outOfRange, "block_size: expected 512, 1024, 2048 or 4096, found \(words.lastWordQuoted)")
                }
            case "journal_sectors": options.journalSectors = Sectors(try number(name, value, words))
            case "interleave_sectors": options.interleaveSectors = Sectors(try number(name, value, words))
            case "buffer_sectors": options.bufferSectors = Sectors(try number(name, value, words))
            case "journal_watermark", "commit_time", "sectors_per_bit", "bitmap_flush_interval": try readOfMode(name, value, words)
            default: options.unknown.append(word)
            }
        }

        private mutating func readFlag(_ word: String) -> Bool {
            switch word {
            case "recalculate": options.recalculate = true
            case "reset_recalculate": options.resetRecalculate = true
            case "legacy_recalculate": options.legacyRecalculate = true
            case "fix_padding": options.fixPadding = true
            case "fix_hmac": options.fixHMAC = true
            // With both, the stricter one counts.
            case "allow_discards": options.discards = options.discards ?? .unkeyed
            case "allow_discards_keyed": options.discards = .keyed
            default: return false
            }
            return true
        }

        private mutating func readOfMode(_ name: String, _ value: Substring, _ words: borrowing ArgumentReader) throws(TableError) {
            switch (mode, name) {
            case (.journal(_, let commit), "journal_watermark"):
                mode = .journal(
                    watermarkPercent: UInt32(truncatingIfNeeded: try number(name, value, words, largest: 100)), commitMilliseconds: commit)
            case (.journal(let watermark, _), "commit_time"):
                mode = .journal(watermarkPercent: watermark, commitMilliseconds: UInt32(truncatingIfNeeded: try number(name, value, words)))
            case (.bitmap(_, let flush), "sectors_per_bit"):
                mode = .bitmap(sectorsPerBit: Sectors(try number(name, value, words, largest: UInt64.max)), flushMilliseconds: flush)
            case (.bitmap(let sectors, _), "bitmap_flush_interval"):
                mode = .bitmap(sectorsPerBit: sectors, flushMilliseconds: UInt32(truncatingIfNeeded: try number(name, value, words)))
            default:
                let owner = name == "journal_watermark" || name == "commit_time" ? "J" : "B"
                throw words.error(.invalidValue, "\(name): only mode \(owner) has it, this is mode \(mode)")
            }
        }

        private func number(
            _ name: String, _ digits: Substring, _ words: borrowing ArgumentReader, largest: UInt64 = UInt64(UInt32.max)
        ) throws(TableError) -> UInt64 {
            guard let number = ArgumentReader.decimal(digits), number <= largest else {
                throw words.error(.outOfRange, "\(name): expected 0 to \(largest), found \(words.lastWordQuoted)")
            }
            return number
        }
    }
}

extension IntegrityTarget.Options {
    /// Whether blocks have a size that there is.
    var isBlockSizeKnown: Bool { [512, 1024, 2048, 4096].contains(blockSize.count) }
}
