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
                let cipher = try SectorCipher(scheme(crypt), key: key(crypt))
                let shift = crypt.options.ivLargeSectors ? UInt64(size.trailingZeroBitCount) : 0
                for sector in stride(from: 0, to: line.range.length.count, by: Int(size)) {
                    let number = crypt.ivOffset.count &+ sector
                    var encrypted = [UInt8](repeating: 0, count: Int(size) * 512)
                    var span = encrypted.mutableSpan
                    var bytes = unsafe span.mutableBytes
                    try cipher.encrypt(
                        unsafe plain(sector, size).span.bytes, into: &bytes, sectorSize: Int(size) * 512, first: number, step: 1,
                        shift: shift)
                    put(encrypted, crypt.device, crypt.start.count + sector)
                }
            case let unstriped as UnstripedTarget:
                let chunk = unstriped.chunkSize.count
                for sector in 0..<line.range.length.count {
                    let place = (sector / chunk * UInt64(unstriped.stripeCount) + UInt64(unstriped.stripe)) * chunk + sector % chunk
                    put(plain(sector), unstriped.device, unstriped.start.count + place)
                }
            case let target as SwitchTarget:
                for sector in 0..<line.range.length.count {
                    let path = target.paths[Int(sector / target.regionSize.count % UInt64(target.paths.count))]
                    put(plain(sector), path.device, path.start.count + sector)
                }
            case let multipath as MultipathTarget:
                guard let path = multipath.groups.first?.devices.first else { continue }
                for sector in 0..<line.range.length.count { put(plain(sector), path, sector) }
            case let mirror as MirrorTarget:
                for leg in mirror.legs {
                    for sector in 0..<line.range.length.count { put(plain(sector), leg.device, leg.start.count + sector) }
                }
            case let dust as DustTarget:
                for sector in 0..<line.range.length.count { put(plain(sector), dust.device, dust.start.count + sector) }
            case let flakey as FlakeyTarget:
                for sector in 0..<line.range.length.count { put(plain(sector), flakey.device, flakey.start.count + sector) }
            case let delay as DelayTarget:
                let path: DelayTarget.Path =
                    switch delay.paths {
                    case .all(let path): path
                    case .separateWrites(_, let writes), .separateFlushes(_, let writes, _): writes
                    }
                for sector in 0..<line.range.length.count { put(plain(sector), path.device, path.start.count + sector) }
            case is ZeroTarget, is ErrorTarget: break
            default: throw UnknownReference(target: line.target.typeName)
            }
        }
        return members
    }

    private static func scheme(_ target: CryptTarget) throws -> CipherScheme {
        guard let cipher = target.cipher.algorithm.flatMap(BlockCipher.init), let mode = target.cipher.mode.flatMap(CipherScheme.Mode.init)
        else { throw UnknownReference(target: "\(target.cipher)") }
        var keyCount = 1
        if case .named(let named) = target.cipher { keyCount = named.keyCount }
        let iv: IVGenerator
        switch target.cipher.iv {
        case .plain: iv = .plain
        case .plain64: iv = .plain64
        case .plain64be: iv = .plain64be
        case .benbi: iv = .benbi
        case .eboiv: iv = .eboiv
        case .null, nil: iv = .null
        case .essiv(let name):
            guard let hash = IVGenerator.ESSIVHash(rawValue: name) else { throw UnknownReference(target: "\(target.cipher)") }
            iv = .essiv(hash)
        default: throw UnknownReference(target: "\(target.cipher)")
        }
        return CipherScheme(cipher, mode, iv: iv, keyCount: keyCount)
    }

    private static func key(_ target: CryptTarget) throws -> SecretBytes {
        guard case .bytes(let key) = target.key else { throw UnknownReference(target: "a stored key") }
        return key
    }

    private struct UnknownReference: Error {
        var target: String
    }
}
