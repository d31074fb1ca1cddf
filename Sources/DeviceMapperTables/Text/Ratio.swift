/// A part and the whole that it is of, which statuses write as one word: `5/2048`.
public struct Ratio: Hashable, Sendable, CustomStringConvertible {
    /// How much of it.
    public var part: UInt64
    /// How much there is.
    public var whole: UInt64

    /// `part` of `whole`.
    public init(_ part: UInt64, of whole: UInt64) {
        self.part = part
        self.whole = whole
    }

    /// `part/whole`.
    public var description: String { "\(part)/\(whole)" }
}
