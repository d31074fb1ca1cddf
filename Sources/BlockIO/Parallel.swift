internal import Synchronization

/// A bounded number of threads that help with work which falls into independent parts.
///
/// The caller works too and never waits for a free worker: when all are busy it does everything itself. Threads start when first wanted
/// and end with the last reference to the object.
public final class Workers: Sendable {
    /// How many threads work at one call, the caller included.
    public let count: Int
    private let queue: Queue

    /// `count` threads, the caller included; by default one for each processor.
    public init(count: Int? = nil) {
        self.count = max(1, count ?? Thread.processorCount)
        queue = Queue(limit: self.count - 1)
    }

    deinit { queue.state.withLock { $0.isClosed = true } }

    /// Calls `body` once with each of `0..<iterations`, on several threads, in no order, and returns when all calls have.
    public func perform(_ iterations: Int, _ body: @Sendable (Int) -> Void) {
        guard count > 1, iterations > 1 else {
            for index in 0..<max(0, iterations) { body(index) }
            return
        }
        withoutActuallyEscaping(body) { body in
            let job = Job(iterations: iterations, body: body)
            queue.add(job, copies: min(count, iterations) - 1)
            job.work()
            queue.withdraw(job)
            job.helpers.wait { $0 == 0 ? () : nil }
            job.finish()
        }
    }
}

/// One call of `perform`.
private final class Job: Sendable {
    private let iterations: Int
    private let next = Atomic<Int>(0)
    /// In a structure of its own: a closure that goes through a generic type by itself is wrapped anew each time.
    private struct Body: Sendable {
        let call: @Sendable (Int) -> Void
    }
    private let body: Monitor<Body?>
    /// The threads besides the caller that are at it.
    let helpers = Monitor(0)

    init(iterations: Int, body: @escaping @Sendable (Int) -> Void) {
        self.iterations = iterations
        self.body = Monitor(Body(call: body))
    }

    func work() {
        guard let body = body.withLock({ $0 }) else { return }
        while true {
            let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
            guard index < iterations else { return }
            body.call(index)
        }
    }

    /// Lets go of the body, which must not outlive the call of `perform`.
    func finish() { body.withLock { $0 = nil } }
}

private final class Queue: Sendable {
    struct State: Sendable {
        var jobs: [Job] = []
        var threads = 0
        var isClosed = false
    }
    let limit: Int
    let state = Monitor(State())

    init(limit: Int) { self.limit = limit }

    func add(_ job: Job, copies: Int) {
        let missing = state.withLock { state -> Int in
            for _ in 0..<copies { state.jobs.append(job) }
            let missing = min(copies, limit - state.threads)
            state.threads += missing
            return missing
        }
        for _ in 0..<missing where !Thread.detach({ self.serve() }) { state.withLock { $0.threads -= 1 } }
    }

    func withdraw(_ job: Job) { state.withLock { $0.jobs.removeAll { $0 === job } } }

    private func serve() {
        while true {
            let job = state.wait { state -> Job?? in
                if let job = state.jobs.popLast() {
                    // Counted under the queue's lock: `perform` withdraws the job under it before it looks at the count.
                    job.helpers.withLock { $0 += 1 }
                    return .some(job)
                }
                return state.isClosed ? .some(nil) : nil
            }
            guard let job else { return }
            job.work()
            job.helpers.withLock { $0 -= 1 }
        }
    }
}
