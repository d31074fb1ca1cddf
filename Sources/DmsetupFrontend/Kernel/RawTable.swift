internal import StorageUnits

/// Lines of a table or of a status as they travel between people and the kernel: nobody has looked at their arguments, which may hold keys.
package struct RawTable: ~Copyable {
    package struct Line: Sendable {
        package var start: UInt64
        package var length: UInt64
        package var type: String
        fileprivate var arguments: Range<Int>
    }

    package private(set) var lines: [Line] = []
    private var text = SecretBuffer()

    package init() {}

    package mutating func append(start: UInt64, length: UInt64, type: String, arguments: Span<UInt8>) {
        let first = text.count
        for index in arguments.indices { text.append(arguments[index]) }
        lines.append(Line(start: start, length: length, type: type, arguments: first..<text.count))
    }

    /// Lends the arguments of a line.
    package func withArguments<Result, Failure: Error>(
        of line: Int, _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let range = lines[line].arguments
        return try text.withBytes { (bytes) throws(Failure) in try body(bytes.extracting(range)) }
    }
}
