import DeviceMapper
import Foundation
import VolumeLaws

/// What cryptsetup tells of a LUKS image: enough to write the table that it would give to the kernel.
struct LUKSDump {
    static let cryptsetup = HostCommand("cryptsetup", package: "cryptsetup-bin")

    var cipher: String
    var keyFile: String
    var keySize: Int
    /// Where the encrypted bytes begin.
    var offset: Int
    var ivOffset: Int
    var sectorSize: Int

    /// LUKS2, from the metadata in JSON.
    init(luks2 header: String, passphraseFile: String, in scratch: ScratchDirectory) throws {
        let json = try Self.cryptsetup.run("luksDump", "--dump-json-metadata", header).bytes
        let segment = try JSONDecoder().decode(Metadata.self, from: Data(json)).segments["0"]
        guard let segment, let offset = Int(segment.offset), let ivOffset = Int(segment.iv_tweak) else {
            throw HostCommand.Failure("luksDump: no segment in \(String(decoding: json, as: UTF8.self))")
        }
        (cipher, self.offset, self.ivOffset, sectorSize) = (segment.encryption, offset, ivOffset, segment.sector_size)
        (keyFile, keySize) = try Self.key(header, passphraseFile, scratch)
    }

    /// LUKS1, from the lines `Cipher name: aes`, `Cipher mode: xts-plain64` and `Payload offset: 4096` (in sectors).
    init(luks1 image: String, passphraseFile: String, in scratch: ScratchDirectory) throws {
        let text = try Self.cryptsetup.run("luksDump", image).text
        func value(_ name: String) throws -> String {
            guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(name + ":") }) else {
                throw HostCommand.Failure("luksDump: no '\(name)' in \(text)")
            }
            return line.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces)
        }
        cipher = "\(try value("Cipher name"))-\(try value("Cipher mode"))"
        offset = (Int(try value("Payload offset")) ?? 0) * 512
        (ivOffset, sectorSize) = (0, 512)
        (keyFile, keySize) = try Self.key(image, passphraseFile, scratch)
    }

    private struct Metadata: Decodable {
        struct Segment: Decodable {
            var offset: String
            var iv_tweak: String
            var encryption: String
            var sector_size: Int
        }
        var segments: [String: Segment]
    }

    private static func key(_ header: String, _ passphraseFile: String, _ scratch: ScratchDirectory) throws -> (String, Int) {
        let file = scratch("volume-key")
        try cryptsetup.run(
            "luksDump", "--dump-volume-key", "--volume-key-file", file, "--key-file", passphraseFile, "--batch-mode", header)
        return (file, try ScratchDirectory.bytes(file).count)
    }

    /// The table for `count` bytes of plaintext in `image`, as somebody would type it.
    func table(_ image: String, count: Int) throws -> MappingTable {
        let options = sectorSize == 512 ? "" : " 1 sector_size:\(sectorSize)"
        return try MappingTable(
            parsing: "0 \(count / 512) crypt \(cipher) :\(keySize):file:\(keyFile) \(ivOffset) \(image) \(offset / 512)\(options)")
    }
}
