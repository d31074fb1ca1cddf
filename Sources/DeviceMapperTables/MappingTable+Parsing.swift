internal import StorageUnits

extension MappingTable {
    /// Reads a table as `dmsetup create` does: a line `<start> <length> <target> <arguments>` each; blank lines, and lines that begin with `#`,
    /// are passed over. A backslash makes the character behind it part of a word, also a space or the end of a line. Takes time in proportion
    /// to the text. Keys go straight into `SecretBytes`; the caller wipes its text.
    public init(parsingUTF8 text: Span<UInt8>, registry: TargetRegistry = .standard) throws(TableError) {
        var lines: [Line] = []
        var reader = ArgumentReader()
        var known: (name: String, type: (any Target.Type)?) = ("", nil)
        var number = 0
        var start = 0
        while start < text.count {
            number += 1
            let isComment = Self.isComment(text, start)
            var end = start
            var inside = 0  // ends of lines that are part of a word
            while end < text.count, text[end] != UInt8(ascii: "\n") {
                if text[end] == UInt8(ascii: "\\"), !isComment, end + 1 < text.count {
                    end += 1
                    if text[end] == UInt8(ascii: "\n") { inside += 1 }
                }
                end += 1
            }
            if !isComment {
                try reader.read(text, from: start, to: end, line: number)
                if !reader.isAtEnd { lines.append(try Self.line(&reader, registry, &known)) }
            }
            number += inside
            start = end + 1
        }
        try self.init(numbered: lines)
    }

    /// Reads a table from a string, which nobody wipes: for tables without keys, or whose keys are references.
    public init(parsing text: some StringProtocol, registry: TargetRegistry = .standard) throws(TableError) {
        let bytes = Array(text.utf8)
        try self.init(parsingUTF8: bytes.span, registry: registry)
    }

    private static func line(
        _ reader: inout ArgumentReader, _ registry: TargetRegistry, _ known: inout (name: String, type: (any Target.Type)?)
    ) throws(TableError) -> Line {
        let start = try reader.sectors("start")
        let length = try reader.sectors("length", in: 1...Sectors.max.count)
        guard let range = SectorRange(start: start, length: length) else { throw Self.tooLong(line: reader.line) }
        let name = try reader.word("target")
        guard name.utf8.count <= 15 else {
            throw reader.error(.outOfRange, "target: \(reader.lastWordQuoted) has more than 15 bytes")
        }
        if name != known.name { known = (name, registry[name]) }
        let target: any Target =
            if let type = known.type { try type.init(parsing: &reader) } else { try UnknownTarget(typeName: name, parsing: &reader) }
        try reader.expectEnd(after: name)
        return Line(range, target, number: reader.line)
    }

    private static func isComment(_ text: Span<UInt8>, _ start: Int) -> Bool {
        var index = start
        while index < text.count, ArgumentReader.isSpace(text[index]), text[index] != UInt8(ascii: "\n") { index += 1 }
        return index < text.count && text[index] == UInt8(ascii: "#")
    }
}
