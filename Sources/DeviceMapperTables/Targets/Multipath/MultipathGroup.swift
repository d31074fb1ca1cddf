extension MultipathTarget {
    /// Paths that are as good as each other, 1 to 1024, and how one of them is selected.
    public enum Group: Hashable, Sendable {
        /// One path after the other.
        case roundRobin([Path])
        /// The path with the fewest requests on their way.
        case queueLength([Path])
        /// The path that should be done first.
        case serviceTime([RatedPath])
        /// The path that was fastest. Linux 5.8 and newer.
        case historicalServiceTime(History, [Path])
        /// The path of the CPU. Linux 5.11 and newer.
        case ioAffinity([PinnedPath])
        /// The paths of a selector that is not known.
        case other(OtherGroup)
    }

    /// A path.
    public struct Path: Hashable, Sendable {
        /// The device.
        public var device: DeviceReference
        /// How many requests go over it before the next is selected. Linux 4.6 and newer take more than 1 for 1.
        public var repeatCount: UInt32

        /// The path over `device`.
        public init(_ device: DeviceReference, repeatCount: UInt32 = 1) {
            self.device = device
            self.repeatCount = repeatCount
        }
    }

    /// A path, and how much it can do.
    public struct RatedPath: Hashable, Sendable {
        /// The device.
        public var device: DeviceReference
        /// How many requests go over it before the next is selected. Linux 4.6 and newer take more than 1 for 1.
        public var repeatCount: UInt32
        /// How much it can do, compared to the others: 0 to 100. One with 0 is used only if all others have 0.
        public var relativeThroughput: UInt32

        /// The path over `device`.
        public init(_ device: DeviceReference, repeatCount: UInt32 = 1, relativeThroughput: UInt32 = 1) {
            self.device = device
            self.repeatCount = repeatCount
            self.relativeThroughput = relativeThroughput
        }
    }

    /// How service times of the past count.
    public struct History: Hashable, Sendable {
        /// The weight of the past, of 1024: 0 to 1023.
        public var weight: UInt32
        /// By which factor paths have to differ for one to be preferred; 0 and 1 are any.
        public var thresholdMultiplier: UInt32

        /// This weight and threshold; by default 95 % a sample, any difference.
        public init(weight: UInt32 = 972, thresholdMultiplier: UInt32 = 0) {
            self.weight = weight
            self.thresholdMultiplier = thresholdMultiplier
        }
    }

    /// A path, and whose it is.
    public struct PinnedPath: Hashable, Sendable {
        /// The device.
        public var device: DeviceReference
        /// The CPUs that use it. At least one that no path before it in the group has.
        public var cpus: CPUMask

        /// The path over `device` for `cpus`.
        public init(_ device: DeviceReference, cpus: CPUMask) {
            self.device = device
            self.cpus = cpus
        }
    }

    /// The paths of a selector that is not known, with the words that it has.
    public struct OtherGroup: Hashable, Sendable {
        /// A path.
        public struct Path: Hashable, Sendable {
            /// The device.
            public var device: DeviceReference
            /// What the selector is told of it: up to 1024 words, as many for each path.
            public var words: [String]

            /// The path over `device`.
            public init(_ device: DeviceReference, words: [String] = []) {
                self.device = device
                self.words = words
            }
        }
        /// The selector's name.
        public var selector: String
        /// What it is told: up to 1024 words.
        public var words: [String]
        /// The paths.
        public var paths: [Path]

        /// Paths that `selector` selects from.
        public init(selector: String, words: [String] = [], paths: [Path]) {
            self.selector = selector
            self.words = words
            self.paths = paths
        }
    }
}

extension MultipathTarget.Group {
    /// The name of the selector.
    public var selector: String {
        switch self {
        case .roundRobin: "round-robin"
        case .queueLength: "queue-length"
        case .serviceTime: "service-time"
        case .historicalServiceTime: "historical-service-time"
        case .ioAffinity: "io-affinity"
        case .other(let group): group.selector
        }
    }

    /// The devices of the paths.
    public var devices: [DeviceReference] {
        switch self {
        case .roundRobin(let paths), .queueLength(let paths), .historicalServiceTime(_, let paths): paths.map(\.device)
        case .serviceTime(let paths): paths.map(\.device)
        case .ioAffinity(let paths): paths.map(\.device)
        case .other(let group): group.paths.map(\.device)
        }
    }

    mutating func mapDevices(_ transform: (DeviceReference) -> DeviceReference) {
        func mapped(_ paths: [MultipathTarget.Path]) -> [MultipathTarget.Path] {
            paths.map { .init(transform($0.device), repeatCount: $0.repeatCount) }
        }
        switch self {
        case .roundRobin(let paths): self = .roundRobin(mapped(paths))
        case .queueLength(let paths): self = .queueLength(mapped(paths))
        case .historicalServiceTime(let history, let paths): self = .historicalServiceTime(history, mapped(paths))
        case .serviceTime(var paths):
            for index in paths.indices { paths[index].device = transform(paths[index].device) }
            self = .serviceTime(paths)
        case .ioAffinity(var paths):
            for index in paths.indices { paths[index].device = transform(paths[index].device) }
            self = .ioAffinity(paths)
        case .other(var group):
            for index in group.paths.indices { group.paths[index].device = transform(group.paths[index].device) }
            self = .other(group)
        }
    }

    /// What a kernel makes of it: repeat counts are 1 at most, and are not printed at all with a history.
    var effective: MultipathTarget.Group {
        func once(_ paths: [MultipathTarget.Path]) -> [MultipathTarget.Path] {
            paths.map { .init($0.device, repeatCount: min($0.repeatCount, 1)) }
        }
        switch self {
        case .roundRobin(let paths): return .roundRobin(once(paths))
        case .queueLength(let paths): return .queueLength(once(paths))
        case .historicalServiceTime(let history, let paths):
            return .historicalServiceTime(history, paths.map { .init($0.device, repeatCount: 0) })
        case .serviceTime(let paths):
            return .serviceTime(
                paths.map { .init($0.device, repeatCount: min($0.repeatCount, 1), relativeThroughput: $0.relativeThroughput) })
        case .ioAffinity, .other: return self
        }
    }
}
