public import StorageUnits

/// Keeps the same data on several devices, and a log of the regions that may differ: LVM's old `mirror` segments.
public struct MirrorTarget: Target {
    public static let typeName = "mirror"
    public static let syntax = TargetSyntax(
        summary: "Keeps the same data on several devices, with a log of the regions that may differ.",
        usage: "<log> <number of log words> <log word>... <number of devices> (<device> <start sector>)... [<number of words> <option>...]",
        options: [
            .init(
                "core 1 <region size>",
                "A log in memory: all is copied anew at each activation. Regions have a power of two of sectors, 2 to the line's length."),
            .init("disk 2 <log device> <region size>", "A log on a device, which lasts."),
            .init(
                "userspace <number of words> <UUID> [integrated_flush] <word>...",
                "A log that a daemon keeps, such as cmirrord. With integrated_flush marks and flushes are one request."),
            .init("sync", "Behind the region size, and counted: all is copied from the first device, whatever the log says."),
            .init("nosync", "Behind the region size, and counted: the devices are taken for equal."),
            .init(
                "handle_errors",
                "Writes that a device fails wait until the table is replaced, and another device leads; without it errors are ignored."),
            .init("keep_log", "Writes go on when a device has failed, and fail once the log has. Only behind handle_errors."),
        ],
        status: [
            .init("<number of devices> <device>...", "The devices, by their numbers."),
            .init("<regions in sync>/<regions>", "How many regions are the same on all devices."),
            .init(
                "1 <health>",
                "A letter for each device: A alive, or what failed: F a flush, D a write, S the copying, R a read, U something else."),
            .init("<number of log words> <log>", "The kind of log."),
            .init("<log device> <log health>", "Of a log on a device: A alive, F a flush failed, D a request failed."),
        ],
        examples: [
            .init(length: 32768, "core 1 1024 2 /dev/sda 0 /dev/sdb 0"),
            .init(length: 32768, "core 2 1024 nosync 2 8:0 0 8:16 2048 1 handle_errors"),
            .init(length: 1000, "disk 2 /dev/sdc 128 3 /dev/sda 0 /dev/sdb 8 /dev/sdd 16 2 handle_errors keep_log"),
            .init(length: 32768, "disk 3 8:32 2 sync 2 8:0 0 8:16 0"),
            .init(length: 32768, "userspace 4 LVM-x integrated_flush clustered-core 1024 2 8:0 0 8:16 0 1 handle_errors"),
            .init(length: 32768, "userspace 5 LVM-x clustered-disk 253:4 1024 nosync 2 8:0 0 8:16 0"),
        ],
        statusExamples: [
            "2 253:1 253:2 80/81 1 AD 3 disk 253:0 A", "4 253:1 253:2 253:3 253:4 10/10 1 ADFF 1 core", "2 7:0 7:1 0/32 1 SR 3 disk 7:2 F",
            "2 7:0 7:1 32/32 1 AU 3 clustered-disk 253:4 D", "2 7:0 7:1 32/32 1 AA 1 clustered-core",
            "2 7:0 7:1 0/32 1 AA userspace 1 COM_FAILURE",
        ])

    /// One of the devices.
    public struct Leg: Hashable, Sendable {
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

    /// What becomes of errors.
    public enum ErrorHandling: Hashable, Sendable {
        /// They are ignored: a write has succeeded if any device is good.
        case ignore
        /// A device that fails is left out. A write that it fails waits until the mirror is suspended, for somebody to replace the device; once the log has
        /// failed, all writes do.
        case leaveOut
        /// A device that fails is left out, and writes go on. Once the log has failed, they fail.
        case leaveOutKeepingLog
    }

    /// How many devices there are: 2 to 9.
    public static let legCounts: ClosedRange<Int> = 2...9

    /// Which regions may differ, and who remembers.
    public var log: Log
    /// The devices: 2 to 9. The first is copied to the others where they differ.
    public var legs: [Leg]
    /// What becomes of errors.
    public var errorHandling: ErrorHandling
    /// Options of newer kernels, as they were read.
    public var unknown: [String] = []

    /// The same data on each of `legs`.
    public init(log: Log, legs: [Leg], errorHandling: ErrorHandling = .leaveOut) {
        self.log = log
        self.legs = legs
        self.errorHandling = errorHandling
    }

    public init(parsing arguments: inout ArgumentReader) throws(TableError) {
        log = try Log(parsing: &arguments)
        let count = try arguments.number("number of devices", in: 2...9)
        legs = []
        for index in 0..<count {
            let device = try arguments.device("device \(index)")
            legs.append(Leg(device: device, start: try arguments.sectors("start sector of device \(index)")))
        }
        var handlesErrors = false
        var keepsLog = false
        var unknown: [String] = []
        try arguments.options("words of options", limit: 32) { (words) throws(TableError) in
            switch try words.word("option") {
            case "handle_errors": handlesErrors = true
            case "keep_log": keepsLog = true
            case let word: unknown.append(word)
            }
            if words.isAtEnd, keepsLog, !handlesErrors {
                throw words.error(.invalidValue, "option: keep_log needs handle_errors")
            }
        }
        self.unknown = unknown
        errorHandling = keepsLog ? .leaveOutKeepingLog : handlesErrors ? .leaveOut : .ignore
    }

    public func write(to arguments: inout ArgumentWriter) {
        log.write(to: &arguments)
        arguments.append(legs.count)
        for leg in legs {
            arguments.append(leg.device)
            arguments.append(leg.start)
        }
        let options = errorHandling.words + unknown
        if !options.isEmpty { arguments.append(counted: options) }
    }

    /// The devices of the log and of the mirror. A log that a daemon keeps may name devices too: those are its own words, and not replaced.
    public mutating func mapDevices(_ transform: (DeviceReference) -> DeviceReference) {
        log.mapDevices(transform)
        for index in legs.indices { legs[index].device = transform(legs[index].device) }
    }

    public var unknownWords: [String] { unknown }

    public func validate(length: Sectors) throws(TableError) {
        try log.validate(length: length)
        let place = 6 + log.wordCount  // of the number of devices
        guard Self.legCounts.contains(legs.count) else {
            throw TableError(.outOfRange, word: place, message: "number of devices: expected 2 to 9, found \(legs.count)")
        }
        for (index, leg) in legs.enumerated() {
            try leg.start.expectRoom(for: length, word: place + 2 + 2 * index, "start sector of device \(index)")
        }
        let words = errorHandling.words.count
        guard words + unknown.count <= 32 else {
            throw TableError(
                .outOfRange, word: place + 1 + 2 * legs.count,
                message: "words of options: expected 0 to 32, found \(words + unknown.count)")
        }
        try unknown.expectWords("option", besides: ["handle_errors", "keep_log"], from: place + 2 + 2 * legs.count + words)
    }
}

extension MirrorTarget.ErrorHandling {
    /// The options in the order in which the kernel prints them.
    fileprivate var words: [String] {
        switch self {
        case .ignore: []
        case .leaveOut: ["handle_errors"]
        case .leaveOutKeepingLog: ["handle_errors", "keep_log"]
        }
    }
}
