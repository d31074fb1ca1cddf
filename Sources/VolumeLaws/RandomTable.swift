public import DeviceMapperTables
public import StorageUnits

/// A valid table that a seed repeats, over devices of the test's own. No two lines map to the same sectors of a device.
public struct RandomTable: Sendable, CustomStringConvertible {
    /// What may be in a table.
    public struct Choices: Sendable {
        /// A target.
        public enum Kind: Sendable, CaseIterable {
            case linear
            case striped
            case crypt
            case zero
            case unstriped
            case switched
            case mirror
            /// Without bad blocks.
            case dust
            /// Up all the time.
            case flakey
            /// Without a delay.
            case delay
        }
        /// The targets; those that are there twice come twice as often.
        public var kinds: [Kind] = Kind.allCases
        /// How many lines there are, before lines that only fill up what must begin at a multiple of something.
        public var lines = 1...8
        /// The most sectors of a line; those of lines with chunks may be some more.
        public var longest = 400
        /// Every line has a multiple of so many sectors. The kernel takes no other lengths where any line has so large blocks.
        public var unit: UInt64 = 1
        /// How many devices a striped line has.
        public var stripes = 1...5
        /// Chunk sizes of striped lines, in sectors.
        public var chunks: [UInt64] = [1, 2, 3, 7, 8, 16, 128]
        /// Sector sizes of crypt lines, in bytes.
        public var sectorSizes: [UInt64] = [512, 1024, 2048, 4096]
        /// Everything.
        public init() {}
    }

    /// The table.
    public let table: MappingTable
    /// How large each device is, as sectors that no line maps lie between others and behind the last.
    public let sizes: [DeviceReference: Sectors]

    /// The ranges that read as zeroes whatever is written to them, in bytes.
    public var forgetful: [Range<UInt64>] {
        table.lines.filter { $0.target is ZeroTarget }.map {
            $0.range.start.count * Sectors.bytesPerSector..<$0.range.end.count * Sectors.bytesPerSector
        }
    }

    /// The table's text; keys are not in it.
    public var description: String { table.description }

    /// A table over these devices, at least one. Its length is a multiple of the largest sector size.
    public init(
        over devices: [DeviceReference], choices: Choices = Choices(), using random: inout SeededGenerator
    ) throws(TableError) {
        var maker = Maker(choices: choices, devices: devices, random: random)
        var made = (0..<Int.random(in: choices.lines, using: &maker.random)).map { _ in maker.line() }
        made.shuffle(using: &maker.random)
        var lines: [MappingTable.Line] = []
        var end: UInt64 = 0
        func add(_ target: any Target, _ length: UInt64) {
            guard let range = SectorRange(start: Sectors(end), length: Sectors(length)) else { return }
            lines.append(.init(range, target))
            end += length
        }
        for line in made {
            if end % line.alignment != 0 {
                let length = line.alignment - end % line.alignment
                add(maker.linear(length), length)
            }
            add(line.target, line.length)
        }
        if end % 8 != 0 { add(maker.linear(8 - end % 8), 8 - end % 8) }
        table = try MappingTable(lines)
        sizes = maker.ends.mapValues { Sectors($0 + 8 - $0 % 8) }
        random = maker.random
    }

    private struct Maker {
        let choices: Choices
        let devices: [DeviceReference]
        var random: SeededGenerator
        /// How far each device is in use.
        var ends: [DeviceReference: UInt64]

        init(choices: Choices, devices: [DeviceReference], random: SeededGenerator) {
            self.choices = choices
            self.devices = devices
            self.random = random
            ends = Dictionary(uniqueKeysWithValues: devices.map { ($0, 0) })
        }

        mutating func line() -> (target: any Target, length: UInt64, alignment: UInt64) {
            let unit = choices.unit
            var length = UInt64.random(in: 1...max(1, UInt64(choices.longest) / unit), using: &random) * unit
            switch choices.kinds.randomElement(using: &random) ?? .linear {
            case .linear: return (linear(length), length, 1)
            case .zero: return (ZeroTarget(), length, 1)
            case .striped:
                let count = UInt64(Int.random(in: choices.stripes, using: &random))
                let chunk = choices.chunks.randomElement(using: &random) ?? 8
                let step = Self.commonMultiple(chunk, unit)
                let width = max(1, length / (count * step)) * step
                let stripes = (0..<count).map { _ in
                    let part = part(width)
                    return StripedTarget.Stripe(device: part.device, start: part.start)
                }
                return (StripedTarget(chunkSize: Sectors(chunk), stripes: stripes), count * width, 1)
            case .unstriped:
                let count = UInt32.random(in: 1...4, using: &random)
                let chunk = choices.chunks.randomElement(using: &random) ?? 8
                let step = Self.commonMultiple(chunk, unit)
                length = max(1, length / step) * step
                let stripe = UInt32.random(in: 0..<count, using: &random)
                let part = part(length * UInt64(count))
                return (
                    UnstripedTarget(stripe: stripe, of: count, chunkSize: Sectors(chunk), device: part.device, start: part.start), length, 1
                )
            case .switched:
                let paths = parts(length, count: Int.random(in: 1...3, using: &random))
                return (
                    SwitchTarget(
                        regionSize: Sectors(choices.chunks.randomElement(using: &random) ?? 8),
                        paths: paths.map { SwitchTarget.Path(device: $0.device, start: $0.start) }), length, 1
                )
            case .mirror:
                length = max(2, length)
                let legs = parts(length, count: Int.random(in: 2...3, using: &random))
                return (
                    MirrorTarget(
                        log: .core(
                            regionSize: Sectors(([2, 4, 64] as [UInt64]).filter { $0 <= length }.randomElement(using: &random) ?? 2),
                            sync: .nothing),
                        legs: legs.map { MirrorTarget.Leg(device: $0.device, start: $0.start) }), length, 1
                )
            case .dust:
                let part = part(length)
                let sizes = (0...6).map { 1 << UInt64($0) as UInt64 }.filter { $0 <= length }
                let size = sizes.randomElement(using: &random) ?? 1
                return (DustTarget(device: part.device, start: part.start, blockSize: ByteCount(size * Sectors.bytesPerSector)), length, 1)
            case .flakey:
                let part = part(length)
                let change = [FlakeyTarget.Writes.drop, .fail].randomElement(using: &random) ?? .drop
                return (
                    FlakeyTarget(
                        device: part.device, start: part.start, upSeconds: 86400, downSeconds: 0, faults: .init(change: .writes(change))),
                    length, 1
                )
            case .delay:
                let part = part(length)
                let path = DelayTarget.Path(device: part.device, start: part.start, milliseconds: 0)
                let paths: [DelayTarget.Paths] = [
                    .all(path), .separateWrites(reads: path, writes: path), .separateFlushes(reads: path, writes: path, flushes: path),
                ]
                return (DelayTarget(paths.randomElement(using: &random) ?? .all(path)), length, 1)
            case .crypt:
                let sectorSize = choices.sectorSizes.randomElement(using: &random) ?? 512
                let sectors = sectorSize / Sectors.bytesPerSector
                length = max(sectors, length / sectors * sectors)
                return (crypt(length, sectorSize), length, sectors)
            }
        }

        mutating func linear(_ length: UInt64) -> LinearTarget {
            let part = part(length)
            return LinearTarget(device: part.device, start: part.start)
        }

        private mutating func crypt(_ length: UInt64, _ sectorSize: UInt64) -> CryptTarget {
            let cipher = RandomCipher(using: &random)
            let key = random.bytes(cipher.keySize)
            let sectors = sectorSize / Sectors.bytesPerSector
            // Near where `plain` begins again, and where the number itself does.
            let near = ([0, 1000, 1 << 32, 1 << 40, 0, random.next()] as [UInt64]).randomElement(using: &random) ?? 0
            let offset = near &- UInt64.random(in: 0...60, using: &random)
            let part = part(length, alignment: min(sectors, choices.unit))
            var options = CryptTarget.Options()
            options.sectorSize = ByteCount(sectorSize)
            options.ivLargeSectors = Bool.random(using: &random)
            options.allowDiscards = Bool.random(using: &random)
            options.sameCPUCrypt = Bool.random(using: &random)
            options.submitFromCryptCPUs = Bool.random(using: &random)
            options.noReadWorkqueue = Bool.random(using: &random)
            options.noWriteWorkqueue = Bool.random(using: &random)
            return CryptTarget(
                cipher: cipher.cipher, key: .bytes(SecretBytes(copying: unsafe key.span.bytes)),
                ivOffset: Sectors(offset / sectors * sectors), device: part.device, start: part.start, options: options)
        }

        private mutating func parts(_ length: UInt64, count: Int) -> [(device: DeviceReference, start: Sectors)] {
            (0..<count).map { _ in part(length) }
        }

        /// The least common multiple of a number and a power of two.
        private static func commonMultiple(_ number: UInt64, _ power: UInt64) -> UInt64 {
            number * power / min(power, number & (~number &+ 1))
        }

        /// Sectors of a device that nobody has yet, sometimes with others before them that nobody will have.
        private mutating func part(_ length: UInt64, alignment: UInt64 = 1) -> (device: DeviceReference, start: Sectors) {
            let device = devices.randomElement(using: &random) ?? .path("")
            var start = ends[device] ?? 0
            if Bool.random(using: &random) { start += UInt64.random(in: 1...20, using: &random) }
            start = (start + alignment - 1) / alignment * alignment
            ends[device] = start + length
            return (device, Sectors(start))
        }
    }
}
