import BlockIO
import StorageUnits
import Synchronization
import Testing
import VolumeLaws

@Suite struct ResourcePoolTests {
    private final class Thing: Sendable {
        let number: Int
        let isLent = Atomic<Bool>(false)
        init(_ number: Int) { self.number = number }
    }

    @Test func `One borrower after another gets the same thing, and no other is made`() {
        let made = Atomic<Int>(0)
        let pool = ResourcePool(limit: 3, first: Thing(0)) {
            made.add(1, ordering: .relaxed)
            return Thing(1)
        }
        for _ in 0..<10 { pool.withResource { #expect($0.number == 0) } }
        #expect(made.load(ordering: .relaxed) == 0)
    }

    @Test func `A thing comes back when its borrower fails, and the failure keeps its type`() {
        struct Failure: Error, Equatable {}
        let pool = ResourcePool(limit: 1, first: Thing(0)) { Thing(1) }
        func fail() throws(Failure) -> Int { try pool.withResource { (_) throws(Failure) in throw Failure() } }
        #expect(throws: Failure()) { try fail() }
        #expect(pool.withResource(\.number) == 0)
    }

    @Test func `No more are made than the limit, and none is lent twice at a time`() {
        let made = Atomic<Int>(1)
        let mistakes = Atomic<Int>(0)
        let pool = ResourcePool(limit: 3, first: Thing(0)) { Thing(made.wrappingAdd(1, ordering: .relaxed).oldValue) }
        onThreads(8) { _ in
            for _ in 0..<scaled(10_000) {
                pool.withResource { thing in
                    if thing.isLent.exchange(true, ordering: .relaxed) { mistakes.add(1, ordering: .relaxed) }
                    thing.isLent.store(false, ordering: .relaxed)
                }
            }
        }
        #expect(mistakes.load(ordering: .relaxed) == 0)
        #expect((1...3).contains(made.load(ordering: .relaxed)))
    }

    @Test func `Who finds everything lent waits`() {
        let pool = ResourcePool(limit: 2, first: Thing(0)) { Thing(1) }
        let numbers = Monitor<[Int]>([])
        var waiting: BackgroundThread?
        pool.withResource { first in
            pool.withResource { second in
                #expect(first.number == 0 && second.number == 1)
                let thread = BackgroundThread { pool.withResource { thing in numbers.withLock { $0.append(thing.number) } } }
                #expect(thread.comesToWait())
                waiting = thread
            }
            waiting?.join()
        }
        #expect(numbers.withLock { $0 } == [1])
    }

    @Test func `When no more can be made the ones there are serve`() {
        let pool = ResourcePool<Thing>(limit: 5, first: Thing(0)) { nil }
        let numbers = Monitor<[Int]>([])
        onThreads(4) { _ in
            for _ in 0..<100 { pool.withResource { thing in numbers.withLock { $0.append(thing.number) } } }
        }
        #expect(numbers.withLock { $0 } == [Int](repeating: 0, count: 400))
    }
}
