/// Reads the text of a selection: comparisons of fields, joined by `&&` or `,` and `||` or `#`, in parentheses, with `!` in front of some.
struct SelectionParser {
    enum Kind: String {
        case string, number, size
    }

    /// A field that the text names.
    struct Field {
        var name: String
        var kind: Kind
        var isComparable: Bool
        /// The column in which a row has the field. Asked for once the comparison is right.
        var column: () -> Int
    }

    enum Message {
        /// The list of the fields.
        case fields
        /// What selections are made of.
        case help
        case error(String)
    }

    /// The text is wrong, which was told.
    struct Failure: Error {}

    private enum Comparison {
        case pattern(isFound: Bool)
        case equality(isEqual: Bool)
        case order(ReportSelection.NumberOperator)
        /// Only for fields with times, which dmsetup has none of.
        case time
    }

    private let text: Substring
    /// What is left to read.
    private var rest: Substring
    private let find: (Substring) -> Field?
    private let log: (Message) -> Void

    init(_ text: String, find: @escaping (Substring) -> Field?, log: @escaping (Message) -> Void) {
        self.text = text[...]
        rest = text[...]
        self.find = find
        self.log = log
    }

    mutating func parse() throws(Failure) -> ReportSelection {
        let selection = try parseAlternatives()
        let end = Self.skipSpace(rest)
        guard end.isEmpty else {
            log(.error("Expecting logical operator"))
            throw syntaxError(at: end)
        }
        return selection
    }

    // MARK: expressions

    private mutating func parseAlternatives() throws(Failure) -> ReportSelection {
        var parts = [try parseConjunction()]
        while take("||") || take("#") { parts.append(try parseConjunction()) }
        return parts.count == 1 ? parts[0] : .any(parts)
    }

    private mutating func parseConjunction() throws(Failure) -> ReportSelection {
        var parts = [try parseTerm()]
        while take("&&") || take(",") { parts.append(try parseTerm()) }
        return parts.count == 1 ? parts[0] : .all(parts)
    }

    private mutating func parseTerm() throws(Failure) -> ReportSelection {
        if take("!") {
            guard take("(") else {
                log(.error("Syntax error: left parenthesis expected at '\(rest)'"))
                throw Failure()
            }
            let inner = try parseAlternatives()
            guard take(")") else {
                log(.error("Syntax error: right parenthesis expected at '\(rest)'"))
                throw Failure()
            }
            return .not(inner)
        }
        if take("(") {
            let inner = try parseAlternatives()
            guard take(")") else {
                log(.error("Syntax error: right parenthesis expected at '\(Self.skipSpace(rest))'"))
                throw Failure()
            }
            return inner
        }
        rest = Self.skipSpace(rest)
        return try parseComparison()
    }

    // MARK: comparisons

    private mutating func parseComparison() throws(Failure) -> ReportSelection {
        let start = rest
        let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == "-") }
        guard !name.isEmpty else {
            log(.error("Expecting field name"))
            throw syntaxError(at: start)
        }
        guard let field = find(name) else {
            log(.fields)
            log(.error("Unrecognised selection field: \(name)"))
            throw syntaxError(at: start)
        }
        guard field.isComparable else {
            log(.fields)
            log(.error("Selection field is uncomparable: \(name)."))
            throw syntaxError(at: start)
        }
        rest = rest[name.endIndex...]
        guard let comparison = takeComparison() else {
            log(.help)
            log(.error("Unrecognised comparison operator: \(rest)"))
            throw syntaxError(at: start)
        }
        switch comparison {
        case .pattern(let isFound): return try parsePattern(field, isFound: isFound, start)
        case .time:
            log(.help)
            log(.error("Operator can be used only with time fields: \(start)"))
            throw syntaxError(at: start)
        case .order where field.kind == .string:
            log(.help)
            log(.error("Operator can be used only with number, size, time or percent fields: \(start)"))
            throw syntaxError(at: start)
        case .order(let comparison): return try parseNumber(field, comparison, start)
        case .equality(let isEqual):
            guard field.kind == .string else { return try parseNumber(field, isEqual ? .equal : .notEqual, start) }
            rest = Self.skipSpace(rest)
            let quote = rest.first == "\"" || rest.first == "'" ? rest.removeFirst() : nil
            guard let text = takeText(until: quote) else {
                log(.error("Failed to parse string value for selection field \(field.name)."))
                throw syntaxError(at: start)
            }
            return .comparison(column: field.column(), .text(String(text), isEqual: isEqual))
        }
    }

    private mutating func parsePattern(_ field: Field, isFound: Bool, _ start: Substring) throws(Failure) -> ReportSelection {
        rest = Self.skipSpace(rest)
        guard let first = rest.first else {
            log(.error("Regular expression expected for selection field \(field.name)"))
            throw syntaxError(at: start)
        }
        let closing: [Character: Character] = ["(": ")", "{": "}", "[": "]", "\"": "\"", "'": "'"]
        let quote = closing[first]
        if quote != nil { rest.removeFirst() }
        guard let text = takeText(until: quote) else {
            log(.error("Failed to parse regex value for selection field \(field.name)."))
            throw syntaxError(at: start)
        }
        let column = field.column()
        guard field.kind == .string else {
            log(.error("dm_report: incompatible comparison type for selection field \(field.name)"))
            throw Failure()
        }
        do throws(ReportPattern.Failure) {
            let pattern = try ReportPattern(String(text)) { log(.error($0)) }
            return .comparison(column: column, .pattern(pattern, isFound: isFound))
        } catch {
            log(.error("dm_report: failed to create regex matcher for selection field \(field.name)"))
            throw Failure()
        }
    }

    private mutating func parseNumber(
        _ field: Field, _ comparison: ReportSelection.NumberOperator, _ start: Substring
    ) throws(Failure) -> ReportSelection {
        rest = Self.skipSpace(rest)
        var hasPoint = false
        let number = rest.prefix { character in
            if character == ".", !hasPoint {
                hasPoint = true
                return true
            }
            return ("0"..."9").contains(character)
        }
        let title = field.kind == .number ? "numeric" : "size"
        guard !number.isEmpty else {
            log(.error("Failed to parse numeric value for selection field \(field.name)."))
            throw syntaxError(at: start)
        }
        rest = rest[number.endIndex...]
        if rest.first == "%" {
            log(.error("Found percent value but \(title) value expected for selection field \(field.name)."))
            throw syntaxError(at: start)
        }
        let unit = rest.first.flatMap { SizeUnit.bytes($0) }
        if unit != nil {
            guard field.kind == .size else {
                log(.error("Found size unit specifier but \(title) value expected for selection field \(field.name)."))
                throw syntaxError(at: start)
            }
            rest.removeFirst()
        }
        let column = field.column()
        if field.kind == .size {
            let bytes = (Double(number) ?? 0) * Double(unit ?? 1 << 20)
            return .comparison(column: column, .size(bytes / 512, comparison))
        }
        let digits = number.prefix { $0 != "." }
        guard let value = digits.isEmpty ? 0 : UInt64(digits) else {
            log(.error("Field selection value \(number) out of supported range for field \(field.name)."))
            throw Failure()
        }
        return .comparison(column: column, .number(value, comparison))
    }

    // MARK: words

    private mutating func takeComparison() -> Comparison? {
        let operators: [(String, Comparison)] = [
            ("=~", .pattern(isFound: true)), ("!~", .pattern(isFound: false)), ("=", .equality(isEqual: true)),
            ("!=", .equality(isEqual: false)), (">=", .order(.greaterOrEqual)), (">", .order(.greater)), ("<=", .order(.lessOrEqual)),
            ("<", .order(.less)), ("since", .time), ("after", .time), ("until", .time), ("before", .time),
        ]
        for (text, comparison) in operators where take(text) { return comparison }
        return nil
    }

    /// A text up to its closing quote, or without quotes up to a blank or an operator; `nil` when there is no closing quote.
    private mutating func takeText(until quote: Character?) -> Substring? {
        var end = rest
        if let quote {
            while let character = end.first, character != quote { end.removeFirst() }
            let text = rest[..<end.startIndex]
            rest = end
            guard !end.isEmpty else {
                log(.error("Missing end quote."))
                return nil
            }
            rest.removeFirst()
            return text
        }
        while let character = end.first, character != " " {
            let ahead = Self.skipSpace(end)
            if ["&&", ",", "||", "#", ")"].contains(where: { ahead.hasPrefix($0) }) { break }
            end.removeFirst()
        }
        let text = rest[..<end.startIndex]
        rest = end
        return text
    }

    /// Takes a word that may have blanks in front of it.
    private mutating func take(_ word: String) -> Bool {
        let ahead = Self.skipSpace(rest)
        guard ahead.hasPrefix(word) else { return false }
        rest = ahead.dropFirst(word.count)
        return true
    }

    private static func skipSpace(_ text: Substring) -> Substring {
        text.drop { $0.asciiValue.map(CNumber.isSpace) ?? ($0 == "\r\n") }
    }

    private func syntaxError(at place: Substring) -> Failure {
        log(.error("Selection syntax error at '\(place)'."))
        log(.error("Use 'help' for selection to get more help."))
        return Failure()
    }
}

/// The units of sizes: small letters are powers of 1024, capital ones of 1000.
enum SizeUnit {
    static func bytes(_ letter: Character) -> UInt64? {
        switch letter {
        case "h", "H", "r", "R", "b", "B": 1
        case "s", "S": 512
        case "k": 1 << 10
        case "m": 1 << 20
        case "g": 1 << 30
        case "t": 1 << 40
        case "p": 1 << 50
        case "e": 1 << 60
        case "K": 1000
        case "M": 1_000_000
        case "G": 1_000_000_000
        case "T": 1_000_000_000_000
        case "P": 1_000_000_000_000_000
        case "E": 1_000_000_000_000_000_000
        default: nil
        }
    }
}
