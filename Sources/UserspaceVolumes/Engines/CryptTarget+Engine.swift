internal import BlockCrypto
internal import BlockIO
public import DeviceMapperTables
internal import StorageUnits

extension CryptTarget: UserspaceTarget {
    public func makeEngine(in context: EngineContext) throws(MappingError) -> any TargetEngine {
        let scheme: CipherScheme
        do throws(CipherError) { scheme = try CipherScheme(cipher) } catch {
            throw context.error(.unsupported, "cipher '\(cipher)' cannot be opened in user space: \(error)", underlying: error)
        }
        for option in options.unknown { throw context.error(.unsupported, "crypt option '\(option)' is not known in user space") }
        guard options.integrity == nil, options.integrityKeySize == nil else {
            throw context.error(.unsupported, "crypt with integrity tags cannot be opened in user space")
        }
        let key = try key.secret(in: context)
        let part = try context.open(device, start: start)
        let ciphers = try context.shared.resource(for: KeyedCipher(scheme: scheme, key: key)) { () throws(MappingError) in
            do throws(CipherError) {
                let first = try SectorCipher(scheme, key: key)
                return ResourcePool(limit: context.workers.count + 2, first: first) { try? SectorCipher(scheme, key: key) }
            } catch {
                throw context.error(.invalidKey, "crypt: \(error)", underlying: error)
            }
        }
        // Held while the device is written: one that hangs holds its own scratch only.
        let scratch = try context.shared.resource(for: CryptScratch(device: ObjectIdentifier(part.device))) { () throws(MappingError) in
            ResourcePool(limit: 64, first: AlignedBuffer(count: CryptEngine.pieceSize)) { AlignedBuffer(count: CryptEngine.pieceSize) }
        }
        return CryptEngine(self, part, ciphers, scratch)
    }
}

/// What makes the ciphers of two lines the same.
private struct KeyedCipher: Hashable {
    var scheme: CipherScheme
    var key: SecretBytes
}

/// What makes the scratch memory of two lines the same.
private struct CryptScratch: Hashable {
    var device: ObjectIdentifier
}

/// Every sector is encrypted by itself, with a vector from its number. Source: the kernel's dm-crypt.
private final class CryptEngine: TargetEngine {
    /// How much is read and decrypted, or encrypted and written, at once: what stays in a processor's second cache meanwhile.
    static let pieceSize = 1 << 16

    let size: ByteCount
    let limits: BlockLimits
    private let part: EngineContext.Part
    private let ciphers: ResourcePool<SectorCipher>
    private let scratch: ResourcePool<AlignedBuffer>
    private let sectorSize: Int
    private let ivOffset: UInt64
    /// How many sectors of 512 bytes a sector has: its number grows by this much from sector to sector...
    private let ivStep: UInt64
    /// ... and its vector is made from the number without this many low bits.
    private let ivShift: UInt64

    init(
        _ target: CryptTarget, _ part: EngineContext.Part, _ ciphers: ResourcePool<SectorCipher>, _ scratch: ResourcePool<AlignedBuffer>
    ) {
        self.part = part
        self.ciphers = ciphers
        self.scratch = scratch
        size = ByteCount(part.count)
        sectorSize = Int(target.options.sectorSize.count)
        ivOffset = target.ivOffset.count
        let sectors = target.options.sectorSize.count / Sectors.bytesPerSector
        ivShift = target.options.ivLargeSectors ? UInt64(sectors.trailingZeroBitCount) : 0
        ivStep = sectors
        limits = BlockLimits(
            logicalBlockSize: max(sectorSize, part.device.limits.logicalBlockSize), preferredSize: Self.pieceSize,
            isReadOnly: part.device.limits.isReadOnly, canDiscard: target.options.allowDiscards && part.device.limits.canDiscard)
    }

    func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(BlockIOError) {
        var done = 0
        while done < buffer.byteCount {
            let count = min(buffer.byteCount - done, Self.pieceSize)
            let place = offset + UInt64(done)
            var piece = buffer.part(done..<done + count)
            do throws(BlockIOError) {
                try part.device.read(at: part.start + place, into: &piece)
            } catch {
                throw located(error)
            }
            let failure = ciphers.withResource { cipher -> CipherError? in
                do throws(CipherError) {
                    try cipher.decrypt(&piece, sectorSize: sectorSize, first: ivNumber(place), step: ivStep, shift: ivShift)
                    return nil
                } catch {
                    return error
                }
            }
            if let failure { throw BlockIOError(.inputOutput, offset: place, count: UInt64(count), message: failure.description) }
            done += count
        }
    }

    func write(_ bytes: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        try scratch.withResource { (buffer) throws(BlockIOError) in
            try buffer.withMutableBytes { (room) throws(BlockIOError) in
                var done = 0
                while done < bytes.byteCount {
                    let count = min(bytes.byteCount - done, Self.pieceSize)
                    let place = offset + UInt64(done)
                    var piece = room.part(0..<count)
                    try encrypt(bytes.extracting(done..<done + count), at: place, into: &piece)
                    do throws(BlockIOError) {
                        try part.device.write(piece.bytes, at: part.start + place, flags: flags)
                    } catch {
                        throw located(error)
                    }
                    done += count
                }
            }
        }
    }

    func flush() throws(BlockIOError) { try part.device.flush() }

    /// Discarded sectors read as whatever their bytes below decrypt to.
    func discard(at offset: UInt64, count: UInt64) throws(BlockIOError) {
        do throws(BlockIOError) {
            try part.device.discard(at: part.start + offset, count: count)
        } catch {
            throw located(error)
        }
    }

    /// The kernel's messages set and wipe the key of a device that is suspended. Here another key comes with another table.
    func receive(_ message: inout ArgumentReader) throws(MappingError) -> String? {
        throw MappingError(.unsupported, message: "crypt takes no messages in user space: the key of a volume comes with its table")
    }

    /// An error of the device below in bytes of the line. A sector of which a part is not sure is not sure at all: what it decrypts to depends
    /// on the rest of it.
    private func located(_ error: BlockIOError) -> BlockIOError {
        let within = (error.offset &- part.start) % UInt64(sectorSize)
        return error.moved(to: error.offset &- part.start &- within, count: error.count &+ within)
    }

    private func encrypt(_ bytes: RawSpan, at place: UInt64, into room: inout MutableRawSpan) throws(BlockIOError) {
        let failure = ciphers.withResource { cipher -> CipherError? in
            do throws(CipherError) {
                try cipher.encrypt(bytes, into: &room, sectorSize: sectorSize, first: ivNumber(place), step: ivStep, shift: ivShift)
                return nil
            } catch {
                return error
            }
        }
        if let failure {
            throw BlockIOError(.inputOutput, offset: place, count: UInt64(bytes.byteCount), message: failure.description)
        }
    }

    /// The number of the sector at `place`, in sectors of 512 bytes. Like the kernel's it begins again after 2^64 - 1.
    private func ivNumber(_ place: UInt64) -> UInt64 { ivOffset &+ place / Sectors.bytesPerSector }
}
