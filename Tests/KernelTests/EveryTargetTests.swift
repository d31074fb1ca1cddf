import DeviceMapper
import DeviceMapperControl
import Glibc
import Testing
import VolumeLaws

extension InTheLab {
    /// Each target from typed values through ``KernelMapper`` and back.
    struct EveryTargetTests {
        /// What becomes of data.
        private enum Data { case kept, zeroes, errors, none }

        private let mapper: KernelMapper
        private let test: MappedDeviceID

        init() throws {
            mapper = try KernelMapper.open()
            test = .name(try DeviceName("test"))
        }

        /// Loads a table of one target, reads it and its status back, sends it messages, writes and reads data, and removes it.
        private func live<T: Target>(
            _ target: T, length: Sectors = 8192, access: Access = .readWrite, data: Data = .kept, suspended: Bool = false,
            messages: [(T.Message, T.Message.Reply?)] = [], ready: (T.Status) -> Bool = { _ in true }
        ) throws {
            let table = try MappingTable(length: length, target)
            let info = try mapper.createAndLoad(DeviceName("test"), access: access, table: table)
            defer { #expect(throws: Never.self) { try mapper.remove(test) } }
            #expect(info.access == access && info.targetCount == 1)
            let reported = try mapper.table(of: test)
            #expect(try CaseBench.numbered(table).isSatisfied(by: reported), "loaded: \(table)reported: \(reported)")
            // The numbers of devices that have gone into the table are those that the kernel says it depends on.
            let devices = Set(try CaseBench.numbered(table).lines[0].target.devices)
            let dependencies = Set(try mapper.dependencies(of: test))
            #expect(dependencies.isSubset(of: devices) && dependencies.isEmpty == devices.isEmpty)
            while true {
                let line = try #require(try mapper.status(of: test, flush: false).first)
                #expect(line.typeName == T.typeName && line.range.length == length)
                if ready(try line.status(of: T.self)) { break }
                VolumeLaws.pause()
            }
            if suspended { _ = try mapper.suspend(test) }
            for (message, expected) in messages {
                let reply = try mapper.ask(message, of: test)
                if let expected { #expect(reply == expected, "\(message)") }
            }
            if suspended { _ = try mapper.resume(test) }
            try expect(data)
            _ = try mapper.status(of: test).map { try $0.status(of: T.self) }
            // The same table once more, under the same device: what most changes of tables are.
            if access == .readWrite, data == .kept, T.self != SnapshotMergeTarget.self {
                _ = try mapper.load(table, into: test)
                #expect(try mapper.table(of: test, in: .inactive).lines.count == 1)
                _ = try mapper.clear(test)
            }
        }

        private func expect(_ data: Data) throws {
            var random = SeededGenerator(seed: 1)
            let bytes = random.bytes(8192)
            let path = "/dev/mapper/test"
            switch data {
            case .none: return
            case .errors:
                #expect(throws: HostCommand.Failure.self) { try RawFile(path, O_RDONLY | RawFile.direct).read(at: 4096, count: 4096) }
            case .zeroes, .kept:
                let device = try RawFile(path, O_RDWR | RawFile.direct)
                try device.write(bytes, at: 65536)
                try device.synchronize()
                #expect(try device.read(at: 65536, count: 8192) == (data == .kept ? bytes : [UInt8](repeating: 0, count: 8192)))
            }
        }

        private func withBench(_ body: ((String) -> DeviceReference) throws -> Void) throws {
            let bench = try CaseBench()
            try bench.empty("$A $B $C $D $E $F $G $H")
            do { try body { .path(bench.filled("$\($0)")) } } catch { Issue.record(error) }
            try bench.close()
            try Leftovers.expectNone()
        }

        private var key: SecretBytes {
            get throws {
                var random = SeededGenerator(seed: 2)
                return SecretBytes(copying: unsafe random.bytes(64).span.bytes)
            }
        }

        @Test func mappings() throws {
            try withBench { disk in
                try live(LinearTarget(device: disk("A"), start: 1024))
                try live(StripedTarget(chunkSize: 128, stripes: [.init(device: disk("A")), .init(device: disk("B"))]))
                try live(UnstripedTarget(stripe: 0, of: 2, chunkSize: 128, device: disk("A")), length: 4096)
                try live(EBSTarget(device: disk("A"), emulatedBlockSize: 1, underlyingBlockSize: 8))
                try live(ZeroTarget(), data: .zeroes)
                try live(ErrorTarget(), data: .errors)
                try live(
                    SwitchTarget(regionSize: 128, paths: [.init(device: disk("A")), .init(device: disk("B"))]),
                    messages: [(.setRegionMappings([.region(0, path: 1), .next(path: 0)]), nil)])
            }
        }

        @Test func encryption() throws {
            try withBench { disk in
                try live(
                    CryptTarget(key: .bytes(key), device: disk("A")), suspended: true,
                    messages: [(.wipeKey, nil), (.setKey(.bytes(try key)), nil)])
                try live(IntegrityTarget(device: disk("B"), mode: .journal(), options: crc32c))
            }
        }

        private var crc32c: IntegrityTarget.Options {
            var options = IntegrityTarget.Options()
            options.internalHash = .init("crc32c")
            return options
        }

        @Test func verity() throws {
            try withBench { disk in
                let output = try HostCommand("veritysetup", package: "cryptsetup-bin").run(
                    "format", "\(disk("A"))", "\(disk("B"))", "--salt", "-"
                ).text
                let root = try #require(
                    output.split(separator: "\n").first { $0.hasPrefix("Root hash") }?.split(whereSeparator: \.isWhitespace).last)
                let digest = stride(from: 0, to: root.count, by: 2).compactMap { place in
                    UInt8(root.dropFirst(place).prefix(2), radix: 16)
                }
                try live(
                    VerityTarget(dataDevice: disk("A"), hashDevice: disk("B"), dataBlockCount: 2048, rootDigest: digest), length: 16384,
                    access: .readOnly, data: .none, ready: { !$0.isCorrupted })
            }
        }

        @Test func faultsAndDelays() throws {
            try withBench { disk in
                try live(DelayTarget(.all(.init(device: disk("A"), milliseconds: 1))))
                try live(FlakeyTarget(device: disk("A"), upSeconds: 3600, downSeconds: 0))
                try live(
                    DustTarget(device: disk("A")),
                    messages: [
                        (.addBadBlock(9), nil), (.queryBlock(9), .isBad(true)), (.queryBlock(8), .isBad(false)),
                        (.countBadBlocks, .count(1)), (.enable, nil), (.clearBadBlocks, .cleared(true)), (.disable, nil),
                        (.toggleQuiet, nil),
                    ])
                try live(LogWritesTarget(device: disk("A"), logDevice: disk("B")), messages: [(.mark("here"), nil)])
            }
        }

        @Test func snapshots() throws {
            try withBench { disk in
                try live(SnapshotOriginTarget(device: disk("A")))
                try live(SnapshotTarget(origin: disk("A"), storeDevice: disk("B"), chunkSize: 16))
                try live(SnapshotMergeTarget(origin: disk("A"), storeDevice: disk("C"), chunkSize: 16))
                try live(
                    EraTarget(metadataDevice: disk("D"), origin: disk("A"), blockSize: 128),
                    messages: [(.checkpoint, nil), (.takeMetadataSnapshot, nil), (.dropMetadataSnapshot, nil)])
                try live(
                    CloneTarget(metadataDevice: disk("E"), destination: disk("F"), source: disk("A"), regionSize: 8),
                    messages: [
                        (.disableHydration, nil), (.hydrationThreshold(4), nil), (.hydrationBatchSize(2), nil), (.enableHydration, nil),
                    ])
            }
        }

        @Test func thinProvisioning() throws {
            try withBench { disk in
                let pool = ThinPoolTarget(metadataDevice: disk("A"), dataDevice: disk("B"), blockSize: 128)
                try live(
                    pool, data: .none,
                    messages: [
                        (.createThin(0), nil), (.createSnapshot(1, of: 0), nil), (.delete(1), nil),
                        (.setTransactionID(current: 0, new: 7), nil), (.reserveMetadataSnapshot, nil), (.releaseMetadataSnapshot, nil),
                    ],
                    ready: { if case .working = $0 { true } else { false } })
                let name = try DeviceName("pool")
                try mapper.createAndLoad(name, table: try MappingTable(length: 8192, pool))
                try live(ThinTarget(pool: "/dev/mapper/pool", id: 0))
                try mapper.remove(.name(name))
            }
        }

        @Test func caches() throws {
            try withBench { disk in
                try live(
                    CacheTarget(
                        metadataDevice: disk("A"), cacheDevice: disk("B"), originDevice: disk("C"), blockSize: 128,
                        features: .init(mode: .writethrough)),
                    messages: [(.setMigrationThreshold(4096), nil)])
                try live(
                    WritecacheTarget(originDevice: disk("C"), cacheDevice: disk("D")), length: 16384,
                    messages: [(.flush, nil), (.clearStatistics, nil)])
            }
        }

        @Test func redundancy() throws {
            try withBench { disk in
                try live(
                    MirrorTarget(log: .core(regionSize: 512), legs: [.init(device: disk("A")), .init(device: disk("B"))]),
                    ready: \.isInSync)
                try live(
                    RaidTarget(
                        kind: .raid1, members: [.init(data: disk("C"), metadata: disk("D")), .init(data: disk("E"), metadata: disk("F"))]),
                    messages: [(.check, nil)], ready: { $0.health.allSatisfy { $0 == .inSync } && $0.action == .idle })
                let paths = [disk("G"), disk("H")]
                try live(
                    MultipathTarget(
                        groups: [.roundRobin([.init(paths[0])]), .queueLength([.init(paths[1])])], features: .init(queueMode: .bio)),
                    data: .kept,
                    messages: [
                        (.failPath(paths[0]), nil), (.reinstatePath(paths[0]), nil), (.disableGroup(2), nil), (.enableGroup(2), nil),
                        (.switchGroup(1), nil), (.queueIfNoPath, nil), (.failIfNoPath, nil),
                    ])
            }
        }
    }
}
