// A table of every target from typed values, as the kernel takes them.

import DeviceMapper

let rootDigest = [UInt8](repeating: 0xAB, count: 32)
let key = CryptKey.stored(byteCount: 64, keyring: .logon, description: "volume")

let tables = [
    try MappingTable(length: 2048, LinearTarget(device: "/dev/sda", start: 2048)),
    try MappingTable(length: 2048, StripedTarget(chunkSize: 128, stripes: [.init(device: "/dev/sda"), .init(device: "/dev/sdb")])),
    try MappingTable(length: 2048, ZeroTarget()),
    try MappingTable(length: 2048, ErrorTarget()),
    try MappingTable(length: 2048, CryptTarget(key: key, device: "/dev/sda", start: 4096)),
    try MappingTable(
        length: 2048,
        VerityTarget(dataDevice: "/dev/sda", hashDevice: "/dev/sdb", dataBlockCount: 256, rootDigest: rootDigest)),
    try MappingTable(length: 2048, IntegrityTarget(device: "/dev/sda", tagSize: ByteCount(32), mode: .direct)),
    try MappingTable(length: 2048, DelayTarget(.all(.init(device: "/dev/sda", milliseconds: 500)))),
    try MappingTable(
        length: 2048, FlakeyTarget(device: "/dev/sda", upSeconds: 5, downSeconds: 1, faults: .init(change: .writes(.drop)))),
    try MappingTable(length: 2048, DustTarget(device: "/dev/sda")),
    try MappingTable(length: 2048, LogWritesTarget(device: "/dev/sda", logDevice: "/dev/sdb")),
    try MappingTable(length: 2048, UnstripedTarget(stripe: 0, of: 2, chunkSize: 128, device: "/dev/sda")),
    try MappingTable(length: 2048, SwitchTarget(regionSize: 128, paths: [.init(device: "/dev/sda"), .init(device: "/dev/sdb")])),
    try MappingTable(length: 2048, EBSTarget(device: "/dev/sda", emulatedBlockSize: 1, underlyingBlockSize: 8)),
    try MappingTable(length: 2048, EraTarget(metadataDevice: "/dev/sdb", origin: "/dev/sda", blockSize: 128)),
    try MappingTable(length: 2048, SnapshotOriginTarget(device: "/dev/sda")),
    try MappingTable(length: 2048, SnapshotTarget(origin: "/dev/sda", storeDevice: "/dev/sdb", chunkSize: 16)),
    try MappingTable(length: 2048, SnapshotMergeTarget(origin: "/dev/sda", storeDevice: "/dev/sdb", chunkSize: 16)),
    try MappingTable(length: 2048, CloneTarget(metadataDevice: "/dev/sdc", destination: "/dev/sdb", source: "/dev/sda", regionSize: 8)),
    try MappingTable(length: 2048, ThinPoolTarget(metadataDevice: "/dev/sdb", dataDevice: "/dev/sda", blockSize: 128)),
    try MappingTable(length: 2048, ThinTarget(pool: "/dev/mapper/pool", id: 0)),
    try MappingTable(
        length: 2048,
        CacheTarget(metadataDevice: "/dev/sdc", cacheDevice: "/dev/sdb", originDevice: "/dev/sda", features: .init(mode: .writethrough))),
    try MappingTable(
        length: 2048, MirrorTarget(log: .core(regionSize: 512), legs: [.init(device: "/dev/sda"), .init(device: "/dev/sdb")])),
    try MappingTable(
        length: 2048,
        RaidTarget(kind: .raid1, members: [.init(data: "/dev/sda", metadata: "/dev/sdc"), .init(data: "/dev/sdb", metadata: "/dev/sdd")])),
    try MappingTable(length: 2048, MultipathTarget(groups: [.serviceTime([.init("/dev/sda"), .init("/dev/sdb")])])),
    try MappingTable(length: 2048, WritecacheTarget(originDevice: "/dev/sda", cacheDevice: "/dev/sdb")),
]
for table in tables { print(table.lines[0]) }

// Lines follow each other: a builder counts where they start.
let joined = try MappingTable {
    LinearTarget(device: "/dev/sda").spanning(65536)
    LinearTarget(device: "/dev/sdb").spanning(65536)
}
print(joined)

// What a kernel prints of a table is seldom what it was told; this compares what both mean.
let wanted = try MappingTable(parsing: "0 2048 snapshot 8:0 8:16 P 0")  // a chunk size of the kernel's choice
let reported = try MappingTable(parsing: "0 2048 snapshot 8:0 8:16 P 32")
print(wanted == reported, wanted.isSatisfied(by: reported))  // false true

// Statuses and messages are typed, too.
let line = StatusLine(range: joined.lines[0].range, typeName: "striped", text: "2 8:0 8:16 1 AD")
print(try line.status(of: StripedTarget.self).members.map(\.hasFailed))
print(DustTarget.Message.enable.text())
