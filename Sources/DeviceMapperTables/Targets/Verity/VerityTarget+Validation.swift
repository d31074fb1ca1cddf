public import StorageUnits

extension VerityTarget {
    public func validate(length: Sectors) throws(TableError) {
        try validateBlockSize(dataBlockSize, "data block size", word: 7, largest: 1 << 16)
        try validateBlockSize(hashBlockSize, "hash block size", word: 8, largest: 1 << 30)
        try validateData(length: length)
        try validateDigest()
        guard let count = hashBlockCount, end(of: count, from: hashStart, size: hashBlockSize) != nil else {
            throw TableError(
                .outOfRange, word: 10, message: "hash start block: the hashes' end is more than \(Sectors.max) sectors into the device")
        }
        do throws(OptionError) {
            try checkOptions()
        } catch {
            throw error.tableError
        }
        for option in options.unknown where option.isEmpty || option.utf8.contains(0) {
            throw TableError(.invalidText, message: "an option is empty or has a NUL character")
        }
        // What is not known must not be read as something that is.
        if let option = options.unknown.first(where: { Self.knownOptions.contains(ArgumentReader.lowercased($0)) }) {
            throw TableError(.invalidValue, message: "\(quoteForMessage(option)) is not an unknown option")
        }
    }

    private static let knownOptions =
        CorruptionMode.allCases.map(\.rawValue) + ErrorMode.allCases.map(\.rawValue) + [
            "ignore_zero_blocks", "check_at_most_once", "try_verify_in_tasklet", "use_fec_from_device", "fec_blocks", "fec_start",
            "fec_roots", "root_hash_sig_key_desc",
        ]

    private func validateBlockSize(_ size: ByteCount, _ name: String, word: Int, largest: UInt64) throws(TableError) {
        guard size.count & (size.count &- 1) == 0, (512...largest).contains(size.count) else {
            throw TableError(.outOfRange, word: word, message: "\(name): expected a power of two from 512 to \(largest), found \(size)")
        }
    }

    private func validateData(length: Sectors) throws(TableError) {
        guard let end = end(of: dataBlockCount, from: 0, size: dataBlockSize) else {
            throw TableError(
                .outOfRange, word: 9, message: "number of data blocks: their end is more than \(Sectors.max) sectors into the device")
        }
        guard length <= end else {
            throw TableError(
                .invalidLength, word: 2, message: "length: \(length) sectors are more than the \(end) of \(dataBlockCount) data blocks")
        }
        guard length.count % (dataBlockSize.count / Sectors.bytesPerSector) == 0 else {
            throw TableError(
                .invalidLength, word: 2, message: "length: \(length) sectors are no multiple of the data block size, \(dataBlockSize)")
        }
    }

    private func validateDigest() throws(TableError) {
        guard !algorithm.isEmpty, !algorithm.utf8.contains(0) else {
            throw TableError(.invalidText, word: 11, message: "algorithm: it is empty or has a NUL character")
        }
        if let expected = Digest.byteCount(of: algorithm), expected != rootDigest.count {
            throw TableError(
                .invalidValue, word: 12, message: "root digest: \(algorithm) has \(expected) bytes, this one has \(rootDigest.count)")
        }
        guard !rootDigest.isEmpty, UInt64(rootDigest.count) <= hashBlockSize.count / 2 else {
            throw TableError(
                .outOfRange, word: 12,
                message:
                    "root digest: expected 1 to \(hashBlockSize.count / 2) bytes, so that two fit a hash block, found \(rootDigest.count)")
        }
    }

    /// The sector behind `count` blocks from the block `start` on; `nil` when that is behind every device.
    private func end(of count: UInt64, from start: UInt64, size: ByteCount) -> Sectors? {
        let (blocks, overflow) = count.addingReportingOverflow(start)
        let (sectors, tooLarge) = blocks.multipliedReportingOverflow(by: size.count / Sectors.bytesPerSector)
        return overflow || tooLarge || Sectors(sectors) > Sectors.max ? nil : Sectors(sectors)
    }

    /// How many blocks the tree has, its root digest not counted; `nil` when two digests do not fit a block.
    var hashBlockCount: UInt64? {
        guard !rootDigest.isEmpty, UInt64(rootDigest.count) <= hashBlockSize.count / 2 else { return nil }
        let bits = 63 - (hashBlockSize.count / UInt64(rootDigest.count)).leadingZeroBitCount
        var count: UInt64 = 0
        var level = dataBlockCount
        while level > 1 {
            level = (level - 1) >> UInt64(bits) + 1
            // All levels together are fewer than twice the data blocks.
            let (sum, overflow) = count.addingReportingOverflow(level)
            guard !overflow else { return nil }
            count = sum
        }
        return count
    }

    /// The rules of options, which look at the rest of the line too.
    func checkOptions() throws(OptionError) {
        if options.checkAtMostOnce, dataBlockCount > UInt64(Int32.max) {
            throw OptionError(
                "check_at_most_once", .outOfRange, "expected at most \(Int32.max) data blocks, found \(dataBlockCount)")
        }
        if let key = options.rootHashSignatureKey, key.isEmpty || key.utf8.contains(0) {
            throw OptionError("root_hash_sig_key_desc", .invalidText, "it is empty or has a NUL character")
        }
        if let errorCorrection = options.errorCorrection { try check(errorCorrection) }
    }

    private func check(_ parity: ErrorCorrection) throws(OptionError) {
        guard dataBlockSize == hashBlockSize else {
            throw OptionError(
                "use_fec_from_device", .invalidValue,
                "expected data and hash blocks of the same size, found \(dataBlockSize) and \(hashBlockSize)")
        }
        guard (2...24).contains(parity.roots) else {
            throw OptionError("fec_roots", .outOfRange, "expected 2 to 24, found \(parity.roots)")
        }
        // What is wrong with the tree itself is told without its parity.
        guard let hashes = hashBlockCount, let covered = end(of: hashes, from: dataBlockCount, size: dataBlockSize) else { return }
        let sectorsPerBlock = dataBlockSize.count / Sectors.bytesPerSector
        guard sectorsPerBlock > 0 else { return }
        guard parity.blockCount >= covered.count / sectorsPerBlock, parity.blockCount > 0 else {
            throw OptionError(
                "fec_blocks", .outOfRange,
                "expected at least \(covered.count / sectorsPerBlock), the data's and the hashes', found \(parity.blockCount)")
        }
        guard end(of: parity.blockCount - dataBlockCount, from: hashStart, size: hashBlockSize) != nil else {
            throw OptionError("fec_blocks", .outOfRange, "their end is more than \(Sectors.max) sectors into the hash device")
        }
        let data = UInt64(255 - parity.roots)
        let rounds = (parity.blockCount - 1) / data + 1
        guard end(of: rounds * UInt64(parity.roots), from: parity.start, size: dataBlockSize) != nil else {
            throw OptionError("fec_start", .outOfRange, "the parity's end is more than \(Sectors.max) sectors into the device")
        }
    }
}
