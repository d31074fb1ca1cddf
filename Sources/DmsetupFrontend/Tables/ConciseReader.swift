package import StorageUnits

/// Takes the concise form of devices apart as dmsetup does: `NAME,UUID,MINOR,FLAGS,TABLE[,TABLE...][;...]`, nothing of it looked at.
package struct ConciseReader: ~Copyable {
    package struct Failure: Error {
        package var messages: [String]
    }

    package private(set) var name = ""
    package private(set) var uuid = ""
    package private(set) var minor = ""
    package private(set) var flags = ""
    /// The table's lines, with ends of lines between them.
    package private(set) var table = SecretBuffer()

    package init() {}

    /// Reads the device at `index`, which is left behind it; `false` when there is none. As dmsetup has it, the very last character of the text must be
    /// neither quoted nor a comma.
    package mutating func read(_ text: Span<UInt8>, from index: inout Int) throws(Failure) -> Bool {
        var fields: [String] = []
        var field: [UInt8] = []
        table.removeAll()
        while index < text.count {
            let byte = text[index]
            if byte == UInt8(ascii: "\\") {
                index += 1
                guard index < text.count else {
                    throw Failure(
                        messages: ["Backslash must be followed by another character at end of string.", Self.summary(fields, field)])
                }
                add(text[index], fields.count, &field)
            } else if byte == UInt8(ascii: ","), fields.count < 4 {
                fields.append(String(decoding: field, as: UTF8.self))
                field = []
                index += 1
                while index < text.count, CNumber.isSpace(text[index]) { index += 1 }
                continue
            } else if byte == UInt8(ascii: ",") {
                add(UInt8(ascii: "\n"), fields.count, &field)
            } else if byte == UInt8(ascii: ";") || index == text.count - 1 {
                if byte != UInt8(ascii: ";") { add(byte, fields.count, &field) }
                index += 1
                guard fields.count == 4 else {
                    throw Failure(
                        messages: ["Five comma-separated fields are required for each device", Self.summary(fields, field)])
                }
                (name, uuid, minor, flags) = (fields[0], fields[1], fields[2], fields[3])
                while index < text.count, CNumber.isSpace(text[index]) { index += 1 }
                return true
            } else {
                add(byte, fields.count, &field)
            }
            index += 1
        }
        guard fields.isEmpty, field.isEmpty else {
            throw Failure(
                messages: [
                    "Incomplete entry: five comma-separated fields are required for each device", Self.summary(fields, field),
                ])
        }
        return false
    }

    private mutating func add(_ byte: UInt8, _ fieldCount: Int, _ field: inout [UInt8]) {
        if fieldCount < 4 { field.append(byte) } else { table.append(byte) }
    }

    /// A field for a message. One that has white space is part of a table, which may hold keys: somebody has left out the fields before.
    static func shown(_ field: String) -> String { field.utf8.contains(where: CNumber.isSpace) ? redacted : field }

    private static let redacted = "<redacted>"

    /// What was read of a device. Of its table nothing is told.
    private static func summary(_ fields: [String], _ last: [UInt8]) -> String {
        let known = (fields + (fields.count < 4 ? [String(decoding: last, as: UTF8.self)] : [redacted])).map(shown)
        func field(_ index: Int) -> String { index < known.count ? known[index] : "(null)" }
        return "Parsed \(known.count) fields: name: \(field(0)) uuid: \(field(1)) minor: \(field(2)) flags: \(field(3)) table: \(field(4))"
    }
}
