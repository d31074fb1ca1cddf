import BlockIO
import StorageUnits
import Synchronization
import Testing
import VolumeLaws

@Suite struct WorkersTests {
    @Test(arguments: [1, 2, 4, 9], [-1, 0, 1, 2, 3, 100])
    func `Every part is done exactly once`(threads: Int, parts: Int) {
        let workers = Workers(count: threads)
        for _ in 0..<scaled(300) {
            let counts = Monitor([Int](repeating: 0, count: max(0, parts)))
            workers.perform(parts) { index in counts.withLock { $0[index] += 1 } }
            #expect(counts.withLock { $0 } == [Int](repeating: 1, count: max(0, parts)))
        }
    }

    @Test func `There is at least one thread: the caller`() {
        #expect(Workers(count: 0).count == 1)
        #expect(Workers(count: -5).count == 1)
        #expect(Workers().count >= 1)
    }

    @Test func `Several threads work at one call`() {
        // Each part waits until all have begun: with fewer threads this would not end.
        let begun = Monitor(0)
        Workers(count: 4).perform(4) { _ in
            begun.withLock { $0 += 1 }
            begun.wait { $0 == 4 ? () : nil }
        }
        #expect(begun.withLock { $0 } == 4)
    }

    @Test func `The caller does everything itself when all workers are busy`() {
        let workers = Workers(count: 2)
        let isDone = Monitor(false)
        let busy = Monitor(0)
        // Both threads of the first call, its caller and the one worker, wait for the second call.
        let first = BackgroundThread {
            workers.perform(2) { _ in
                busy.withLock { $0 += 1 }
                isDone.wait { $0 ? () : nil }
            }
        }
        busy.wait { $0 == 2 ? () : nil }
        let counts = Monitor([Int](repeating: 0, count: 50))
        workers.perform(50) { index in counts.withLock { $0[index] += 1 } }
        #expect(counts.withLock { $0 } == [Int](repeating: 1, count: 50))
        isDone.withLock { $0 = true }
        first.join()
    }

    @Test func `Parts may have parts of their own`() {
        let workers = Workers(count: 3)
        let counts = Monitor([Int](repeating: 0, count: 5 * 6 * 7))
        workers.perform(5) { first in
            workers.perform(6) { second in
                workers.perform(7) { third in counts.withLock { $0[(first * 6 + second) * 7 + third] += 1 } }
            }
        }
        #expect(counts.withLock { $0 } == [Int](repeating: 1, count: 5 * 6 * 7))
    }

    @Test func `Nothing is called after the return`() {
        let workers = Workers(count: 4)
        for _ in 0..<scaled(5000) {
            let hasReturned = Atomic<Bool>(false)
            let late = Atomic<Int>(0)
            workers.perform(5) { _ in if hasReturned.load(ordering: .acquiring) { late.add(1, ordering: .relaxed) } }
            hasReturned.store(true, ordering: .releasing)
            #expect(late.load(ordering: .relaxed) == 0)
        }
    }

    @Test func `What a call has borrowed is let go when it returns`() {
        final class Thing: Sendable {}
        let workers = Workers(count: 4)
        for _ in 0..<scaled(2000) {
            weak var thing: Thing?
            do {
                let strong = Thing()
                thing = strong
                workers.perform(3) { _ in withExtendedLifetime(strong) {} }
            }
            #expect(thing == nil)
        }
    }

    @Test func `Calls from several threads at once do not mix`() {
        let workers = Workers(count: 3)
        let mistakes = Atomic<Int>(0)
        onThreads(4) { _ in
            for _ in 0..<scaled(500) {
                let counts = Monitor([Int](repeating: 0, count: 9))
                workers.perform(9) { index in counts.withLock { $0[index] += 1 } }
                if counts.withLock({ $0 }) != [Int](repeating: 1, count: 9) { mistakes.add(1, ordering: .relaxed) }
            }
        }
        #expect(mistakes.load(ordering: .relaxed) == 0)
    }
}
