/// Tells engines the time, and lets their threads wait: delays, and the turns of a flakey device.
public protocol VolumeClock: Sendable {
    /// The time since some moment, the same one for each call. It never goes back.
    var now: Duration { get }
    /// Blocks the calling thread until the clock is at `deadline`, or `interruption` is raised. Returns at once when either is so already.
    func wait(until deadline: Duration, or interruption: Interruption)
}

/// The clock of the system, which stands while the machine sleeps, as the kernel's `jiffies` do.
public struct SystemClock: VolumeClock {
    private let beginning = SuspendingClock.now

    /// A clock that begins now.
    public init() {}

    public var now: Duration { SuspendingClock.now - beginning }

    public func wait(until deadline: Duration, or interruption: Interruption) { interruption.wait(for: deadline - now) }
}
