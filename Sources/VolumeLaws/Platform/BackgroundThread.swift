internal import BlockIO
internal import StorageUnits
#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// A thread that a test starts, joins, and can see waiting.
///
/// Requests block, and what a test wants to know of them is often that they do: it starts one here and asks whether it has come to a stop.
public final class BackgroundThread: Sendable {
    private struct State: Sendable {
        var identifier: Int?
        var hasEnded = false
    }
    private let state = Monitor(State())

    /// Runs `body` on a new thread.
    public init(_ body: @escaping @Sendable () -> Void) {
        let isStarted = Thread.detach { [state] in
            let identifier = Self.identifier()
            state.withLock { $0.identifier = identifier }
            body()
            state.withLock { $0.hasEnded = true }
        }
        precondition(isStarted, "no thread for a test")
    }

    /// Whether the body has returned.
    public var hasEnded: Bool { state.withLock { $0.hasEnded } }

    /// Waits until the body has returned.
    public func join() { state.wait { $0.hasEnded ? () : nil } }

    /// Waits until the thread waits for something, or has ended, and tells whether it waits.
    public func comesToWait() -> Bool {
        let identifier = state.wait { $0.identifier }
        while !hasEnded {
            if Self.isWaiting(identifier) { return !hasEnded }
            sched_yield()
        }
        return false
    }

    #if os(Linux)
    /// The calling thread's number, from the name of its folder below /proc.
    private static func identifier() -> Int {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { name in
            guard let start = name.baseAddress else { return 0 }
            let count = unsafe readlink("/proc/thread-self", start, name.count)
            let text = unsafe String(decoding: name.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
            return text.split(separator: "/").last.flatMap { Int($0) } ?? 0
        }
    }

    /// Whether the scheduler has the thread asleep: the letter behind its name in brackets.
    private static func isWaiting(_ identifier: Int) -> Bool {
        guard let status = try? SmallFile.read("/proc/self/task/\(identifier)/stat", limit: 4096) else { return false }
        let text = status.withBytes { bytes in String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self) }
        return text.split(separator: ")").last?.hasPrefix(" S") ?? false
    }
    #else
    private static func identifier() -> Int { 0 }
    /// Not to be seen from here: a thread that is given the time is taken to wait.
    private static func isWaiting(_ identifier: Int) -> Bool {
        for _ in 0..<10_000 { sched_yield() }
        return true
    }
    #endif
}

/// Calls `body` once with each of `0..<count`, each on a thread of its own, all at the same time, and returns when all are done.
public func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let arrived = Monitor(0)
    let threads = (0..<count).map { index in
        BackgroundThread {
            // Nobody begins before everybody is there.
            arrived.withLock { $0 += 1 }
            arrived.wait { $0 == count ? () : nil }
            body(index)
        }
    }
    for thread in threads { thread.join() }
}
