import DeviceMapperTables
import StorageUnits
import Testing

@Suite struct ArgumentHexadecimalTests {
    private func bytes(_ text: String, mayBeEmpty: Bool = false) throws(TableError) -> [UInt8] {
        var reader = try ArgumentReader(text)
        return try reader.hexadecimal("digest", mayBeEmpty: mayBeEmpty)
    }

    @Test("digits in either case are bytes, and a dash is none where that is allowed")
    func reads() throws {
        #expect(try bytes("00fFA0") == [0, 0xFF, 0xA0])
        #expect(try bytes("00ff", mayBeEmpty: true) == [0, 0xFF])
        #expect(try bytes("-", mayBeEmpty: true) == [])
    }

    @Test("anything else is refused", arguments: ["0", "0g", "-", "0x00", "é", "--"])
    func refuses(_ text: String) {
        let error = #expect(throws: TableError.self) { _ = try bytes(text) }
        #expect(error?.description == "word 1: digest: expected hexadecimal digits, two a byte, found '\(text)'")
    }

    @Test("bytes are written as small digits, none as a dash")
    func writes() {
        var writer = ArgumentWriter(keys: .redacted)
        writer.append(hexadecimal: [0, 0xFF, 0xA0])
        writer.append(hexadecimal: [])
        #expect(writer.string == "00ffa0 -")
    }

    @Test("a key behind a prefix is a part of its word, hidden unless it is asked for")
    func behindPrefix() {
        func written(_ prefix: String, _ keys: ArgumentWriter.Keys) -> String {
            var writer = ArgumentWriter(keys: keys)
            writer.append("x")
            writer.append(behind: prefix, hex: SecretBytes(count: 2) { $0.storeBytes(of: 0xAB, toByteOffset: 1, as: UInt8.self) })
            return writer.string
        }
        #expect(written("a b:", .redacted) == #"x a\ b:<redacted>"#)
        #expect(written("a b:", .shown) == #"x a\ b:00ab"#)
        // A prefix that may be a key itself is hidden too.
        let digits = String(repeating: "0f", count: 16)
        #expect(written("hash:\(digits):", .redacted) == "x <redacted>")
        #expect(written("hash:\(digits):", .shown) == "x hash:\(digits):00ab")
    }
}
