public import StorageUnits

/// Reads one line of a table, a status or a message word by word.
///
/// Words are separated by white space; a backslash makes the character behind it part of the word (the kernel's `dm_split_args`). The
/// reader keeps its own copy of the line and wipes it, since any word may be a key. Errors name the word they are about, and quote it unless
/// it has 32 or more hexadecimal digits in a row: then it may be a key that somebody put in the wrong place.
public struct ArgumentReader: ~Copyable {
    /// The line's number, from 1; 0 when there is only one.
    public private(set) var line = 0
    private var text = SecretBuffer(capacity: 4096)
    private var words: [Range<Int>] = []  // in `text`, without the backslashes
    private var next = 0
    /// The path that was read last: neighbouring lines often name the same one, and can then share its string.
    private var lastPath: String?

    /// A reader without words.
    public init() {}

    /// A reader of one line.
    public init(_ line: some StringProtocol) throws(TableError) {
        let bytes = Array(line.utf8)
        try read(bytes.span, from: 0, to: bytes.count, line: 0)
    }

    /// Takes the bytes `start..<end` of `source` as the line to read.
    mutating func read(_ source: Span<UInt8>, from start: Int, to end: Int, line: Int) throws(TableError) {
        self.line = line
        text.removeAll()
        words.removeAll(keepingCapacity: true)
        next = 0
        if !readUnquoted(source, from: start, to: end) { try readQuoted(source, from: start, to: end) }
    }

    /// Takes a line without backslashes and NUL characters in one go; others are left as they are.
    private mutating func readUnquoted(_ source: Span<UInt8>, from start: Int, to end: Int) -> Bool {
        var first = -1  // of the word that `index` is in
        for index in start..<end {
            let byte = source[index]
            if byte > UInt8(ascii: " "), byte != UInt8(ascii: "\\") {
                if first < 0 { first = index }
            } else if Self.isSpace(byte) {
                if first >= 0 { words.append(first - start..<index - start) }
                first = -1
            } else if byte == 0 || byte == UInt8(ascii: "\\") {
                words.removeAll(keepingCapacity: true)
                return false
            } else if first < 0 {
                first = index
            }
        }
        if first >= 0 { words.append(first - start..<end - start) }
        unsafe text.append(source.extracting(start..<end).bytes)
        return true
    }

    private mutating func readQuoted(_ source: Span<UInt8>, from start: Int, to end: Int) throws(TableError) {
        var index = start
        while true {
            while index < end, Self.isSpace(source[index]) { index += 1 }
            guard index < end else { return }
            let first = text.count
            while index < end, !Self.isSpace(source[index]) {
                if source[index] == UInt8(ascii: "\\"), index + 1 < end { index += 1 }
                if source[index] == 0 {
                    throw TableError(.invalidText, line: line, word: words.count + 1, message: "a NUL character")
                }
                text.append(source[index])
                index += 1
            }
            words.append(first..<text.count)
        }
    }

    // MARK: where the reader is

    /// How many words are left.
    public var remaining: Int { words.count - next }
    /// Whether no word is left.
    public var isAtEnd: Bool { remaining == 0 }

    /// An error about the word that was read last.
    public func error(_ code: TableError.Code, _ message: String) -> TableError {
        TableError(code, line: line, word: next, message: message)
    }

    /// Throws unless every word was read; `subject` is what they were arguments of.
    public func expectEnd(after subject: String) throws(TableError) {
        guard !isAtEnd else { return }
        throw TableError(
            .unexpectedWord, line: line, word: next + 1, message: "unexpected \(quoted(words[next])) after the arguments of \(subject)")
    }

    // MARK: words

    /// Reads a word as it is. `name` is what the word stands for, as errors call it; it is made up only for them.
    public mutating func word(_ name: @autoclosure () -> String) throws(TableError) -> String {
        let range = try take(name)
        return try string(range, name)
    }

    /// Reads a decimal number, without sign, unit or anything else, within `range`.
    public mutating func number(
        _ name: @autoclosure () -> String, in range: ClosedRange<UInt64> = 0...UInt64.max
    ) throws(TableError) -> UInt64 {
        let digits = try take(name)
        guard let number = try decimal(digits, name) else { throw error(.notANumber, "\(name()): \(quoted(digits)) is not a number") }
        guard range.contains(number) else {
            let expected =
                range.upperBound == UInt64.max ? "at least \(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
            throw error(.outOfRange, "\(name()): expected \(expected), found \(number)")
        }
        return number
    }

    /// Reads a number of sectors.
    public mutating func sectors(
        _ name: @autoclosure () -> String, in range: ClosedRange<UInt64> = 0...Sectors.max.count
    ) throws(TableError) -> Sectors { Sectors(try number(name(), in: range)) }

    /// Reads a device: a path, or `major:minor`.
    public mutating func device(_ name: @autoclosure () -> String) throws(TableError) -> DeviceReference {
        let range = try take(name)
        if let number = DeviceNumber(parsingUTF8: text.bytes.extracting(range)) { return .number(number) }
        if let lastPath, Self.equal(text.bytes.extracting(range), lastPath.utf8.span) { return .path(lastPath) }
        let path = try string(range, name)
        lastPath = path
        return .path(path)
    }

    /// Reads the word with `read`, which gets its bytes and returns `nil` when they are not what is expected: for secrets, which must not
    /// become strings. The error that is then thrown does not quote the word.
    public mutating func secret<Result>(
        _ name: @autoclosure () -> String, expected: String, _ read: (Span<UInt8>) -> Result?
    ) throws(TableError) -> Result {
        let range = try take(name)
        guard let result = read(text.bytes.extracting(range)) else {
            throw error(.invalidValue, "\(name()): expected \(expected)")
        }
        return result
    }

    /// Reads a group of options: a count, then as many words, which `read` takes one or more at a time until `remaining` is 0.
    /// A line that ends before the count has no options, unless the count is required.
    public mutating func options(
        _ name: String, limit: Int, isRequired: Bool = false, _ read: (inout ArgumentReader) throws(TableError) -> Void
    ) throws(TableError) {
        guard isRequired || !isAtEnd else { return }
        let count = Int(try number("number of \(name)", in: 0...UInt64(limit)))
        guard count <= remaining else {
            throw TableError(
                .missingWord, line: line, word: words.count + 1, message: "expected \(count) \(name), found \(remaining)")
        }
        let behind = Array(words[(next + count)...])
        words.removeSubrange((next + count)...)
        while !isAtEnd { try read(&self) }
        words += behind
    }

    /// How an error shows the word that was read last.
    public var lastWordQuoted: String { next == 0 ? "''" : quoted(words[next - 1]) }

    // MARK: words of a kind

    /// Reads one of `values` by its description, in any case if the kernel does not look at that. What is expected is told in their order.
    public mutating func choice<Value: CustomStringConvertible>(
        _ name: @autoclosure () -> String, among values: [Value], ignoringCase: Bool = false
    ) throws(TableError) -> Value {
        let word = try word(name())
        if let value = Self.find(word, in: values, ignoringCase: ignoringCase) { return value }
        let expected = values.map(\.description)
        let list = expected.dropLast().joined(separator: ", ") + (expected.count > 1 ? " or " : "") + (expected.last ?? "nothing")
        throw error(.invalidValue, "\(name()): expected \(list), found \(lastWordQuoted)")
    }

    private static func find<Value: CustomStringConvertible>(_ word: String, in values: [Value], ignoringCase: Bool) -> Value? {
        values.first { ignoringCase ? Self.isSame($0.description, word) : $0.description == word }
    }

    /// Whether two words differ in the case of ASCII letters at most: the kernel's `strcasecmp`.
    static func isSame(_ left: String, _ right: String) -> Bool {
        func lowered(_ byte: UInt8) -> UInt8 { byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte }
        return left.utf8.count == right.utf8.count && zip(left.utf8, right.utf8).allSatisfy { lowered($0) == lowered($1) }
    }

    /// Reads a decimal number that fits 32 bits, in `range`: what the kernel keeps in an `unsigned`.
    public mutating func number32(
        _ name: @autoclosure () -> String, in range: ClosedRange<UInt32> = 0...UInt32.max
    ) throws(TableError) -> UInt32 {
        UInt32(try number(name(), in: UInt64(range.lowerBound)...UInt64(range.upperBound)))
    }

    /// Reads a decimal number, or `-` for none.
    public mutating func numberOrDash(_ name: @autoclosure () -> String) throws(TableError) -> UInt64? {
        if peek() == "-" {
            next += 1
            return nil
        }
        return try number(name())
    }

    /// Reads `part/whole`.
    public mutating func ratio(_ name: @autoclosure () -> String) throws(TableError) -> Ratio {
        let word = try word(name())
        let parts = word.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let part = Self.decimal(parts[0]), let whole = Self.decimal(parts[1]) else {
            throw error(.invalidValue, "\(name()): expected two numbers with '/' between them, found \(lastWordQuoted)")
        }
        return Ratio(part, of: whole)
    }

    /// A decimal number without sign, unit or anything else that fits 64 bits; `nil` when `digits` is none.
    static func decimal(_ digits: some StringProtocol) -> UInt64? {
        digits.utf8.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") } ? UInt64(digits) : nil
    }

    /// The word that is `offset` words ahead, which is not read by that; `nil` when there is none, or it is not UTF-8.
    public func peek(_ offset: Int = 0) -> String? {
        guard offset >= 0, offset < remaining, let valid = try? UTF8Span(validating: text.bytes.extracting(words[next + offset])) else {
            return nil
        }
        return String(copying: valid)
    }

    // MARK: inside

    private mutating func take(_ name: () -> String) throws(TableError) -> Range<Int> {
        guard next < words.count else {
            throw TableError(.missingWord, line: line, word: words.count + 1, message: "\(name()): the line ends here")
        }
        next += 1
        return words[next - 1]
    }

    private func string(_ range: Range<Int>, _ name: () -> String) throws(TableError) -> String {
        guard let valid = try? UTF8Span(validating: text.bytes.extracting(range)) else { throw error(.invalidText, "\(name()): not UTF-8") }
        return String(copying: valid)
    }

    private static func equal(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        for index in left.indices where left[index] != right[index] { return false }
        return true
    }

    private func decimal(_ range: Range<Int>, _ name: () -> String) throws(TableError) -> UInt64? {
        let text = text.bytes
        var value: UInt64 = 0
        var overflow = false
        for index in range {
            let digit = text[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            let (tens, first) = value.multipliedReportingOverflow(by: 10)
            let (sum, second) = tens.addingReportingOverflow(UInt64(digit))
            overflow = overflow || first || second
            value = sum
        }
        guard !overflow else { throw error(.outOfRange, "\(name()): the number does not fit 64 bits") }
        return value
    }

    private func quoted(_ range: Range<Int>) -> String { quoteForMessage(text.bytes.extracting(range)) }

    /// The kernel's `isspace`, without the no-break space 0xA0, which is a part of many characters in UTF-8.
    static func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || (byte >= 9 && byte <= 13) }
}

/// A word as an error message shows it: in quotes, shortened, without control characters. A word with 32 or more hexadecimal digits in a row
/// may be a key and is only described.
func quoteForMessage(_ word: Span<UInt8>) -> String {
    if hasLongHexRun(word) { return "a word of \(word.count) characters (not shown, it may be a key)" }
    var shown: [UInt8] = []
    for index in word.indices {
        if index == 60 {
            shown += Array("...".utf8)
            break
        }
        shown.append(word[index] < 32 || word[index] == 127 ? UInt8(ascii: "?") : word[index])
    }
    return "'\(String(decoding: shown, as: UTF8.self))'"
}

/// How an error message shows `word`.
func quoteForMessage(_ word: String) -> String { quoteForMessage(Array(word.utf8).span) }

/// Whether a word has 32 or more hexadecimal digits in a row, as keys, digests and salts do.
func hasLongHexRun(_ word: Span<UInt8>) -> Bool {
    var run = 0
    for index in word.indices {
        run = hexDigit(word[index]) == nil ? 0 : run + 1
        if run == 32 { return true }
    }
    return false
}

/// The value of a hexadecimal digit.
func hexDigit(_ character: UInt8) -> UInt8? {
    switch character {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
    default: nil
    }
}
