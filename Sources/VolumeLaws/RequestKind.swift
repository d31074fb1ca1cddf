/// What a request to a device is.
public enum RequestKind: String, Hashable, Sendable, CaseIterable {
    /// Plain, in pieces, or with tags.
    case read
    /// Plain, in pieces, or with tags.
    case write
    case flush
    case discard
    case writeZeroes
    case extent
}
