internal import StorageUnits

/// The concise form, which `dmsetup create --concise`, `dmsetup table --concise` and the kernel's parameter `dm-mod.create` share:
/// `<name>,<uuid>,<minor>,<ro|rw>,<table line>[,<table line>...][;<name>,...]`.
///
/// A backslash makes the character behind it part of a field. White space in front of a field is passed over; a table's line is read after that, and
/// may have backslashes of its own: a space in a path is `\\ ` there.
extension DeviceDefinition {
    /// Reads a list of devices. An error says which device it is about, and within it the field, or the line and word of its table. Keys go
    /// straight into `SecretBytes`; the caller wipes its text.
    public static func list(
        parsingConciseUTF8 text: Span<UInt8>, registry: TargetRegistry = .standard
    ) throws(TableError) -> [DeviceDefinition] {
        var devices: [DeviceDefinition] = []
        var fields = ConciseFields()
        var index = 0
        while try fields.readDevice(text, from: &index, number: devices.count + 1) {
            do throws(TableError) {
                devices.append(try DeviceDefinition(fields, registry))
            } catch {
                var error = error
                error.device = devices.count + 1
                throw error
            }
        }
        guard !devices.isEmpty else { throw TableError(.emptyTable, message: "there is no device") }
        return devices
    }

    /// Reads a list of devices from a string, which nobody wipes: for tables without keys, or whose keys are references.
    public static func list(
        parsingConcise text: some StringProtocol, registry: TargetRegistry = .standard
    ) throws(TableError) -> [DeviceDefinition] {
        let bytes = Array(text.utf8)
        return try list(parsingConciseUTF8: bytes.span, registry: registry)
    }

    private init(_ fields: borrowing ConciseFields, _ registry: TargetRegistry) throws(TableError) {
        do throws(MappingError) {
            name = try DeviceName(fields.name)
            uuid = try fields.uuid.isEmpty ? nil : DeviceUUID(fields.uuid)
        } catch {
            throw TableError(.invalidValue, message: error.message)
        }
        if !fields.minor.isEmpty {
            guard let number = ArgumentReader.decimal(fields.minor), number <= UInt64(Self.largestMinor) else {
                throw TableError(
                    .outOfRange, message: "minor: expected 0 to \(Self.largestMinor) or nothing, found \(quoteForMessage(fields.minor))")
            }
            minor = UInt32(number)
        }
        switch fields.flags {
        case "", "rw": access = .readWrite
        case "ro": access = .readOnly
        default: throw TableError(.invalidValue, message: "flags: expected ro, rw or nothing, found \(quoteForMessage(fields.flags))")
        }
        table = try MappingTable(parsingUTF8: fields.table.bytes, registry: registry)
    }

    /// The concise form of some devices, with `<redacted>` in place of keys, unless they are asked for: in a string that nobody wipes.
    public static func concise(_ devices: [DeviceDefinition], keys: ArgumentWriter.Keys = .redacted) -> String {
        var text = SecretBuffer()
        text.append(devices) { table, text in
            table.withText(keys: keys) { lines in text.appendLines(Array(lines.tableString.utf8).span) }
        }
        return text.withBytes { text in String(decoding: text.indices.map { text[$0] }, as: UTF8.self) }
    }

    /// Lends the concise form of some devices in UTF-8 to `body`; with `.shown`, keys are in it, and the memory is wiped afterwards.
    public static func withConciseText<Result, Failure: Error>(
        of devices: [DeviceDefinition], keys: ArgumentWriter.Keys, _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var text = SecretBuffer()
        text.append(devices) { table, text in
            table.withText(keys: keys) { lines in text.appendLines(lines) }
        }
        return try text.withBytes(body)
    }
}

/// The five fields of a device.
private struct ConciseFields: ~Copyable {
    var name = ""
    var uuid = ""
    var minor = ""
    var flags = ""
    /// The table's lines, with ends of lines between them.
    var table = SecretBuffer()

    private static let names = ["name", "uuid", "minor", "flags", "table"]

    /// Reads the next device, behind which `index` is left; `false` when there is none. `number` is the device's, from 1.
    mutating func readDevice(_ text: Span<UInt8>, from index: inout Int, number: Int) throws(TableError) -> Bool {
        table.removeAll()
        var field = 0
        var value: [UInt8] = []
        Self.skipSpace(text, &index)
        guard index < text.count else { return false }
        while index < text.count, text[index] != UInt8(ascii: ";") {
            var byte = text[index]
            index += 1
            if byte == UInt8(ascii: ","), field < 4 {
                try set(field, value, number)
                value = []
                field += 1
                Self.skipSpace(text, &index)
                continue
            }
            if byte == UInt8(ascii: "\\") {
                guard index < text.count else {
                    throw Self.error("\(Self.names[field]): a backslash at the end of the text", number)
                }
                byte = text[index]
                index += 1
            } else if byte == UInt8(ascii: ",") {
                byte = UInt8(ascii: "\n")
            }
            if field < 4 { value.append(byte) } else { table.append(byte) }
        }
        guard field == 4 else {
            throw Self.error("expected 5 fields with commas between them, and the \(Self.names[field]) is the last one", number)
        }
        index += 1
        return true
    }

    private mutating func set(_ field: Int, _ value: [UInt8], _ number: Int) throws(TableError) {
        guard let text = String(validating: value, as: UTF8.self) else {
            throw Self.error("\(Self.names[field]): not UTF-8", number)
        }
        switch field {
        case 0: name = text
        case 1: uuid = text
        case 2: minor = text
        default: flags = text
        }
    }

    private static func error(_ message: String, _ number: Int) -> TableError {
        TableError(.invalidText, device: number, message: message)
    }

    private static func skipSpace(_ text: Span<UInt8>, _ index: inout Int) {
        while index < text.count, ArgumentReader.isSpace(text[index]) { index += 1 }
    }
}

extension SecretBuffer {
    /// Adds devices, whose tables are added by `appendTable`.
    fileprivate mutating func append(_ devices: [DeviceDefinition], _ appendTable: (MappingTable, inout SecretBuffer) -> Void) {
        for (index, device) in devices.enumerated() {
            if index > 0 { append(UInt8(ascii: ";")) }
            appendField(device.name.description.utf8.span)
            append(UInt8(ascii: ","))
            appendField((device.uuid?.description ?? "").utf8.span)
            append(",\(device.minor.map(String.init) ?? ""),\(device.access == .readOnly ? "ro" : "rw")")
            appendTable(device.table, &self)
        }
    }

    /// Adds a field, whose first blank a reader would pass over.
    fileprivate mutating func appendField(_ text: Span<UInt8>) {
        for index in text.indices {
            if index == 0, ArgumentReader.isSpace(text[index]) { append(UInt8(ascii: "\\")) }
            appendQuoted(text[index])
        }
    }

    /// Adds the lines of a table, each behind a comma. A backslash in them quotes, so the end of a line behind one is part of it.
    fileprivate mutating func appendLines(_ text: Span<UInt8>) {
        append(UInt8(ascii: ","))
        var isQuoted = false
        for index in text.indices {
            if text[index] == UInt8(ascii: "\n"), !isQuoted {
                if index + 1 < text.count { append(UInt8(ascii: ",")) }
            } else {
                appendQuoted(text[index])
            }
            isQuoted = text[index] == UInt8(ascii: "\\") && !isQuoted
        }
    }

    private mutating func appendQuoted(_ byte: UInt8) {
        if byte == UInt8(ascii: ",") || byte == UInt8(ascii: ";") || byte == UInt8(ascii: "\\") { append(UInt8(ascii: "\\")) }
        append(byte)
    }
}
