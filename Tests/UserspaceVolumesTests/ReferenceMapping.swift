import BlockCrypto
import DeviceMapperTables
import StorageUnits

/// The same mapping as the engines', written down as simply as can be: a sector at a time, from what the kernel's documentation says of each
/// target. What members must hold for a volume to hold its bytes.
enum ReferenceMapping {
    /// The members with all of a volume's bytes written to them.
    static func members(
        of table: MappingTable, holding volume: [UInt8], over initial: [DeviceReference: [UInt8]]
    ) throws -> [DeviceReference: [UInt8]] {
        var members = initial
        func put(_ bytes: [UInt8], _ device: DeviceReference, _ sector: UInt64) {
            members[device]?.replaceSubrange(Int(sector) * 512..<Int(sector) * 512 + bytes.count, with: bytes)
        }
        for line in table.lines {
            let start = line.range.start.count
            func plain(_ sector: UInt64, _ count: UInt64 = 1) -> [UInt8] {
                Array(volume[Int(start + sector) * 512..<Int(start + sector + count) * 512])
            }
            switch line.target {
            case let linear as LinearTarget:
                for sector in 0..<line.range.length.count { put(plain(sector), linear.device, linear.start.count + sector) }
            case let striped as StripedTarget:
                let count = UInt64(striped.stripes.count)
                for sector in 0..<line.range.length.count {
                    let chunk = sector / striped.chunkSize.count
                    let stripe = striped.stripes[Int(chunk % count)]
                    let place = chunk / count * striped.chunkSize.count + sector % striped.chunkSize.count
                    put(plain(sector), stripe.device, stripe.start.count + place)
                }
            case let crypt as CryptTarget:
                let size = crypt.options.sectorSize.count / 512
                let cipher = try SectorCipher(aes: mode(crypt), iv: iv(crypt), key: key(crypt))
                for sector in stride(from: 0, to: line.range.length.count, by: Int(size)) {
                    let number = (crypt.ivOffset.count &+ sector) / (crypt.options.ivLargeSectors ? size : 1)
                    var encrypted = [UInt8](repeating: 0, count: Int(size) * 512)
                    var span = encrypted.mutableSpan
                    var bytes = unsafe span.mutableBytes
                    try cipher.encrypt(
                        unsafe plain(sector, size).span.bytes, into: &bytes, sectorSize: Int(size) * 512, first: number, step: 1)
                    put(encrypted, crypt.device, crypt.start.count + sector)
                }
            case is ZeroTarget, is ErrorTarget: break
            default: throw UnknownReference(target: line.target.typeName)
            }
        }
        return members
    }

    private static func mode(_ target: CryptTarget) throws -> SectorCipher.Mode {
        guard case .named(let named) = target.cipher, let mode = SectorCipher.Mode(rawValue: named.mode) else {
            throw UnknownReference(target: "\(target.cipher)")
        }
        return mode
    }

    private static func iv(_ target: CryptTarget) throws -> IVGenerator {
        guard case .named(let named) = target.cipher else { throw UnknownReference(target: "\(target.cipher)") }
        switch named.iv {
        case .plain: return .plain
        case .plain64: return .plain64
        case .essiv(hash: "sha256"): return .essiv(.sha256)
        default: throw UnknownReference(target: "\(target.cipher)")
        }
    }

    private static func key(_ target: CryptTarget) throws -> SecretBytes {
        guard case .bytes(let key) = target.key else { throw UnknownReference(target: "a stored key") }
        return key
    }

    private struct UnknownReference: Error {
        var target: String
    }
}
