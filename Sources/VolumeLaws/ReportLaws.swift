public import DeviceMapperTables
internal import StorageUnits

/// What the text of every status and every message has to do, whatever the target: run over the examples of its own ``TargetSyntax``.
///
/// Each law returns what it found wrong, in words; nothing is good.
public enum ReportLaws {
    /// A status or a message of a target.
    public struct Example: Sendable, CustomStringConvertible {
        /// What the text is.
        public enum Kind: Sendable {
            case status, message
        }
        /// The target.
        public let type: any Target.Type
        /// What the text is.
        public let kind: Kind
        /// The text, as a kernel prints or takes it.
        public let text: String

        /// A status or a message.
        public init(_ type: any Target.Type, _ kind: Kind, _ text: String) {
            self.type = type
            self.kind = kind
            self.text = text
        }

        /// The target, what it is, and the text.
        public var description: String { "\(type.typeName) \(kind): \(text)" }

        /// What is printed of `text` once it is read.
        func printed(_ text: String) -> Result<String, TableError> {
            let type = type
            return kind == .status ? ReportLaws.printedStatus(text, type) : ReportLaws.printedMessage(text, type)
        }
    }

    /// Every example of every type of a registry.
    public static func examples(of registry: TargetRegistry) -> [Example] {
        registry.types.flatMap { type in
            type.syntax.statusExamples.map { Example(type, .status, $0) } + type.syntax.messageExamples.map { Example(type, .message, $0) }
        }
    }

    /// The words of the status and the messages are explained where there are examples of them, and the other way round.
    public static func describesItsReports(_ type: any Target.Type) -> [String] {
        var wrong: [String] = []
        if type.syntax.status.isEmpty != type.syntax.statusExamples.isEmpty {
            wrong.append("a status without examples, or the other way round")
        }
        if type.syntax.messages.isEmpty != type.syntax.messageExamples.isEmpty {
            wrong.append("messages without examples, or the other way round")
        }
        for term in type.syntax.options + type.syntax.messages + type.syntax.status where term.words.isEmpty || term.meaning.last != "." {
            wrong.append("no sentence explains '\(term.words)': '\(term.meaning)'")
        }
        return wrong
    }

    /// The example reads, and prints as it is.
    public static func roundTrips(_ example: Example) -> [String] {
        switch example.printed(example.text) {
        case .failure(let error): ["refused: \(error)"]
        case .success(let printed): printed == example.text ? [] : ["printed as '\(printed)'"]
        }
    }

    /// Without its last words the text is refused at the first word that is missing, or is printed as what is left.
    public static func refusesOrKeepsFewerWords(_ example: Example) -> [String] {
        let words = example.text.split(separator: " ")
        return words.indices.flatMap { count -> [String] in
            let text = words[..<count].joined(separator: " ")
            switch example.printed(text) {
            case .success(let printed): return printed == text ? [] : ["'\(text)' is read as '\(printed)'"]
            case .failure(let error):
                // A count or a kind that comes first may be what does not fit.
                return (1...count + 1).contains(error.word) ? [] : ["'\(text)' is refused without its place: \(error)"]
            }
        }
    }

    /// A word too many is refused at its place, or is printed as a part of it.
    public static func refusesOrKeepsMoreWords(_ example: Example) -> [String] {
        let text = example.text.isEmpty ? "surplus" : example.text + " surplus"
        let count = text.split(separator: " ").count
        switch example.printed(text) {
        case .success(let printed): return printed == text ? [] : ["'\(text)' is read as '\(printed)'"]
        case .failure(let error): return (1...count + 1).contains(error.word) ? [] : ["'\(text)' is refused without its place: \(error)"]
        }
    }

    /// With any word replaced by rubbish the text is refused at one of its words, or what is printed of it reads and prints alike.
    public static func standsRubbish(_ example: Example) -> [String] {
        let words = example.text.split(separator: " ").map(String.init)
        var wrong: [String] = []
        for index in words.indices {
            for rubbish in [
                "x", "-1", "+1", "0", "1", "9", "99999999999999999999999", "18446744073709551615", "1/", "/", "1/2/3", "é", "-", ":", "A",
                "AA",
            ] {
                var words = words
                words[index] = rubbish
                let text = words.joined(separator: " ")
                switch example.printed(text) {
                case .failure(let error):
                    if !(1...words.count + 1).contains(error.word) { wrong.append("'\(text)' is refused without its place: \(error)") }
                case .success(let printed):
                    guard case .success(let again) = example.printed(printed), again == printed else {
                        wrong.append("'\(text)' is printed as '\(printed)', which does not read as the same")
                        continue
                    }
                }
            }
        }
        return wrong
    }

    // MARK: inside

    private static func printedStatus<T: Target>(_ text: String, _ type: T.Type) -> Result<String, TableError> {
        Result { () throws(TableError) in
            guard let range = SectorRange(start: 0, length: 8) else { return "" }
            let status = try StatusLine(range: range, typeName: T.typeName, text: text).status(of: type)
            var writer = ArgumentWriter(keys: .shown)
            status.write(to: &writer)
            return writer.string
        }
    }

    private static func printedMessage<T: Target>(_ text: String, _ type: T.Type) -> Result<String, TableError> {
        Result { () throws(TableError) in try T.Message(text).text(keys: .shown) }
    }
}
