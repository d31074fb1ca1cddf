internal import Synchronization

/// The memory of buffers that are done, wiped, for those that come next: who makes one buffer after another spares mapping, locking and unmapping each.
///
/// It keeps the memory of two, of up to 64 KiB each. Any thread may take and give; who finds nothing gets new memory.
@safe
package final class SecretReserve: @unchecked Sendable {  // memory belongs to whoever has taken it out of the atomic
    /// The size of what is made for it: small tables, and most answers of the kernel.
    private static let usualSize = 1 << 14
    private static let largestSize = 1 << 16

    // Each owns what it holds.
    private let first = unsafe Atomic<Unmanaged<SecretMemory>?>(nil)
    private let second = unsafe Atomic<Unmanaged<SecretMemory>?>(nil)

    /// An empty reserve.
    package init() {}

    deinit {
        unsafe first.load(ordering: .acquiring)?.release()
        unsafe second.load(ordering: .acquiring)?.release()
    }

    /// Zeroed memory with room for `capacity` bytes, which nobody else has.
    func take(_ capacity: Int) -> SecretMemory {
        guard capacity <= Self.largestSize else { return SecretMemory(capacity: capacity) }
        if let memory = unsafe first.exchange(nil, ordering: .acquiring)?.takeRetainedValue()
            ?? second
            .exchange(nil, ordering: .acquiring)?.takeRetainedValue(), memory.capacity >= capacity
        {
            return memory
        }
        return SecretMemory(capacity: max(capacity, Self.usualSize))
    }

    /// Wipes memory that its owner gives up, and keeps it if there is room.
    func give(_ memory: SecretMemory) {
        guard memory.capacity <= Self.largestSize else { return }
        memory.wipe()
        let given = unsafe Unmanaged.passRetained(memory)
        guard let replaced = unsafe first.exchange(given, ordering: .acquiringAndReleasing) else { return }
        // What was given last is most likely in the processor's cache; what was there before waits behind it.
        unsafe second.exchange(replaced, ordering: .acquiringAndReleasing)?.release()
    }
}
