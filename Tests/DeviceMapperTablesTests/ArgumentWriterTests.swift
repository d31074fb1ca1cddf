import DeviceMapperTables
import StorageUnits
import Testing

@Suite struct ArgumentWriterTests {
    private func bytes(_ writer: borrowing ArgumentWriter) -> [UInt8] { writer.withText { text in text.indices.map { text[$0] } } }

    @Test("words are separated by one space")
    func words() {
        var writer = ArgumentWriter(keys: .redacted)
        #expect(writer.string == "")
        writer.append("a")
        writer.append(7)
        writer.append(Sectors(2048))
        writer.append(DeviceReference.path("/dev/sda"))
        writer.append(DeviceReference.number(DeviceNumber(major: 8, minor: 0)))
        writer.append(UInt64.max)
        #expect(writer.string == "a 7 2048 /dev/sda 8:0 18446744073709551615")
    }

    @Test("spaces and backslashes get a backslash, in any place of a word")
    func quotes() throws {
        let words = [" ", #"\"#, "a b", " a", "a ", #"a\b"#, #"a\"#, "tab\there", "\r", "line\nend", "a\u{0B}\u{0C}", #"\ \"#]
        var writer = ArgumentWriter(keys: .redacted)
        for word in words { writer.append(word) }
        let text = writer.string
        #expect(text.hasPrefix(#"\  \\ a\ b \ a a\  a\\b a\\ tab\"#))
        var reader = try ArgumentReader(text)
        var found: [String] = []
        while !reader.isAtEnd { found.append(try reader.word("word")) }
        #expect(found == words)
    }

    @Test(
        "the byte 0xA0 gets a backslash for the kernel, which takes it for a space, and none in a string, which would not be UTF-8 with it")
    func noBreakSpace() throws {
        var writer = ArgumentWriter(keys: .redacted)
        writer.append("à")
        writer.append(#"\à \"#)
        #expect(bytes(writer) == [0xC3, 0x5C, 0xA0, 0x20, 0x5C, 0x5C, 0xC3, 0x5C, 0xA0, 0x5C, 0x20, 0x5C, 0x5C])
        let text = writer.string
        #expect(text == #"à \\à\ \\"#)
        var reader = try ArgumentReader(text)
        #expect(try reader.word("first") == "à")
        #expect(try reader.word("second") == #"\à \"#)
    }

    @Test("key material is written in lower-case digits, or not at all")
    func keys() {
        let secret = unsafe SecretBytes(copying: ([0x00, 0x0F, 0xA0, 0xFF] as [UInt8]).span.bytes)
        var shown = ArgumentWriter(keys: .shown)
        shown.append("set")
        shown.append(hex: secret)
        #expect(shown.string == "set 000fa0ff")
        var redacted = ArgumentWriter(keys: .redacted)
        redacted.append("set")
        redacted.append(hex: secret)
        #expect(redacted.string == "set <redacted>")
    }

    @Test("a word that nobody knows is hidden when it has 32 hexadecimal digits in a row")
    func unverified() {
        let digits = "0123456789abcdefABCDEF0123456789"
        func written(_ word: String, _ keys: ArgumentWriter.Keys) -> String {
            var writer = ArgumentWriter(keys: keys)
            writer.append(unverified: word)
            writer.append("end")
            return writer.string
        }
        #expect(written(digits, .redacted) == "<redacted> end")
        #expect(written("salt:\(digits):", .redacted) == "<redacted> end")
        #expect(written(String(digits.dropLast()), .redacted) == "\(digits.dropLast()) end")
        #expect(written(digits, .shown) == "\(digits) end")
        #expect(written("a b", .redacted) == #"a\ b end"#)
    }

    @Test("a bare device name that looks like a key is hidden, a path is not")
    func unverifiedDevice() {
        let digits = "0123456789abcdefABCDEF0123456789"
        func written(_ device: DeviceReference, _ keys: ArgumentWriter.Keys) -> String {
            var writer = ArgumentWriter(keys: keys)
            writer.append(unverified: device)
            return writer.string
        }
        #expect(written(.path(digits), .redacted) == "<redacted>")
        #expect(written(.path(digits), .shown) == digits)
        #expect(written(.path("./" + digits), .redacted) == "./" + digits)
        #expect(written(.path("/dev/disk/by-id/x-\(digits)-root"), .redacted) == "/dev/disk/by-id/x-\(digits)-root")
        #expect(written("8:0", .redacted) == "8:0")
        #expect(written("disk.img", .redacted) == "disk.img")
        #expect(written(.path("7:0"), .redacted) == "./7:0")
    }
}
