public import StorageUnits

/// Maps onto a run of a device with large blocks, and takes requests of smaller ones: emulated block size.
public struct EBSTarget: Target {
    public static let typeName = "ebs"
    public static let syntax = TargetSyntax(
        summary: "Maps onto a run of a device with large blocks, and takes requests in smaller ones.",
        usage: "<device> <start sector> <emulated block size> [<underlying block size>]",
        examples: [
            .init(length: 32768, "/dev/sda 0 1 8"),
            .init(length: 32768, "8:0 2048 1"),
            .init(length: 32768, "disk.img 0 8 8"),
        ])

    /// The device.
    public var device: DeviceReference
    /// Where the run begins on it: a multiple of both block sizes.
    public var start: Sectors
    /// The block size of the mapped device, and what the line's length is a multiple of: a power of two, at most a page of the kernel's memory, which is 8 sectors on most machines and
    /// 128 at most.
    public var emulatedBlockSize: Sectors
    /// The block size that requests to the device are made of: a power of two up to 2^15. That of the device, without.
    public var underlyingBlockSize: Sectors?

    /// A run of `device` from `start` on, as long as the line.
    public init(device: DeviceReference, start: Sectors = 0, emulatedBlockSize: Sectors = 1, underlyingBlockSize: Sectors? = nil) {
        self.device = device
        self.start = start
        self.emulatedBlockSize = emulatedBlockSize
        self.underlyingBlockSize = underlyingBlockSize
    }

    public init(parsing arguments: inout ArgumentReader) throws(TableError) {
        device = try arguments.device("device")
        start = try arguments.sectors("start sector")
        emulatedBlockSize = try arguments.sectors("emulated block size")
        underlyingBlockSize = arguments.isAtEnd ? nil : try arguments.sectors("underlying block size")
    }

    public func write(to arguments: inout ArgumentWriter) {
        arguments.append(device)
        arguments.append(start)
        arguments.append(emulatedBlockSize)
        if let underlyingBlockSize { arguments.append(underlyingBlockSize) }
    }

    public mutating func mapDevices(_ transform: (DeviceReference) -> DeviceReference) { device = transform(device) }

    public func validate(length: Sectors) throws(TableError) {
        try Self.check(emulatedBlockSize, "emulated block size", word: 6, upTo: 128)
        guard length.isMultiple(of: emulatedBlockSize) else {
            throw TableError(
                .invalidLength, word: 2,
                message: "length: \(length) is not a multiple of the emulated block size, \(emulatedBlockSize) sectors")
        }
        guard start.isMultiple(of: emulatedBlockSize) else {
            throw TableError(
                .outOfRange, word: 5,
                message: "start sector: \(start) is not a multiple of the emulated block size, \(emulatedBlockSize) sectors")
        }
        if let underlyingBlockSize {
            try Self.check(underlyingBlockSize, "underlying block size", word: 7, upTo: 32768)
            guard start.isMultiple(of: underlyingBlockSize) else {
                throw TableError(
                    .outOfRange, word: 5,
                    message: "start sector: \(start) is not a multiple of the underlying block size, \(underlyingBlockSize) sectors")
            }
        }
        guard let end = start.adding(length), end <= Sectors.max else {
            throw TableError(
                .outOfRange, word: 5, message: "start sector: the line's end is more than \(Sectors.max) sectors into the device")
        }
    }

    private static func check(_ size: Sectors, _ name: String, word: Int, upTo limit: UInt64) throws(TableError) {
        guard (1...limit).contains(size.count), size.count & (size.count - 1) == 0 else {
            throw TableError(.outOfRange, word: word, message: "\(name): expected a power of two up to \(limit), found \(size)")
        }
    }
}
