internal import Synchronization

/// A flush that is nobody's request: that of a suspension, of an end, or of an engine by itself. The kernel has none of these, so nothing waits for them, and
/// no target does to them what it does to a flush. They pass suspended devices by: what came to one is as durable as its own suspension was to make it.
final class PassingFlush: Sendable {
    /// That of the calling thread.
    @TaskLocal static var current: PassingFlush?
    private let missed = Atomic(false)

    /// Calls `body`, in which flushes pass suspended devices by.
    static func run<Result>(_ body: (PassingFlush) -> Result) -> Result {
        let flush = PassingFlush()
        return $current.withValue(flush) { body(flush) }
    }

    /// Whether a device was passed by that holds what is not durable.
    var hasMissed: Bool { missed.load(ordering: .relaxed) }

    func noteMissed() { missed.store(true, ordering: .relaxed) }
}
