public import StorageUnits

/// A table: what each run of a mapped device's sectors is mapped to.
///
/// A table that exists is well-formed: it has a line, begins at sector 0, has neither gaps nor overlaps, ends within 2^54 - 1 sectors, and each
/// line's target has accepted its length.
public struct MappingTable: Sendable {
    /// A run of sectors and its target.
    public struct Line: Sendable {
        /// The sectors.
        public let range: SectorRange
        /// What they are mapped to.
        public let target: any Target
        /// The line's number in the text it was read from, from 1.
        package let number: Int

        /// A line for `range`.
        public init(_ range: SectorRange, _ target: any Target) { self.init(range, target, number: 0) }

        init(_ range: SectorRange, _ target: any Target, number: Int) {
            self.range = range
            self.target = target
            self.number = number
        }
    }

    /// The lines, in the order of their sectors.
    public let lines: [Line]

    /// A table of these lines, in the order of their sectors. Line numbers in errors count from 1.
    public init(_ lines: [Line]) throws(TableError) {
        var numbered: [Line] = []
        numbered.reserveCapacity(lines.count)
        for (index, line) in lines.enumerated() { numbered.append(Line(line.range, line.target, number: index + 1)) }
        try self.init(numbered: numbered)
    }

    /// A table of one line from sector 0.
    public init(length: Sectors, _ target: any Target) throws(TableError) {
        guard let range = SectorRange(start: 0, length: length) else { throw Self.tooLong(line: 1) }
        try self.init([Line(range, target)])
    }

    init(numbered lines: [Line]) throws(TableError) {
        guard !lines.isEmpty else { throw TableError(.emptyTable, message: "the table has no lines") }
        var end = Sectors.zero
        for line in lines {
            try Self.check(line, follows: end)
            end = line.range.end
        }
        self.lines = lines
    }

    private static func check(_ line: Line, follows end: Sectors) throws(TableError) {
        let range = line.range
        guard range.start == end else {
            let mistake = range.start > end ? "leaves a gap" : "overlaps"
            throw TableError(
                .misplacedLine, line: line.number, word: 1,
                message: "start: the line \(mistake): expected sector \(end), found \(range.start)")
        }
        guard range.length > 0 else {
            throw TableError(.outOfRange, line: line.number, word: 2, message: "length: expected at least 1, found 0")
        }
        guard range.end <= Sectors.max else { throw tooLong(line: line.number) }
        let name = line.target.typeName.utf8
        guard (1...15).contains(name.count), !name.contains(0) else {
            throw TableError(.outOfRange, line: line.number, word: 3, message: "target: a name has 1 to 15 bytes and no NUL character")
        }
        guard hasUsableDevices(line.target) else {
            throw TableError(.invalidText, line: line.number, message: "a device's path is empty or has a NUL character")
        }
        do throws(TableError) {
            try line.target.validate(length: range.length)
        } catch {
            throw TableError(error.code, line: line.number, word: error.word, message: "\(line.target.typeName): \(error.message)")
        }
    }

    /// Whether no device's path is empty or has a NUL character. Without an array of the devices, as it is asked for every line.
    private static func hasUsableDevices(_ target: some Target) -> Bool {
        var target = target
        var isUsable = true
        target.mapDevices { device in
            if case .path(let path) = device, path.isEmpty || path.utf8.contains(0) { isUsable = false }
            return device
        }
        return isUsable
    }

    static func tooLong(line: Int) -> TableError {
        TableError(.outOfRange, line: line, word: 2, message: "length: the device would have more than \(Sectors.max) sectors")
    }

    /// The size of the device.
    public var length: Sectors { lines.last?.range.end ?? 0 }

    /// The index of the line that a sector belongs to, or `nil` behind the end. Takes O(log n).
    public func lineIndex(at sector: Sectors) -> Int? {
        guard sector < length else { return nil }
        var low = 0
        var high = lines.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if lines[middle].range.start <= sector { low = middle } else { high = middle }
        }
        return low
    }

    /// The table with each device replaced by what `transform` makes of it.
    public func mappingDevices(_ transform: (DeviceReference) -> DeviceReference) throws(TableError) -> MappingTable {
        var mapped: [Line] = []
        mapped.reserveCapacity(lines.count)
        for line in lines {
            var target = line.target
            target.mapDevices(transform)
            mapped.append(Line(line.range, target, number: line.number))
        }
        return try MappingTable(numbered: mapped)
    }
}

extension MappingTable: Equatable {
    /// Whether two tables have the same lines; where they were read from does not count.
    public static func == (left: MappingTable, right: MappingTable) -> Bool {
        left.lines.count == right.lines.count
            && zip(left.lines, right.lines).allSatisfy { $0.range == $1.range && $0.target.isEqual(to: $1.target) }
    }
}

extension MappingTable {
    /// Whether a device that has the table `reported`, as a kernel prints it, is what loading this one makes: line for line the same sectors,
    /// and targets that differ only in what kernels change. Name the devices of both alike first, with ``mappingDevices(_:)``: kernels print
    /// numbers. Read the reported table with its keys, or crypt and integrity lines that have one differ.
    public func isSatisfied(by reported: MappingTable) -> Bool {
        lines.count == reported.lines.count
            && zip(lines, reported.lines).allSatisfy { $0.range == $1.range && $0.target.isSatisfied(byAny: $1.target) }
    }
}

extension MappingTable: CustomStringConvertible {
    /// The canonical text, a line for each line, with `<redacted>` in place of keys.
    public var description: String {
        let text = written(keys: .redacted)
        return text.string
    }

    /// Lends the canonical text in UTF-8 to `body`; with `.shown`, keys are in it, and the memory is wiped afterwards.
    public func withText<Result, Failure: Error>(
        keys: ArgumentWriter.Keys, _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let text = written(keys: keys)
        return try text.withText(body)
    }

    private func written(keys: ArgumentWriter.Keys) -> ArgumentWriter {
        var writer = ArgumentWriter(keys: keys)
        for line in lines {
            line.write(to: &writer)
            writer.endLine()
        }
        return writer
    }
}

extension MappingTable.Line: CustomStringConvertible {
    /// The line's canonical text, with `<redacted>` in place of keys.
    public var description: String {
        var writer = ArgumentWriter(keys: .redacted)
        write(to: &writer)
        return writer.string
    }

    /// The words behind the target's name. With `.shown`, keys are in a string that nobody wipes.
    public func arguments(keys: ArgumentWriter.Keys = .redacted) -> String {
        var writer = ArgumentWriter(keys: keys)
        target.write(to: &writer)
        return writer.string
    }

    fileprivate func write(to writer: inout ArgumentWriter) {
        writer.append(range.start)
        writer.append(range.length)
        writer.append(target.typeName)
        target.write(to: &writer)
    }
}
