internal import Foundation

extension Terminal {
    /// Writes a value as JSON to standard output.
    static func print(json value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        try print(String(decoding: try encoder.encode(value), as: UTF8.self) + "\n")
    }
}
