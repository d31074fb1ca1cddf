import DeviceMapper
import VolumeLaws

/// A random table of linear, striped, crypt and zero lines over a few members, of which it uses no sector twice.
struct RandomStack {
    /// What user space has.
    static let vectors: [CryptCipher.InitializationVector] = [
        .plain, .plain64, .essiv(hash: "sha256"), .essiv(hash: "md5"), .essiv(hash: "sha3-256"),
    ]

    /// The sizes of the members in sectors.
    private(set) var memberSizes: [Int]
    private var lines: [MappingTable.Line] = []
    /// The sizes of requests that go past the kernel's page cache are multiples of this, in sectors.
    let unit: Int

    init(_ random: inout SeededGenerator) throws {
        memberSizes = (0..<Int.random(in: 1...4, using: &random)).map { _ in 0 }
        // The sectors of a mapped device are as large as the largest of any of its lines: then all lines must keep to them.
        unit = Bool.random(using: &random) ? 1 : 8
        var place = 0
        let count = Int.random(in: 1...6, using: &random)
        for index in 0..<count {
            let length: Int
            let target: any Target
            // The last line is encrypted: few tables are to try many ciphers.
            switch index == count - 1 ? 7 : Int.random(in: 0..<8, using: &random) {
            case 0:
                length = Int.random(in: 1...20, using: &random) * unit
                target = ZeroTarget()
            case 1...2:
                length = Int.random(in: 1...200 / unit, using: &random) * unit
                let member = Int.random(in: memberSizes.indices, using: &random)
                target = LinearTarget(device: Self.member(member), start: take(length, of: member, &random))
            case 3...4:
                (length, target) = striped(&random)
            default:
                length = Int.random(in: 1...320 / unit, using: &random) * unit
                target = try crypt(length, &random)
            }
            guard let range = SectorRange(start: Sectors(UInt64(place)), length: Sectors(UInt64(length))) else { continue }
            lines.append(.init(range, target))
            place += length
        }
        for member in memberSizes.indices { memberSizes[member] += Int.random(in: 1...9, using: &random) }
    }

    /// The table over members of these names.
    func table(_ names: [String]) throws -> MappingTable {
        try MappingTable(lines).mappingDevices { member in
            guard case .path(let name) = member, let index = Int(name) else { return member }
            return DeviceReference(parsing: names[index])
        }
    }

    /// What reads back after `bytes` were written everywhere.
    func stored(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for line in lines where line.target is ZeroTarget {
            let range = Int(line.range.start.count) * 512..<Int(line.range.end.count) * 512
            bytes.replaceSubrange(range, with: [UInt8](repeating: 0, count: range.count))
        }
        return bytes
    }

    private static func member(_ index: Int) -> DeviceReference { .path("\(index)") }

    /// The next sectors of a member, aligned to `alignment`.
    private mutating func take(_ length: Int, of member: Int, aligned alignment: Int = 1, _ random: inout SeededGenerator) -> Sectors {
        let free = memberSizes[member] + Int.random(in: 0...12, using: &random)
        let start = (free + alignment - 1) / alignment * alignment
        memberSizes[member] = start + length
        return Sectors(UInt64(start))
    }

    private mutating func striped(_ random: inout SeededGenerator) -> (Int, any Target) {
        let count = Int.random(in: 1...4, using: &random)
        // A chunk that no power of two divides, and a row that is a multiple of the unit.
        let chunk = Int.random(in: 1...40, using: &random)
        let rows = Int.random(in: 1...max(1, 120 / (chunk * count)), using: &random) * unit
        let stripes = (0..<count).map { _ in
            let member = Int.random(in: memberSizes.indices, using: &random)
            return StripedTarget.Stripe(device: Self.member(member), start: take(chunk * rows, of: member, &random))
        }
        return (chunk * rows * count, StripedTarget(chunkSize: Sectors(UInt64(chunk)), stripes: stripes))
    }

    private mutating func crypt(_ length: Int, _ random: inout SeededGenerator) throws -> any Target {
        let mode = ["xts", "cbc"].randomElement(using: &random) ?? "xts"
        let keySize = ([16, 24, 32].randomElement(using: &random) ?? 16) * (mode == "xts" ? 2 : 1)
        var options = CryptTarget.Options()
        options.allowDiscards = Bool.random(using: &random)
        options.sameCPUCrypt = Bool.random(using: &random)
        options.submitFromCryptCPUs = Bool.random(using: &random)
        options.noReadWorkqueue = Bool.random(using: &random)
        options.noWriteWorkqueue = Bool.random(using: &random)
        if unit == 8 { options.sectorSize = ByteCount([512, 1024, 2048, 4096].randomElement(using: &random) ?? 512) }
        options.ivLargeSectors = Bool.random(using: &random)
        let sectors = options.sectorSize.count / 512
        // Near where `plain` begins again, and where the number itself does.
        let near = ([0, 1 << 32, UInt64.max, random.next()] as [UInt64]).randomElement(using: &random) ?? 0
        let member = Int.random(in: memberSizes.indices, using: &random)
        return CryptTarget(
            cipher: .named(.init(algorithm: "aes", mode: mode, iv: Self.vectors.randomElement(using: &random) ?? .plain64)),
            key: .bytes(SecretBytes(copying: unsafe random.bytes(keySize).span.bytes)),
            ivOffset: Sectors((near &- UInt64.random(in: 0...60, using: &random)) / sectors * sectors), device: Self.member(member),
            start: take(length, of: member, aligned: Int(sectors), &random), options: options)
    }
}
