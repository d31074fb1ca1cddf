/// Why a cipher cannot be set up or used. Never says anything of the key but its length.
public struct CipherError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was expected, what was found.
    public var description: String

    /// An error.
    public init(_ description: String) { self.description = description }
}
