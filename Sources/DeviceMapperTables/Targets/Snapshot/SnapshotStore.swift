/// How a snapshot keeps the chunks that were copied.
public enum SnapshotStore: Hashable, Sendable {
    /// With a table on the device that says which chunks it has: the snapshot is there again after a restart. `P`, and `PO` where whoever
    /// reads the status knows the word `Overflow`; without, a snapshot without room is `Invalid` at once (Linux 4.4 and newer tell them apart).
    case persistent(reportsOverflow: Bool = true)
    /// With a table in memory: what was copied is lost with the device. `N`.
    case transient

    /// `P`, `PO` or `N`.
    public var letters: String {
        switch self {
        case .persistent(let reportsOverflow): reportsOverflow ? "PO" : "P"
        case .transient: "N"
        }
    }
}

extension SnapshotStore: CustomStringConvertible {
    /// The letters.
    public var description: String { letters }
}
