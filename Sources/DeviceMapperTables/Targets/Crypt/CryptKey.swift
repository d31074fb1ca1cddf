public import StorageUnits

/// The key of a crypt target, or where it is kept.
public enum CryptKey: Hashable, Sendable {
    /// The key itself, in hexadecimal digits. `-` in a table is a key of no bytes, for ciphers without one.
    case bytes(SecretBytes)
    /// `:<bytes>:<keyring>:<description>`: a key of that length which somebody else keeps.
    case stored(byteCount: Int, keyring: Keyring, description: String)

    /// Who keeps a key.
    public enum Keyring: Hashable, Sendable {
        /// The kernel's keyring, a key that only the kernel can read.
        case logon
        /// The kernel's keyring, a key that its owner can read too.
        case user
        /// The kernel's keyring, a key that is stored encrypted with another.
        case encrypted
        /// The kernel's keyring, a key that a TPM or the like has sealed.
        case trusted
        /// A file that holds the raw bytes and nothing else; the description is its path. Only in user space: the kernel does not know it.
        case file
        /// One that is not known here.
        case unknown(String)
    }

    /// The largest key there can be: 4096 bytes.
    public static let largestByteCount = 4096

    /// The length in bytes.
    public var byteCount: Int {
        switch self {
        case .bytes(let secret): secret.count
        case .stored(let byteCount, _, _): byteCount
        }
    }

    static let expected = "hexadecimal digits, two a byte, or :<bytes>:<logon|user|encrypted|trusted|file>:<description>"

    /// Reads the argument; `nil` when it is no key.
    init?(parsing word: Span<UInt8>) {
        if word.count == 1, word[0] == UInt8(ascii: "-") {
            self = .bytes(SecretBytes(copying: RawSpan()))
        } else if word.count > 0, word[0] == UInt8(ascii: ":") {
            guard let stored = Self.stored(word) else { return nil }
            self = stored
        } else {
            guard word.count > 0, word.count <= 2 * Self.largestByteCount, let secret = SecretBytes(hexadecimal: word) else { return nil }
            self = .bytes(secret)
        }
    }

    private static func stored(_ word: Span<UInt8>) -> CryptKey? {
        var text: [UInt8] = []
        for index in 1..<word.count { text.append(word[index]) }
        let parts = text.split(separator: UInt8(ascii: ":"), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[1].isEmpty, !parts[2].isEmpty,
            parts[0].allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }),
            let byteCount = Int(String(decoding: parts[0], as: UTF8.self)), (1...largestByteCount).contains(byteCount),
            let keyring = String(validating: parts[1], as: UTF8.self), let description = String(validating: parts[2], as: UTF8.self)
        else { return nil }
        return .stored(byteCount: byteCount, keyring: Keyring(keyring), description: description)
    }

    /// Whether the text that is written for the key reads as one: nothing else holds a key to that which was not read from text.
    var isWritable: Bool {
        switch self {
        case .bytes(let secret): secret.count <= Self.largestByteCount
        case .stored(let byteCount, let keyring, let description):
            (1...Self.largestByteCount).contains(byteCount) && !keyring.description.isEmpty && !description.isEmpty
                && !keyring.description.utf8.contains { $0 == 0 || $0 == UInt8(ascii: ":") } && !description.utf8.contains(0)
        }
    }

    func write(to arguments: inout ArgumentWriter) {
        switch self {
        case .bytes(let secret) where secret.count == 0: arguments.append("-")
        case .bytes(let secret): arguments.append(hex: secret)
        case .stored(let byteCount, let keyring, let description): arguments.append(":\(byteCount):\(keyring):\(description)")
        }
    }
}

extension CryptKey.Keyring: CustomStringConvertible {
    init(_ name: String) {
        self =
            switch name {
            case "logon": .logon
            case "user": .user
            case "encrypted": .encrypted
            case "trusted": .trusted
            case "file": .file
            default: .unknown(name)
            }
    }

    /// The name as tables have it.
    public var description: String {
        switch self {
        case .logon: "logon"
        case .user: "user"
        case .encrypted: "encrypted"
        case .trusted: "trusted"
        case .file: "file"
        case .unknown(let name): name
        }
    }
}
