/// A bounded number of things that requests borrow: scratch memory, cipher contexts.
///
/// They are made when first wanted and kept, so that a request in steady state allocates nothing. Who finds all of them lent waits.
public final class ResourcePool<Resource: AnyObject & Sendable>: Sendable {
    private struct State: Sendable {
        var idle: [Resource] = []
        var made = 0
    }

    private let limit: Int
    private let make: @Sendable () -> Resource?
    private let state: Monitor<State>

    /// At most `limit` resources, at least one. `make` may fail with `nil` for any but the first: then the ones there are serve.
    public init(limit: Int, first: Resource, make: @escaping @Sendable () -> Resource?) {
        precondition(limit > 0)
        self.limit = limit
        self.make = make
        var initial = State(idle: [], made: 1)
        initial.idle.reserveCapacity(limit)
        initial.idle.append(first)
        state = Monitor(initial)
    }

    /// Lends one to `body`. Not to be nested: a borrower that waits for a second one can wait for itself.
    public func withResource<Result, Failure: Error>(_ body: (Resource) throws(Failure) -> Result) throws(Failure) -> Result {
        let resource = state.wait { state -> Resource? in
            if let idle = state.idle.popLast() { return idle }
            if state.made < limit, let new = make() {
                state.made += 1
                return new
            }
            return nil
        }
        defer { state.withLock { $0.idle.append(resource) } }
        return try body(resource)
    }
}
