import DeviceMapper
let table = try MappingTable(parsing: CommandLine.arguments[2])
print(table)
let v = try Volume(table)
print(v.size.formatted, v.limits)
let data = [UInt8]((0..<5000).map { UInt8(truncatingIfNeeded: $0) })
try v.write(data, at: 777)
print(try v.read(at: 777, count: 5000) == data)
try v.close()
