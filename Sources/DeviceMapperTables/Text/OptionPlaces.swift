/// Where the options of a line stand, so that a rule that is checked once all are read can name the word.
struct OptionPlaces {
    private var words: [String: Int] = [:]

    /// Notes that `option` is the word that was read last.
    mutating func note(_ option: String, _ arguments: borrowing ArgumentReader) {
        words[option] = arguments.error(.invalidValue, "").word
    }

    /// The error at the place of its option; where that is not in the line, at the word that was read last.
    func error(_ error: OptionError, _ arguments: borrowing ArgumentReader) -> TableError {
        var located = arguments.error(error.code, error.tableError.message)
        if let word = words[error.option] { located.word = word }
        return located
    }
}
