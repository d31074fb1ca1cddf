import DeviceMapperTables
import StorageUnits
import Testing

@Suite struct UnknownTargetTests {
    @Test("a target of a newer kernel survives word for word")
    func survives() throws {
        let text = #"0 8 brand-new 3 /dev/sda x=\ y \\ +5 0x10 é 18446744073709551616"# + "\n"
        let table = try MappingTable(parsing: text)
        let target = try #require(table.lines[0].target as? UnknownTarget)
        #expect(target.typeName == "brand-new")
        #expect(target.arguments == ["3", "/dev/sda", "x= y", #"\"#, "+5", "0x10", "é", "18446744073709551616"])
        #expect(textWithKeys(table) == text)
        #expect(table.description == text)
        #expect(try MappingTable(parsing: text) == table)
    }

    @Test("it may have no words, and no devices are known")
    func noArguments() throws {
        let target = try onlyTarget("0 8 new", as: UnknownTarget.self)
        #expect(target == UnknownTarget(typeName: "new", arguments: []))
        #expect(try onlyTarget("0 8 new /dev/sda", as: UnknownTarget.self).devices == [])
    }

    @Test("it accepts every length")
    func lengths() {
        #expect(refusal(of: UnknownTarget(typeName: "new", arguments: ["1"]), length: 7) == nil)
    }

    @Test("a word that may be a key is not printed, unless keys are")
    func keys() throws {
        let key = "00112233445566778899aabbccddeeff"
        let table = try MappingTable(parsing: "0 8 new salt \(key) 0")
        #expect(table.description == "0 8 new salt <redacted> 0\n")
        #expect(textWithKeys(table) == "0 8 new salt \(key) 0\n")
    }

    @Test("words that cannot be written are refused", arguments: [["a", ""], ["a", "b\0c"]])
    func unwritable(_ arguments: [String]) {
        #expect(
            refusal(of: UnknownTarget(typeName: "new", arguments: arguments))
                == "line 1, word 5: new: an argument is empty or has a NUL character")
    }

    @Test("read on its own it has no name")
    func onItsOwn() throws {
        var reader = try ArgumentReader("a b")
        let target = try UnknownTarget(parsing: &reader)
        #expect(target == UnknownTarget(typeName: "", arguments: ["a", "b"]))
        #expect(UnknownTarget.typeName == "")
    }
}
