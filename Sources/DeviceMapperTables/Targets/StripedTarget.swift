public import StorageUnits

/// Spreads its sectors over several devices, a chunk at a time.
public struct StripedTarget: Target {
    public static let typeName = "striped"
    public static let syntax = TargetSyntax(
        summary: "Spreads its sectors over several devices, a chunk at a time.",
        usage: "<number of stripes> <chunk size> (<device> <start sector>)...",
        status: [
            .init("<number of stripes> <device>...", "The devices, by their numbers."),
            .init("1 <health>", "A letter for each device: A, or D once a request to it failed."),
        ],
        examples: [
            .init(length: 65536, "2 128 /dev/sda 0 /dev/sdb 0"),
            .init(length: 30, "3 5 8:0 0 8:16 16 8:32 4096"),
            .init(length: 8, "1 8 disk.img 0"),
        ],
        statusExamples: ["2 8:0 8:16 1 AA", "3 8:0 8:16 8:32 1 ADA"])

    /// One of the devices.
    public struct Stripe: Hashable, Sendable {
        /// The device.
        public var device: DeviceReference
        /// Where its part begins.
        public var start: Sectors

        /// The part of `device` from `start` on.
        public init(device: DeviceReference, start: Sectors = 0) {
            self.device = device
            self.start = start
        }
    }

    /// How many sectors go to one device before the next takes over: 1 to 2^32 - 1, any number.
    public var chunkSize: Sectors
    /// The devices, in turn. At least one.
    public var stripes: [Stripe]

    /// Chunks of `chunkSize` sectors over `stripes`.
    public init(chunkSize: Sectors, stripes: [Stripe]) {
        self.chunkSize = chunkSize
        self.stripes = stripes
    }

    public init(parsing arguments: inout ArgumentReader) throws(TableError) {
        let count = try arguments.number("number of stripes", in: 1...UInt64(UInt32.max))
        chunkSize = try arguments.sectors("chunk size", in: 1...UInt64(UInt32.max))
        stripes = []
        for index in 0..<count {
            // Never more rounds than there are words: the first that is missing throws.
            let device = try arguments.device("device of stripe \(index)")
            stripes.append(Stripe(device: device, start: try arguments.sectors("start sector of stripe \(index)")))
        }
    }

    public func write(to arguments: inout ArgumentWriter) {
        arguments.append(stripes.count)
        arguments.append(chunkSize)
        for stripe in stripes {
            arguments.append(stripe.device)
            arguments.append(stripe.start)
        }
    }

    public mutating func mapDevices(_ transform: (DeviceReference) -> DeviceReference) {
        for index in stripes.indices { stripes[index].device = transform(stripes[index].device) }
    }

    public func validate(length: Sectors) throws(TableError) {
        guard !stripes.isEmpty else { throw TableError(.outOfRange, word: 4, message: "number of stripes: expected at least 1, found 0") }
        guard (1...UInt64(UInt32.max)).contains(chunkSize.count) else {
            throw TableError(.outOfRange, word: 5, message: "chunk size: expected 1 to \(UInt32.max), found \(chunkSize)")
        }
        let count = UInt64(stripes.count)
        guard length.count % count == 0 else {
            throw TableError(.invalidLength, word: 2, message: "length: \(length) sectors do not divide by \(count) stripes")
        }
        let width = Sectors(length.count / count)
        guard width.isMultiple(of: chunkSize) else {
            throw TableError(
                .invalidLength, word: 2, message: "length: \(width) sectors a stripe are not a multiple of the chunk size, \(chunkSize)")
        }
        for (index, stripe) in stripes.enumerated() {
            guard let end = stripe.start.adding(width), end <= Sectors.max else {
                throw TableError(
                    .outOfRange, word: 7 + 2 * index,
                    message: "start sector of stripe \(index): its end is more than \(Sectors.max) sectors into the device")
            }
        }
    }

    /// Which devices have had errors: `2 8:0 8:16 1 AD`.
    public struct Status: TargetStatus {
        /// One of the devices.
        public struct Member: Hashable, Sendable {
            /// The device.
            public var device: DeviceReference
            /// Whether it has had an error since the table became active: `D`, else `A`.
            public var hasFailed: Bool

            /// A device and what became of it.
            public init(device: DeviceReference, hasFailed: Bool) {
                self.device = device
                self.hasFailed = hasFailed
            }
        }
        /// The devices, in turn.
        public var members: [Member]

        /// The state of these devices.
        public init(members: [Member]) { self.members = members }

        public init(parsing words: inout ArgumentReader) throws(TableError) {
            let count = try words.number("number of stripes", in: 1...UInt64(UInt32.max))
            var devices: [DeviceReference] = []
            for index in 0..<count { devices.append(try words.device("device of stripe \(index)")) }
            _ = try words.number("number of health words", in: 1...1)
            let health = try words.word("health")
            guard health.utf8.count == devices.count, health.utf8.allSatisfy({ $0 == UInt8(ascii: "A") || $0 == UInt8(ascii: "D") }) else {
                throw words.error(.invalidValue, "health: expected \(devices.count) letters A or D, found \(words.lastWordQuoted)")
            }
            members = zip(devices, health.utf8).map { Member(device: $0, hasFailed: $1 == UInt8(ascii: "D")) }
        }

        public func write(to words: inout ArgumentWriter) {
            words.append(members.count)
            for member in members { words.append(member.device) }
            words.append(1)
            words.append(String(members.map { $0.hasFailed ? "D" : "A" }))
        }
    }
}
