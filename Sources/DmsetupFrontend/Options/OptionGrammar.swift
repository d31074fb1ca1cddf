/// What options a command has, and how a command line is taken apart: as getopt_long(3) of the GNU C library does it.
///
/// Options and operands may be mixed; `--` ends the options; a long option may be abbreviated as long as it is clear which is meant; the argument
/// of a long option stands behind `=` or in the next word, that of a letter behind the letter or in the next word.
package struct OptionGrammar<Option: Sendable>: Sendable {
    /// `--name`, `--name=argument` or `--name argument`.
    package struct Long: Sendable {
        var name: String
        var takesArgument: Bool
        var option: Option

        package init(name: String, takesArgument: Bool, option: Option) {
            self.name = name
            self.takesArgument = takesArgument
            self.option = option
        }
    }

    /// A command line, taken apart.
    package struct Result {
        /// The options in the order in which they were given, with their arguments, up to the first that is wrong.
        package var options: [(option: Option, argument: String?)] = []
        /// All else.
        package var operands: [String] = []
        /// What is wrong with the first option that is, in the words of the C library, without the program's name.
        package var failure: String?
    }

    private let long: [Long]
    private let letters: [Character: (option: Option, takesArgument: Bool)]

    package init(long: [Long], letters: [Character: (option: Option, takesArgument: Bool)]) {
        self.long = long
        self.letters = letters
    }

    /// Takes `words` apart. With `stopsAtOperand`, which is what `POSIXLY_CORRECT` asks for, all behind the first operand are operands.
    package func parse(_ words: [String], stopsAtOperand: Bool = false) -> Result {
        var result = Result()
        var rest = words[...]
        while result.failure == nil, let word = rest.popFirst() {
            if word == "--" {
                result.operands += rest
                break
            } else if word.hasPrefix("--") {
                parseLong(word.dropFirst(2), &rest, &result)
            } else if word.hasPrefix("-"), word != "-" {
                parseLetters(word.dropFirst(), &rest, &result)
            } else if stopsAtOperand {
                result.operands += [word] + rest
                break
            } else {
                result.operands.append(word)
            }
        }
        return result
    }

    private func parseLong(_ word: Substring, _ rest: inout ArraySlice<String>, _ result: inout Result) {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let candidates = long.filter { $0.name.hasPrefix(parts[0]) }
        guard let found = candidates.first(where: { $0.name == parts[0] }) ?? candidates.first else {
            result.failure = "unrecognized option '--\(word)'"
            return
        }
        guard candidates.count == 1 || found.name == parts[0] else {
            let names = candidates.map { " '--\($0.name)'" }.joined()
            result.failure = "option '--\(word)' is ambiguous; possibilities:\(names)"
            return
        }
        var argument = parts.count > 1 ? String(parts[1]) : nil
        if found.takesArgument {
            argument = argument ?? rest.popFirst()
            guard argument != nil else {
                result.failure = "option '--\(found.name)' requires an argument"
                return
            }
        } else if argument != nil {
            result.failure = "option '--\(found.name)' doesn't allow an argument"
            return
        }
        result.options.append((found.option, argument))
    }

    private func parseLetters(_ word: Substring, _ rest: inout ArraySlice<String>, _ result: inout Result) {
        var word = word
        while let letter = word.popFirst() {
            guard let found = letters[letter] else {
                result.failure = "invalid option -- '\(letter)'"
                return
            }
            var argument: String?
            if found.takesArgument {
                argument = word.isEmpty ? rest.popFirst() : String(word)
                word = ""
                guard argument != nil else {
                    result.failure = "option requires an argument -- '\(letter)'"
                    return
                }
            }
            result.options.append((found.option, argument))
        }
    }
}
