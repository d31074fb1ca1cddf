import DeviceMapperTables
import StorageUnits

/// Whatever the bytes are: they are refused with a message that shows no key, or are read as a table that prints as itself, without its keys.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = unsafe Array(UnsafeBufferPointer(start: bytes, count: count))
    let table: MappingTable
    do throws(TableError) {
        table = try MappingTable(parsingUTF8: input.span)
    } catch {
        checkRefusal(error)
        return 0
    }
    let printed = text(of: table)
    let again: MappingTable
    do throws(TableError) { again = try MappingTable(parsingUTF8: printed.span) } catch {
        fatalError("what is printed is refused: \(error)")
    }
    guard again == table else { fatalError("what is printed is another table") }
    guard text(of: again) == printed else { fatalError("it is printed differently the second time") }
    guard table.lineIndex(at: Sectors(table.length.count - 1)) == table.lines.count - 1 else { fatalError("the last line is not found") }
    for line in table.lines { checkSecrecy(line) }
    return 0
}

private func text(of table: MappingTable) -> [UInt8] {
    table.withText(keys: .shown) { text in
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        for index in text.indices { bytes.append(text[index]) }
        return bytes
    }
}

/// Where the key of a crypt line stands, something else is printed.
private func checkSecrecy(_ line: MappingTable.Line) {
    guard let target = line.target as? CryptTarget, case .bytes(let key) = target.key, key.count > 0 else { return }
    do throws(TableError) {
        var words = try ArgumentReader(line.arguments(keys: .redacted))
        _ = try words.word("cipher")
        guard try words.word("key") == "<redacted>" else { fatalError("the key is printed") }
    } catch {
        fatalError("the text without keys cannot be read: \(error)")
    }
}

/// A refusal has a place, and shows neither 32 hexadecimal digits in a row nor control characters.
private func checkRefusal(_ error: TableError) {
    guard error.line > 0 || error.code == .emptyTable else { fatalError("no line: \(error)") }
    var run = 0
    for byte in error.description.utf8 {
        guard byte >= 32, byte != 127 else { fatalError("a control character: \(error)") }
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"): run += 1
        default: run = 0
        }
        guard run < 32 else { fatalError("maybe a key: \(error)") }
    }
}
