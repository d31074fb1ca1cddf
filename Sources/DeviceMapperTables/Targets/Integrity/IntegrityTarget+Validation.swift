public import StorageUnits

extension IntegrityTarget {
    public func validate(length: Sectors) throws(TableError) {
        // Behind the superblock of 8 sectors come tags and data, unless those are on another device.
        let data = options.metaDevice == nil ? length : 0
        guard let start = reserved.adding(8), let end = start.adding(data), end <= Sectors.max else {
            throw TableError(
                .outOfRange, word: 5, message: "reserved sectors: the line's end is more than \(Sectors.max) sectors into the device")
        }
        if let tagSize, !(1...255).contains(tagSize.count) {
            throw TableError(.outOfRange, word: 6, message: "tag size: expected 1 to 255 bytes, found \(tagSize)")
        }
        if options.internalHash == nil {
            guard tagSize != nil else {
                throw TableError(.invalidValue, word: 6, message: "tag size: - is the size of the internal hash, and there is none")
            }
            switch mode {
            case .bitmap, .inline:
                throw TableError(.missingWord, word: 7, message: "mode: \(mode) needs internal_hash")
            case .journal, .direct, .recovery: break
            }
        }
        guard options.isBlockSizeKnown else {
            throw TableError(.outOfRange, message: "block_size: expected 512, 1024, 2048 or 4096, found \(options.blockSize)")
        }
        guard length.count % (options.blockSize.count / Sectors.bytesPerSector) == 0 else {
            throw TableError(
                .invalidLength, word: 2, message: "length: \(length) sectors are no multiple of the block size, \(options.blockSize)")
        }
        try validateNumbers()
        try validateText()
        do throws(OptionError) {
            try checkOptions()
        } catch {
            throw error.tableError
        }
    }

    private func validateNumbers() throws(TableError) {
        for (name, value) in [
            ("journal_sectors", options.journalSectors), ("interleave_sectors", options.interleaveSectors),
            ("buffer_sectors", options.bufferSectors),
        ] {
            guard let value, value.count > UInt64(UInt32.max) else { continue }
            throw TableError(.outOfRange, message: "\(name): expected 0 to \(UInt32.max), found \(value)")
        }
        if case .journal(let watermark?, _) = mode, watermark > 100 {
            throw TableError(.outOfRange, message: "journal_watermark: expected 0 to 100, found \(watermark)")
        }
    }

    private func validateText() throws(TableError) {
        for (name, algorithm) in algorithms
        where algorithm.name.isEmpty || algorithm.name.utf8.contains(0) || algorithm.name.utf8.contains(UInt8(ascii: ":")) {
            throw TableError(.invalidText, message: "\(name): the algorithm's name is empty, or has a colon or a NUL character")
        }
        for option in options.unknown {
            guard !option.isEmpty, !option.utf8.contains(0) else {
                throw TableError(.invalidText, message: "an option is empty or has a NUL character")
            }
            // What is not known must not be read as something that is.
            var writer = ArgumentWriter(keys: .shown)
            writer.append(option)
            var word = try ArgumentReader(writer.string)
            var reader = OptionReader(mode)
            do throws(TableError) { try reader.read(&word) } catch { reader = OptionReader(mode) }
            guard reader.options.unknown.count == 1 else {
                throw TableError(.invalidValue, message: "\(quoteForMessage(option)) is not an unknown option")
            }
        }
    }

    private var algorithms: [(String, Algorithm)] {
        [("internal_hash", options.internalHash), ("journal_crypt", options.journalCrypt), ("journal_mac", options.journalMAC)]
            .compactMap { name, algorithm in algorithm.map { (name, $0) } }
    }

    /// The rules of options, which look at the rest of the line too.
    func checkOptions() throws(OptionError) {
        if let discards = options.discards {
            guard let hash = options.internalHash else {
                throw OptionError(discards.rawValue, .missingWord, "expected internal_hash with it")
            }
            if discards == .keyed, hash.key == nil {
                throw OptionError(discards.rawValue, .missingWord, "expected a key in internal_hash")
            }
        }
        if options.recalculate || options.resetRecalculate, options.internalHash == nil {
            let option = options.recalculate ? "recalculate" : "reset_recalculate"
            throw OptionError(option, .missingWord, "expected internal_hash with it")
        }
        if mode == .inline {
            let excluded = [
                ("meta_device", options.metaDevice != nil), ("journal_crypt", options.journalCrypt != nil),
                ("journal_mac", options.journalMAC != nil), (options.discards?.rawValue ?? "", options.discards != nil),
            ]
            if let (option, _) = excluded.first(where: { $0.1 }) { throw OptionError(option, .invalidValue, "mode I excludes it") }
        }
        try checkKey("internal_hash", options.internalHash)
        try checkKey("journal_mac", options.journalMAC)
        try checkJournalKey()
    }

    /// Which hashes take a key is known of some.
    private func checkKey(_ option: String, _ hash: Algorithm?) throws(OptionError) {
        guard let hash else { return }
        let name = quoteForMessage(hash.name)
        if ["hmac(", "cmac(", "xcbc("].contains(where: hash.name.hasPrefix) {
            guard hash.key != nil else { throw OptionError(option, .missingWord, "\(name) needs a key") }
        } else if ["crc32", "crc32c"].contains(hash.name) {
            guard hash.key == nil || hash.key?.count == 4 else {
                throw OptionError(option, .invalidValue, "\(name) takes a key of 4 bytes")
            }
        } else if Digest.byteCount(of: hash.name) != nil, !hash.name.hasPrefix("blake2b") {
            guard hash.key == nil else { throw OptionError(option, .invalidValue, "\(name) takes no key") }
        }
    }

    /// In mode R there is a journal, but nobody reads it.
    private func checkJournalKey() throws(OptionError) {
        guard let cipher = options.journalCrypt, mode != .recovery, !cipher.name.contains("cipher_null") else { return }
        let name = quoteForMessage(cipher.name)
        guard let key = cipher.key else { throw OptionError("journal_crypt", .missingWord, "\(name) needs a key") }
        if ["ctr(aes)", "cbc(aes)", "ecb(aes)"].contains(cipher.name), ![16, 24, 32].contains(key.count) {
            throw OptionError("journal_crypt", .invalidValue, "\(name) takes one of 16, 24, 32 bytes, this key has \(key.count)")
        }
    }
}
