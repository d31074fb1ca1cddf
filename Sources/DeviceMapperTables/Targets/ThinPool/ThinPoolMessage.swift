extension ThinPoolTarget {
    /// What a pool can be told. One that is read-only or has failed refuses all of it.
    public enum Message: TargetMessage {
        /// Makes an empty thin device; ids are 0 to 16777215.
        case createThin(UInt32)
        /// Makes a thin device that is a snapshot of another, which is to be suspended if it is active; ids are 0 to 16777215.
        case createSnapshot(UInt32, of: UInt32)
        /// Deletes a thin device that is not active; ids are 0 to 16777215.
        case delete(UInt32)
        /// Changes the number that user space keeps in the metadata, if it is `current`.
        case setTransactionID(current: UInt64, new: UInt64)
        /// Keeps a copy of the metadata for tools to read.
        case reserveMetadataSnapshot
        /// Gives that copy up.
        case releaseMetadataSnapshot

        public init(parsing words: inout ArgumentReader) throws(TableError) {
            switch try words.choice("message", of: Keyword.self, ignoringCase: true) {
            case .createThin: self = .createThin(try words.thinDeviceID("device id"))
            case .createSnapshot:
                let id = try words.thinDeviceID("device id")
                self = .createSnapshot(id, of: try words.thinDeviceID("origin's id"))
            case .delete: self = .delete(try words.thinDeviceID("device id"))
            case .setTransactionID:
                let current = try words.number("current transaction id")
                self = .setTransactionID(current: current, new: try words.number("new transaction id"))
            case .reserveMetadataSnapshot: self = .reserveMetadataSnapshot
            case .releaseMetadataSnapshot: self = .releaseMetadataSnapshot
            }
        }

        public func write(to words: inout ArgumentWriter) {
            switch self {
            case .createThin(let id): words.append(Keyword.createThin, id)
            case .createSnapshot(let id, let origin): words.append(Keyword.createSnapshot, id, origin)
            case .delete(let id): words.append(Keyword.delete, id)
            case .setTransactionID(let current, let new): words.append(Keyword.setTransactionID, current, new)
            case .reserveMetadataSnapshot: words.append(Keyword.reserveMetadataSnapshot.description)
            case .releaseMetadataSnapshot: words.append(Keyword.releaseMetadataSnapshot.description)
            }
        }
    }

    /// The first words of the messages.
    private enum Keyword: String, CaseIterable, CustomStringConvertible {
        case createThin = "create_thin"
        case createSnapshot = "create_snap"
        case delete = "delete"
        case setTransactionID = "set_transaction_id"
        case reserveMetadataSnapshot = "reserve_metadata_snap"
        case releaseMetadataSnapshot = "release_metadata_snap"

        var description: String { rawValue }
    }
}

extension ArgumentWriter {
    /// Writes a word and the numbers behind it.
    fileprivate mutating func append<Number: BinaryInteger>(_ keyword: some CustomStringConvertible, _ numbers: Number...) {
        append(keyword.description)
        for number in numbers { append(number) }
    }
}
