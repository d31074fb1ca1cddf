// Make a table from typed values, and print it for dmsetup.

import DeviceMapper

let stripes = StripedTarget(
    chunkSize: 128,
    stripes: [.init(device: "/dev/sda"), .init(device: "/dev/sdb", start: 2048)])
let table = try MappingTable(length: 65536, stripes)

print(table.lines[0])  // 0 65536 striped 2 128 /dev/sda 0 /dev/sdb 2048

// A mistake is told with its place.
do {
    _ = try MappingTable(parsing: "0 8 zero\n8 8 linear /dev/sda x")
} catch {
    print(error)  // line 2, word 5: start sector: 'x' is not a number
}
