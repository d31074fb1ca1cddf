/// How the sectors of a crypt target are encrypted: the first argument, such as `aes-xts-plain64`.
public enum CryptCipher: Hashable, Sendable {
    /// `cipher[:keycount]-mode-iv`: a cipher in a mode, with one key or several.
    case named(Named)
    /// `capi:<specification>-iv`: an algorithm by its name in the kernel's crypto API, such as `capi:gcm(aes)-random`.
    case kernelAPI(specification: String, iv: InitializationVector?)

    /// A cipher, its mode, and where each sector's initialization vector comes from.
    public struct Named: Hashable, Sendable {
        /// The block cipher: `aes`, `serpent`, `twofish` ...
        public var algorithm: String
        /// How many keys take turns from sector to sector: a power of two.
        public var keyCount: Int
        /// The chaining mode: `xts`, `cbc`, `ecb`, `ctr` ...
        public var mode: String
        /// The initialization vector; only `ecb` may be without.
        public var iv: InitializationVector?

        /// A cipher in a mode.
        public init(algorithm: String, keyCount: Int = 1, mode: String, iv: InitializationVector?) {
            self.algorithm = algorithm
            self.keyCount = keyCount
            self.mode = mode
            self.iv = iv
        }
    }

    /// Where the initialization vector of a sector comes from.
    public enum InitializationVector: Hashable, Sendable {
        /// The sector's number, its low 32 bits, little-endian. Repeats after 2 TiB.
        case plain
        /// The sector's number in 64 bits, little-endian.
        case plain64
        /// The sector's number in 64 bits, big-endian, at the end.
        case plain64be
        /// The sector's number, encrypted with a hash of the key.
        case essiv(hash: String)
        /// The number of the cipher block, big-endian, counted from 1.
        case benbi
        /// Zeroes.
        case null
        /// The sector's place in bytes, encrypted with the key: BitLocker's.
        case eboiv
        /// `eboiv` with BitLocker's diffuser.
        case elephant
        /// Loop-AES's.
        case lmk
        /// TrueCrypt's, with whitening.
        case tcw
        /// Random, stored beside the sector by an integrity device below.
        case random
        /// One that is not known here: its name with whatever stood behind it.
        case unknown(String)
    }

    /// The usual one: AES in XTS mode with 64-bit sector numbers.
    public static let aesXTSPlain64 = CryptCipher.named(Named(algorithm: "aes", mode: "xts", iv: .plain64))

    /// Reads the argument; the error is a message without place.
    init(parsing text: String) throws(CryptSyntaxError) {
        self = try text.hasPrefix("capi:") ? Self.kernelAPI(text.utf8.dropFirst(5)) : Self.named(text)
    }

    /// The kernel takes what is behind the last colon for a part of the initialization vector, and that is behind the last dash before it,
    /// wherever they are: a specification that has them itself needs a vector behind it.
    private static func kernelAPI(_ text: Substring.UTF8View) throws(CryptSyntaxError) -> CryptCipher {
        let colon = text.lastIndex(of: UInt8(ascii: ":")) ?? text.endIndex
        let dash = text[..<colon].lastIndex(of: UInt8(ascii: "-"))
        guard !text.isEmpty, dash != text.startIndex else { throw CryptSyntaxError("expected a specification behind 'capi:'") }
        guard !text[..<(dash ?? colon)].contains(UInt8(ascii: ":")), dash != nil || colon == text.endIndex,
            dash.map({ !text[$0...].contains(UInt8(ascii: ")")) }) ?? true
        else { throw CryptSyntaxError("':' and the last '-' belong to an initialization vector behind the specification") }
        guard let dash else { return .kernelAPI(specification: string(text), iv: nil) }
        return .kernelAPI(
            specification: string(text[..<dash]), iv: try InitializationVector(parsing: string(text[text.index(after: dash)...])))
    }

    private static func named(_ text: String) throws(CryptSyntaxError) -> CryptCipher {
        guard !text.utf8.contains(UInt8(ascii: "(")) else {
            throw CryptSyntaxError("brackets are for specifications that begin with 'capi:'")
        }
        // What is behind the second dash may hold more of them: `aes-cbc-essiv:sha3-256`.
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), maxSplits: 2, omittingEmptySubsequences: false)
        let cipher = parts[0].split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard !cipher[0].isEmpty, cipher.count <= 2 else {
            throw CryptSyntaxError("expected cipher or cipher:keycount before the first '-'")
        }
        var keyCount = 1
        if cipher.count == 2 {
            guard cipher[1].allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }), let count = Int(string(cipher[1])),
                count > 0, count <= 1 << 16, count & (count - 1) == 0
            else {
                throw CryptSyntaxError("the number of keys is a power of two up to 65536")
            }
            keyCount = count
        }
        let algorithm = string(cipher[0])
        let mode = parts.count > 1 ? string(parts[1]) : "plain"
        // What the first kernels called `aes` and `aes-plain`.
        if mode == "plain" && parts.count <= 2 {
            return .named(Named(algorithm: algorithm, keyCount: keyCount, mode: "cbc", iv: .plain))
        }
        guard !mode.isEmpty else { throw CryptSyntaxError("expected a mode behind the first '-'") }
        guard parts.count == 3 else {
            guard mode == "ecb" else { throw CryptSyntaxError("every mode but ecb needs an initialization vector") }
            return .named(Named(algorithm: algorithm, keyCount: keyCount, mode: mode, iv: nil))
        }
        let iv = try InitializationVector(parsing: string(parts[2]))
        return .named(Named(algorithm: algorithm, keyCount: keyCount, mode: mode, iv: iv))
    }

    private static func string(_ bytes: some Sequence<UInt8> & Collection) -> String { String(decoding: bytes, as: UTF8.self) }
}

extension CryptCipher: CustomStringConvertible {
    /// The argument as tables have it.
    public var description: String {
        switch self {
        case .kernelAPI(let specification, let iv): "capi:\(specification)" + (iv.map { "-\($0)" } ?? "")
        case .named(let named):
            named.algorithm + (named.keyCount == 1 ? "" : ":\(named.keyCount)") + "-\(named.mode)" + (named.iv.map { "-\($0)" } ?? "")
        }
    }
}

extension CryptCipher.InitializationVector: CustomStringConvertible {
    private static let withoutArgument: [String: Self] = [
        "plain": .plain, "plain64": .plain64, "plain64be": .plain64be, "benbi": .benbi, "null": .null, "eboiv": .eboiv,
        "elephant": .elephant, "lmk": .lmk, "tcw": .tcw, "random": .random,
    ]

    init(parsing text: String) throws(CryptSyntaxError) {
        if let known = Self.withoutArgument[text] {
            self = known
            return
        }
        let parts = text.utf8.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
        switch (String(decoding: parts[0], as: UTF8.self), parts.count == 2 ? String(decoding: parts[1], as: UTF8.self) : "") {
        case ("", _): throw CryptSyntaxError("expected an initialization vector behind the last '-'")
        case ("essiv", ""): throw CryptSyntaxError("essiv needs a hash: essiv:sha256")
        case ("essiv", let hash): self = .essiv(hash: hash)
        case (let name, _) where Self.withoutArgument[name] != nil: throw CryptSyntaxError("\(name) takes nothing behind it")
        default: self = .unknown(text)
        }
    }

    /// The name as tables have it.
    public var description: String {
        switch self {
        case .plain: "plain"
        case .plain64: "plain64"
        case .plain64be: "plain64be"
        case .essiv(let hash): "essiv:\(hash)"
        case .benbi: "benbi"
        case .null: "null"
        case .eboiv: "eboiv"
        case .elephant: "elephant"
        case .lmk: "lmk"
        case .tcw: "tcw"
        case .random: "random"
        case .unknown(let text): text
        }
    }
}

/// What is wrong with an argument, to which the reader adds the place.
struct CryptSyntaxError: Error {
    let message: String
    init(_ message: String) { self.message = message }
}
