/// How names and uuids with characters that udev does not take are written in the kernel: libdevmapper's `DM_DEFAULT_NAME_MANGLING_MODE`.
///
/// Letters, digits and `#+-.:=@_` stay, and each other byte is written `\xNN`, in lower-case hexadecimal digits. `my disk` is `my\x20disk`.
public enum NameMangling: String, Hashable, Sendable, CaseIterable {
    /// Names are given to the kernel as they are.
    case none
    /// Names are mangled unless they are already; a name of which only a part is, is refused. libdevmapper's default.
    case auto
    /// Names are always mangled, also what looks mangled already.
    case hex

    /// What is mangled.
    public enum Kind: String, Hashable, Sendable {
        /// The name of a device, which has up to 127 bytes.
        case name
        /// The uuid of a device, which has up to 128 bytes.
        case uuid

        /// How many bytes the kernel takes: `DM_NAME_LEN` and `DM_UUID_LEN`, without a zero byte.
        package var limit: Int {
            switch self {
            case .name: 127
            case .uuid: 128
            }
        }
    }

    /// The name, or uuid, as the kernel is given it. Throws `invalidName` for a mixture of mangled and other characters, or one that is
    /// mangled twice, in mode `auto`, and for one that becomes longer than the kernel takes.
    public func mangle(_ name: String, as kind: Kind = .name) throws(MappingError) -> String {
        guard self != .none else { return name }
        let bytes = Array(name.utf8)
        var mangled: [UInt8] = []
        var index = 0
        var hasMangled = false
        var hasOther = false
        if self == .auto { try Self.expectMangledOnce(name, kind) }
        while index < bytes.count {
            if self == .auto, let code = Self.code(bytes, at: index) {
                hasMangled = true
                mangled += bytes[index..<index + code.length]
                index += code.length
                continue
            }
            if Self.isPlain(bytes[index]) {
                mangled.append(bytes[index])
            } else {
                hasOther = true
                mangled += Self.escape(bytes[index])
            }
            index += 1
        }
        guard !(hasMangled && hasOther) else {
            throw MappingError(.invalidName, device: name, message: "a part of the \(kind) is mangled, and a part is not")
        }
        guard mangled.count <= kind.limit else {
            throw MappingError(
                .invalidName, device: name, message: "the mangled \(kind) has \(mangled.count) bytes, more than \(kind.limit)")
        }
        return String(decoding: mangled, as: UTF8.self)
    }

    /// The name that people are shown for a name of the kernel. Throws `invalidName` where the kernel's name has characters that this mode would have
    /// mangled, or bytes that are not UTF-8.
    public func unmangle(_ name: String) throws(MappingError) -> String {
        guard self != .none else { return name }
        let bytes = Array(name.utf8)
        var plain: [UInt8] = []
        var index = 0
        if self == .auto { try Self.expectMangledOnce(name) }
        while index < bytes.count {
            if let code = Self.code(bytes, at: index) {
                plain.append(code.byte)
                index += code.length
                continue
            }
            guard Self.isPlain(bytes[index]) || bytes[index] == UInt8(ascii: "\\") else {
                throw MappingError(.invalidName, device: name, message: "the name has characters that should be mangled")
            }
            plain.append(bytes[index])
            index += 1
        }
        guard let text = String(validating: plain, as: UTF8.self) else {
            throw MappingError(.invalidName, device: name, message: "the name is not UTF-8")
        }
        return text
    }

    private static func expectMangledOnce(_ name: String, _ kind: Kind = .name) throws(MappingError) {
        let escapedBackslash = Array(#"\x5cx"#.utf8)
        let bytes = Array(name.utf8)
        let isTwice = bytes.indices.contains { bytes[$0...].starts(with: escapedBackslash) }
        guard !isTwice else { throw MappingError(.invalidName, device: name, message: "the \(kind) is mangled more than once") }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
        default: "#+-.:=@_".utf8.contains(byte)
        }
    }

    private static func escape(_ byte: UInt8) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return [UInt8(ascii: "\\"), UInt8(ascii: "x"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }

    /// The byte that `\xNN` at `index` stands for.
    private static func code(_ bytes: [UInt8], at index: Int) -> (byte: UInt8, length: Int)? {
        guard index + 3 < bytes.count, bytes[index] == UInt8(ascii: "\\"), bytes[index + 1] == UInt8(ascii: "x"),
            let high = hexDigit(bytes[index + 2]), let low = hexDigit(bytes[index + 3])
        else { return nil }
        return (high << 4 | low, 4)
    }
}
