/// The fields and sections that a report can have: finds them by the names that people give.
package struct ReportFieldSet<Object> {
    package let sections: [ReportSection]
    package let fields: [ReportField<Object>]

    package init(sections: [ReportSection], fields: [ReportField<Object>]) {
        self.sections = sections
        self.fields = fields
    }

    /// A field of the report's own, or one that every report has.
    enum Reference: Hashable {
        case field(Int)
        /// Whether the row was selected.
        case selected
        /// Only asks for help.
        case help, questionMark
    }

    /// The names of fields that every report has.
    static var special: [(reference: Reference, name: String, summary: String)] {
        [
            (.selected, "selected", "Whether the row passes the selection."), (.help, "help", "Show this list."),
            (.questionMark, "?", "Show this list."),
        ]
    }

    static var longestName: Int { 31 }

    /// The field of a name, in which case and underscores make no difference, and the section's prefix may be left out when the report has but one section.
    /// A name that is too long is told to `log`.
    func find(_ name: Substring, prefix: String, log: any ReportLog) -> Reference? {
        var plain = ""
        for index in name.indices where name[index] != "_" {
            guard plain.utf8.count < Self.longestName else {
                log.error("\(name[index...]): field name too long.")
                return nil
            }
            plain.append(name[index])
        }
        guard !plain.isEmpty else { return nil }
        plain = plain.lowercased()
        let section = prefix.dropLast().lowercased()
        func matches(_ name: String) -> Bool {
            let name = name.filter { $0 != "_" }
            return name == plain || (!section.isEmpty && name.hasPrefix(section) && name.dropFirst(section.count) == plain)
        }
        if let found = Self.special.first(where: { matches($0.name) }) { return found.reference }
        return fields.firstIndex { matches($0.name) }.map { .field($0) }
    }

    /// The sections that a name like `info_all` means; `all` means all, or those that the report has already.
    func allSections(_ name: Substring, prefix: String, current: ReportSections) -> ReportSections {
        var plain = name.filter { $0 != "_" }.lowercased()
        var sections: ReportSections = []
        var isBare = false
        if name.lowercased() == "all" {
            guard !prefix.isEmpty else { return current.isEmpty ? .all : current }
            sections = current
            plain = prefix.filter { $0 != "_" }
            isBare = true
        }
        for section in self.sections {
            let title = section.prefix.dropLast().lowercased()
            guard plain.hasPrefix(title) else { continue }
            let rest = plain.dropFirst(title.count)
            if rest == "all" || (isBare && rest.isEmpty) { sections.formUnion(section.section) }
        }
        return sections
    }

    /// The list of all fields, as `-o help` shows it; with kinds as `-S help` does.
    func help(withKinds: Bool) -> [String] {
        let width = max(fields.map(\.name.utf8.count).max() ?? 0, sections.map { $0.prefix.utf8.count + 3 }.max() ?? 0)
        var lines: [String] = []
        var lastTitle: String?
        func addTitle(_ title: String) {
            if lastTitle != nil { lines.append(" ") }
            lines += ["\(title) Fields", String(repeating: "-", count: title.utf8.count + 7)]
            lastTitle = title
        }
        func add(_ name: String, _ summary: String, kind: String) {
            lines.append("  \(name.padded(to: width)) - \(summary)" + (withKinds ? " [\(kind)]" : ""))
        }
        for field in fields {
            guard let section = sections.first(where: { $0.section == field.section }) else { continue }
            if section.title != lastTitle {
                addTitle(section.title)
                if !withKinds { lines.append("  \("\(section.prefix)all".padded(to: width)) - All fields of this section.") }
            }
            add(field.name, field.summary, kind: field.kind.rawValue)
        }
        addTitle("Special")
        for field in Self.special {
            add(field.name, field.summary, kind: field.reference == .selected ? "number" : "unselectable number")
        }
        return lines
    }
}

/// Where a report's messages go.
package protocol ReportLog: AnyObject {
    /// Tells of an error.
    func error(_ message: String)
    /// Tells something on standard error that is no error.
    func warn(_ message: String)
}

extension String {
    /// The text with blanks behind it, up to a number of bytes; it is cut where it has more.
    func padded(to width: Int) -> String {
        let bytes = utf8.count
        guard bytes <= width else { return String(decoding: utf8.prefix(width), as: UTF8.self) }
        return self + String(repeating: " ", count: width - bytes)
    }

    /// The text with blanks in front of it.
    func paddedLeft(to width: Int) -> String {
        String(repeating: " ", count: max(0, width - utf8.count)) + self
    }
}
