/// How a report is printed.
package struct ReportLayout: Sendable {
    /// Columns are as wide as their widest entry; otherwise entries are as wide as they are.
    package var isAligned = true
    package var hasHeadings = true
    /// Each entry is `PREFIX_FIELD='entry'`.
    package var hasNames = false
    /// Entries behind their names have quotes around them.
    package var isQuoted = true
    /// Each line is a field, and each column an object.
    package var isTransposed = false
    package var separator = " "
    /// What stands in front of a field's name.
    package var namePrefix = "DM_"

    package init() {}

    struct Column {
        var name: String
        var heading: String
        var leastWidth: Int
        var isRightAligned: Bool
    }

    func print(columns: [Column], rows: [[String]], to output: (String) -> Void) {
        if isTransposed {
            for (index, column) in columns.enumerated() {
                let entries = rows.map { entry($0[index], column, width: nil) }
                output(((hasHeadings ? [column.heading] : []) + entries).joined(separator: separator))
            }
            return
        }
        let widths = columns.indices.map { index in
            isAligned ? rows.map { $0[index].utf8.count }.reduce(columns[index].leastWidth, max) : nil
        }
        if hasHeadings {
            let headings = zip(columns, widths).map { column, width in width.map { column.heading.padded(to: $0) } ?? column.heading }
            output(headings.joined(separator: separator))
        }
        for row in rows {
            let entries = columns.indices.map { entry(row[$0], columns[$0], width: widths[$0]) }
            output(entries.joined(separator: separator))
        }
    }

    private func entry(_ text: String, _ column: Column, width: Int?) -> String {
        let text = width.map { column.isRightAligned ? text.paddedLeft(to: $0) : text.padded(to: $0) } ?? text
        guard hasNames else { return text }
        let quote = isQuoted ? "'" : ""
        return "\(namePrefix)\(column.name.uppercased())=\(quote)\(text)\(quote)"
    }
}
