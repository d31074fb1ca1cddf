import DeviceMapperTables
import Testing

@Suite struct NameManglingTests {
    @Test(
        "characters that udev does not take are mangled, in both modes alike",
        arguments: [
            ("plain", "plain"), ("A-z_0.9+#:=@", "A-z_0.9+#:=@"), ("my disk", #"my\x20disk"#), ("a/b", #"a\x2fb"#), ("à", #"\xc3\xa0"#),
            (#"back\slash"#, #"back\x5cslash"#), ("", ""), ("<>", #"\x3c\x3e"#),
        ])
    func mangles(_ name: String, _ mangled: String) throws {
        #expect(try NameMangling.hex.mangle(name) == mangled)
        #expect(try NameMangling.auto.mangle(name) == mangled)
        #expect(try NameMangling.none.mangle(name) == name)
        #expect(try NameMangling.hex.unmangle(mangled) == name)
        #expect(try NameMangling.auto.unmangle(mangled) == name)
        #expect(try NameMangling.none.unmangle(mangled) == mangled)
    }

    @Test("a mangled name stays as it is in mode auto, and is mangled again in mode hex")
    func alreadyMangled() throws {
        #expect(try NameMangling.auto.mangle(#"my\x20disk"#) == #"my\x20disk"#)
        #expect(try NameMangling.hex.mangle(#"my\x20disk"#) == #"my\x5cx20disk"#)
        #expect(try NameMangling.hex.unmangle(#"my\x5cx20disk"#) == #"my\x20disk"#)
    }

    private func refusal(_ body: () throws(MappingError) -> String) -> String? {
        do throws(MappingError) {
            _ = try body()
            return nil
        } catch {
            return error.description
        }
    }

    @Test("names of which nobody can tell what they mean are refused")
    func errors() {
        #expect(
            refusal { () throws(MappingError) in try NameMangling.auto.mangle(#"my\x20big disk"#) }
                == #"my\x20big disk: a part of the name is mangled, and a part is not"#)
        #expect(
            refusal { () throws(MappingError) in try NameMangling.auto.mangle(#"my\x5cx20disk"#) }
                == #"my\x5cx20disk: the name is mangled more than once"#)
        #expect(
            refusal { () throws(MappingError) in try NameMangling.auto.unmangle(#"my\x5cx20disk"#) }
                == #"my\x5cx20disk: the name is mangled more than once"#)
        #expect(
            refusal { () throws(MappingError) in try NameMangling.hex.unmangle("my disk") }
                == "my disk: the name has characters that should be mangled")
        #expect(refusal { () throws(MappingError) in try NameMangling.hex.unmangle(#"\xff"#) } == #"\xff: the name is not UTF-8"#)
        let long = String(repeating: " ", count: 32)
        #expect(
            refusal { () throws(MappingError) in try NameMangling.hex.mangle(long) }
                == "\(long): the mangled name has 128 bytes, more than 127")
        #expect(refusal { () throws(MappingError) in try NameMangling.hex.mangle(String(long.dropLast())) } == nil)
    }

    @Test("a uuid has a byte more, and is called one")
    func uuids() throws {
        let longest = String(repeating: "u", count: 128)
        #expect(try NameMangling.auto.mangle(longest, as: .uuid) == longest)
        #expect(
            refusal { () throws(MappingError) in try NameMangling.auto.mangle(longest, as: .name) }
                == "\(longest): the mangled name has 128 bytes, more than 127")
        #expect(
            refusal { () throws(MappingError) in try NameMangling.auto.mangle(longest + "u", as: .uuid) }
                == "\(longest)u: the mangled uuid has 129 bytes, more than 128")
        #expect(
            refusal { () throws(MappingError) in try NameMangling.auto.mangle(#"a\x20b c"#, as: .uuid) }
                == #"a\x20b c: a part of the uuid is mangled, and a part is not"#)
        #expect(
            refusal { () throws(MappingError) in try NameMangling.auto.mangle(#"a\x5cx20b"#, as: .uuid) }
                == #"a\x5cx20b: the uuid is mangled more than once"#)
    }

    @Test("every name comes back in mode hex")
    func roundTrip() throws {
        for first in UInt8(1)...127 {
            for second in UInt8(1)...127 {
                let name = String(decoding: [first, second, first], as: UTF8.self)
                #expect(try NameMangling.hex.unmangle(NameMangling.hex.mangle(name)) == name)
            }
        }
    }
}
