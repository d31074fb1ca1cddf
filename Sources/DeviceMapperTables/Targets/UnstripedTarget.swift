public import StorageUnits

/// One of the stripes of a device that was written through a striped one, such as a single drive of a RAID 0.
public struct UnstripedTarget: Target {
    public static let typeName = "unstriped"
    public static let syntax = TargetSyntax(
        summary: "Shows one of the stripes of a device that is striped.",
        usage: "<number of stripes> <chunk size> <stripe> <device> <start sector>",
        examples: [
            .init(length: 32768, "2 128 0 /dev/nvme0n1 0"),
            .init(length: 32768, "4 256 3 259:0 2048"),
            .init(length: 9, "3 3 1 disk.img 0"),
        ])

    /// How many stripes there are: 1 to 2^31 - 1. The kernel takes more, but prints them as negative numbers.
    public var stripeCount: UInt32
    /// How many sectors go to one stripe before the next takes over: 1 to 2^32 - 1, any number. The line's length is a multiple.
    public var chunkSize: Sectors
    /// Which stripe, from 0; less than there are.
    public var stripe: UInt32
    /// The device with all of them.
    public var device: DeviceReference
    /// Where the first chunk of the first stripe begins on it.
    public var start: Sectors

    /// The stripe `stripe` of `stripeCount` on `device`, in chunks of `chunkSize` sectors.
    public init(stripe: UInt32, of stripeCount: UInt32, chunkSize: Sectors, device: DeviceReference, start: Sectors = 0) {
        self.stripeCount = stripeCount
        self.chunkSize = chunkSize
        self.stripe = stripe
        self.device = device
        self.start = start
    }

    public init(parsing arguments: inout ArgumentReader) throws(TableError) {
        stripeCount = try arguments.number32("number of stripes")
        chunkSize = try arguments.sectors("chunk size", in: 1...UInt64(UInt32.max))
        stripe = try arguments.number32("stripe")
        device = try arguments.device("device")
        start = try arguments.sectors("start sector")
    }

    public func write(to arguments: inout ArgumentWriter) {
        arguments.append(stripeCount)
        arguments.append(chunkSize)
        arguments.append(stripe)
        arguments.append(device)
        arguments.append(start)
    }

    public mutating func mapDevices(_ transform: (DeviceReference) -> DeviceReference) { device = transform(device) }

    public func validate(length: Sectors) throws(TableError) {
        guard (1...UInt32(Int32.max)).contains(stripeCount) else {
            throw TableError(.outOfRange, word: 4, message: "number of stripes: expected 1 to \(Int32.max), found \(stripeCount)")
        }
        guard (1...UInt64(UInt32.max)).contains(chunkSize.count) else {
            throw TableError(.outOfRange, word: 5, message: "chunk size: expected 1 to \(UInt32.max), found \(chunkSize)")
        }
        guard stripe < stripeCount else {
            throw TableError(.outOfRange, word: 6, message: "stripe: expected 0 to \(stripeCount - 1), found \(stripe)")
        }
        guard length.isMultiple(of: chunkSize) else {
            throw TableError(
                .invalidLength, word: 2, message: "length: \(length) sectors are not a multiple of the chunk size, \(chunkSize)")
        }
        guard let end = end(length: length), end <= Sectors.max else {
            throw TableError(
                .outOfRange, word: 8, message: "start sector: the stripe's end is more than \(Sectors.max) sectors into the device")
        }
    }

    /// Where the last chunk of a line of `length` sectors ends on the device; `nil` when that does not fit 64 bits.
    private func end(length: Sectors) -> Sectors? {
        let chunks = length.count / chunkSize.count
        guard chunks > 0 else { return start }
        let before = (chunks - 1).multipliedReportingOverflow(by: UInt64(stripeCount))
        let chunksBefore = before.partialValue.addingReportingOverflow(UInt64(stripe) + 1)
        let sectors = chunksBefore.partialValue.multipliedReportingOverflow(by: chunkSize.count)
        guard !before.overflow, !chunksBefore.overflow, !sectors.overflow else { return nil }
        return start.adding(Sectors(sectors.partialValue))
    }
}
