internal import DeviceMapper
internal import Foundation

/// A block device, and what it is made of.
struct DeviceTree: Encodable {
    var device: BlockName
    var below: [DeviceTree]

    private enum CodingKeys: CodingKey {
        case number, name, isMapped, below
    }

    func encode(to encoder: any Encoder) throws {
        try device.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        if !below.isEmpty { try container.encode(below, forKey: .below) }
    }

    /// The mapped devices that no other is made of, each with what it is made of.
    static func all(_ mapper: KernelMapper) throws(MappingError) -> [DeviceTree] {
        let names = BlockNames(try mapper.devices())
        var below: [DeviceNumber: [DeviceNumber]] = [:]
        for number in names.mapped.keys { below[number] = try mapper.devicesBelow(number) }
        let used = Set(below.values.joined())
        // A device that is made of itself has no top; the kernel makes none.
        return names.mapped.keys.filter { !used.contains($0) }.sorted { ($0.major, $0.minor) < ($1.major, $1.minor) }
            .map { tree($0, below, names, above: []) }
    }

    private static func tree(
        _ number: DeviceNumber, _ below: [DeviceNumber: [DeviceNumber]], _ names: BlockNames, above: Set<DeviceNumber>
    ) -> DeviceTree {
        let above = above.union([number])
        let parts = (below[number] ?? []).filter { !above.contains($0) }
        return DeviceTree(device: names.name(of: number), below: parts.map { tree($0, below, names, above: above) })
    }

    /// A line for each device, with lines to those that it is part of.
    var text: String { device.text + "\n" + branches("") }

    private func branches(_ margin: String) -> String {
        var text = ""
        for (index, tree) in below.enumerated() {
            let isLast = index == below.count - 1
            text += margin + (isLast ? "└─ " : "├─ ") + tree.device.text + "\n" + tree.branches(margin + (isLast ? "   " : "│  "))
        }
        return text
    }
}

extension BlockName {
    /// `name (major:minor)`.
    var text: String { name.map { "\(NameMangling.shown($0)) (\(number))" } ?? number }
}

/// The names of block devices.
struct BlockNames {
    /// The names of the mapped devices, in the kernel.
    let mapped: [DeviceNumber: String]

    init(_ devices: [ListedDevice]) { mapped = Dictionary(devices.map { ($0.number, $0.name) }, uniquingKeysWith: { $1 }) }

    func name(of number: DeviceNumber) -> BlockName {
        if let name = mapped[number] {
            return BlockName(number: number.description, name: NameMangling.plain(name), isMapped: true)
        }
        // A link to the device's directory, such as ../../devices/virtual/block/loop0.
        let link = try? FileManager.default.destinationOfSymbolicLink(atPath: "/sys/dev/block/\(number)")
        let name = (link?.split(separator: "/").last).map(String.init)
        return BlockName(number: number.description, name: name, isMapped: false)
    }
}

extension KernelMapper {
    /// What the active table of a device uses, in the order of numbers; nothing where there is no table, or no device any more.
    func devicesBelow(_ number: DeviceNumber, in slot: TableSlot = .active) throws(MappingError) -> [DeviceNumber] {
        var numbers: [DeviceNumber] = []
        do throws(MappingError) {
            for case .number(let below) in try dependencies(of: .number(number), in: slot) { numbers.append(below) }
        } catch {
            guard error.code == .notFound else { throw error }
        }
        return numbers.sorted { ($0.major, $0.minor) < ($1.major, $1.minor) }
    }
}
