import DeviceMapperTables
import StorageUnits
import Testing

/// Statuses and messages as text, for the tests of targets.
enum ReportText {
    /// A status of a target.
    static func status<T: Target>(_ text: String, of type: T.Type) throws(TableError) -> T.Status {
        guard let range = SectorRange(start: 0, length: 8) else { preconditionFailure() }
        return try StatusLine(range: range, typeName: T.typeName, text: text).status(of: type)
    }

    /// What is printed of a status.
    static func printed(_ status: some TargetStatus) -> String {
        var writer = ArgumentWriter(keys: .redacted)
        status.write(to: &writer)
        return writer.string
    }

    /// The error that a status is refused with; `nil` when it is read.
    static func refusal<T: Target>(ofStatus text: String, of type: T.Type) -> String? {
        do throws(TableError) {
            _ = try status(text, of: type)
            return nil
        } catch {
            return error.description
        }
    }

    /// The error that a message is refused with; `nil` when it is read.
    static func refusal<T: Target>(ofMessage text: String, to type: T.Type) -> String? {
        do throws(TableError) {
            _ = try T.Message(text)
            return nil
        } catch {
            return error.description
        }
    }

    /// Whether a table line satisfies another, as text.
    static func isSatisfied(_ loaded: String, by reported: String) throws -> Bool {
        try MappingTable(parsing: loaded).isSatisfied(by: MappingTable(parsing: reported))
    }
}
