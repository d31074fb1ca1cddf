/// What a field of a report shows of an object, and what it is sorted and selected by.
package struct ReportValue {
    package var text: String
    /// What numbers and sizes are compared by.
    package var number: UInt64

    package init(_ text: String) {
        self.text = text
        number = 0
    }

    package init(_ value: Int32) {
        text = String(value)
        number = UInt64(bitPattern: Int64(value))
    }

    package init(_ value: UInt32) {
        text = String(value)
        number = UInt64(value)
    }

    package init(text: String, number: UInt64) {
        self.text = text
        self.number = number
    }
}

/// A column that a report can have.
package struct ReportField<Object> {
    package enum Kind: String {
        case string, number
        /// A number of bytes: in a selection it has a unit.
        case size
    }

    package var name: String
    package var heading: String
    /// How wide the column is at least.
    package var width: Int
    package var kind: Kind
    /// Which of the report's sections it belongs to.
    package var section: ReportSections
    /// What it shows, for people.
    package var summary: String
    /// Finds the value of an object; `nil` when it cannot, which has been told then.
    package var value: (Object) -> ReportValue?

    package init(
        _ section: ReportSections, _ kind: Kind, _ heading: String, _ width: Int, _ name: String, _ summary: String,
        _ value: @escaping (Object) -> ReportValue?
    ) {
        self.name = name
        self.heading = heading
        self.width = width
        self.kind = kind
        self.section = section
        self.summary = summary
        self.value = value
    }
}

/// A set of sections, into which the fields of a report are divided. What a section's fields show has to be fetched for them.
package struct ReportSections: OptionSet, Hashable, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Fields that every report has.
    static let special = ReportSections(rawValue: 1 << 31)
    static let all = ReportSections(rawValue: .max)
}

/// A section's names.
package struct ReportSection {
    package var section: ReportSections
    package var title: String
    /// What stands before `all` in the name that means all its fields.
    package var prefix: String

    package init(_ section: ReportSections, _ title: String, prefix: String) {
        self.section = section
        self.title = title
        self.prefix = prefix
    }
}
