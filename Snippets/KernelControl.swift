// Make a device of the kernel's device mapper, look at it, change it, and remove it.

import DeviceMapper

do {
    let mapper = try KernelMapper.open()
    let name = try DeviceName("swift-example")

    // Makes /dev/mapper/swift-example. When any step fails, nothing of the device is left.
    try mapper.createAndLoad(name, table: try MappingTable(length: 2048, ZeroTarget()))
    for device in try mapper.devices() { print(device.number, device.name) }
    print(try mapper.status(of: .name(name))[0])  // 0 2048 zero

    // Another table, while the device is in use: the old one stays when the kernel refuses the new.
    try mapper.ensure(DeviceDefinition(name: name, table: try MappingTable(length: 4096, ErrorTarget())))
    print(try mapper.table(of: .name(name)).lines[0])  // 0 4096 error

    try mapper.remove(.name(name))
} catch let error as MappingError {
    // No Linux, no root rights, no module dm-mod: the error says which. A Volume needs none of them.
    print("no device of the kernel here: \(error)")
}
