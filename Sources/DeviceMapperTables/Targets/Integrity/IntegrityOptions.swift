public import StorageUnits

extension IntegrityTarget {
    /// Whatever may be added to an integrity line, in whichever mode.
    public struct Options: Hashable, Sendable {
        /// Where tags and journal are, if not beside the data.
        public var metaDevice: DeviceReference?
        /// The unit of the tags: 512, 1024, 2048 or 4096 bytes.
        public var blockSize = ByteCount(512)
        /// Tags are made for blocks that have none yet. With an internal hash.
        public var recalculate = false
        /// Tags are made for all blocks anew, which is `recalculate` too. Linux 5.13 and newer.
        public var resetRecalculate = false
        /// Tags may be made anew with a key, though that may hide a change. Linux 5.11 and newer.
        public var legacyRecalculate = false
        /// Whether discards are passed on.
        public var discards: Discards?
        /// The size of the journal when the device is formatted, which is rounded: at most 2^32 - 1 sectors.
        public var journalSectors: Sectors?
        /// How many data sectors stand between tags when it is formatted, rounded down to a power of two from 8 to 2^31.
        public var interleaveSectors: Sectors?
        /// The size of a buffer of tags, rounded down to a power of two: at most 2^32 - 1 sectors.
        public var bufferSectors: Sectors?
        /// Tags take less room when the device is formatted. Linux 5.7 and newer.
        public var fixPadding = false
        /// Keyed hashes protect the superblock and the places too when it is formatted. Linux 5.11 and newer.
        public var fixHMAC = false
        /// Of what the tags are made; without, they are the device's above.
        public var internalHash: Algorithm?
        /// How the journal is encrypted.
        public var journalCrypt: Algorithm?
        /// Of what the checksums of the journal are made.
        public var journalMAC: Algorithm?
        /// Options of newer kernels, as they were read.
        public var unknown: [String] = []

        /// No options.
        public init() {}
    }

    /// How discards are passed on.
    public enum Discards: String, Sendable {
        /// Discarded blocks have no checksum: who can change the device can make any block one of them.
        case unkeyed = "allow_discards"
        /// Discarded blocks have a checksum that only the key makes. A device that had it once needs it for ever. Linux 6.12 and newer.
        case keyed = "allow_discards_keyed"
    }

    /// A hash or a cipher.
    public struct Algorithm: Hashable, Sendable {
        /// Its name in the kernel's crypto API: `crc32c`, `hmac(sha256)`, `ctr(aes)`.
        public var name: String
        /// Its key.
        public var key: SecretBytes?

        /// An algorithm, with a key if it takes one.
        public init(_ name: String, key: SecretBytes? = nil) {
            self.name = name
            self.key = key
        }
    }
}

extension IntegrityTarget.Options {
    /// Writes the group of options in the kernel's order.
    func write(_ mode: IntegrityTarget.Mode, to arguments: inout ArgumentWriter) {
        let words = leadingWords(mode)
        let algorithms = [("internal_hash", internalHash), ("journal_crypt", journalCrypt), ("journal_mac", journalMAC)]
        arguments.append((metaDevice == nil ? 0 : 1) + words.count + algorithms.count { $0.1 != nil } + unknown.count)
        if let metaDevice {
            let word = "meta_device:\(metaDevice)"
            if word.utf8.contains(UInt8(ascii: "/")) { arguments.append(word) } else { arguments.append(unverified: word) }
        }
        for word in words { arguments.append(word) }
        for case (let name, let algorithm?) in algorithms {
            let word = "\(name):\(algorithm.name)"
            if let key = algorithm.key { arguments.append(behind: word + ":", hex: key) } else { arguments.append(unverified: word) }
        }
        for option in unknown { arguments.append(unverified: option) }
    }

    private func leadingWords(_ mode: IntegrityTarget.Mode) -> [String] {
        var words: [String] = []
        if blockSize != ByteCount(512) { words.append("block_size:\(blockSize)") }
        if recalculate { words.append("recalculate") }
        if resetRecalculate { words.append("reset_recalculate") }
        if let discards { words.append(discards.rawValue) }
        if let journalSectors { words.append("journal_sectors:\(journalSectors)") }
        if let interleaveSectors { words.append("interleave_sectors:\(interleaveSectors)") }
        if let bufferSectors { words.append("buffer_sectors:\(bufferSectors)") }
        switch mode {
        case .journal(let watermark, let commit):
            if let watermark { words.append("journal_watermark:\(watermark)") }
            if let commit { words.append("commit_time:\(commit)") }
        case .bitmap(let sectorsPerBit, let flush):
            if let sectorsPerBit { words.append("sectors_per_bit:\(sectorsPerBit)") }
            if let flush { words.append("bitmap_flush_interval:\(flush)") }
        case .direct, .recovery, .inline: break
        }
        if fixPadding { words.append("fix_padding") }
        if fixHMAC { words.append("fix_hmac") }
        if legacyRecalculate { words.append("legacy_recalculate") }
        return words
    }
}
