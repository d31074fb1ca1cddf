/// Which objects a report has: an expression over their fields.
indirect enum ReportSelection {
    case comparison(column: Int, Comparison)
    case all([ReportSelection])
    case any([ReportSelection])
    case not(ReportSelection)

    enum Comparison {
        case text(String, isEqual: Bool)
        case pattern(ReportPattern, isFound: Bool)
        case number(UInt64, NumberOperator)
        case size(Double, NumberOperator)
    }

    enum NumberOperator: Sendable {
        case equal, notEqual, greater, greaterOrEqual, less, lessOrEqual

        func compare<Value: Comparable>(_ one: Value, _ other: Value) -> Bool {
            switch self {
            case .equal: one == other
            case .notEqual: one != other
            case .greater: one > other
            case .greaterOrEqual: one >= other
            case .less: one < other
            case .lessOrEqual: one <= other
            }
        }
    }

    /// Whether an object is selected whose values `value` finds by their columns.
    func matches(_ value: (Int) -> ReportValue) -> Bool {
        switch self {
        case .comparison(let column, let comparison): comparison.matches(value(column))
        case .all(let parts): parts.allSatisfy { $0.matches(value) }
        case .any(let parts): parts.contains { $0.matches(value) }
        case .not(let part): !part.matches(value)
        }
    }
}

extension ReportSelection.Comparison {
    fileprivate func matches(_ value: ReportValue) -> Bool {
        switch self {
        case .text(let text, let isEqual): (value.text.compareBytes(text) == 0) == isEqual
        case .pattern(let pattern, let isFound): pattern.isFound(in: value.text) == isFound
        case .number(let number, let comparison): comparison.compare(value.number, number)
        // Sizes are the bits of a double, as they are sorted by.
        case .size(let size, let comparison): comparison.compare(Double(bitPattern: value.number), size)
        }
    }
}
