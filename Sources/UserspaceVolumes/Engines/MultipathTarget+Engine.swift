internal import BlockIO
internal import CShims
public import DeviceMapperTables
internal import Logging
internal import StorageUnits
internal import Synchronization

extension MultipathTarget: UserspaceTarget {
    /// Paths are used as the kernel uses them with `queue_mode bio`, whatever the mode. Hardware handlers are for hardware: one that the
    /// table names is left out, as the kernel does in that mode.
    public func makeEngine(in context: EngineContext) throws(MappingError) -> any TargetEngine {
        guard features.unknown.isEmpty else {
            throw context.error(.unsupported, "multipath feature '\(features.unknown[0])' is not known in user space")
        }
        if let handler {
            context.logger.warning("line \(context.line): the hardware handler '\(handler.name)' is not used in user space")
        }
        if groups.contains(where: \.hasRepeatCounts) {
            context.logger.warning("line \(context.line): repeat counts above 1 are taken for 1")
        }
        var selectors: [(selector: any PathSelector, pathCount: Int)] = []
        var paths: [[MultipathEngine.Path]] = []
        var blockDevice: MultipathEngine.Path?
        for group in groups {
            var members: [MultipathEngine.Path] = []
            for reference in group.devices {
                let device = try context.open(reference, start: .zero).device
                let path = MultipathEngine.Path(device: device, name: reference, identity: try context.opener.identity(of: reference))
                if case .blockDevice = path.identity {
                    // Each block device of the system has a cache of its own: what is written over one path is not what another reads, and a flush reaches
                    // only one of them. The kernel's target works below those caches.
                    guard blockDevice.map({ $0.identity == path.identity }) ?? true else {
                        throw context.error(
                            .unsupported,
                            "'\(blockDevice?.name.description ?? "")' and '\(reference)' are two block devices of the system, which keeps what is written to one "
                                + "from readers of the other: over these only the kernel's multipath is safe")
                    }
                    blockDevice = path
                }
                members.append(path)
            }
            selectors.append((try group.makeSelector(in: context), members.count))
            paths.append(members)
        }
        let state = MultipathState(
            selectors, initialGroup: groups.isEmpty ? nil : Int(initialGroup) - 1, queuesIfNoPath: features.queuesIfNoPath)
        return MultipathEngine(paths, state, context)
    }
}

extension MultipathTarget.Group {
    fileprivate var hasRepeatCounts: Bool {
        switch self {
        case .roundRobin(let paths), .queueLength(let paths), .historicalServiceTime(_, let paths): paths.contains { $0.repeatCount > 1 }
        case .serviceTime(let paths): paths.contains { $0.repeatCount > 1 }
        case .ioAffinity, .other: false
        }
    }

    fileprivate func makeSelector(in context: EngineContext) throws(MappingError) -> any PathSelector {
        switch self {
        case .roundRobin(let paths): return RoundRobinSelector(count: paths.count)
        case .queueLength(let paths): return QueueLengthSelector(count: paths.count)
        case .serviceTime(let paths): return ServiceTimeSelector(throughputs: paths.map(\.relativeThroughput))
        case .historicalServiceTime(let history, let paths):
            return HistoricalServiceTimeSelector(count: paths.count, weight: history.weight, threshold: history.thresholdMultiplier)
        case .ioAffinity(let paths):
            guard shim_current_cpu() >= 0 else {
                throw context.error(.unsupported, "the system does not tell which CPU a thread runs on, by which io-affinity selects")
            }
            return IOAffinitySelector(masks: paths.map(\.cpus), currentCPU: { Int(shim_current_cpu()) })
        case .other(let group): throw context.error(.unsupported, "selector '\(group.selector)' is not known in user space")
        }
    }
}

/// One device that is reached over several paths: a request goes over one of them, and over another when that fails.
///
/// Whatever moves bytes, or makes them durable, goes over one path, flushes too. Source: the kernel's dm-mpath with `queue_mode bio`.
private final class MultipathEngine: TargetEngine {
    let size: ByteCount
    let limits: BlockLimits

    struct Path: Sendable {
        let device: any BlockDevice
        let name: DeviceReference
        let identity: DeviceIdentity
    }
    private let paths: [[Path]]
    private let state: MultipathState
    private let context: EngineContext
    /// Whether anything was written since the last flush that came to a path.
    private let isUnflushed = Atomic(false)

    init(_ paths: [[Path]], _ state: MultipathState, _ context: EngineContext) {
        self.paths = paths
        self.state = state
        self.context = context
        size = context.length.bytes ?? .zero
        let all = paths.joined().map(\.device.limits)
        limits = all.dropFirst().reduce(all.first ?? BlockLimits()) { $0.stacked(with: $1) }
    }

    func prepareToSuspend(flush: Bool) { state.prepareToSuspend(givingBack: !flush) }

    func suspend(flush: Bool) throws(MappingError) { state.suspend() }

    /// A new table begins with all paths in use, whatever became of those of the old one.
    func resume(replacing old: (any TargetEngine)?) throws(MappingError) {
        if let old = old as? MultipathEngine, old.isUnflushed.load(ordering: .relaxed) { isUnflushed.store(true, ordering: .relaxed) }
        state.resume()
    }

    func status() -> String {
        var words = ArgumentWriter(keys: .redacted)
        state.status(paths.map { $0.map(\.name) }).write(to: &words)
        return words.string
    }

    // MARK: requests

    func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(BlockIOError) {
        try overPath(at: offset, UInt64(buffer.byteCount)) { (device) throws(BlockIOError) in
            try device.read(at: offset, into: &buffer)
        }
    }

    func write(_ bytes: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        try overPath(at: offset, UInt64(bytes.byteCount)) { (device) throws(BlockIOError) in
            try device.write(bytes, at: offset, flags: flags)
        }
        noteChange()
    }

    func flush() throws(BlockIOError) {
        // Without any path there is nothing that could hold a write back: the kernel does not even ask.
        if paths.isEmpty { return }
        // Cleared before: what is written meanwhile is not flushed.
        let wasUnflushed = isUnflushed.exchange(false, ordering: .relaxed)
        do throws(BlockIOError) {
            try overPath(at: 0, 0) { (device) throws(BlockIOError) in try device.flush() }
        } catch {
            if wasUnflushed { isUnflushed.store(true, ordering: .relaxed) }
            throw error
        }
    }

    /// What has come to a path is to be flushed. Noted afterwards: a flush that came in between may have missed it.
    private func noteChange() {
        if !isUnflushed.load(ordering: .relaxed) { isUnflushed.store(true, ordering: .relaxed) }
    }

    /// No path's turn comes by it, and no path is taken out of use. Where no path works it fails only if there is anything to flush.
    func flushBelow() throws(BlockIOError) {
        // Cleared before, as in `flush`: a user's flush may be the one that is under way, and writes with it.
        let wasUnflushed = isUnflushed.exchange(false, ordering: .relaxed)
        var last: BlockIOError?
        for path in state.change({ $0.working }) {
            do throws(BlockIOError) {
                try paths[path.group][path.place].device.flush()
                if wasUnflushed, PassingFlush.current?.hasMissed == true { noteChange() }
                return
            } catch {
                guard error.mayBeOfPath else {
                    if wasUnflushed { noteChange() }
                    throw error
                }
                last = error
            }
        }
        guard wasUnflushed else { return }
        noteChange()
        throw noPath(0, 0, last)
    }

    func discard(at offset: UInt64, count: UInt64) throws(BlockIOError) {
        try overPath(at: offset, count) { (device) throws(BlockIOError) in try device.discard(at: offset, count: count) }
        noteChange()
    }

    func writeZeroes(at offset: UInt64, count: UInt64, flags: ZeroFlags) throws(BlockIOError) {
        try overPath(at: offset, count) { (device) throws(BlockIOError) in
            try device.writeZeroes(at: offset, count: count, flags: flags)
        }
        noteChange()
    }

    func extent(at offset: UInt64, limit: UInt64) throws(BlockIOError) -> Extent {
        var extent = Extent(.data, count: limit)
        try overPath(at: offset, limit, load: 0) { (device) throws(BlockIOError) in
            extent = try device.extent(at: offset, limit: limit)
        }
        return extent
    }

    private func overPath(
        at offset: UInt64, _ count: UInt64, _ body: (any BlockDevice) throws(BlockIOError) -> Void
    ) throws(BlockIOError) {
        try overPath(at: offset, count, load: count, body)
    }

    /// Calls `body` with one path after the other until one does not fail. The request is about `count` bytes, and moves `load`.
    private func overPath(
        at offset: UInt64, _ count: UInt64, load: UInt64, _ body: (any BlockDevice) throws(BlockIOError) -> Void
    ) throws(BlockIOError) {
        var last: BlockIOError?
        while true {
            let path: MultipathState.Path
            let start: UInt64
            switch state.choose(byteCount: load, now: now) {
            case .path(let found, let time): (path, start) = (found, time)
            case .failure: throw noPath(offset, count, last)
            case .requeued: throw requeued(offset, count)
            }
            do throws(BlockIOError) {
                try body(paths[path.group][path.place].device)
                return state.end(path, byteCount: load, startedAt: start, now: now())
            } catch {
                guard error.mayBeOfPath else {
                    state.end(path, byteCount: load, startedAt: start, now: now())
                    throw error
                }
                let failure = state.endFailed(path, byteCount: load, startedAt: start, now: now())
                if failure.isNew { tell(path, "failed: \(error)") }
                switch failure.choice {
                case .failure: throw noPath(offset, count, error)
                case .requeued: throw requeued(offset, count)
                case .path, nil: last = error
                }
            }
        }
    }

    /// The time in nanoseconds, where anybody looks at it.
    private func now() -> UInt64 {
        guard state.needsTime else { return 0 }
        let (seconds, attoseconds) = context.clock.now.components
        return UInt64(clamping: seconds) &* 1_000_000_000 &+ UInt64(clamping: attoseconds / 1_000_000_000)
    }

    /// Whatever the path has said, no path is left: the kernel says EIO.
    private func noPath(_ offset: UInt64, _ count: UInt64, _ last: BlockIOError?) -> BlockIOError {
        guard let last else { return BlockIOError(.inputOutput, offset: offset, count: count, message: "no path works") }
        return BlockIOError(.inputOutput, offset: last.offset, count: last.count, message: "no path works: \(last.message)")
    }

    private func requeued(_ offset: UInt64, _ count: UInt64) -> BlockIOError {
        BlockIOError(.requeued, offset: offset, count: count, message: "no path works, and the device is being suspended")
    }

    private func tell(_ path: MultipathState.Path, _ what: String) {
        context.logger.warning("line \(context.line): path '\(paths[path.group][path.place].name)' \(what)")
        context.raiseEvent()
    }

    // MARK: messages

    func receive(_ message: inout ArgumentReader) throws(MappingError) -> String? {
        guard !state.isSuspended else {
            throw MappingError(.busy, message: "a multipath device takes no messages while it is suspended")
        }
        switch try MultipathTarget.Message(receiving: &message) {
        case .queueIfNoPath: state.setQueuesIfNoPath(true)
        case .failIfNoPath: state.setQueuesIfNoPath(false)
        case .disableGroup(let number): try change(number) { $0.setDisabled(true, group: $1) }
        case .enableGroup(let number): try change(number) { $0.setDisabled(false, group: $1) }
        case .switchGroup(let number): try change(number) { $0.switchTo(group: $1) }
        case .failPath(let device):
            let found = try find(device)
            for path in state.change({ groups in found.filter { groups.fail($0) } }) { tell(path, "is taken out of use") }
        case .reinstatePath(let device):
            let found = try find(device)
            for path in state.change({ groups in found.filter { groups.reinstate($0) } }) { tell(path, "is taken into use") }
        }
        return nil
    }

    private func change(_ number: UInt32, _ body: (inout MultipathGroups, Int) -> Void) throws(MappingError) {
        guard number <= paths.count else {
            let expected = paths.isEmpty ? "none, for there is no group" : "1 to \(paths.count)"
            throw MappingError(.invalidMessage, message: "group: expected \(expected), found \(number)")
        }
        state.change { body(&$0, Int(number) - 1) }
        context.raiseEvent()
    }

    /// The paths that the table calls so; if there are none, those that are the same device under another name.
    private func find(_ reference: DeviceReference) throws(MappingError) -> [MultipathState.Path] {
        let all = paths.indices.flatMap { group in paths[group].indices.map { MultipathState.Path(group: group, place: $0) } }
        let named = all.filter { paths[$0.group][$0.place].name == reference }
        guard named.isEmpty else { return named }
        let identity = try context.opener.identity(of: reference)
        let found = all.filter { paths[$0.group][$0.place].identity == identity }
        guard !found.isEmpty else {
            throw MappingError(.invalidMessage, device: reference.description, message: "the device is no path of the table")
        }
        return found
    }
}
