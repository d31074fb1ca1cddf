/// Why a table is refused: where it is wrong, what was expected, what was found.
///
/// A message quotes the word it is about, unless the word may be key material: see ``ArgumentReader``.
public struct TableError: Error, Hashable, Sendable {
    /// What kind of mistake.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Value: String {
            case missingWord, unexpectedWord, notANumber, outOfRange, invalidValue, invalidText, misplacedLine, emptyTable, invalidLength
        }
        private let value: Value
        private init(_ value: Value) { self.value = value }

        /// The line ends too early.
        public static let missingWord = Code(.missingWord)
        /// The line has words that nothing asks for.
        public static let unexpectedWord = Code(.unexpectedWord)
        /// A word should be a decimal number.
        public static let notANumber = Code(.notANumber)
        /// A number is too small or too large.
        public static let outOfRange = Code(.outOfRange)
        /// A word is none of those that may stand there.
        public static let invalidValue = Code(.invalidValue)
        /// The text is not UTF-8, or has a NUL character.
        public static let invalidText = Code(.invalidText)
        /// A line does not begin where the one before it ends.
        public static let misplacedLine = Code(.misplacedLine)
        /// There is no line at all.
        public static let emptyTable = Code(.emptyTable)
        /// The target does not work with a line of this length.
        public static let invalidLength = Code(.invalidLength)

        /// The code's name.
        public var description: String { value.rawValue }
    }

    /// What kind of mistake.
    public var code: Code
    /// The device of a list in concise form, from 1; 0 when there is no list.
    public var device: Int
    /// The line, from 1, blank lines and comments counted; 0 when the error is about the whole table.
    public var line: Int
    /// The word of the line, from 1 (the start sector); one more than there are words when one is missing; 0 when the error is about the
    /// whole line.
    public var word: Int
    /// What was expected, what was found.
    public var message: String

    /// An error at a place.
    public init(_ code: Code, device: Int = 0, line: Int = 0, word: Int = 0, message: String) {
        self.code = code
        self.device = device
        self.line = line
        self.word = word
        self.message = message
    }
}

extension TableError: CustomStringConvertible {
    /// `line 2, word 4: offset: 'x' is not a number`.
    public var description: String {
        let place = [("device", device), ("line", line), ("word", word)].filter { $0.1 > 0 }.map { "\($0) \($1)" }
        return place.isEmpty ? message : "\(place.joined(separator: ", ")): \(message)"
    }
}
