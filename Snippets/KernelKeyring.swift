// Give the kernel a key by its keyring, so that no table has it.

import DeviceMapper

do {
    let mapper = try KernelMapper.open()
    // snippet.hide
    // A disk to work on, so that the example runs.
    let below = try DeviceName("swift-example-disk")
    try mapper.createAndLoad(below, table: try MappingTable(length: 2048, ZeroTarget()))
    defer { try? mapper.remove(.name(below)) }
    // snippet.show
    let disk: DeviceReference = "/dev/mapper/swift-example-disk"

    // 64 bytes that are wiped when they are let go of, such as those that a user's passphrase unlocked.
    let secret = SecretBytes(count: 64) { $0.storeBytes(of: 42, as: UInt64.self) }
    let key = try Keyring.process.add(.logon, "example:disk", secret)

    let name = try DeviceName("swift-example-crypt")
    let target = CryptTarget(key: .stored(byteCount: 64, keyring: .logon, description: "example:disk"), device: disk)
    try mapper.createAndLoad(name, table: try MappingTable(length: 2048, target))

    // The kernel has read the key; nobody else needs it any more.
    try Keyring.process.unlink(key)
    print(try mapper.table(of: .name(name)).lines[0])
    try mapper.remove(.name(name))
} catch let error as MappingError {
    print("no device of the kernel here: \(error)")
}
