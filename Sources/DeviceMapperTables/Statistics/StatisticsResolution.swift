/// What the times of a region are counted in.
public enum StatisticsResolution: Hashable, Sendable {
    /// Milliseconds, which grow by the kernel's ticks (often 4 of them).
    case milliseconds
    /// Nanoseconds: `precise_timestamps`. Each request costs a little more.
    case nanoseconds

    /// One of it.
    public var unit: Duration {
        switch self {
        case .milliseconds: .milliseconds(1)
        case .nanoseconds: .nanoseconds(1)
        }
    }

    /// The time that the kernel's number stands for.
    public func duration(_ ticks: UInt64) -> Duration {
        switch self {
        case .milliseconds: .milliseconds(ticks)
        case .nanoseconds: .nanoseconds(ticks)
        }
    }

    /// The number for a time; `nil` when there is none: it is negative, too long, or not a multiple of the unit.
    public func ticks(_ duration: Duration) -> UInt64? {
        let perTick = unit.attoseconds
        guard duration >= .zero, duration.attoseconds % perTick == 0 else { return nil }
        return UInt64(exactly: duration.attoseconds / perTick)
    }
}
