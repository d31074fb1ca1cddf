internal import DeviceMapperTables

/// Regions of a device that are shown together, as dmsetup groups them.
///
/// The kernel knows no groups: what there is to know of one stands in the auxiliary data of its first region, whose number is the group's:
/// `DMS_GROUP=ALIAS:MEMBERS#DATA`, where members are numbers and ranges of numbers, `0-2,5`, and data are the program's own. Newer ones than that of
/// Debian 12 put the alias between quotes.
package struct StatisticsGroup: Hashable, Sendable {
    private static let tag = "DMS_GROUP="

    /// The name that is shown instead of the device's.
    package var alias: String?
    /// The regions, growing; not empty.
    package private(set) var members: [UInt32]

    /// The number of the first region, and of the group.
    package var id: UInt32 { members[0] }

    /// A group of regions; `nil` without any.
    package init?(_ members: [UInt32], alias: String?) {
        guard !members.isEmpty else { return nil }
        self.members = members
        self.alias = alias
    }

    /// The members as dmsetup writes them.
    package var list: String {
        var parts: [String] = []
        var rest = members[...]
        while let first = rest.first {
            var last = first
            rest = rest.dropFirst()
            while let next = rest.first, next == last + 1 {
                last = next
                rest = rest.dropFirst()
            }
            parts.append(first == last ? "\(first)" : "\(first)-\(last)")
        }
        return parts.joined(separator: ",")
    }

    /// The first region's auxiliary data, with its own.
    package func auxiliaryData(_ own: String) -> String {
        "\(Self.tag)\(alias ?? ""):\(list)#\(own.isEmpty ? "-" : own)"
    }

    /// The group without a region, which is not the first; `nil` when nothing is left.
    package func without(_ region: UInt32) -> StatisticsGroup? { StatisticsGroup(members.filter { $0 != region }, alias: alias) }

    /// What stands in auxiliary data.
    package enum Description {
        /// Nothing of a group.
        case none
        /// Of a group with these members, and the program's own data.
        case group(alias: String?, members: [ClosedRange<UInt32>], own: String)
        /// Something that is wrong, and what dmsetup then takes for the data.
        case malformed(String, data: String)

        package init(_ data: String) {
            guard let tag = data.firstRange(of: StatisticsGroup.tag) else {
                self = .none
                return
            }
            guard let colon = data[tag.lowerBound...].firstIndex(of: ":") else {
                self = .malformed("Found malformed group tag while reading aux_data", data: data)
                return
            }
            var alias = data[tag.upperBound..<colon]
            if alias.utf8.count > 1, alias.hasPrefix("\""), alias.hasSuffix("\"") { alias = alias.dropFirst().dropLast() }
            let parts = data[data.index(after: colon)...].split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
            guard let members = StatisticsGroup.ranges(parts[0]) else {
                self = .malformed("Could not parse member list while reading group aux_data", data: String(data[..<colon]))
                return
            }
            let own = parts.count > 1 ? String(parts[1]) : ""
            self = .group(alias: alias.isEmpty ? nil : String(alias), members: members, own: own == "-" ? "" : own)
        }
    }

    /// Reads `0-2,5`; `nil` when it is no list of numbers.
    package static func ranges(_ text: some StringProtocol) -> [ClosedRange<UInt32>]? {
        var ranges: [ClosedRange<UInt32>] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let bounds = part.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false).map { region($0) }
            guard let first = bounds.first ?? nil, let last = bounds.last ?? nil, first <= last else { return nil }
            ranges.append(first...last)
        }
        return ranges
    }

    private static func region(_ digits: some StringProtocol) -> UInt32? {
        guard digits.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) else { return nil }
        return UInt32(digits).flatMap { StatisticsRegionID($0)?.number }
    }
}

/// The regions of a device and the groups that they are in.
struct StatisticsRegions {
    /// The regions, with the auxiliary data that are their own.
    private(set) var regions: [StatisticsRegion]
    /// The groups by their numbers.
    private(set) var groups: [UInt32: StatisticsGroup] = [:]
    private var groupOfRegion: [UInt32: UInt32] = [:]

    /// Finds the groups of regions, which grow. `warn` is told what is wrong with them.
    init(_ regions: [StatisticsRegion], warn: (String) -> Void) {
        self.regions = regions
        let present = regions.map(\.id.number)
        for (index, region) in regions.enumerated() {
            let id = region.id.number
            switch StatisticsGroup.Description(region.auxiliaryData ?? "") {
            case .none: break
            case .malformed(let message, let data):
                warn(message)
                warn("Failed to parse group descriptor from region_id \(id) aux_data:'\(data)'")
                self.regions[index].auxiliaryData = data
            case .group(let alias, let ranges, let own):
                guard ranges.map(\.lowerBound).min() == id else {
                    let data = region.auxiliaryData.map { String($0.prefix { $0 != ":" }) }
                    warn("Found invalid group descriptor in region \(id) aux_data.")
                    warn("Failed to parse group descriptor from region_id \(id) aux_data:'\(data ?? "")'")
                    self.regions[index].auxiliaryData = data
                    continue
                }
                self.regions[index].auxiliaryData = own.isEmpty ? nil : own
                let members = present.filter { member in ranges.contains { $0.contains(member) } }
                groups[id] = StatisticsGroup(members, alias: alias)
                for member in members { groupOfRegion[member] = id }
            }
        }
    }

    var isEmpty: Bool { regions.isEmpty }
    var largest: UInt32? { regions.last?.id.number }

    func region(_ id: UInt32) -> StatisticsRegion? { regions.first { $0.id.number == id } }
    /// The group that a region is in.
    func group(of region: UInt32) -> StatisticsGroup? { groupOfRegion[region].flatMap { groups[$0] } }
}
