#if os(Linux)  // where a process can read its own memory as a file
import DeviceMapperTables
import StorageUnits
import Testing
import VolumeLaws

/// What is left in memory of keys that were read, printed or refused. Each test is a process of its own, so that nothing else moves.
@Suite struct CryptMemoryTests {
    @Test("a table that was read holds its key once, and nothing is left of it when the table goes")
    func parsing() async {
        await #expect(processExitsWith: .success) {
            let recipe = RecognisableSecret(count: 64)
            do {
                let table = try parse(recipe)
                let living = try MemoryScan.places(of: recipe)
                #expect(living.count == 4)  // four pieces of one copy, and none of the text
                #expect(table.lines.count == 2)
                #expect(!table.description.isEmpty)
                #expect(table == table)
            }
            let dead = try MemoryScan.places(of: recipe)
            #expect(dead == [])
        }
    }

    @Test("nothing is left of text that was printed with its keys")
    func printing() async {
        await #expect(processExitsWith: .success) {
            let recipe = RecognisableSecret(count: 64)
            do {
                let table = try parse(recipe)
                let length = table.withText(keys: .shown) { $0.count }
                #expect(length > 128)
                var writer = ArgumentWriter(keys: .shown)
                if let key = (table.lines[1].target as? CryptTarget)?.key { CryptTarget.Message.setKey(key).write(to: &writer) }
                let count = writer.withText { $0.count }
                #expect(count == 8 + 128)
            }
            let dead = try MemoryScan.places(of: recipe)
            #expect(dead == [])
        }
    }

    @Test("nothing is left of a key in a line that was refused", arguments: [" x", " 0 d", " 0 d 0 99", " 0 d 0 0 surplus"])
    func refusing(_ rest: String) async {
        await #expect(processExitsWith: .success) { [rest] in
            let recipe = RecognisableSecret(count: 64)
            #expect(throws: TableError.self) { _ = try parse(recipe, rest) }
            let dead = try MemoryScan.places(of: recipe)
            #expect(dead == [])
        }
    }
}

/// Reads a table with the key of `recipe` from text that is wiped.
private func parse(_ recipe: RecognisableSecret, _ rest: String = " 0 /dev/sda 0") throws(TableError) -> MappingTable {
    var text = SecretBuffer()
    text.append("0 8 linear /dev/sda 0\n8 8 crypt aes-xts-plain64 ")
    for index in 0..<128 { text.append(recipe.hexDigit(at: index)) }
    text.append(rest)
    return try text.withBytes { (bytes) throws(TableError) in try MappingTable(parsingUTF8: bytes) }
}
#endif
