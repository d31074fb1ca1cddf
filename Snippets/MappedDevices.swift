// Named devices in a process: a table is exchanged while the device is in use.

import DeviceMapper

let mapper = UserspaceMapper(opening: .devices(["old": MemoryDevice(size: .mebibytes(1)), "new": MemoryDevice(size: .mebibytes(1))]))
let disk = try DeviceName("disk")
let top = try DeviceName("top")

// The same steps as with the kernel's mapper. /dev/mapper/disk is the other device of this one.
try mapper.createAndLoad(DeviceDefinition(name: disk, table: try MappingTable(parsing: "0 2048 linear old 0")))
try mapper.createAndLoad(DeviceDefinition(name: top, table: try MappingTable(parsing: "0 1024 linear /dev/mapper/disk 1024")))

let volume = try mapper.open(.name(top))
try volume.write(Array("hello".utf8), at: 0)

// Requests wait while a device is suspended, and find the table that is in force then.
_ = try mapper.load(try MappingTable(parsing: "0 2048 linear new 0"), into: .name(disk))
_ = try mapper.resume(.name(disk))
print(try volume.read(at: 0, count: 5))  // [0, 0, 0, 0, 0]

try volume.close()
try mapper.remove(.name(top))
try mapper.remove(.name(disk))
