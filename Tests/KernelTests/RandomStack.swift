import DeviceMapper
import VolumeLaws

/// A random table over a few members, of which it uses no sector twice.
struct RandomStack {
    /// The sizes of the members in sectors.
    let memberSizes: [Int]
    /// The sizes of requests that go past the kernel's page cache are multiples of this, in sectors.
    let unit: Int
    private let made: RandomTable

    init(_ random: inout SeededGenerator) throws {
        let members = (0..<Int.random(in: 1...4, using: &random)).map { DeviceReference.path("\($0)") }
        // The sectors of a mapped device are as large as the largest of any of its lines: then all lines must keep to them.
        unit = Bool.random(using: &random) ? 1 : 8
        var choices = RandomTable.Choices()
        choices.kinds += [.crypt, .crypt]  // few tables are to try many ciphers
        choices.lines = 1...6
        choices.longest = 320
        choices.unit = UInt64(unit)
        if unit == 1 { choices.sectorSizes = [512] }
        made = try RandomTable(over: members, choices: choices, using: &random)
        let sizes = made.sizes
        memberSizes = members.map { Int((sizes[$0] ?? 0).count) }
    }

    /// The table over members of these names.
    func table(_ names: [String]) throws -> MappingTable {
        try made.table.mappingDevices { member in
            guard case .path(let name) = member, let index = Int(name) else { return member }
            return DeviceReference(parsing: names[index])
        }
    }

    /// What reads back after `bytes` were written everywhere.
    func stored(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for range in made.forgetful {
            bytes.replaceSubrange(Int(range.lowerBound)..<Int(range.upperBound), with: [UInt8](repeating: 0, count: range.count))
        }
        return bytes
    }
}
