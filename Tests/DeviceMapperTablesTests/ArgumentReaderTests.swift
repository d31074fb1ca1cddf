import DeviceMapperTables
import StorageUnits
import Testing

@Suite struct ArgumentReaderTests {
    /// All words of a line.
    private func words(_ line: String) throws -> [String] {
        var reader = try ArgumentReader(line)
        var words: [String] = []
        while !reader.isAtEnd { words.append(try reader.word("word")) }
        return words
    }

    /// What reading throws.
    private func refusal(_ line: String, _ read: (inout ArgumentReader) throws(TableError) -> Void) -> TableError? {
        do throws(TableError) {
            var reader = try ArgumentReader(line)
            try read(&reader)
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "words are separated by any white space",
        arguments: [
            ("", []), ("   ", []), ("a", ["a"]), ("a b", ["a", "b"]), ("  a \t b\r", ["a", "b"]),
            ("a\u{0B}b\u{0C}c\nd", ["a", "b", "c", "d"]),
        ] as [(String, [String])])
    func separates(_ line: String, _ expected: [String]) throws {
        #expect(try words(line) == expected)
    }

    @Test(
        "a backslash makes the character behind it part of a word, whatever it is",
        arguments: [
            (#"my\ disk.img 0"#, ["my disk.img", "0"]), (#"a\\b"#, [#"a\b"#]), (#"\a\b"#, ["ab"]), (#"\ "#, [" "]), ("a\\\tb", ["a\tb"]),
            ("a\\\nb", ["a\nb"]), (#"a\\ b"#, [#"a\"#, "b"]), (#"a\\\ b"#, [#"a\ b"#]),
        ] as [(String, [String])])
    func quotes(_ line: String, _ expected: [String]) throws {
        #expect(try words(line) == expected)
    }

    @Test("a backslash at the end stands for itself, as in the kernel")
    func trailingBackslash() throws {
        #expect(try words(#"a b\"#) == ["a", #"b\"#])
        #expect(try words(#"\"#) == [#"\"#])
        #expect(try words(#"a \\\"#) == ["a", #"\\"#])
    }

    @Test("characters of several bytes are kept, also those with the byte 0xA0, which the kernel takes for a space")
    func unicode() throws {
        #expect(try words("/à/é/日本 \u{A0}x") == ["/à/é/日本", "\u{A0}x"])
    }

    @Test("a NUL character is refused with its word, also behind a backslash")
    func nul() {
        #expect(refusal("a b\0c") { _ in }?.description == "word 2: a NUL character")
        #expect(refusal("\0") { _ in }?.description == "word 1: a NUL character")
        #expect(refusal("a b \\\0") { _ in }?.description == "word 3: a NUL character")
        #expect(refusal("\0") { _ in }?.code == .invalidText)
    }

    @Test("the reader says how many words are left")
    func remaining() throws {
        var reader = try ArgumentReader("a b")
        #expect(reader.line == 0)
        var remaining = reader.remaining
        #expect(remaining == 2)
        #expect(try reader.word("first") == "a")
        remaining = reader.remaining
        #expect(remaining == 1)
        #expect(try reader.word("second") == "b")
        let isAtEnd = reader.isAtEnd
        #expect(isAtEnd)
    }

    @Test("a reader without a line has no words")
    func empty() {
        let reader = ArgumentReader()
        let (isAtEnd, shown) = (reader.isAtEnd, reader.lastWordQuoted)
        #expect(isAtEnd)
        #expect(shown == "''")
    }

    @Test("an error of a caller is about the word that was read last, and can show it")
    func callersError() throws {
        var reader = try ArgumentReader("a bad word")
        _ = try reader.word("first")
        _ = try reader.word("second")
        let error = reader.error(.invalidValue, "colour: expected red, found \(reader.lastWordQuoted)")
        #expect(error.description == "word 2: colour: expected red, found 'bad'")
        #expect(error.code == .invalidValue)
    }

    // MARK: numbers

    @Test(
        "decimal numbers are read",
        arguments: [("0", 0), ("7", 7), ("0008", 8), ("18446744073709551615", .max)] as [(String, UInt64)])
    func numbers(_ text: String, _ expected: UInt64) throws {
        var reader = try ArgumentReader(text)
        #expect(try reader.number("size") == expected)
    }

    @Test(
        "anything else is no number",
        arguments: ["-1", "+1", "0x10", "10s", "1k", "1.5", "1,000", "x", "-", "1e3", "٣", "99999999999999999999999x"])
    func notNumbers(_ text: String) {
        let error = refusal("1 \(text)") { (reader) throws(TableError) in
            _ = try reader.number("first")
            _ = try reader.number("size")
        }
        #expect(error?.description == "word 2: size: '\(text)' is not a number")
        #expect(error?.code == .notANumber)
    }

    @Test(
        "a number that does not fit 64 bits is refused",
        arguments: ["18446744073709551616", "99999999999999999999999", "100000000000000000000"])
    func tooLarge(_ text: String) {
        let error = refusal(text) { (reader) throws(TableError) in _ = try reader.number("size") }
        #expect(error?.description == "word 1: size: the number does not fit 64 bits")
        #expect(error?.code == .outOfRange)
    }

    @Test("a number outside its range is refused with the range")
    func ranges() {
        let outside = refusal("11") { (reader) throws(TableError) in _ = try reader.number("size", in: 1...10) }
        #expect(outside?.description == "word 1: size: expected 1 to 10, found 11")
        #expect(outside?.code == .outOfRange)
        let below = refusal("4") { (reader) throws(TableError) in _ = try reader.number("size", in: 5...UInt64.max) }
        #expect(below?.description == "word 1: size: expected at least 5, found 4")
        #expect(refusal("5") { (reader) throws(TableError) in _ = try reader.number("size", in: 5...5) } == nil)
    }

    @Test("a sector lies within the largest device")
    func sectors() throws {
        var reader = try ArgumentReader("18014398509481983 18014398509481984")
        #expect(try reader.sectors("start") == .max)
        let error = refusal("18014398509481984") { (reader) throws(TableError) in _ = try reader.sectors("start") }
        #expect(error?.description == "word 1: start: expected 0 to 18014398509481983, found 18014398509481984")
    }

    @Test("a missing word is refused with the place where it should be")
    func missing() {
        let error = refusal("a") { (reader) throws(TableError) in
            _ = try reader.word("first")
            _ = try reader.word("second")
        }
        #expect(error?.description == "word 2: second: the line ends here")
        #expect(error?.code == .missingWord)
        #expect(refusal("") { (reader) throws(TableError) in _ = try reader.number("n") }?.description == "word 1: n: the line ends here")
        #expect(refusal("") { (reader) throws(TableError) in _ = try reader.device("d") }?.description == "word 1: d: the line ends here")
    }

    @Test(
        "text that is not UTF-8 is refused, for a word as for a device",
        arguments: [[0xFF], [0xC3], [0xC3, 0x28], [0xED, 0xA0, 0x80]] as [[UInt8]])
    func notUTF8(_ bytes: [UInt8]) {
        let prefix = Array("0 8 linear ".utf8)
        #expect(DeviceMapperTablesTests.refusal(of: prefix + bytes + Array(" 0".utf8)) == "line 1, word 4: device: not UTF-8")
        #expect(DeviceMapperTablesTests.refusal(of: Array("0 8 ".utf8) + bytes) == "line 1, word 3: target: not UTF-8")
        #expect(DeviceMapperTablesTests.refusal(of: Array("0 8 new a ".utf8) + bytes) == "line 1, word 5: argument: not UTF-8")
    }

    // MARK: devices

    @Test("a device is a number or a path")
    func devices() throws {
        var reader = try ArgumentReader(#"8:16 /dev/sda a\ b 8:16 /dev/sda"#)
        #expect(try reader.device("d") == .number(DeviceNumber(major: 8, minor: 16)))
        #expect(try reader.device("d") == .path("/dev/sda"))
        #expect(try reader.device("d") == .path("a b"))
        #expect(try reader.device("d") == .number(DeviceNumber(major: 8, minor: 16)))
        #expect(try reader.device("d") == .path("/dev/sda"))
    }

    @Test("a device is told from the one before it, whether it is longer, shorter or as long")
    func devicesInARow() throws {
        var reader = try ArgumentReader("/dev/sda /dev/sda /dev/sdb /dev/sdb1 /dev/sd /dev/sd 8:1 8:1 8:2")
        var devices: [String] = []
        while !reader.isAtEnd { devices.append(try reader.device("d").description) }
        #expect(devices.joined(separator: " ") == "/dev/sda /dev/sda /dev/sdb /dev/sdb1 /dev/sd /dev/sd 8:1 8:1 8:2")
    }

    // MARK: secrets

    @Test("a secret is read from its bytes, and its error shows nothing of it")
    func secrets() throws {
        var reader = try ArgumentReader(#"a\ b"#)
        let count = try reader.secret("key", expected: "anything") { $0.count }
        #expect(count == 3)
        let error = refusal("topsecret") { (reader) throws(TableError) in
            _ = try reader.secret("key", expected: "eight digits") { _ -> Int? in nil }
        }
        #expect(error?.description == "word 1: key: expected eight digits")
        #expect(error?.code == .invalidValue)
    }

    // MARK: options

    @Test("options are counted, and what is behind them is left")
    func options() throws {
        var reader = try ArgumentReader("2 a b c")
        var seen: [String] = []
        try reader.options("options", limit: 2) { (reader) throws(TableError) in seen.append(try reader.word("option")) }
        #expect(seen == ["a", "b"])
        #expect(try reader.word("rest") == "c")
    }

    @Test("a line that ends before the count has no options, and a count of 0 has none either")
    func noOptions() throws {
        for line in ["", "0"] {
            var reader = try ArgumentReader(line)
            try reader.options("options", limit: 2) { _ in Issue.record("no option is there") }
            let isAtEnd = reader.isAtEnd
            #expect(isAtEnd)
        }
    }

    @Test("options of two words are read as pairs, and one that is cut in half is missing its second word")
    func pairs() throws {
        var reader = try ArgumentReader("4 a 1 b 2 rest")
        var seen: [String] = []
        try reader.options("options", limit: 8) { (reader) throws(TableError) in
            seen.append("\(try reader.word("name"))=\(try reader.number("value"))")
        }
        #expect(seen == ["a=1", "b=2"])
        #expect(try reader.word("rest") == "rest")

        let error = refusal("3 a 1 b 2") { (reader) throws(TableError) in
            try reader.options("options", limit: 8) { (reader) throws(TableError) in
                _ = try reader.word("name")
                _ = try reader.number("value")
            }
        }
        #expect(error?.description == "word 5: value: the line ends here")
    }

    @Test("too few or too many options are refused")
    func wrongCounts() {
        func read(_ line: String) -> TableError? {
            refusal(line) { (reader) throws(TableError) in
                try reader.options("features", limit: 3) { (reader) throws(TableError) in _ = try reader.word("feature") }
            }
        }
        #expect(read("3 a b")?.description == "word 4: expected 3 features, found 2")
        #expect(read("3 a b")?.code == .missingWord)
        #expect(read("4 a b c d")?.description == "word 1: number of features: expected 0 to 3, found 4")
        #expect(read("x")?.description == "word 1: number of features: 'x' is not a number")
        #expect(read("18446744073709551615 a")?.description == "word 1: number of features: expected 0 to 3, found 18446744073709551615")
    }

    // MARK: how words are shown

    @Test("a word of 60 bytes is shown whole, a longer one is cut")
    func longWords() {
        func shown(_ word: String) -> String? { refusal(word) { (reader) throws(TableError) in _ = try reader.number("n") }?.description }
        let sixty = String(repeating: "xyz", count: 20)
        #expect(shown(sixty) == "word 1: n: '\(sixty)' is not a number")
        #expect(shown(sixty + "x") == "word 1: n: '\(sixty)...' is not a number")
        #expect(shown(sixty + String(repeating: "y", count: 10_000)) == "word 1: n: '\(sixty)...' is not a number")
    }

    @Test("control characters are shown as question marks")
    func controlCharacters() {
        let error = refusal("a\u{1B}[31m\u{7F}\\\n\\\tb") { (reader) throws(TableError) in _ = try reader.number("n") }
        #expect(error?.description == "word 1: n: 'a?[31m???b' is not a number")
    }

    @Test("a word with 32 hexadecimal digits in a row is described, one with 31 is shown")
    func hexadecimal() {
        func shown(_ word: String) -> String? { refusal(word) { (reader) throws(TableError) in _ = try reader.number("n") }?.description }
        let digits = "x0123456789abcdefABCDEF0123456789"  // 31 after the first
        #expect(shown(String(digits.prefix(32))) == "word 1: n: '\(digits.prefix(32))' is not a number")
        #expect(shown(digits) == "word 1: n: a word of 33 characters (not shown, it may be a key) is not a number")
        #expect(shown("key=" + digits + "!") == "word 1: n: a word of 38 characters (not shown, it may be a key) is not a number")
    }
}
