public import StorageUnits

/// Leads each region to one of several paths; which one, a message tells. First the paths take turns.
public struct SwitchTarget: Target {
    public static let typeName = "switch"
    public static let syntax = TargetSyntax(
        summary: "Leads each region to one of several paths, as it is told by messages.",
        usage: "<number of paths> <region size> 0 (<device> <start sector>)...",
        messages: [
            .init("set_region_mappings <mapping>...", "Which paths regions take from now on; all numbers are hexadecimal."),
            .init("<region>:<path>", "A mapping: the region takes the path; both count from 0."),
            .init(":<path>", "A mapping: the region behind that of the mapping before, first 1, takes the path."),
            .init("R<cycle>,<count>", "A mapping: so many more regions repeat the paths of the last <cycle> ones."),
        ],
        examples: [
            .init(length: 32768, "2 128 0 /dev/sda 0 /dev/sdb 0"),
            .init(length: 1000, "3 100 0 8:0 0 8:16 16 8:32 4096"),
        ],
        messageExamples: ["set_region_mappings 0:1 :0 :1 R2,a", "set_region_mappings 3f:2"])

    /// One of the devices.
    public struct Path: Hashable, Sendable {
        /// The device.
        public var device: DeviceReference
        /// What is added to a sector's number on this path.
        public var start: Sectors

        /// `device` from `start` on.
        public init(device: DeviceReference, start: Sectors = 0) {
            self.device = device
            self.start = start
        }
    }

    /// The unit that is led to a path: 1 to 2^32 - 1 sectors, any number. The last region may be a part of one.
    public var regionSize: Sectors
    /// The paths, each with every sector of the line: 1 to 262141, more than which a kernel with pages of 4 KiB does not count.
    public var paths: [Path]

    /// Regions of `regionSize` sectors, each on one of `paths`.
    public init(regionSize: Sectors, paths: [Path]) {
        self.regionSize = regionSize
        self.paths = paths
    }

    private static let largestCount: UInt64 = 262141

    public init(parsing arguments: inout ArgumentReader) throws(TableError) {
        let count = try arguments.number("number of paths", in: 1...Self.largestCount)
        regionSize = try arguments.sectors("region size", in: 1...UInt64(UInt32.max))
        _ = try arguments.number("number of optional arguments", in: 0...0)
        paths = []
        for index in 0..<count {
            let device = try arguments.device("device of path \(index)")
            paths.append(Path(device: device, start: try arguments.sectors("start sector of path \(index)")))
        }
    }

    public func write(to arguments: inout ArgumentWriter) {
        arguments.append(paths.count)
        arguments.append(regionSize)
        arguments.append(0)
        for path in paths {
            arguments.append(path.device)
            arguments.append(path.start)
        }
    }

    public mutating func mapDevices(_ transform: (DeviceReference) -> DeviceReference) {
        for index in paths.indices { paths[index].device = transform(paths[index].device) }
    }

    public func validate(length: Sectors) throws(TableError) {
        guard (1...Self.largestCount).contains(UInt64(paths.count)) else {
            throw TableError(
                .outOfRange, word: 4, message: "number of paths: expected 1 to \(Self.largestCount), found \(paths.count)")
        }
        guard (1...UInt64(UInt32.max)).contains(regionSize.count) else {
            throw TableError(.outOfRange, word: 5, message: "region size: expected 1 to \(UInt32.max), found \(regionSize)")
        }
        for (index, path) in paths.enumerated() {
            guard let end = path.start.adding(length), end <= Sectors.max else {
                throw TableError(
                    .outOfRange, word: 8 + 2 * index,
                    message: "start sector of path \(index): the line's end is more than \(Sectors.max) sectors into the device")
            }
        }
    }

    /// What an active device can be told.
    public typealias Message = SwitchMessage
}
