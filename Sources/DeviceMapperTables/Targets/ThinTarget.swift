public import StorageUnits

/// A thin device of a pool: its blocks are taken from the pool as they are written.
public struct ThinTarget: Target {
    public static let typeName = "thin"
    public static let syntax = TargetSyntax(
        summary: "A thin device of a pool: its blocks are taken from the pool as they are written.",
        usage: "<pool device> <device id> [<external origin device>]",
        options: [
            .init("<external origin device>", "Blocks that were never written are read from it; it is never written.")
        ],
        status: [
            .init("<mapped sectors>", "How many sectors the device has from the pool."),
            .init("<highest mapped sector>", "The last of them, or - if there are none."),
            .init("Fail", "The pool has failed."),
            .init("Error", "The state could not be found out."),
            .init("-", "The device is not open in the pool's metadata."),
        ],
        examples: [
            .init(length: 2_097_152, "/dev/mapper/pool 0"),
            .init(length: 2_097_152, "253:0 16777215 /dev/vg/image"),
        ],
        statusExamples: ["2048 2047", "0 -", "Fail", "Error", "-"])

    /// The largest id of a thin device.
    static let largestID: UInt32 = (1 << 24) - 1

    /// The pool's device.
    public var pool: DeviceReference
    /// The id that the thin device was created with: 0 to 16777215.
    public var id: UInt32
    /// Where blocks that were never written are read from; it is never written. Not the pool's device.
    public var externalOrigin: DeviceReference?

    /// The thin device `id` of `pool`.
    public init(pool: DeviceReference, id: UInt32, externalOrigin: DeviceReference? = nil) {
        self.pool = pool
        self.id = id
        self.externalOrigin = externalOrigin
    }

    public init(parsing arguments: inout ArgumentReader) throws(TableError) {
        pool = try arguments.device("pool device")
        id = try arguments.thinDeviceID("device id")
        if !arguments.isAtEnd { externalOrigin = try arguments.device("external origin device") }
    }

    public func write(to arguments: inout ArgumentWriter) {
        arguments.append(pool)
        arguments.append(id)
        if let externalOrigin { arguments.append(externalOrigin) }
    }

    public mutating func mapDevices(_ transform: (DeviceReference) -> DeviceReference) {
        pool = transform(pool)
        externalOrigin = externalOrigin.map(transform)
    }

    public func validate(length: Sectors) throws(TableError) {
        guard id <= Self.largestID else {
            throw TableError(.outOfRange, word: 5, message: "device id: expected 0 to \(Self.largestID), found \(id)")
        }
        guard externalOrigin != pool else {
            throw TableError(
                .invalidValue, word: 6,
                message: "external origin device: expected another than the pool device, found \(quoteForMessage(pool.description)) again")
        }
    }

    /// How much of the pool a thin device has.
    public enum Status: TargetStatus {
        /// So many sectors, the last of which is `highest`; `nil` if there are none.
        case mapped(Sectors, highest: Sectors?)
        /// The pool has failed: `Fail`.
        case failed
        /// The state could not be found out: `Error`.
        case error
        /// The device is not open in the pool's metadata: `-`.
        case closed

        public init(parsing words: inout ArgumentReader) throws(TableError) {
            switch words.peek() {
            case "Fail": self = .failed
            case "Error": self = .error
            case "-": self = .closed
            default:
                let count = try words.sectors("mapped sectors", in: 0...UInt64.max)
                self = .mapped(count, highest: try words.numberOrDash("highest mapped sector").map { Sectors($0) })
                return
            }
            _ = try words.word("status")
        }

        public func write(to words: inout ArgumentWriter) {
            switch self {
            case .mapped(let count, let highest):
                words.append(count)
                words.append(orDash: highest?.count)
            case .failed: words.append("Fail")
            case .error: words.append("Error")
            case .closed: words.append("-")
            }
        }
    }
}
