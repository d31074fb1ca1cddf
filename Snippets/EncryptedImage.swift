// Read and write an encrypted disk image in this process: no root, no kernel module.

import DeviceMapper

// snippet.hide
// A small image to work on, so that the example runs.
_ = try FileDevice.create(path: "disk.img", size: .mebibytes(1))
_ = try FileDevice.create(path: "volume.key", size: ByteCount(64))
// snippet.show

// The table says what dm-crypt would be told; the key comes from a file of 64 raw bytes.
let table = try MappingTable(parsing: "0 2048 crypt aes-xts-plain64 :64:file:volume.key 0 disk.img 0")

let volume = try Volume(table)
try volume.write(Array("hello".utf8), at: 1_000_001)
print(String(decoding: try volume.read(at: 1_000_001, count: 5), as: UTF8.self))
try volume.close()  // throws when the last writes did not come to the disk
