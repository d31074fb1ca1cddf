internal import StorageUnits

extension IntegrityTarget {
    /// A kernel prints the values that are in effect: what it found in the superblock (the layout, and whether tags are made anew), what it
    /// rounded, and every default. What was asked for and is not the superblock's has to be there.
    public func isSatisfied(by reported: IntegrityTarget) -> Bool {
        let (asked, found) = (options, reported.options)
        return device == reported.device && reserved == reported.reserved && (tagSize == nil || tagSize == reported.tagSize)
            && isModeSatisfied(by: reported)
            && asked.metaDevice == found.metaDevice && asked.blockSize == found.blockSize && asked.discards == found.discards
            && (found.recalculate || !asked.recalculate && !asked.resetRecalculate) && asked.resetRecalculate == found.resetRecalculate
            && asked.legacyRecalculate == found.legacyRecalculate && asked.internalHash == found.internalHash
            && asked.journalCrypt == found.journalCrypt && asked.journalMAC == found.journalMAC && asked.unknown == found.unknown
            && Self.isRoundedDown(asked.bufferSectors, found.bufferSectors)
    }

    private func isModeSatisfied(by reported: IntegrityTarget) -> Bool {
        switch (mode, reported.mode) {
        case (.journal(let askedWatermark, let askedCommit), .journal(let watermark, let commit)):
            return (askedCommit == nil || askedCommit == commit) && (askedWatermark == nil || reported.keeps(askedWatermark, as: watermark))
        case (.bitmap(let askedSectors, let askedFlush), .bitmap(let sectors, let flush)):
            return Self.isRoundedUp(askedSectors, sectors) && Self.isFlushKept(askedFlush, flush)
        case (.direct, .direct), (.recovery, .recovery), (.inline, .inline): return true
        default: return false
        }
    }

    /// A buffer is a power of two, of the size that was asked for or less.
    private static func isRoundedDown(_ asked: Sectors?, _ found: Sectors?) -> Bool {
        guard let asked else { return true }
        guard let found else { return false }
        return found <= max(asked, 1)
    }

    /// The bits of a bitmap cover a power of two, down from what was asked for, then up until the bitmap fits.
    private static func isRoundedUp(_ asked: Sectors?, _ found: Sectors?) -> Bool {
        guard let asked else { return true }
        guard let found else { return false }
        let powerOfTwo = UInt64(1) << UInt64(63 - max(asked.count, 1).leadingZeroBitCount)
        return found.count >= powerOfTwo
    }

    /// A kernel counts time in ticks of 1 to 10 ms, rounded up; what has the highest bit set is for ever.
    private static func isFlushKept(_ asked: UInt32?, _ found: UInt32?) -> Bool {
        guard let asked else { return true }
        guard let found else { return false }
        return asked >= 1 << 31 ? found >= 1 << 31 : found >= asked && found - asked < 10
    }

    /// Whether a watermark of `asked` percent is printed as `found`: a kernel keeps it as a number of entries of the journal.
    private func keeps(_ asked: UInt32?, as found: UInt32?) -> Bool {
        guard let asked, let found else { return false }
        guard let entries = journalEntries, entries > 0, asked <= 100 else { return asked == found }
        let free = (entries * UInt64(100 - asked) + 50) / 100
        return ((entries - free) * 100 + entries / 2) / entries == UInt64(found)
    }

    /// How many entries the journal has, by its size as a kernel prints it: sections of 8 sectors with entries, and a block for each of those.
    private var journalEntries: UInt64? {
        guard let tagSize, let journal = options.journalSectors, tagSize.count <= 255, options.isBlockSizeKnown else { return nil }
        let sectorsPerBlock = options.blockSize.count / Sectors.bytesPerSector
        // The place, the last 8 bytes of each sector, which the journal needs for itself, and the tag, in units of 8 bytes.
        let entry = (8 + 8 * sectorsPerBlock + tagSize.count + 7) / 8 * 8
        let perSection = (options.journalMAC == nil ? 504 : 496) / entry * 8
        return journal.count / (perSection * sectorsPerBlock + 8) * perSection
    }
}
