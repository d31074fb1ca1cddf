extension Sequence<String> {
    /// Throws unless each reads as itself where words that nobody knows are kept: it is not empty, has no NUL character, and is none of `known`, in
    /// whatever case. `name` is what they are. The first is the word `place` of its line, if that is known, and there are `step` from one to
    /// the next.
    func expectWords(_ name: String, besides known: [String] = [], from place: Int = 0, step: Int = 1) throws(TableError) {
        for (index, word) in enumerated() {
            let number = place == 0 ? 0 : place + index * step
            guard !word.isEmpty, !word.utf8.contains(0) else {
                throw TableError(.invalidText, word: number, message: "\(name): a word is empty or has a NUL character")
            }
            guard !known.contains(where: { ArgumentReader.isSame($0, word) }) else {
                throw TableError(.invalidValue, word: number, message: "\(name): \(quoteForMessage(word)) is not an unknown word")
            }
        }
    }
}
