internal import StorageUnits

/// The kernel's replies about statistics, line by line.
enum StatisticsText {
    /// The lines of a reply. Each ends with a line feed; a reply whose last one does not was cut off.
    static func lines(_ text: String?, _ subject: String) throws(TableError) -> [Substring] {
        guard let text else { throw TableError(.missingWord, message: "\(subject): there is no answer") }
        guard !text.isEmpty else { return [] }
        guard text.utf8.last == UInt8(ascii: "\n") else {
            throw TableError(.missingWord, message: "\(subject): the answer ends within a line")
        }
        return text.utf8.dropLast().split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { Substring($0) }
    }

    /// The parts of a line that spaces separate, each but the last without any.
    static func parts(_ line: Substring, most: Int) -> [Substring] {
        line.utf8.split(separator: UInt8(ascii: " "), maxSplits: most - 1, omittingEmptySubsequences: false).map { Substring($0) }
    }
}

extension SectorRange {
    /// `start+length`; `nil` when `text` is anything else, or empty sectors.
    init?(parsingStatistics text: some StringProtocol) {
        let parts = text.split(separator: "+", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty, let start = ArgumentReader.decimal(parts[0]),
            let length = ArgumentReader.decimal(parts[1]), length > 0
        else { return nil }
        self.init(start: Sectors(start), length: Sectors(length))
    }
}

extension ArgumentReader {
    /// Reads the first word of a message, in any case.
    mutating func expectKeyword(_ keyword: String) throws(TableError) {
        _ = try choice("message", among: [keyword], ignoringCase: true)
    }
}
