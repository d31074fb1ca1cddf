internal import BlockIO

/// What a mapper has come to know of udev, from one change to the next: whether it runs, and whether it answers.
package final class UdevExperience: Sendable {
    private struct State: Sendable {
        /// The socket at which udevd was found to listen.
        var listening: UdevDaemon.SocketFile?
        /// Whether the last change was one that udev did not complete in time.
        var hasMissed = false
    }
    private let surroundings: UdevSurroundings
    private let state = Monitor(State())

    package init(_ surroundings: UdevSurroundings = .machine) { self.surroundings = surroundings }

    /// Whether udev is to be told of changes and waited for. That udevd listens is believed until its socket is another one, or a change
    /// was not completed in time: to look at the socket's file costs less than to connect. That it does not listen is never believed for
    /// long.
    package var isActive: Bool {
        guard !surroundings.isDisabled(), let file = surroundings.socketFile() else { return false }
        if state.withLock({ $0.listening == file }) { return true }
        let isRunning = surroundings.isRunning()
        state.withLock { $0.listening = isRunning ? file : nil }
        return isRunning
    }

    /// Whether udevd listens now.
    var isListening: Bool { surroundings.isRunning() }

    /// How long an udev is waited for that has let a deadline pass, and how often one that is waited for is looked after.
    var shortPatience: Duration { surroundings.shortPatience }

    /// How long udev is waited for: whoever did not answer in time is not waited for that long again, until it does.
    package func patience(of deadline: Duration) -> Duration {
        state.withLock { $0.hasMissed } ? min(deadline, shortPatience) : deadline
    }

    /// Udev has completed a change in time.
    package func noteCompletion() { state.withLock { $0.hasMissed = false } }

    /// Udev has not completed a change in time.
    package func noteMiss() { state.withLock { $0 = State(hasMissed: true) } }
}
