/// What a device did that no device may do.
public struct LawViolation: Error, Hashable, Sendable, CustomStringConvertible {
    /// The law, as a sentence.
    public var law: String
    /// What was expected, what was found.
    public var message: String
    /// What repeats the run.
    public var seed: UInt64

    /// The law, what happened, and the seed.
    public var description: String { "\(law): \(message) (seed \(seed))" }
}
