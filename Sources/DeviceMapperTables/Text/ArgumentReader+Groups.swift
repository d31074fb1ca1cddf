extension ArgumentReader {
    /// The word that is read next, as errors count words.
    var nextWord: Int { error(.missingWord, "").word + 1 }

    /// Throws unless `count` words are left for `subject`, as if the first that is missing were asked for.
    func expect(_ count: Int, _ subject: @autoclosure () -> String) throws(TableError) {
        guard count > remaining else { return }
        throw TableError(
            .missingWord, line: line, word: nextWord + remaining, message: "expected \(count) \(subject()), found \(remaining)")
    }

    /// Reads `count` words, whatever they are.
    mutating func words(_ count: Int, _ name: @autoclosure () -> String) throws(TableError) -> [String] {
        var words: [String] = []
        for _ in 0..<count { words.append(try word(name())) }
        return words
    }
}
