import BlockIO
import DeviceMapperTables
import StorageUnits
import UserspaceVolumes
import VolumeLaws

/// Devices in memory, by the names that tables have for them.
struct Members {
    /// The devices as the test sees them.
    let memory: [DeviceReference: MemoryDevice]
    /// What they held at first.
    let initial: [DeviceReference: [UInt8]]

    /// Devices of these sizes, full of random bytes. What lines of a table mirror is the same everywhere, as `nosync` says.
    init(_ sizes: [DeviceReference: Sectors], blockSize: Int = 1, seed: UInt64 = 1, mirroredBy table: MappingTable? = nil) {
        var random = SeededGenerator(seed: seed)
        var initial: [DeviceReference: [UInt8]] = [:]
        for (name, size) in sizes.sorted(by: { "\($0.key)" < "\($1.key)" }) { initial[name] = random.bytes(Int(size.count) * 512) }
        for line in table?.lines ?? [] {
            guard let mirror = line.target as? MirrorTarget, let first = mirror.legs.first else { continue }
            let length = Int(line.range.length.count) * 512
            let bytes = initial[first.device].map { Array($0[Int(first.start.count) * 512..<Int(first.start.count) * 512 + length]) } ?? []
            for leg in mirror.legs.dropFirst() {
                initial[leg.device]?.replaceSubrange(Int(leg.start.count) * 512..<Int(leg.start.count) * 512 + length, with: bytes)
            }
        }
        self.initial = initial
        memory = initial.mapValues { MemoryDevice($0, logicalBlockSize: blockSize) }
    }

    /// Devices of one size, under names of one letter.
    init(_ names: String, sectors: UInt64, blockSize: Int = 1) {
        self.init(
            Dictionary(uniqueKeysWithValues: names.map { (.path(String($0)), Sectors(sectors)) }), blockSize: blockSize)
    }

    /// Opens the devices.
    var opener: DeviceOpener { .devices(memory) }

    /// Opens what `wrap` makes of the devices.
    func opener(_ wrap: (any BlockDevice) -> any BlockDevice) -> DeviceOpener { .devices(memory.mapValues(wrap)) }

    /// Opens the devices, each behind one that writes down its calls.
    func recording() -> (opener: DeviceOpener, devices: [DeviceReference: RecordingDevice]) {
        let devices = memory.mapValues { RecordingDevice($0) }
        return (.devices(devices), devices)
    }
}

extension MappingTable {
    /// A table from lines of text.
    init(_ lines: String...) throws { try self.init(parsing: lines.joined(separator: "\n")) }

    /// The size in bytes.
    var byteCount: UInt64 { length.count * Sectors.bytesPerSector }
}

/// What opening a volume fails with; `nil` when it succeeds.
func openingFailure(_ table: MappingTable, _ opener: DeviceOpener) -> MappingError? {
    do throws(MappingError) {
        try Volume(table, opening: opener).close()
        return nil
    } catch {
        return error
    }
}

/// What closing a volume fails with; `nil` when it succeeds.
func closingFailure(_ volume: Volume) -> MappingError? {
    do throws(MappingError) {
        try volume.close()
        return nil
    } catch {
        return error
    }
}

/// The same bytes for the same length.
enum SeededBytes {
    static func make(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
        var generator = SeededGenerator(seed: seed)
        return generator.bytes(count)
    }
}

/// Keys to write into tables: hexadecimal digits.
enum Keys {
    static func hex(_ byteCount: Int) -> String {
        SeededBytes.make(byteCount, seed: UInt64(byteCount)).map {
            ($0 < 16 ? "0" : "") + String($0, radix: 16)
        }.joined()
    }
    static let xts = hex(64)
    static let cbc = hex(32)
}
