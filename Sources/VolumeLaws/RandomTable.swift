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
        }
        /// The targets.
        public var kinds: [Kind] = Kind.allCases
        /// How many lines there are, before lines that only fill up what must begin at a multiple of something.
        public var lines = 1...8
        /// The most sectors of a line; those of striped lines may be some more.
        public var longest = 400
        /// How many devices a striped line has.
        public var stripes = 1...5
        /// Chunk sizes of striped lines, in sectors.
        public var chunks: [UInt64] = [1, 2, 3, 7, 8, 16, 128]
        /// Sector sizes of crypt lines, in bytes.
        public var sectorSizes: [UInt64] = [512, 1024, 2048, 4096]
        /// The initialization vectors of crypt lines.
        public var vectors: [CryptCipher.InitializationVector] = [.plain, .plain64, .essiv(hash: "sha256")]

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
            var length = UInt64.random(in: 1...UInt64(choices.longest), using: &random)
            switch choices.kinds.randomElement(using: &random) ?? .linear {
            case .linear: return (linear(length), length, 1)
            case .zero: return (ZeroTarget(), length, 1)
            case .striped:
                let count = UInt64(Int.random(in: choices.stripes, using: &random))
                let chunk = choices.chunks.randomElement(using: &random) ?? 8
                let width = max(1, length / (count * chunk)) * chunk
                let stripes = (0..<count).map { _ in
                    let part = part(width)
                    return StripedTarget.Stripe(device: part.device, start: part.start)
                }
                return (StripedTarget(chunkSize: Sectors(chunk), stripes: stripes), count * width, 1)
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
            let mode = ["xts", "cbc"].randomElement(using: &random) ?? "xts"
            let iv = choices.vectors.randomElement(using: &random) ?? .plain64
            let key = random.bytes(([16, 24, 32].randomElement(using: &random) ?? 32) * (mode == "xts" ? 2 : 1))
            let sectors = sectorSize / Sectors.bytesPerSector
            // Numbers that need 32 bits, more, and all of them.
            let offsets: [UInt64] = [0, sectors, 1000, (1 << 32) - 16, 1 << 40, .max - 4095]
            let offset = offsets.randomElement(using: &random) ?? 0
            let part = part(length)
            var options = CryptTarget.Options()
            options.sectorSize = ByteCount(sectorSize)
            options.ivLargeSectors = sectorSize > 512 && Bool.random(using: &random)
            options.allowDiscards = Bool.random(using: &random)
            return CryptTarget(
                cipher: .named(.init(algorithm: "aes", mode: mode, iv: iv)), key: .bytes(SecretBytes(copying: unsafe key.span.bytes)),
                ivOffset: Sectors(offset / sectors * sectors), device: part.device, start: part.start, options: options)
        }

        /// Sectors of a device that nobody has yet, sometimes with others before them that nobody will have.
        private mutating func part(_ length: UInt64) -> (device: DeviceReference, start: Sectors) {
            let device = devices.randomElement(using: &random) ?? .path("")
            var start = ends[device] ?? 0
            if Bool.random(using: &random) { start += UInt64.random(in: 1...20, using: &random) }
            ends[device] = start + length
            return (device, Sectors(start))
        }
    }
}
