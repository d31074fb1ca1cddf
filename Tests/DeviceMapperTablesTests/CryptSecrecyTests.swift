import DeviceMapperTables
import StorageUnits
import Testing
import VolumeLaws

/// Keys are seen by nobody who does not ask for them, wherever in a line they stand by mistake.
@Suite struct CryptSecrecyTests {
    /// A key in hexadecimal digits.
    private static let digits: String = {
        var random = SeededGenerator(seed: 4711)
        return random.bytes(64).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }()

    /// Eight characters of the key in a row that `text` holds.
    private func piece(of key: String = digits, in text: String) -> String? {
        let digits = Array(key)
        for start in 0...(digits.count - 8) where text.lowercased().contains(String(digits[start..<start + 8]).lowercased()) {
            return String(digits[start..<start + 8])
        }
        return nil
    }

    /// Everything that can be seen of a text that is read as a table, or refused, without asking for keys.
    private func shown(_ text: String) -> [String] {
        do throws(TableError) {
            let table = try MappingTable(parsing: text)
            var dumped = ""
            dump(table.lines[0].target, to: &dumped)
            _ = dumped
            var redacted = ""
            table.withText(keys: .redacted) { text in redacted = String(decoding: text.indices.map { text[$0] }, as: UTF8.self) }
            return [table.description, redacted] + table.lines.map(\.description) + table.lines.map { $0.arguments() }
        } catch {
            return ["\(error)", error.message, String(describing: error), String(reflecting: error)]
        }
    }

    @Test("the search for pieces finds one")
    func control() {
        #expect(piece(in: "x\(Self.digits.dropFirst(3).prefix(8).uppercased())y") != nil)
        #expect(piece(in: "x\(Self.digits.prefix(7))y") == nil)
    }

    @Test("a key in its place is not printed, unless it is asked for")
    func inItsPlace() throws {
        let line = "0 8 crypt aes-xts-plain64 \(Self.digits) 0 /dev/sda 0"
        let table = try MappingTable(parsing: line)
        #expect(table.description == "0 8 crypt aes-xts-plain64 <redacted> 0 /dev/sda 0\n")
        #expect(textWithKeys(table) == line + "\n")
        #expect(shown(line).allSatisfy { piece(in: $0) == nil })
        let target = try #require(table.lines[0].target as? CryptTarget)
        var dumped = ""
        dump(target, to: &dumped)
        dump(table, to: &dumped)
        for text in ["\(target)", "\(target.key)", String(reflecting: target), String(reflecting: table), dumped] {
            #expect(text.contains("<redacted>"))
            #expect(piece(in: text) == nil)
        }
    }

    @Test("text without its keys cannot be read as a table")
    func redactedDoesNotParse() throws {
        let table = try MappingTable(parsing: "0 8 zero\n8 8 crypt aes-xts-plain64 \(Self.digits) 0 /dev/sda 0")
        #expect(
            refusal(of: table.description)
                == "line 2, word 5: key: expected hexadecimal digits, two a byte, or :<bytes>:<logon|user|encrypted|trusted|file>:<description>"
        )
    }

    @Test(
        "a key in the place of any word, or between any two, is shown nowhere",
        arguments: [
            "0 8 crypt aes-xts-plain64 :64:logon:volume 0 /dev/sda 0",
            "0 8 crypt aes-xts-plain64 \(digits) 0 /dev/sda 0 2 allow_discards sector_size:4096",
            "0 8 crypt capi:gcm(aes)-random :32:logon:volume 0 8:16 0 1 integrity:28:aead",
            "0 8 crypt serpent-cbc-essiv:sha256 - 0 disk.img 0 1 new_option",
        ])
    func inEveryPlace(_ line: String) {
        let words = line.split(separator: " ").map(String.init)
        for index in 0...words.count {
            var lines = [words[..<index] + [Self.digits] + words[index...]]
            if index < words.count { lines.append(words[..<index] + [Self.digits] + words[(index + 1)...]) }
            for line in lines {
                for text in shown(line.joined(separator: " ")) {
                    #expect(piece(in: text) == nil, "\(text)")
                }
            }
        }
    }

    @Test(
        "a mistake in a key is told without the key",
        arguments: [
            String(digits.dropLast()), digits + "zz", digits + "g", "0x" + digits, digits + ":", ":\(digits)", ":64:\(digits)",
            "\(digits.prefix(64)) \(digits.dropFirst(64))", "-" + digits, "\"\(digits)\"",
        ])
    func mistakes(_ key: String) {
        for cipher in ["aes-xts-plain64", "serpent-xts-plain64"] {
            let line = "0 8 crypt \(cipher) \(key) 0 /dev/sda 0"
            #expect(refusal(of: line) != nil)
            for text in shown(line) { #expect(piece(in: text) == nil, "\(text)") }
        }
    }

    @Test("a key of the shortest length is hidden too, in every place", arguments: [16, 24, 32])
    func shortKeys(_ count: Int) {
        let digits = String(Self.digits.prefix(2 * count))
        let words = "0 8 crypt aes-cbc-plain64 \(digits) 0 /dev/sda 0".split(separator: " ").map(String.init)
        for index in words.indices {
            var line = words
            line[index] = digits
            for text in shown(line.joined(separator: " ")) { #expect(piece(of: digits, in: text) == nil, "\(text)") }
        }
    }

    @Test("a key of nothing but decimal digits is not taken for a number that is quoted")
    func decimalKeys() {
        let digits = String(repeating: "1234567890", count: 4)
        let words = "0 8 crypt aes-cbc-plain64 \(digits) 0 /dev/sda 0 1 x".split(separator: " ").map(String.init)
        for index in words.indices {
            var line = words
            line[index] = digits
            for text in shown(line.joined(separator: " ")) { #expect(piece(of: digits, in: text) == nil, "\(text)") }
        }
    }
}
