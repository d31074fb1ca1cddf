import DeviceMapperTables
import StorageUnits
import Testing

/// The error that a text is refused with, as it is shown; `nil` when it is accepted.
func refusal(of text: String, registry: TargetRegistry = .standard) -> String? { refusal(of: Array(text.utf8), registry: registry) }

func refusal(of text: [UInt8], registry: TargetRegistry = .standard) -> String? {
    do throws(TableError) {
        _ = try MappingTable(parsingUTF8: text.span, registry: registry)
        return nil
    } catch {
        return error.description
    }
}

/// The error that a table made of values is refused with; `nil` when it is accepted.
func refusal(of target: any Target, length: UInt64 = 8) -> String? {
    do throws(TableError) {
        _ = try MappingTable(length: Sectors(length), target)
        return nil
    } catch {
        return error.description
    }
}

/// The only target of a table.
func onlyTarget<T: Target>(_ text: String, as type: T.Type) throws -> T {
    let table = try MappingTable(parsing: text)
    try #require(table.lines.count == 1)
    return try #require(table.lines[0].target as? T)
}

/// The canonical text with its keys.
func textWithKeys(_ table: MappingTable) -> String {
    table.withText(keys: .shown) { text in String(decoding: text.indices.map { text[$0] }, as: UTF8.self) }
}

/// The canonical bytes, as the kernel is given them.
func bytesWithKeys(_ table: MappingTable) -> [UInt8] {
    table.withText(keys: .shown) { text in text.indices.map { text[$0] } }
}
