extension MirrorTarget {
    /// What is in sync, and what failed: `2 8:0 8:16 32/32 1 AD 3 disk 8:32 A`.
    public struct Status: TargetStatus {
        /// One of the devices.
        public struct Leg: Hashable, Sendable {
            /// The device.
            public var device: DeviceReference
            /// The worst of what failed.
            public var health: Health

            /// A device and what became of it.
            public init(device: DeviceReference, health: Health) {
                self.device = device
                self.health = health
            }
        }

        /// The worst of what failed since the table became active.
        public enum Health: UInt8, Hashable, Sendable {
            /// Nothing: `A`.
            case alive = 0x41
            /// A flush, so that the device may not have what was written: `F`.
            case flushFailed = 0x46
            /// A write, so that the device is out of sync: `D`.
            case writeFailed = 0x44
            /// The copying to the device, which is out of sync: `S`.
            case syncFailed = 0x53
            /// A read; the device still has what was written: `R`.
            case readFailed = 0x52
            /// Something else: `U`.
            case unknown = 0x55
        }

        /// What failed of a log on a device.
        public enum LogHealth: String, Hashable, Sendable, CaseIterable, CustomStringConvertible {
            /// Nothing.
            case alive = "A"
            /// A flush.
            case flushFailed = "F"
            /// A request.
            case failed = "D"

            /// The letter.
            public var description: String { rawValue }
        }

        /// What is told of the log.
        public enum Log: Hashable, Sendable {
            /// It is in memory.
            case core
            /// It is on a device.
            case disk(DeviceReference, LogHealth)
            /// A daemon for a cluster keeps it in memory.
            case clusteredCore
            /// A daemon for a cluster keeps it on a device.
            case clusteredDisk(DeviceReference, LogHealth)
            /// The daemon that keeps it does not answer.
            case unreachable
            /// The words of another daemon, with their count if it wrote one.
            case other([String])
        }

        /// The devices, in the order of the table.
        public var legs: [Leg]
        /// How many regions are the same on all devices.
        public var regionsInSync: Ratio
        /// The log.
        public var log: Log

        /// The state of these devices.
        public init(legs: [Leg], regionsInSync: Ratio, log: Log) {
            self.legs = legs
            self.regionsInSync = regionsInSync
            self.log = log
        }

        /// Whether every region is the same on all devices, which then can stand in for each other.
        public var isInSync: Bool { regionsInSync.part == regionsInSync.whole }

        public init(parsing words: inout ArgumentReader) throws(TableError) {
            let count = try words.number("number of devices", in: 2...9)
            var devices: [DeviceReference] = []
            for index in 0..<count { devices.append(try words.device("device \(index)")) }
            regionsInSync = try words.ratio("regions in sync")
            _ = try words.number("number of health words", in: 1...1)
            let letters = try words.word("health")
            let health = letters.utf8.compactMap(Health.init)
            guard letters.utf8.count == devices.count, health.count == devices.count else {
                throw words.error(
                    .invalidValue, "health: expected \(devices.count) letters A, F, D, S, R or U, found \(words.lastWordQuoted)")
            }
            legs = zip(devices, health).map { Leg(device: $0, health: $1) }
            log = try Log(parsing: &words)
        }

        public func write(to words: inout ArgumentWriter) {
            words.append(legs.count)
            for leg in legs { words.append(leg.device) }
            words.append(regionsInSync)
            words.append(1)
            words.append(String(decoding: legs.map(\.health.rawValue), as: UTF8.self))
            for word in log.words { words.append(word) }
        }
    }
}

extension MirrorTarget.Status.Log {
    fileprivate init(parsing words: inout ArgumentReader) throws(TableError) {
        switch (words.peek(), words.peek(1)) {
        case ("1", "core"):
            try words.skip(2)
            self = .core
        case ("1", "clustered-core"):
            try words.skip(2)
            self = .clusteredCore
        case ("3", "disk"):
            try words.skip(2)
            self = .disk(try words.device("log device"), try words.choice("log health", among: MirrorTarget.Status.LogHealth.allCases))
        case ("3", "clustered-disk"):
            try words.skip(2)
            self = .clusteredDisk(
                try words.device("log device"), try words.choice("log health", among: MirrorTarget.Status.LogHealth.allCases))
        default:
            var rest = [try words.word("log")]
            while !words.isAtEnd { rest.append(try words.word("log")) }
            self = rest == ["userspace", "1", "COM_FAILURE"] ? .unreachable : .other(rest)
        }
    }

    fileprivate var words: [String] {
        switch self {
        case .core: ["1", "core"]
        case .disk(let device, let health): ["3", "disk", device.description, health.rawValue]
        case .clusteredCore: ["1", "clustered-core"]
        case .clusteredDisk(let device, let health): ["3", "clustered-disk", device.description, health.rawValue]
        case .unreachable: ["userspace", "1", "COM_FAILURE"]
        case .other(let words): words
        }
    }
}

extension ArgumentReader {
    /// Reads words that were looked at before.
    fileprivate mutating func skip(_ count: Int) throws(TableError) {
        for _ in 0..<count { _ = try word("log") }
    }
}
