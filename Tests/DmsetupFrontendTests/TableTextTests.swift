import DmsetupFrontend
import StorageUnits
import Testing

@Suite("tables as dmsetup reads them")
struct TableTextTests {
    private func lines(_ text: String) -> [String] {
        var table = RawTable()
        do throws(TableLines.Failure) {
            try TableLines.read(Array(text.utf8).span, title: "t", into: &table)
        } catch {
            return [error.message]
        }
        return table.lines.indices.map { index in
            let line = table.lines[index]
            return table.withArguments(of: index) { arguments in
                "\(line.start)+\(line.length) \(line.type) <\(String(decoding: arguments.indices.map { arguments[$0] }, as: UTF8.self))>"
            }
        }
    }

    @Test("two numbers, a name, and all else up to a # is the kernel's")
    func plain() {
        #expect(lines("0 8 zero\n8 16 linear /dev/sda  0 \n") == ["0+8 zero <>", "8+16 linear </dev/sda  0>"])
        #expect(lines("\n # comment\n\t 0 8 x a\\ b # c\n") == ["0+8 x <a\\ b >"])
        #expect(lines("") == [])
    }

    @Test("numbers are those of scanf")
    func numbers() {
        #expect(lines("+1 -1 x") == ["1+18446744073709551615 x <>"])
        #expect(lines("0 99999999999999999999 x") == ["0+18446744073709551615 x <>"])
    }

    @Test("a line that is none is told by its number")
    func wrong() {
        #expect(lines("0 8 zero\n0 x zero") == ["Invalid format on line 2 of table t."])
        #expect(lines("0 8") == ["Invalid format on line 1 of table t."])
        #expect(lines("0 8 averyverylongname") == ["Target type name averyverylongname is too long."])
    }

    private func devices(_ text: String) -> [String] {
        var reader = ConciseReader()
        var found: [String] = []
        let bytes = Array(text.utf8)
        var index = 0
        do throws(ConciseReader.Failure) {
            while try reader.read(bytes.span, from: &index) {
                let table = reader.table.withBytes { table in String(decoding: table.indices.map { table[$0] }, as: UTF8.self) }
                found.append("\(reader.name)|\(reader.uuid)|\(reader.minor)|\(reader.flags)|\(table)")
            }
        } catch {
            found += error.messages
        }
        return found
    }

    @Test("devices in the concise form have five fields, and lines of the table behind commas")
    func concise() {
        #expect(devices("a,u,1,ro,0 8 zero") == ["a|u|1|ro|0 8 zero"])
        #expect(devices("a, ,,,0 8 x,8 8 y; b,,,,z\n") == ["a||||0 8 x\n8 8 y", "b||||z\n"])
        #expect(devices("a\\,b,,,,x\\;y;") == ["a,b||||x;y"])
        #expect(devices("") == [])
    }

    @Test("a concise form that is wrong tells what was read, and nothing of a table")
    func wrongConcise() {
        #expect(
            devices("a,b") == [
                "Five comma-separated fields are required for each device",
                "Parsed 2 fields: name: a uuid: b minor: (null) flags: (null) table: (null)",
            ])
        #expect(
            devices("a,,,,secret\\") == [
                "Backslash must be followed by another character at end of string.",
                "Parsed 5 fields: name: a uuid:  minor:  flags:  table: <redacted>",
            ])
        #expect(
            devices("a,b c,0 8 crypt secret,d").last == "Parsed 4 fields: name: a uuid: <redacted> minor: <redacted> flags: d table: (null)"
        )
        #expect(
            devices("0 8 crypt secret").last
                == "Parsed 1 fields: name: <redacted> uuid: (null) minor: (null) flags: (null) table: (null)")
        #expect(
            devices("a,,,,x,").first == "Incomplete entry: five comma-separated fields are required for each device")
    }

    @Test("LVM's names have parts behind single hyphens")
    func lvmNames() {
        func parts(_ name: String) -> [String] {
            let parts = LVMName(splitting: name)
            return [parts.volumeGroup, parts.volume, parts.layer]
        }
        #expect(parts("vg-lv") == ["vg", "lv", ""])
        #expect(parts("vg--a-lv--b--c-la--yer-more") == ["vg-a", "lv-b-c", "la-yer"])
        #expect(parts("vg-") == ["vg-", "", ""])
        #expect(parts("-lv") == ["", "lv", ""])
        #expect(parts("") == ["", "", ""])
    }

    @Test("names are mangled and unmangled")
    func mangling() throws {
        func mangle(_ text: String, _ mode: StringMangling) -> String {
            do throws(StringMangling.Failure) { return try mode.mangle(text, "name", limit: .name) } catch { return error.message }
        }
        #expect(mangle("my disk", .auto) == #"my\x20disk"#)
        #expect(mangle(#"my\x20disk"#, .auto) == #"my\x20disk"#)
        #expect(mangle(#"my\x20disk"#, .hex) == #"my\x5cx20disk"#)
        #expect(mangle("my disk", .none) == "my disk")
        #expect(
            mangle(#"my\x20 disk"#, .auto)
                == #"The name "my\x20 disk" contains mixed mangled and unmangled characters or it's already mangled improperly."#)
        #expect(
            mangle(#"a\x5cx20"#, .auto) == #"The name "a\x5cx20" seems to be mangled more than once. This is not allowed in auto mode."#)
        #expect(mangle(String(repeating: " ", count: 32), .auto).hasPrefix("Mangled form of the name too long for"))
        #expect(try StringMangling.auto.unmangle(#"my\x20disk"#, "name") == "my disk")
        #expect(throws: StringMangling.Failure.self) { try StringMangling.auto.unmangle("my disk", "name") }
        #expect(StringMangling.unmangled(#"a\x20\xc3\xa0"#) == "a à")
        #expect(StringMangling.unmangled(#"a\x20\xc3"#) == #"a\x20\xc3"#)
    }
}
