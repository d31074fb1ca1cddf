/// A source file as the rules see it.
struct SwiftSource {
    /// Where it is, below `Sources`: `BlockIO/Devices/FileDevice.swift`.
    let path: String
    /// What is in it.
    let text: String
    /// The same without comments and the contents of strings, line by line: what the compiler makes of it.
    let code: [Substring]

    init(_ path: String, _ text: String) {
        self.path = path
        self.text = text
        var scanner = CodeScanner(text)
        code = scanner.code().split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// The first part of the path.
    var module: String { String(path.prefix { $0 != "/" }) }
    /// The file's name without what kind it is.
    var baseName: Substring { path.split(separator: "/").last.map { $0.prefix { $0 != "." } } ?? "" }
}

/// Takes comments and the contents of strings out of Swift; what is interpolated into a string is code, and stays.
private struct CodeScanner {
    private let characters: [Character]
    private var index = 0
    private var output = ""

    init(_ text: String) { characters = Array(text) }

    mutating func code() -> String {
        readCode(until: nil)
        return output
    }

    private func isNext(_ text: String) -> Bool {
        let text = Array(text)
        return index + text.count <= characters.count && Array(characters[index..<index + text.count]) == text
    }

    /// Reads code up to the bracket that closes an interpolation, or to the end.
    private mutating func readCode(until end: Character?) {
        var depth = 0
        while index < characters.count {
            let character = characters[index]
            if isNext("//") {
                while index < characters.count, !characters[index].isNewline { index += 1 }
            } else if isNext("/*") {
                readBlockComment()
            } else if character == "\"" || (character == "#" && isRawString()) {
                readString()
            } else {
                if character == "(" { depth += 1 }
                if character == ")" {
                    if depth == 0, end != nil { return }
                    depth -= 1
                }
                output.append(character)
                index += 1
            }
        }
    }

    private mutating func readBlockComment() {
        var depth = 0
        repeat {
            if isNext("/*") {
                depth += 1
                index += 2
            } else if isNext("*/") {
                depth -= 1
                index += 2
            } else {
                if characters[index].isNewline { output.append("\n") }
                index += 1
            }
        } while depth > 0 && index < characters.count
    }

    private func isRawString() -> Bool {
        var behind = index
        while behind < characters.count, characters[behind] == "#" { behind += 1 }
        return behind < characters.count && characters[behind] == "\""
    }

    private mutating func readString() {
        var marks = ""
        while characters[index] == "#" {
            marks.append("#")
            index += 1
        }
        let quote = isNext("\"\"\"") ? "\"\"\"" : "\""
        index += quote.count
        output.append("\"")
        while index < characters.count, !isNext(quote + marks) {
            if isNext("\\" + marks + "(") {
                index += 2 + marks.count
                output.append("(")
                readCode(until: ")")
                output.append(")")
                index += 1
            } else if isNext("\\" + marks) {
                index += 2 + marks.count
            } else {
                if characters[index].isNewline { output.append("\n") }
                index += 1
            }
        }
        index += quote.count + marks.count
        output.append("\"")
    }
}
