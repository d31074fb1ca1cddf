internal import BlockIO
internal import DeviceMapperTables

/// The groups, shared by requests, and what becomes of a request when no path is left.
///
/// One lock over all of it, which is never held while a device is asked anything. Source: the kernel's dm-mpath.
final class MultipathState: Sendable {
    typealias Path = MultipathGroups.Path

    /// Where a request goes.
    enum Choice {
        case path(Path, at: UInt64)
        /// No path works, and the request is not to wait for one.
        case failure
        /// No path works, and the device is being suspended: the request is to be made again after that.
        case requeued
    }

    private enum Phase: Sendable {
        case serving
        /// Before a suspension with a flush.
        case draining
        /// Before a suspension without a flush: requests without a path are given back.
        case givingBack
        case suspended
    }

    private struct State: Sendable {
        var groups: MultipathGroups
        var queuesIfNoPath: Bool
        /// What is to become of `queuesIfNoPath` at the end of a suspension.
        var queuesAfterResume = false
        var phase = Phase.serving

        /// What becomes of a request that has no path; `nil` if it waits for one.
        var withoutPath: Choice? { queuesIfNoPath ? nil : phase == .givingBack ? .requeued : .failure }
    }

    private let state: Monitor<State>
    /// Whether requests to a group are counted.
    private let countsRequests: [Bool]
    /// Whether any group looks at times.
    let needsTime: Bool

    /// Groups with these selectors and numbers of paths, of which `initialGroup` is used first.
    init(_ groups: [(selector: any PathSelector, pathCount: Int)], initialGroup: Int?, queuesIfNoPath: Bool) {
        state = Monitor(State(groups: MultipathGroups(groups, initialGroup: initialGroup), queuesIfNoPath: queuesIfNoPath))
        countsRequests = groups.map(\.selector.countsRequests)
        needsTime = groups.contains { $0.selector.needsTime }
    }

    // MARK: requests

    /// Selects a path for a request of that many bytes, at the time in nanoseconds that `clock` tells. Waits for one if requests are to wait, which is
    /// no part of the path's time.
    func choose(byteCount: UInt64, now clock: () -> UInt64) -> Choice {
        state.wait { state in
            let now = clock()
            guard let path = state.groups.choose(byteCount: byteCount, now: now) else { return state.withoutPath }
            if countsRequests[path.group] { state.groups.begin(path, byteCount: byteCount) }
            return .path(path, at: now)
        }
    }

    /// A request has come back from its path, which did what it could.
    func end(_ path: Path, byteCount: UInt64, startedAt: UInt64, now: UInt64) {
        guard countsRequests[path.group] else { return }
        state.withLock { $0.groups.end(path, byteCount: byteCount, startedAt: startedAt, now: now) }
    }

    /// A request has come back because its path has failed. Returns whether that is new, and what becomes of the request if that is known
    /// by now; else it is to choose again.
    func endFailed(_ path: Path, byteCount: UInt64, startedAt: UInt64, now: UInt64) -> (isNew: Bool, choice: Choice?) {
        state.withLock { state in
            let isNew = state.groups.fail(path)
            if countsRequests[path.group] { state.groups.end(path, byteCount: byteCount, startedAt: startedAt, now: now) }
            // As the kernel, which does not choose again here: its status tells of the group that was used until the next request comes.
            return (isNew, state.groups.workingPaths == 0 ? state.withoutPath : nil)
        }
    }

    // MARK: messages

    /// Whether no message is taken.
    var isSuspended: Bool { state.withLock { $0.phase == .suspended } }

    /// Whether requests wait for a path from now on; of a device that is being suspended, from the end of that on: whoever suspends waits for
    /// all requests.
    func setQueuesIfNoPath(_ isOn: Bool) {
        state.withLock { state in
            if state.phase == .serving { state.queuesIfNoPath = isOn } else { state.queuesAfterResume = isOn }
        }
    }

    /// Changes the groups; whoever waits for a path looks again.
    func change<Result>(_ body: (inout MultipathGroups) -> Result) -> Result { state.withLock { body(&$0.groups) } }

    // MARK: suspension

    /// No request waits for a path any more: it fails, or is given back.
    func prepareToSuspend(givingBack: Bool) {
        state.withLock { state in
            // Twice in a row, as before a suspension that did not come about, the first counts.
            if state.queuesIfNoPath { state.queuesAfterResume = true }
            state.queuesIfNoPath = false
            state.phase = givingBack ? .givingBack : .draining
        }
    }

    func suspend() { state.withLock { $0.phase = .suspended } }

    func resume() {
        state.withLock { state in
            if state.queuesAfterResume { (state.queuesIfNoPath, state.queuesAfterResume) = (true, false) }
            state.phase = .serving
        }
    }

    // MARK: status

    /// What is to be told, with what the table calls the paths.
    func status(_ names: [[DeviceReference]]) -> MultipathTarget.Status { state.withLock { $0.groups.status(names) } }
}
