internal import BlockIO
public import DeviceMapperTables
internal import StorageUnits

/// The events of a mapper's devices, as they happen. Each iterator begins with what happens from then on, and ends when its task is cancelled. Of several events
/// of a device that come before they are asked for, the last is told, and none of a device that came and went meanwhile.
public struct MappedDeviceEvents: AsyncSequence, Sendable {
    public typealias Element = DeviceEvent
    public typealias Failure = MappingError

    private let registry: DeviceRegistry
    private let wanted: Set<DeviceNumber>?

    init(_ registry: DeviceRegistry, _ wanted: Set<DeviceNumber>?) {
        self.registry = registry
        self.wanted = wanted
    }

    public func makeAsyncIterator() -> Iterator { Iterator(Subscription(registry, wanted)) }

    /// Gives one event after the other.
    public struct Iterator: AsyncIteratorProtocol {
        private let subscription: Subscription

        fileprivate init(_ subscription: Subscription) { self.subscription = subscription }

        /// The next event; `nil` when the task is cancelled.
        public mutating func next(isolation actor: isolated (any Actor)? = #isolation) async throws(MappingError) -> DeviceEvent? {
            try await subscription.next()
        }
    }
}

/// A mailbox that a registry fills, as long as somebody has it.
private final class Subscription: Sendable {
    private let registry: DeviceRegistry
    private let mailbox = Mailbox<DeviceEvent, MappingError>()

    init(_ registry: DeviceRegistry, _ wanted: Set<DeviceNumber>?) {
        self.registry = registry
        registry.tell(mailbox, of: wanted)
    }

    deinit { registry.stopTelling(mailbox) }

    func next() async throws(MappingError) -> DeviceEvent? {
        let result = await withTaskCancellationHandler {
            await mailbox.next()
        } onCancel: {
            mailbox.end(nil)
        }
        return try result.get()
    }
}
