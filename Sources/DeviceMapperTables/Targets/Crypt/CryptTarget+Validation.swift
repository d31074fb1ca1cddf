public import StorageUnits

extension CryptTarget {
    public func validate(length: Sectors) throws(TableError) {
        guard let end = start.adding(length), end <= Sectors.max else {
            throw TableError(
                .outOfRange, word: 8, message: "start sector: the line's end is more than \(Sectors.max) sectors into the device")
        }
        guard let sectorSize = Sectors(exactly: options.sectorSize), [1, 2, 4, 8].contains(sectorSize.count) else {
            throw TableError(.outOfRange, message: "sector_size: expected 512, 1024, 2048 or 4096, found \(options.sectorSize)")
        }
        guard ivOffset.isMultiple(of: sectorSize) else {
            throw TableError(
                .outOfRange, word: 6, message: "IV offset: \(ivOffset) is not a multiple of the sector size, \(sectorSize) sectors")
        }
        guard length.isMultiple(of: sectorSize) else {
            throw TableError(
                .invalidLength, word: 2, message: "length: \(length) is not a multiple of the sector size, \(sectorSize) sectors")
        }
        try validateOptions()
        try validateCipher()
        try validateKey()
    }

    private func validateCipher() throws(TableError) {
        // A cipher that was not read from text may be one that no text stands for.
        let text = cipher.description
        guard !text.utf8.contains(0), (try? CryptCipher(parsing: text)) == cipher else {
            throw TableError(.invalidValue, word: 4, message: "cipher: \(quoteForMessage(text)) does not stand for this cipher")
        }
        if let reason = cipherConflict { throw TableError(.invalidValue, word: 4, message: "cipher: \(quoteForMessage(text)): \(reason)") }
    }

    /// Why the cipher does not go with its initialization vector or with the options, as far as that is known.
    private var cipherConflict: String? {
        let isAuthenticated = options.integrity?.kind == "aead"
        if case .named = cipher, isAuthenticated { return "integrity aead needs a cipher that begins with 'capi:'" }
        if isAuthenticated, cipher.authenticates == false { return "it does not authenticate, as integrity aead needs" }
        // Without a vector in the cipher's mode the kernel forgets the one that is given.
        guard let iv = cipher.iv, cipher.mode != "ecb" else { return nil }
        switch iv {
        case .lmk, .tcw:
            if options.sectorSize != ByteCount(512) { return "\(iv) needs sectors of 512 bytes" }
            if iv == .lmk, isAuthenticated { return "lmk does not go with integrity aead" }
        case .eboiv, .elephant:
            if isAuthenticated { return "\(iv) does not go with integrity aead" }
            if let mode = cipher.mode, ["ctr", "cfb", "ofb"].contains(mode) { return "\(iv) needs a mode of whole blocks" }
        case .essiv(let hash):
            guard let algorithm = cipher.algorithm, let lengths = CryptCipher.keyLengths(of: algorithm),
                let digest = Digest.byteCount(of: hash), !lengths.contains(digest)
            else { return nil }
            return "a digest of \(hash) has \(digest) bytes, and is no key of \(algorithm)"
        default: break
        }
        return nil
    }

    private func validateKey() throws(TableError) {
        guard key.isWritable else { throw TableError(.invalidValue, word: 5, message: "key: expected \(CryptKey.expected)") }
        if case .stored(_, let keyring, let description) = key, keyring != .file, description.utf8.contains(where: Self.isBlank) {
            throw TableError(.invalidValue, word: 5, message: "key: a key in the kernel's keyring has no blanks in its description")
        }
        guard let lengths = keyLengths, !lengths.contains(key.byteCount) else { return }
        let expected = (lengths.count == 1 ? "" : "one of ") + lengths.map(String.init).joined(separator: ", ")
        throw TableError(
            .invalidValue, word: 5,
            message: "key: \(quoteForMessage(cipher.description)) takes \(expected) bytes, this one has \(key.byteCount)")
    }

    /// The kernel's `isspace`: a no-break space, as a byte, is one.
    private static func isBlank(_ byte: UInt8) -> Bool { ArgumentReader.isSpace(byte) || byte == 0xA0 }

    private func validateOptions() throws(TableError) {
        if let integrity = options.integrity {
            guard (1...480).contains(integrity.tagSize) else {
                throw TableError(.outOfRange, message: "integrity: expected a tag size of 1 to 480 bytes, found \(integrity.tagSize)")
            }
            guard ["aead", "none"].contains(integrity.kind) else {
                throw TableError(.invalidValue, message: "integrity: expected aead or none, found \(quoteForMessage(integrity.kind))")
            }
        }
        if let size = options.integrityKeySize, !(1...CryptKey.largestByteCount).contains(size) {
            throw TableError(.outOfRange, message: "integrity_key_size: expected 1 to 4096 bytes, found \(size)")
        }
        for option in options.unknown {
            guard !option.isEmpty, !option.utf8.contains(0) else {
                throw TableError(.invalidText, message: "an option is empty or has a NUL character")
            }
            // What is not known must not be read as something that is.
            var writer = ArgumentWriter(keys: .shown)
            writer.append(option)
            var word = try ArgumentReader(writer.string)
            var other = Options()
            do throws(TableError) { try other.read(&word) } catch { other = Options() }
            guard other.unknown.count == 1 else {
                throw TableError(.invalidValue, message: "\(quoteForMessage(option)) is not an unknown option")
            }
        }
    }
}
