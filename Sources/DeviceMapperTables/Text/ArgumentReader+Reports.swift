extension ArgumentReader {
    /// Reads one of the values of a type by its description: see ``choice(_:among:ignoringCase:)``.
    mutating func choice<Value: CaseIterable & CustomStringConvertible>(
        _ name: @autoclosure () -> String, of type: Value.Type, ignoringCase: Bool = false
    ) throws(TableError) -> Value { try choice(name(), among: Array(type.allCases), ignoringCase: ignoringCase) }

    /// Reads the words that are left, as they are.
    mutating func rest(_ name: String) throws(TableError) -> [String] {
        var words: [String] = []
        while !isAtEnd { words.append(try word(name)) }
        return words
    }
}
