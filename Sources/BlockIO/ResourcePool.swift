/// A bounded number of things that requests borrow: scratch memory, cipher contexts.
///
/// They are made when first wanted and kept, so that a request in steady state allocates nothing. Who finds all of them lent waits.
public final class ResourcePool<Resource: AnyObject & Sendable>: Sendable {
    /// Knows nothing of the type, which the compiler of another module would look up again for every request.
    @usableFromInline let shelf: ResourceShelf

    /// At most `limit` resources, at least one. `make` may fail with `nil` for any but the first: then the ones there are serve.
    public init(limit: Int, first: Resource, make: @escaping @Sendable () -> Resource?) {
        shelf = ResourceShelf(limit: limit, first: first, make: make)
    }

    /// Lends one to `body`. Not to be nested: a borrower that waits for a second one can wait for itself.
    @inlinable
    public func withResource<Result, Failure: Error>(_ body: (Resource) throws(Failure) -> Result) throws(Failure) -> Result {
        let resource = shelf.take()
        defer { shelf.putBack(resource) }
        // A `Resource`, as all that the pool has put there.
        return try body(unsafe unsafeDowncast(resource, to: Resource.self))
    }
}

/// What a pool's idle resources lie on.
@usableFromInline
final class ResourceShelf: Sendable {
    private struct State: Sendable {
        var idle: [any AnyObject & Sendable] = []
        var made = 1
    }

    private let limit: Int
    private let make: @Sendable () -> (any AnyObject & Sendable)?
    private let state: Monitor<State>

    init(limit: Int, first: any AnyObject & Sendable, make: @escaping @Sendable () -> (any AnyObject & Sendable)?) {
        precondition(limit > 0)
        self.limit = limit
        self.make = make
        var initial = State()
        initial.idle.reserveCapacity(min(limit, 64))
        initial.idle.append(first)
        state = Monitor(initial)
    }

    @usableFromInline
    func take() -> any AnyObject & Sendable {
        state.wait { state -> (any AnyObject & Sendable)? in
            if let idle = state.idle.popLast() { return idle }
            if state.made < limit, let new = make() {
                state.made += 1
                return new
            }
            return nil
        }
    }

    @usableFromInline
    func putBack(_ resource: any AnyObject & Sendable) { state.withLock { $0.idle.append(resource) } }
}
