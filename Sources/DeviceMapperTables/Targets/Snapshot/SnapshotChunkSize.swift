internal import StorageUnits

/// The kernel's rules for the chunk size of snapshots.
enum SnapshotChunkSize {
    /// The largest: the kernel counts its bytes in an `int`.
    private static let largest: UInt64 = 1 << 21

    static func read(_ arguments: inout ArgumentReader) throws(TableError) -> Sectors {
        let size = try arguments.sectors("chunk size", in: 0...UInt64(UInt32.max))
        guard isValid(size) else { throw arguments.error(.outOfRange, message(size)) }
        return size
    }

    static func validate(_ size: Sectors) throws(TableError) {
        guard isValid(size) else { throw TableError(.outOfRange, word: 7, message: message(size)) }
    }

    private static func isValid(_ size: Sectors) -> Bool { size.count <= largest && size.count & (size.count &- 1) == 0 }

    private static func message(_ size: Sectors) -> String { "chunk size: expected 0 or a power of two up to \(largest), found \(size)" }

    /// Whether a kernel that was given `loaded` may print `reported`. The header of a persistent store counts more than the table; a
    /// snapshot that is to take over the chunks of an active one has 0 until it is resumed, and then the size of the other.
    static func isSatisfied(_ loaded: Sectors, by reported: Sectors, isPersistent: Bool) -> Bool {
        loaded == reported || isPersistent || reported == 0 || loaded == 0
    }
}
