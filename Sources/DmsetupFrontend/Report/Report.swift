/// A table of objects with the fields that somebody asked for: dmsetup's and LVM's way of reporting.
///
/// Objects are added one by one, become rows where the selection lets them, and are printed all at once, sorted.
package final class Report<Object> {
    typealias Reference = ReportFieldSet<Object>.Reference

    /// A field of this report.
    struct Column {
        var reference: Reference
        var name: String
        var heading: String
        var kind: ReportField<Object>.Kind
        var leastWidth: Int
        /// Hidden columns are sorted or selected by, and not shown.
        var isHidden: Bool
    }

    private struct Row {
        /// In the order of the columns.
        var values: [ReportValue]
        var isSelected: Bool
    }

    /// What a report that cannot be made has told already.
    package struct Failure: Error {}

    private let fields: ReportFieldSet<Object>
    private let layout: ReportLayout
    private let log: any ReportLog
    private var columns: [Column] = []
    private var order: [ReportSortKey] = []
    private var selection: ReportSelection?
    private var rows: [Row] = []
    /// Whether the report is done before it began: somebody asked for help.
    private var isHelp = false
    /// The sections whose values are needed.
    package private(set) var sections: ReportSections

    /// A report with the fields that `names` lists, sorted by those of `keys`, of the objects that `selection` selects.
    /// `sections` are those that the report has in any case.
    package init(
        _ fields: ReportFieldSet<Object>, _ layout: ReportLayout, names: String, keys: String, selection: String?, sections: ReportSections,
        log: any ReportLog
    ) throws(Failure) {
        self.fields = fields
        self.layout = layout
        self.log = log
        self.sections = sections
        let prefix = fields.sections.first { $0.section == sections }?.prefix ?? ""
        try addFields(names, prefix)
        try addKeys(keys, prefix)
        isHelp = columns.contains { $0.reference == .help || $0.reference == .questionMark }
        if isHelp { warn(fields.help(withKinds: false) + [" "]) }
        if let selection { try addSelection(selection, prefix) }
        self.sections.remove(.special)
    }

    /// Adds a row for an object that the selection lets through, and tells whether it did. Without `showing`, it only tells.
    package func add(_ object: Object, showing: Bool = true) throws(Failure) -> Bool {
        guard !isHelp else { return true }
        var row = Row(values: [], isSelected: true)
        for column in columns {
            switch column.reference {
            case .field(let index):
                guard let value = fields.fields[index].value(object) else {
                    log.error("_do_report_object: report function failed for field \(column.name)")
                    throw Failure()
                }
                row.values.append(value)
            case .selected: row.values.append(ReportValue(Int32(1)))
            case .help, .questionMark: row.values.append(ReportValue(""))
            }
        }
        if let selection { row.isSelected = selection.matches { column in row.values[column] } }
        let selectedColumn = columns.firstIndex { $0.reference == .selected }
        if !row.isSelected, let selectedColumn { row.values[selectedColumn] = ReportValue(Int32(0)) }
        let isShown = row.isSelected || selectedColumn.map { !columns[$0].isHidden } ?? false
        if showing, isShown { rows.append(row) }
        return row.isSelected
    }

    /// Prints the rows, and forgets them. Without rows it prints nothing.
    package func print(to output: (String) -> Void) {
        guard !rows.isEmpty else { return }
        // Those that were added first stay in front of their equals.
        let sorted = rows.enumerated().sorted { one, other in
            let comparison = compare(one.element, other.element)
            return comparison == 0 ? one.offset < other.offset : comparison < 0
        }
        let shown = columns.indices.filter { !columns[$0].isHidden }
        layout.print(
            columns: shown.map {
                .init(
                    name: columns[$0].name, heading: columns[$0].heading, leastWidth: columns[$0].leastWidth,
                    isRightAligned: columns[$0].kind != .string)
            },
            rows: sorted.map { row in shown.map { row.element.values[$0].text } }, to: output)
        rows = []
    }

    private func compare(_ one: Row, _ other: Row) -> Int {
        for key in order {
            let (a, b) = (one.values[key.column], other.values[key.column])
            var comparison: Int
            if columns[key.column].kind == .string {
                comparison = a.text.compareBytes(b.text)
            } else {
                comparison = a.number < b.number ? -1 : a.number > b.number ? 1 : 0
            }
            if key.isDescending { comparison = -comparison }
            if comparison != 0 { return comparison }
        }
        return 0
    }

    private func warn(_ lines: [String]) {
        for line in lines { log.warn(line) }
    }

    // MARK: columns

    /// Two passes: `all` means the sections of the fields that stand beside it, also behind it.
    private func addFields(_ names: String, _ prefix: String) throws(Failure) {
        let names = words(of: names)
        for name in names {
            if let found = fields.find(name, prefix: prefix, log: log) {
                sections.formUnion(section(of: found))
                continue
            }
            let all = fields.allSections(name, prefix: prefix, current: sections)
            guard !all.isEmpty else {
                warn(fields.help(withKinds: false) + [" "])
                log.error("Unrecognised field: \(name)")
                throw Failure()
            }
            sections.formUnion(all)
        }
        for name in names {
            if let found = fields.find(name, prefix: prefix, log: log) {
                columns.append(column(found))
                continue
            }
            let all = fields.allSections(name, prefix: prefix, current: sections)
            for (index, field) in fields.fields.enumerated() where all.contains(field.section) { columns.append(column(.field(index))) }
        }
    }

    private func addKeys(_ keys: String, _ prefix: String) throws(Failure) {
        for key in words(of: keys) {
            var name = key
            let isDescending = key.first == "-"
            if isDescending || key.first == "+" { name.removeFirst() }
            if name.isEmpty, !key.isEmpty { log.error("dm_report: Missing sort field name") }
            guard !name.isEmpty, let found = fields.find(name, prefix: prefix, log: log) else {
                warn(fields.help(withKinds: false) + [" "])
                log.error("dm_report: Unrecognised field: \(key)")
                throw Failure()
            }
            let index = indexOfColumn(found)
            if order.contains(where: { $0.column == index }) {
                log.warn("dm_report: Ignoring duplicate sort field: \(columns[index].name).")
            } else {
                order.append(ReportSortKey(column: index, isDescending: isDescending))
            }
        }
    }

    private func addSelection(_ text: String, _ prefix: String) throws(Failure) {
        guard !text.isEmpty else { return }
        if text.lowercased() == "help" || text == "?" {
            warn(fields.help(withKinds: true) + [" "] + SelectionHelp.lines)
            isHelp = true
            return
        }
        guard text.lowercased() != "all" else { return }
        var parser = SelectionParser(text) { [self] name in
            guard let found = fields.find(name, prefix: prefix, log: log) else { return nil }
            return SelectionParser.Field(
                name: self.name(of: found), kind: kind(of: found),
                isComparable: found != .help && found != .questionMark,
                column: { [self] in
                    sections.formUnion(section(of: found))
                    return indexOfColumn(found)
                })
        } log: { [self] message in
            switch message {
            case .fields: warn(fields.help(withKinds: true) + [" "])
            case .help: warn(SelectionHelp.lines)
            case .error(let text): log.error(text)
            }
        }
        do throws(SelectionParser.Failure) { selection = try parser.parse() } catch { throw Failure() }
    }

    /// Commas may stand side by side; one at the very end asks for a field without a name.
    private func words(of list: String) -> [Substring] {
        var words: [Substring] = []
        var rest = list[...]
        while !rest.isEmpty {
            rest = rest.drop { $0 == "," }
            let word = rest.prefix { $0 != "," }
            words.append(word)
            rest = rest[word.endIndex...]
        }
        return words
    }

    /// The column of a field, which is added as a hidden one where there is none yet.
    private func indexOfColumn(_ reference: Reference) -> Int {
        if let index = columns.firstIndex(where: { $0.reference == reference }) { return index }
        sections.formUnion(section(of: reference))
        columns.append(column(reference, isHidden: true))
        return columns.count - 1
    }

    private func column(_ reference: Reference, isHidden: Bool = false) -> Column {
        switch reference {
        case .field(let index):
            let field = fields.fields[index]
            return Column(
                reference: reference, name: field.name, heading: field.heading, kind: field.kind, leastWidth: field.width,
                isHidden: isHidden)
        case .selected:
            return Column(reference: reference, name: "selected", heading: "Selected", kind: .number, leastWidth: 8, isHidden: isHidden)
        case .help, .questionMark:
            return Column(reference: reference, name: "help", heading: "Help", kind: .number, leastWidth: 8, isHidden: isHidden)
        }
    }

    private func section(of reference: Reference) -> ReportSections {
        if case .field(let index) = reference { return fields.fields[index].section }
        return .special
    }

    private func name(of reference: Reference) -> String { column(reference).name }
    private func kind(of reference: Reference) -> SelectionParser.Kind {
        switch column(reference).kind {
        case .string: .string
        case .number: .number
        case .size: .size
        }
    }
}

/// A field that rows are sorted by.
struct ReportSortKey {
    var column: Int
    var isDescending: Bool
}

extension String {
    /// As `strcmp` compares.
    func compareBytes(_ other: String) -> Int {
        utf8.lexicographicallyPrecedes(other.utf8) ? -1 : other.utf8.lexicographicallyPrecedes(utf8) ? 1 : 0
    }
}
