internal import BlockIO
internal import DeviceMapperTables
internal import StorageUnits

/// Reads events on a thread of its own, since waiting for them blocks, for a task that asks for them. Ends with its last reference.
final class EventPump: Sendable {
    private let queue = EventQueue()
    private let watch: EventWatch

    init(_ watch: EventWatch, _ wanted: Set<DeviceNumber>?) {
        self.watch = watch
        do throws(MappingError) {
            // What the events are counted from: before this returns, so that none is missed.
            try watch.arm()
            let devices = Self.byNumber(try watch.devices(), wanted)
            // The thread has the queue and not the pump, which it would keep alive.
            let isRunning = Thread.detach { [queue, watch] in Self.run(queue, watch, wanted, devices) }
            if !isRunning { throw MappingError(.outOfMemory, message: "the system has no thread to wait for events with") }
        } catch {
            queue.end(error)
        }
    }

    deinit { stop() }

    private func stop() {
        queue.end(nil)
        watch.wakeUp.signal()
    }

    /// The next event; `nil` after the end, which a cancelled task brings about.
    func next() async throws(MappingError) -> DeviceEvent? {
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { queue.take($0) }
        } onCancel: {
            stop()
        }
        return try result.get()
    }

    private static func run(
        _ queue: EventQueue, _ watch: EventWatch, _ wanted: Set<DeviceNumber>?, _ devices: [DeviceNumber: ListedDevice]
    ) {
        var known = devices
        do throws(MappingError) {
            while try watch.wait(until: nil) {
                try watch.arm()
                let current = byNumber(try watch.devices(), wanted)
                queue.add(changes(from: known, to: current))
                known = current
            }
        } catch {
            queue.end(error)
        }
    }

    private static func byNumber(_ devices: [ListedDevice], _ wanted: Set<DeviceNumber>?) -> [DeviceNumber: ListedDevice] {
        Dictionary(devices.filter { wanted?.contains($0.number) ?? true }.map { ($0.number, $0) }, uniquingKeysWith: { $1 })
    }

    /// What is different, in the order of the devices' numbers. A number that another device has now is a removal and an addition.
    static func changes(from old: [DeviceNumber: ListedDevice], to new: [DeviceNumber: ListedDevice]) -> [DeviceEvent] {
        var events: [DeviceEvent] = []
        for number in Set(old.keys).union(new.keys).sorted(by: { ($0.major, $0.minor) < ($1.major, $1.minor) }) {
            switch (old[number], new[number]) {
            case (let before?, nil): events.append(DeviceEvent(kind: .removed, device: before))
            case (nil, let after?): events.append(DeviceEvent(kind: .added, device: after))
            case (let before?, let after?) where before != after: events.append(DeviceEvent(kind: .changed, device: after))
            default: break
            }
        }
        return events
    }
}

/// Events between the thread that reads them and the task that asks for them.
final class EventQueue: Sendable {
    typealias Taker = CheckedContinuation<Result<DeviceEvent?, MappingError>, Never>

    private struct State {
        var events: [DeviceEvent] = []
        var taker: Taker?
        var hasEnded = false
        var error: MappingError?
    }
    private let state = Monitor(State())

    /// Adds events; of a device that has changed again, only the last change is kept, so that who never asks fills no memory.
    func add(_ events: [DeviceEvent]) {
        state.withLock { state in
            guard !state.hasEnded else { return }
            for event in events {
                if event.kind == .changed,
                    let index = state.events.lastIndex(where: { $0.device.number == event.device.number }),
                    state.events[index].kind == .changed
                {
                    state.events[index] = event
                } else {
                    // Whoever was not asked about a device that came and went need not hear of it either.
                    if event.kind == .removed { state.events.removeAll { $0.device.number == event.device.number && $0.kind == .changed } }
                    state.events.append(event)
                }
            }
        }
        deliver()
    }

    /// The first end counts. What is there is still given.
    func end(_ error: MappingError?) {
        state.withLock { state in
            guard !state.hasEnded else { return }
            state.hasEnded = true
            state.error = error
        }
        deliver()
    }

    /// Gives the next event to `taker`, now or when there is one. One asks at a time: an iterator is not shared.
    func take(_ taker: Taker) {
        let other = state.withLock { state in
            defer { state.taker = taker }
            return state.taker
        }
        other?.resume(returning: .success(nil))
        deliver()
    }

    private func deliver() {
        // The task goes on behind the lock.
        let delivery = state.withLock { state -> (Taker, Result<DeviceEvent?, MappingError>)? in
            guard let taker = state.taker else { return nil }
            if !state.events.isEmpty {
                state.taker = nil
                return (taker, .success(state.events.removeFirst()))
            }
            guard state.hasEnded else { return nil }
            state.taker = nil
            defer { state.error = nil }
            return (taker, state.error.map { .failure($0) } ?? .success(nil))
        }
        delivery.map { $0.resume(returning: $1) }
    }
}
