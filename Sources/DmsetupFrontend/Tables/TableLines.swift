internal import StorageUnits

/// Takes the lines of a table apart as far as dmsetup does: two numbers, a name, and all else for the kernel.
///
/// `MappingTable` is what programs should use: it knows what is right. This takes what dmsetup takes.
package enum TableLines {
    /// A line that is none. Its text is not told: it may hold keys.
    package struct Failure: Error {
        package var message: String
    }

    /// Adds the lines of `text` to a table; `title` is what messages call it. Empty lines and those that begin with `#` are passed over; in others all from a
    /// `#` on is left out.
    package static func read(_ text: Span<UInt8>, title: String, into table: inout RawTable) throws(Failure) {
        var number = 0
        var start = 0
        while start < text.count {
            var end = start
            while end < text.count, text[end] != UInt8(ascii: "\n") { end += 1 }
            number += 1
            try readLine(text.extracting(start..<end), number, title, &table)
            start = end + 1
        }
    }

    private static func readLine(_ text: Span<UInt8>, _ number: Int, _ title: String, _ table: inout RawTable) throws(Failure) {
        // What is behind a zero byte is not there for C.
        var end = 0
        while end < text.count, text[end] != 0 { end += 1 }
        while end > 0, CNumber.isSpace(text[end - 1]) { end -= 1 }
        var start = 0
        while start < end, CNumber.isSpace(text[start]) { start += 1 }
        var line = text.extracting(start..<end)
        guard !line.isEmpty, line[0] != UInt8(ascii: "#") else { return }
        let invalid = Failure(message: "Invalid format on line \(number) of table \(title).")
        guard let first = CNumber.scan(&line), let length = CNumber.scan(&line), let type = takeWord(&line) else { throw invalid }
        guard type.utf8.count < 16 else { throw Failure(message: "Target type name \(type) is too long.") }
        var rest = 0
        while rest < line.count, CNumber.isSpace(line[rest]) { rest += 1 }
        var comment = rest
        while comment < line.count, line[comment] != UInt8(ascii: "#") { comment += 1 }
        table.append(start: first, length: length, type: type, arguments: line.extracting(rest..<comment))
    }

    private static func takeWord(_ line: inout Span<UInt8>) -> String? {
        var start = 0
        while start < line.count, CNumber.isSpace(line[start]) { start += 1 }
        var word: [UInt8] = []
        var end = start
        while end < line.count, !CNumber.isSpace(line[end]) {
            word.append(line[end])
            end += 1
        }
        line = line.extracting(end...)
        return word.isEmpty ? nil : String(decoding: word, as: UTF8.self)
    }
}
