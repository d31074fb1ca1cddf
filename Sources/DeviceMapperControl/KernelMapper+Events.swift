public import DeviceMapperTables
public import StorageUnits
internal import SystemPackage

extension KernelMapper {
    /// Waits until the device's number of events is another than `eventNumber`, and returns what is known of it then; `nil` when the
    /// deadline came first. Events are what targets tell: a mirror in sync, a pool that runs full, a path that failed. Without a deadline
    /// it waits for ever.
    ///
    /// The device's current number is in `MappedDeviceInfo.eventNumber`. Needs interface 4.37 (Linux 4.14).
    public func waitForEvent(
        of device: MappedDeviceID, after eventNumber: UInt32, until deadline: ContinuousClock.Instant? = nil
    ) throws(MappingError) -> MappedDeviceInfo? {
        let watch = try EventWatch(self)
        while true {
            try watch.arm()
            let info = try info(of: device)
            if info.eventNumber != eventNumber { return info }
            guard try watch.wait(until: deadline) else { return nil }
        }
    }

    /// The events of all devices, or of some, from now on, as often as anybody asks. Of several events of a device that come before they
    /// are asked for, the last is told.
    ///
    /// An iteration has one thread and three descriptors, however many devices there are: a control device, and the two ends of a pipe. The
    /// thread ends when the task is cancelled, or with the iterator; the descriptors go with the iterator.
    ///
    /// Needs interface 4.37 (Linux 4.14): the iteration throws what keeps it from them.
    public func events(of devices: Set<DeviceNumber>? = nil) -> DeviceEvents { DeviceEvents(self, devices) }
}

/// A descriptor that tells when something happened to any device, and ends a wait from outside.
final class EventWatch: Sendable {
    private let mapper: KernelMapper
    let wakeUp: WakeUp

    /// Watches with a descriptor of its own: whoever arms one takes the events of others who wait at it.
    init(_ mapper: KernelMapper) throws(MappingError) {
        self.mapper = KernelMapper(try mapper.transport.duplicate(), mapper.options, nodeDirectory: mapper.nodes.directory)
        do throws(Errno) { wakeUp = try WakeUp() } catch {
            throw MappingError(.kernel, errno: error.rawValue, message: "cannot wait for events: \(error)")
        }
    }

    /// From now on events end a wait.
    func arm() throws(MappingError) { _ = try mapper.perform(mapper.makeRequest(.armPoll)) }

    func devices() throws(MappingError) -> [ListedDevice] { try mapper.devices() }

    /// False when it was woken up, or the deadline came.
    func wait(until deadline: ContinuousClock.Instant?) throws(MappingError) -> Bool {
        do throws(Errno) { return try mapper.transport.waitForEvent(until: deadline, wakeUp: wakeUp) } catch {
            throw MappingError(.kernel, command: "poll", errno: error.rawValue, message: "cannot wait for events: \(error)")
        }
    }
}

/// The events of devices, as they happen. Each iterator begins with what happens from then on.
public struct DeviceEvents: AsyncSequence, Sendable {
    public typealias Element = DeviceEvent
    public typealias Failure = MappingError

    private let mapper: KernelMapper
    private let wanted: Set<DeviceNumber>?

    init(_ mapper: KernelMapper, _ wanted: Set<DeviceNumber>?) {
        self.mapper = mapper
        self.wanted = wanted
    }

    public func makeAsyncIterator() -> Iterator { Iterator(EventPump(mapper, wanted)) }

    /// Gives one event after the other.
    public struct Iterator: AsyncIteratorProtocol {
        private let pump: EventPump

        init(_ pump: EventPump) { self.pump = pump }

        /// The next event; `nil` when the task is cancelled.
        public mutating func next(isolation actor: isolated (any Actor)? = #isolation) async throws(MappingError) -> DeviceEvent? {
            try await pump.next()
        }
    }
}
