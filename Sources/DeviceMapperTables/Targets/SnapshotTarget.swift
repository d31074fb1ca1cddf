public import StorageUnits

/// Shows its origin as it was when the snapshot was made: whatever is written to either is copied to a store first, a chunk at a time.
public struct SnapshotTarget: Target {
    public static let typeName = "snapshot"
    public static let syntax = TargetSyntax(
        summary: "Shows its origin as it was, and keeps what is written to either side in a store.",
        usage: "<origin> <store device> <P|PO|N> <chunk size> [<number of features> <feature>...]",
        options: SnapshotFeatures.terms,
        status: SnapshotStatus.terms,
        examples: [
            .init(length: 32768, "/dev/mapper/origin /dev/sdb P 16"),
            .init(length: 32768, "8:0 8:16 PO 0"),
            .init(length: 32768, "disk.img copies.img N 32 1 discard_zeroes_cow"),
            .init(length: 32768, "8:0 8:16 PO 8 2 discard_zeroes_cow discard_passdown_origin"),
        ],
        statusExamples: ["2048/32768 0"] + SnapshotStatus.examples)

    /// The device that the snapshot is of. To keep the snapshot as it is, it is written through a `snapshot-origin` only.
    public var origin: DeviceReference
    /// The device that holds the copied chunks, another one than the origin.
    public var storeDevice: DeviceReference
    /// How they are kept there.
    public var store: SnapshotStore
    /// How much is copied at once: a power of two up to 2^21, a multiple of both devices' block size. 0 is what the store's header says,
    /// or 32 for a new one; a header also counts more than any other number here. With a transient store, 0 can only be loaded to
    /// take over the chunks of an active snapshot.
    public var chunkSize: Sectors
    /// What it does beyond that.
    public var features: SnapshotFeatures

    /// A snapshot of `origin`, in `storeDevice`.
    public init(
        origin: DeviceReference, storeDevice: DeviceReference, store: SnapshotStore = .persistent(), chunkSize: Sectors = 0,
        features: SnapshotFeatures = SnapshotFeatures()
    ) {
        self.origin = origin
        self.storeDevice = storeDevice
        self.store = store
        self.chunkSize = chunkSize
        self.features = features
    }

    public init(parsing arguments: inout ArgumentReader) throws(TableError) {
        origin = try arguments.device("origin")
        storeDevice = try arguments.device("store device")
        store = try arguments.choice(
            "store", among: [.persistent(reportsOverflow: false), .persistent(reportsOverflow: true), .transient], ignoringCase: true)
        chunkSize = try SnapshotChunkSize.read(&arguments)
        features = try SnapshotFeatures(parsing: &arguments)
    }

    public func write(to arguments: inout ArgumentWriter) {
        arguments.append(origin)
        arguments.append(storeDevice)
        arguments.append(store.letters)
        arguments.append(chunkSize)
        features.write(to: &arguments)
    }

    public mutating func mapDevices(_ transform: (DeviceReference) -> DeviceReference) {
        origin = transform(origin)
        storeDevice = transform(storeDevice)
    }

    public var unknownWords: [String] { features.unknown }

    public func validate(length: Sectors) throws(TableError) {
        guard origin != storeDevice else {
            throw TableError(.invalidValue, word: 5, message: "store device: expected another device than the origin")
        }
        try SnapshotChunkSize.validate(chunkSize)
        try features.validate()
    }

    /// Whether `reported` is equal but for the chunk size, which is 0 until the snapshot has taken over another's chunks, and the header's
    /// in a persistent store.
    public func isSatisfied(by reported: SnapshotTarget) -> Bool {
        guard SnapshotChunkSize.isSatisfied(chunkSize, by: reported.chunkSize, isPersistent: store != .transient) else { return false }
        var expected = self
        expected.chunkSize = reported.chunkSize
        return expected == reported
    }

    /// How full the store is.
    public typealias Status = SnapshotStatus
}
