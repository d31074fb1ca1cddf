internal import Foundation

extension Terminal {
    /// Writes a value as JSON to standard output.
    static func print(json value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        try print(String(decoding: try encoder.encode(value), as: UTF8.self) + "\n")
    }

    /// Writes a value as JSON on one line, with times in the words of ISO 8601.
    static func print(jsonLine value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        try print(String(decoding: try encoder.encode(value), as: UTF8.self) + "\n")
    }
}
