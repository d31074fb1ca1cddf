/// How names and uuids are written in the kernel, exactly as dmsetup does it and with its words when it will not.
///
/// `NameMangling` of `DeviceMapperTables` is what programs should use. This differs where dmsetup does: `\x` before anything counts as mangled, and a
/// field that shows the mangled name is mangled even in mode `none`.
package enum StringMangling: Sendable {
    case none, auto, hex

    /// A name that dmsetup refuses.
    package struct Failure: Error {
        package var message: String
    }

    /// The mode by its name, in either case: the argument of `--manglename`, the value of `DM_DEFAULT_NAME_MANGLING_MODE`.
    package init?(option: String) {
        switch option.lowercased() {
        case "none": self = .none
        case "auto": self = .auto
        case "hex": self = .hex
        default: return nil
        }
    }

    /// How many bytes a mangled name may have with its NUL: the kernel's `DM_NAME_LEN`, `DM_UUID_LEN`.
    package enum Limit: Int {
        case name = 128
        case uuid = 129
    }

    /// The text as the kernel is given it. `title` is what a message calls it.
    package func mangle(_ text: String, _ title: String, limit: Limit) throws(Failure) -> String {
        guard self != .none else {
            guard text.utf8.count < limit.rawValue else { throw Self.tooLong(text, title) }
            return text
        }
        try expectMangledOnce(text, title)
        return try mangleAnyway(text, title, limit: limit)
    }

    /// The text as a field shows it that always shows the mangled form.
    package func mangleAnyway(_ text: String, _ title: String, limit: Limit) throws(Failure) -> String {
        let bytes = Array(text.utf8)
        var mangled: [UInt8] = []
        var isMangled: Bool?
        var index = 0
        while index < bytes.count {
            if self != .hex, Self.isEscape(bytes, index) {
                guard bytes.count - index >= 4, isMangled != false else { throw Self.mixed(text, title) }
                isMangled = true
                mangled += bytes[index..<index + 4]
                index += 4
            } else if Self.isPlain(bytes[index]) {
                mangled.append(bytes[index])
                index += 1
            } else {
                guard self == .hex || isMangled != true else { throw Self.mixed(text, title) }
                isMangled = false
                let digits = Array("0123456789abcdef".utf8)
                mangled += [UInt8(ascii: "\\"), UInt8(ascii: "x"), digits[Int(bytes[index] >> 4)], digits[Int(bytes[index] & 15)]]
                index += 1
            }
        }
        guard mangled.count < limit.rawValue else { throw Self.tooLong(text, title) }
        return String(decoding: mangled, as: UTF8.self)
    }

    /// The text as people see it; of a name of the kernel, in the modes that mangle.
    package func unmangle(_ text: String, _ title: String) throws(Failure) -> String {
        guard self != .none else { return text }
        try expectMangledOnce(text, title)
        for byte in text.utf8 where !Self.isPlain(byte) && byte != UInt8(ascii: "\\") {
            throw Failure(message: "The \(title) \"\(text)\" should be mangled but it contains blacklisted characters.")
        }
        return Self.unmangled(text)
    }

    /// The text with every `\xNN` replaced by what it stands for; as it is when that is not UTF-8, so that it leads to the same device.
    package static func unmangled(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var plain: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if isEscape(bytes, index) {
                // As `%2x` reads: one digit will do, and four bytes are passed over all the same.
                let digits = bytes[(index + 2)...].prefix(2).prefix { CNumber.whole(String(UnicodeScalar($0)), radix: 16) != nil }
                guard !digits.isEmpty, let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 16) else { break }
                plain.append(code)
                index += 4
            } else {
                plain.append(bytes[index])
                index += 1
            }
        }
        return String(validating: plain, as: UTF8.self) ?? text
    }

    private func expectMangledOnce(_ text: String, _ title: String) throws(Failure) {
        guard self == .auto, text.contains(#"\x5cx"#) else { return }
        throw Failure(
            message: "The \(title) \"\(text)\" seems to be mangled more than once. This is not allowed in auto mode.")
    }

    private static func tooLong(_ text: String, _ title: String) -> Failure {
        Failure(message: "Mangled form of the \(title) too long for \"\(text)\".")
    }

    private static func mixed(_ text: String, _ title: String) -> Failure {
        Failure(
            message: "The \(title) \"\(text)\" contains mixed mangled and unmangled characters or it's already mangled improperly.")
    }

    private static func isEscape(_ bytes: [UInt8], _ index: Int) -> Bool {
        index + 1 < bytes.count && bytes[index] == UInt8(ascii: "\\") && bytes[index + 1] == UInt8(ascii: "x")
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
        default: "#+-.:=@_".utf8.contains(byte)
        }
    }
}
