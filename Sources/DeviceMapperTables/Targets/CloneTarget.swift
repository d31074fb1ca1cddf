public import StorageUnits

/// Is a copy of a read-only device at once, and writable, while that is still copied to the destination, a region at a time.
public struct CloneTarget: Target {
    public static let typeName = "clone"
    public static let syntax = TargetSyntax(
        summary: "Is a writable copy of a device at once, while that is still copied to the destination.",
        usage: """
            <metadata device> <destination> <source> <region size> \
            [<number of features> <feature>... [<number of core arguments> <core argument>...]]
            """,
        options: [
            .init("no_hydration", "Regions are copied only when they are asked for, until a message says otherwise."),
            .init("no_discard_passdown", "Discards are not passed on to the destination."),
            .init("hydration_threshold <regions>", "How many are copied at the same time in the background; 1 without, 0 for none."),
            .init("hydration_batch_size <regions>", "How many that lie side by side are copied with one request; 1 without."),
        ],
        messages: [
            .init("enable_hydration", "Regions that nobody asks for are copied from now on."),
            .init("disable_hydration", "Only regions that are asked for are copied from now on."),
            .init("hydration_threshold <regions>", "As the option."),
            .init("hydration_batch_size <regions>", "As the option."),
        ],
        status: [
            .init("<metadata block size>", "Sectors: 8."),
            .init("<used>/<total>", "Blocks of the metadata device."),
            .init("<region size>", "Sectors."),
            .init("<copied>/<total>", "Regions."),
            .init("<in flight>", "Regions that are being copied."),
            .init("<number of features> <feature>...", "Those in force."),
            .init("<number of core arguments> <core argument>...", "Those in force."),
            .init("rw|ro|Fail", "Whether the metadata can be written; Fail alone once they are lost."),
            .init("Error", "Instead: the metadata cannot be read."),
        ],
        examples: [
            .init(length: 32768, "/dev/sdc /dev/sdb /dev/sda 8"),
            .init(length: 32768, "8:32 8:16 8:0 8 1 no_discard_passdown"),
            .init(length: 32768, "8:32 8:16 8:0 64 1 no_hydration 4 hydration_threshold 16 hydration_batch_size 4"),
        ],
        messageExamples: ["enable_hydration", "disable_hydration", "hydration_threshold 16", "hydration_batch_size 4"],
        statusExamples: [
            "8 6/2048 8 512/4096 1 0 4 hydration_threshold 1 hydration_batch_size 1 rw",
            "8 6/2048 8 4096/4096 0 2 no_hydration no_discard_passdown 4 hydration_threshold 16 hydration_batch_size 4 ro",
            "Fail", "Error",
        ])

    /// The device that holds which regions were copied. Its first sector is zeroed for a new clone.
    public var metadataDevice: DeviceReference
    /// The device that becomes the copy, from its first sector on.
    public var destination: DeviceReference
    /// The device that is copied; never written.
    public var source: DeviceReference
    /// What is copied at once: a power of two from 8 to 2^21. There can be 2^31 regions.
    public var regionSize: Sectors
    /// What it does not do.
    public var features: CloneFeatures
    /// How much is copied in the background.
    public var hydration: CloneHydration

    /// A copy of `source` in `destination`.
    public init(
        metadataDevice: DeviceReference, destination: DeviceReference, source: DeviceReference, regionSize: Sectors,
        features: CloneFeatures = CloneFeatures(), hydration: CloneHydration = CloneHydration()
    ) {
        self.metadataDevice = metadataDevice
        self.destination = destination
        self.source = source
        self.regionSize = regionSize
        self.features = features
        self.hydration = hydration
    }

    public init(parsing arguments: inout ArgumentReader) throws(TableError) {
        metadataDevice = try arguments.device("metadata device")
        destination = try arguments.device("destination")
        source = try arguments.device("source")
        regionSize = try arguments.sectors("region size")
        features = try CloneFeatures(parsing: &arguments, isRequired: false)
        hydration = try CloneHydration(parsing: &arguments, isRequired: false)
    }

    public func write(to arguments: inout ArgumentWriter) {
        arguments.append(metadataDevice)
        arguments.append(destination)
        arguments.append(source)
        arguments.append(regionSize)
        let hydration = hydration.words
        // The core arguments stand behind the features, be there none.
        if !features.words.isEmpty || !hydration.isEmpty { arguments.append(counted: features.words) }
        if !hydration.isEmpty { arguments.append(counted: hydration) }
    }

    public mutating func mapDevices(_ transform: (DeviceReference) -> DeviceReference) {
        metadataDevice = transform(metadataDevice)
        destination = transform(destination)
        source = transform(source)
    }

    public var unknownWords: [String] { features.unknown + hydration.unknown }

    public func validate(length: Sectors) throws(TableError) {
        let size = regionSize.count
        guard (8...1 << 21).contains(size), size & (size - 1) == 0 else {
            throw TableError(.outOfRange, word: 7, message: "region size: expected a power of two from 8 to 2097152, found \(size)")
        }
        // The last region may be a part of one.
        guard length.count == 0 || (length.count - 1) / size < 1 << 31 else {
            throw TableError(.invalidLength, word: 2, message: "length: \(length) sectors are more than \(1 << 31) regions of \(size)")
        }
        try features.validate()
        try hydration.validate(place: 9 + features.words.count)
    }

    /// Whether `reported` is equal but for core arguments that say what the kernel does without.
    public func isSatisfied(by reported: CloneTarget) -> Bool {
        var expected = self
        var found = reported
        expected.hydration = hydration.effective
        found.hydration = reported.hydration.effective
        return expected == found
    }

    /// How far the copy is.
    public typealias Status = CloneStatus
    /// What an active device can be told.
    public typealias Message = CloneMessage
}
