// One volume on top of another: encryption over stripes over memory.

import DeviceMapper

let members = [MemoryDevice(size: .mebibytes(1)), MemoryDevice(size: .mebibytes(1))]
let stripes = try Volume(
    try MappingTable(parsing: "0 4096 striped 2 128 /dev/a 0 /dev/b 0"),
    opening: .devices(["/dev/a": members[0], "/dev/b": members[1]]))

let key = CryptKey.bytes(SecretBytes(count: 64) { $0.storeBytes(of: 42, as: UInt64.self) })
let crypt = try Volume(
    try MappingTable(length: 4096, CryptTarget(key: key, device: "/dev/mapper/stripes")),
    opening: .devices(["/dev/mapper/stripes": stripes]))

try crypt.writeZeroes(at: 0, count: crypt.size.count, flags: [])
try crypt.close()
try stripes.close()
