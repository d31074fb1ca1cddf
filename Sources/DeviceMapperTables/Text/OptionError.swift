/// A rule about options that one of them breaks.
struct OptionError: Error {
    /// The option's name, as a table has it.
    let option: String
    let code: TableError.Code
    /// What was expected, what was found.
    let message: String

    init(_ option: String, _ code: TableError.Code, _ message: String) {
        self.option = option
        self.code = code
        self.message = message
    }

    /// The error where no line is known.
    var tableError: TableError { TableError(code, message: "\(option): \(message)") }
}
