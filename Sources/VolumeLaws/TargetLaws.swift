public import DeviceMapperTables
internal import StorageUnits

/// What every target's text has to do, whatever the target: run over the examples of its own ``TargetSyntax``.
///
/// Each law returns what it found wrong, in words; nothing is good.
public enum TargetLaws {
    /// A target and one of its examples.
    public struct Example: Sendable, CustomStringConvertible {
        /// The target.
        public let type: any Target.Type
        /// The line's length.
        public let length: UInt64
        /// The words behind the target's name, as they stand in a table: quoted with backslashes.
        public let words: [String]

        /// An example of a target.
        public init(_ type: any Target.Type, _ example: TargetSyntax.Example) {
            self.type = type
            length = example.length.count
            words = TargetLaws.words(example.arguments)
        }

        /// The line.
        public var description: String { ([String(0), String(length), type.typeName] + words).joined(separator: " ") }

        /// The words of the whole line.
        var line: [String] { [String(0), String(length), type.typeName] + words }

        /// Reads a table that has `line` as its second line, behind a comment.
        func parse(_ line: [String]) -> Result<MappingTable, TableError> { parse(TargetLaws.text(line)) }

        func parse(_ text: [UInt8]) -> Result<MappingTable, TableError> {
            Result { () throws(TableError) in try MappingTable(parsingUTF8: text.span, registry: TargetRegistry([type])) }
        }
    }

    /// Every example of every type of a registry.
    public static func examples(of registry: TargetRegistry) -> [Example] {
        registry.types.flatMap { type in type.syntax.examples.map { Example(type, $0) } }
    }

    /// The type says what it is, and has examples.
    public static func describesItself(_ type: any Target.Type) -> [String] {
        var wrong: [String] = []
        if !(1...15).contains(type.typeName.utf8.count) { wrong.append("the name '\(type.typeName)' has not 1 to 15 bytes") }
        if type.syntax.summary.last != "." { wrong.append("the summary is no sentence: '\(type.syntax.summary)'") }
        if type.syntax.examples.isEmpty { wrong.append("there are no examples") }
        return wrong
    }

    /// The example parses and validates as what it is an example of.
    public static func parses(_ example: Example) -> [String] {
        switch example.parse(example.line) {
        case .failure(let error): return ["refused: \(error)"]
        case .success(let table):
            guard table.lines.count == 1 else { return ["\(table.lines.count) lines"] }
            let line = table.lines[0]
            if type(of: line.target) != example.type { return ["read as \(type(of: line.target))"] }
            if line.range.start != 0 || line.range.length.count != example.length { return ["the range is \(line.range)"] }
            return []
        }
    }

    /// What is printed reads as the same table again, and is then printed as the same bytes.
    public static func roundTrips(_ example: Example) -> [String] { survives(TargetLaws.text(example.line), example) }

    /// Without its last words a line is refused at the first word that is missing, or, where those words are optional, is printed as what is
    /// left.
    public static func refusesOrKeepsFewerWords(_ example: Example) -> [String] {
        var wrong: [String] = []
        for count in 3..<example.line.count {
            let words = Array(example.line[..<count])
            switch example.parse(words) {
            case .failure(let error):
                if error.code != .missingWord || error.line != 2 || error.word != count + 1 {
                    wrong.append(
                        "'\(words.joined(separator: " "))': expected word \(count + 1) to be missing, found \(error.code), \(error)")
                }
            case .success(let table):
                let text = printed(table)
                if text != TargetLaws.text(words, comment: "") {
                    wrong.append("'\(words.joined(separator: " "))' is read as '\(String(decoding: text, as: UTF8.self))'")
                }
            }
        }
        return wrong
    }

    /// A word too many is refused; where it might begin an optional part, it is refused as that, or the word behind it is missing. Where it
    /// is such a part by itself, as any word may name a device, it is printed.
    public static func refusesMoreWords(_ example: Example) -> [String] {
        let words = example.line + ["surplus"]
        switch example.parse(words) {
        case .success(let table):
            let text = printed(table)
            return text == TargetLaws.text(words, comment: "")
                ? [] : ["'surplus' is read as a part of '\(String(decoding: text, as: UTF8.self))'"]
        case .failure(let error):
            let isHere = error.word == words.count && [.unexpectedWord, .notANumber, .invalidValue].contains(error.code)
            let isNext = error.word == words.count + 1 && error.code == .missingWord
            return error.line == 2 && (isHere || isNext)
                ? [] : ["expected word \(words.count) to be refused, found \(error.code), \(error)"]
        }
    }

    /// With any word replaced by rubbish the line is refused at one of its words, or reads as a table like any other.
    public static func standsRubbish(_ example: Example) -> [String] {
        var wrong: [String] = []
        for index in example.line.indices {
            for rubbish in [
                "x", "-1", "+1", "0", "99999999999999999999999", "18446744073709551615", "0x10", "é", "\\", ":", "-", "::", ":1:user:",
            ] {
                var words = example.line
                words[index] = rubbish
                if case .failure(let error) = example.parse(words), error.line != 2 || !(1...words.count + 1).contains(error.word) {
                    wrong.append("'\(words.joined(separator: " "))' is refused without its place: \(error)")
                }
                wrong += survives(TargetLaws.text(words), example)
            }
        }
        return wrong
    }

    /// A line of no sectors is refused.
    public static func refusesNoSectors(_ example: Example) -> [String] {
        var words = example.line
        words[1] = "0"
        switch example.parse(words) {
        case .success: return ["a length of 0 is accepted"]
        case .failure(let error):
            let expected = "line 2, word 2: length: expected 1 to 18014398509481983, found 0"
            return error.description == expected ? [] : ["expected '\(expected)', found '\(error)'"]
        }
    }

    /// Every beginning of the text is refused, or reads as a table like any other.
    public static func standsTruncation(_ example: Example) -> [String] {
        let text = TargetLaws.text(example.line)
        return text.indices.flatMap { survives(Array(text[..<$0]), example) }
    }

    /// Every text that differs in one byte is refused, or reads as a table like any other: the bytes that separate and quote words in every
    /// place, then `count` random ones.
    public static func standsCorruption(_ example: Example, count: Int, using random: inout SeededGenerator) -> [String] {
        let text = TargetLaws.text(example.line)
        var wrong: [String] = []
        func survives(with byte: UInt8, at index: Int) -> [String] {
            var text = text
            text[index] = byte
            return TargetLaws.survives(text, example)
        }
        for index in text.indices {
            for byte: UInt8 in [0, 9, 10, 13, 32, 35, 45, 48, 58, 92, 0xA0, 0xC3, 0xFF] { wrong += survives(with: byte, at: index) }
        }
        for _ in 0..<count {
            wrong += survives(with: UInt8.random(in: 0...255, using: &random), at: Int.random(in: text.indices, using: &random))
        }
        return wrong
    }

    /// Replacing each device by itself changes nothing, and replacing each by another leaves no other.
    public static func mapsItsDevices(_ example: Example) -> [String] {
        guard case .success(let table) = example.parse(example.line), let target = table.lines.first?.target else {
            return ["it does not parse"]
        }
        var same = target
        var seen: [DeviceReference] = []
        same.mapDevices {
            seen.append($0)
            return $0
        }
        var wrong: [String] = []
        if !same.isEqual(to: target) { wrong.append("replacing each device by itself changes the target") }
        if seen != target.devices { wrong.append("devices: expected \(seen), found \(target.devices)") }
        var other = target
        other.mapDevices { _ in "/dev/law" }
        if other.devices != seen.map({ _ in "/dev/law" }) { wrong.append("replacing every device leaves \(other.devices)") }
        if !seen.isEmpty, other.isEqual(to: target) { wrong.append("replacing every device changes nothing") }
        return wrong
    }

    // MARK: inside

    /// The law of all text: it is refused with a line and a message that can be shown, or what is printed of it reads as the same table, and
    /// is printed as the same bytes.
    static func survives(_ text: [UInt8], _ example: Example) -> [String] {
        let shown = String(decoding: text, as: UTF8.self)
        switch example.parse(text) {
        case .failure(let error):
            if error.message.isEmpty || error.message.unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 }) {
                return ["'\(shown)' is refused with the message '\(error.message)'"]
            }
            return error.line > 0 || error.code == .emptyTable ? [] : ["'\(shown)' is refused without its line: \(error)"]
        case .success(let table):
            let first = printed(table)
            switch example.parse(first) {
            case .failure(let error):
                return ["'\(shown)' is printed as '\(String(decoding: first, as: UTF8.self))', which is refused: \(error)"]
            case .success(let again):
                let second = printed(again)
                if again != table { return ["'\(shown)' is printed as another table, '\(String(decoding: first, as: UTF8.self))'"] }
                if second != first {
                    return [
                        "'\(shown)' is printed as '\(String(decoding: first, as: UTF8.self))', then '\(String(decoding: second, as: UTF8.self))'"
                    ]
                }
                return []
            }
        }
    }

    private static func text(_ line: [String], comment: String = "# a comment, so that the line is the second one\n") -> [UInt8] {
        Array("\(comment)\(line.joined(separator: " "))\n".utf8)
    }

    private static func printed(_ table: MappingTable) -> [UInt8] {
        table.withText(keys: .shown) { text in text.indices.map { text[$0] } }
    }

    /// Splits at spaces that no backslash quotes, and leaves the backslashes.
    private static func words(_ arguments: String) -> [String] {
        var words: [String] = []
        var word = ""
        var isQuoted = false
        for character in arguments + " " {
            if character == " ", !isQuoted {
                if !word.isEmpty { words.append(word) }
                word = ""
            } else {
                word.append(character)
            }
            isQuoted = character == "\\" && !isQuoted
        }
        return words
    }
}
