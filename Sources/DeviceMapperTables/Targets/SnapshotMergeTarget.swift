public import StorageUnits

/// Writes the chunks of a persistent snapshot back to its origin, and is the origin as it will be. It takes the place of the origin's
/// `snapshot-origin`; the snapshot itself must be gone, or suspended.
public struct SnapshotMergeTarget: Target {
    public static let typeName = "snapshot-merge"
    public static let syntax = TargetSyntax(
        summary: "Writes the chunks of a persistent snapshot back to its origin, and shows the origin as it will be.",
        usage: "<origin> <store device> <P|PO> <chunk size> [<number of features> <feature>...]",
        options: SnapshotFeatures.terms,
        status: SnapshotStatus.terms,
        examples: [
            .init(length: 32768, "/dev/mapper/origin /dev/sdb P 16"),
            .init(length: 32768, "8:0 8:16 PO 0 1 discard_zeroes_cow"),
            .init(length: 32768, "8:0 8:16 PO 8 2 discard_zeroes_cow discard_passdown_origin"),
        ],
        statusExamples: ["32/32768 32"] + SnapshotStatus.examples)

    /// The device that the chunks are written to.
    public var origin: DeviceReference
    /// The device that holds them, another one than the origin.
    public var storeDevice: DeviceReference
    /// Whether the store is `PO`, not `P`: see ``SnapshotStore``.
    public var reportsOverflow: Bool
    /// As that of the snapshot: see ``SnapshotTarget/chunkSize``.
    public var chunkSize: Sectors
    /// As those of the snapshot.
    public var features: SnapshotFeatures

    /// The snapshot in `storeDevice`, which is merged into `origin`.
    public init(
        origin: DeviceReference, storeDevice: DeviceReference, reportsOverflow: Bool = true, chunkSize: Sectors = 0,
        features: SnapshotFeatures = SnapshotFeatures()
    ) {
        self.origin = origin
        self.storeDevice = storeDevice
        self.reportsOverflow = reportsOverflow
        self.chunkSize = chunkSize
        self.features = features
    }

    /// What merges a snapshot; `nil` when its store is transient, which the kernel does not merge.
    public init?(merging snapshot: SnapshotTarget) {
        guard case .persistent(let reportsOverflow) = snapshot.store else { return nil }
        self.init(
            origin: snapshot.origin, storeDevice: snapshot.storeDevice, reportsOverflow: reportsOverflow, chunkSize: snapshot.chunkSize,
            features: snapshot.features)
    }

    public init(parsing arguments: inout ArgumentReader) throws(TableError) {
        origin = try arguments.device("origin")
        storeDevice = try arguments.device("store device")
        reportsOverflow = try arguments.choice("store", among: ["P", "PO"], ignoringCase: true) == "PO"
        chunkSize = try SnapshotChunkSize.read(&arguments)
        features = try SnapshotFeatures(parsing: &arguments)
    }

    public func write(to arguments: inout ArgumentWriter) {
        arguments.append(origin)
        arguments.append(storeDevice)
        arguments.append(reportsOverflow ? "PO" : "P")
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

    /// Whether `reported` is equal but for the chunk size: the store's header says which it is.
    public func isSatisfied(by reported: SnapshotMergeTarget) -> Bool {
        var expected = self
        expected.chunkSize = reported.chunkSize
        return expected == reported
    }

    /// How full the store is.
    public typealias Status = SnapshotStatus
}
