/// Rows of words, printed below each other in columns.
struct TextColumns {
    private var rows: [[String]]

    /// Columns with headings.
    init(_ headings: [String]) { rows = [headings] }

    mutating func append(_ row: [String]) { rows.append(row) }

    /// The rows, with two blanks between columns and none at the ends of lines.
    var text: String {
        var widths: [Int] = []
        for row in rows {
            for (column, word) in row.enumerated() {
                if column == widths.count { widths.append(0) }
                widths[column] = max(widths[column], word.count)
            }
        }
        var text = ""
        for row in rows {
            var line = ""
            var blanks = 0
            for (word, width) in zip(row, widths) {
                if !word.isEmpty {
                    line += String(repeating: " ", count: blanks) + word
                    blanks = 0
                }
                blanks += width - word.count + 2
            }
            text += line + "\n"
        }
        return text
    }
}
