internal import BlockCrypto
internal import DeviceMapperTables

extension CipherScheme {
    /// What a table's cipher is here. Throws what libgcrypt does not have.
    init(_ cipher: CryptCipher) throws(CipherError) {
        var keyCount = 1
        if case .named(let named) = cipher { keyCount = named.keyCount }
        guard let algorithm = cipher.algorithm, let modeName = cipher.mode else {
            throw CipherError("expected a cipher in a mode, such as capi:xts(aes)-plain64")
        }
        guard let known = BlockCipher(rawValue: algorithm) else {
            throw CipherError("the cipher is none of \(BlockCipher.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        guard let mode = Mode(rawValue: modeName) else {
            throw CipherError("the mode is none of \(Mode.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        let iv: IVGenerator
        if mode == .ecb {
            iv = .null  // the kernel, too, forgets one that is given
        } else if let vector = cipher.iv {
            iv = try IVGenerator(vector)
        } else {
            throw CipherError("expected an initialization vector, such as plain64")
        }
        self.init(known, mode, iv: iv, keyCount: keyCount)
        try validate()
    }
}

extension IVGenerator {
    fileprivate init(_ vector: CryptCipher.InitializationVector) throws(CipherError) {
        switch vector {
        case .plain: self = .plain
        case .plain64: self = .plain64
        case .plain64be: self = .plain64be
        case .null: self = .null
        case .benbi: self = .benbi
        case .eboiv: self = .eboiv
        case .essiv(let name):
            guard let hash = ESSIVHash(rawValue: name) else {
                throw CipherError("essiv takes one of \(ESSIVHash.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            self = .essiv(hash)
        case .elephant, .lmk, .tcw, .random, .unknown:
            throw CipherError(
                "expected an initialization vector of plain, plain64, plain64be, null, essiv, benbi and eboiv, found '\(vector)'")
        }
    }
}
