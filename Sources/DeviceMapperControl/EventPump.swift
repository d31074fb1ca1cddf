internal import BlockIO
internal import DeviceMapperTables
internal import StorageUnits

/// Reads events on a thread of its own, since waiting for them blocks, for a task that asks for them. Ends with its last reference.
final class EventPump: Sendable {
    private let queue = Mailbox<DeviceEvent, MappingError>()
    /// Of this pump alone, since its end wakes up whoever waits with it, now or later.
    private let watch: EventWatch?

    init(_ mapper: KernelMapper, _ wanted: Set<DeviceNumber>?) {
        let watch: EventWatch
        do throws(MappingError) { watch = try EventWatch(mapper) } catch {
            self.watch = nil
            queue.end(error)
            return
        }
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
        watch?.wakeUp.signal()
    }

    /// The next event; `nil` after the end, which a cancelled task brings about.
    func next() async throws(MappingError) -> DeviceEvent? {
        let result = await withTaskCancellationHandler {
            await queue.next()
        } onCancel: {
            stop()
        }
        return try result.get()
    }

    private static func run(
        _ queue: Mailbox<DeviceEvent, MappingError>, _ watch: EventWatch, _ wanted: Set<DeviceNumber>?,
        _ devices: [DeviceNumber: ListedDevice]
    ) {
        var known = devices
        do throws(MappingError) {
            while try watch.wait(until: nil) {
                try watch.arm()
                let current = byNumber(try watch.devices(), wanted)
                for event in changes(from: known, to: current) { queue.change { event.add(to: &$0) } }
                known = current
            }
            queue.end(nil)
        } catch {
            queue.end(error)
        }
    }

    private static func byNumber(_ devices: [ListedDevice], _ wanted: Set<DeviceNumber>?) -> [DeviceNumber: ListedDevice] {
        Dictionary(devices.filter { wanted?.contains($0.number) ?? true }.map { ($0.number, $0) }, uniquingKeysWith: { $1 })
    }

    /// What is different, in the order of the devices' numbers. A number that another device has now is a removal and an addition, as far
    /// as a list shows that it is another one.
    static func changes(from old: [DeviceNumber: ListedDevice], to new: [DeviceNumber: ListedDevice]) -> [DeviceEvent] {
        var events: [DeviceEvent] = []
        for number in Set(old.keys).union(new.keys).sorted(by: { ($0.major, $0.minor) < ($1.major, $1.minor) }) {
            switch (old[number], new[number]) {
            case (let before?, nil): events.append(DeviceEvent(kind: .removed, device: before))
            case (nil, let after?): events.append(DeviceEvent(kind: .added, device: after))
            case (let before?, let after?) where isAnother(after, before):
                events.append(DeviceEvent(kind: .removed, device: before))
                events.append(DeviceEvent(kind: .added, device: after))
            case (let before?, let after?) where before != after: events.append(DeviceEvent(kind: .changed, device: after))
            default: break
            }
        }
        return events
    }

    /// Whether a device cannot be the one that had its number before. A uuid is for good, and the number of events only grows.
    private static func isAnother(_ device: ListedDevice, _ before: ListedDevice) -> Bool {
        if let uuid = before.uuid, device.uuid != uuid { return true }
        guard let now = device.eventNumber, let then = before.eventNumber else { return false }
        return now < then
    }
}
