import BlockIO
import StorageUnits
import Synchronization
import Testing
import VolumeLaws

@Suite struct RangeLockTests {
    @Test func `Ranges apart are held side by side`() {
        let lock = RangeLock()
        let tickets = [lock.acquire(0..<10, .exclusive), lock.acquire(10..<20, .exclusive), lock.acquire(30..<31, .shared)]
        #expect(Set(tickets).count == 3)
        for ticket in tickets { lock.release(ticket) }
    }

    @Test func `Readers share a range`() {
        let lock = RangeLock()
        let tickets = (0..<100).map { _ in lock.acquire(5..<15, .shared) }
        for ticket in tickets { lock.release(ticket) }
        lock.release(lock.acquire(0..<100, .exclusive))
    }

    @Test(arguments: [
        (RangeLock.Mode.exclusive, RangeLock.Mode.exclusive), (.exclusive, .shared), (.shared, .exclusive),
    ])
    func `A range that overlaps one held otherwise waits for it`(held: RangeLock.Mode, wanted: RangeLock.Mode) {
        for range: Range<UInt64> in [10..<20, 0..<11, 19..<30, 12..<13, 0..<100] {
            let lock = RangeLock()
            let first = lock.acquire(10..<20, held)
            let thread = BackgroundThread { lock.release(lock.acquire(range, wanted)) }
            #expect(thread.comesToWait(), "\(range)")
            lock.release(first)
            thread.join()
        }
    }

    @Test func `Whoever comes first goes first, readers too`() {
        let lock = RangeLock()
        let reader = lock.acquire(0..<10, .shared)
        let order = Monitor<[String]>([])
        let writer = BackgroundThread {
            let ticket = lock.acquire(5..<15, .exclusive)
            order.withLock { $0.append("writer") }
            lock.release(ticket)
        }
        #expect(writer.comesToWait())
        // It could share with the first reader, but then writers might wait for ever.
        let late = BackgroundThread {
            let ticket = lock.acquire(0..<10, .shared)
            order.withLock { $0.append("late reader") }
            lock.release(ticket)
        }
        #expect(late.comesToWait())
        // Nobody is waited for without need: this one overlaps neither the writer's range nor anybody else's.
        lock.release(lock.acquire(0..<5, .shared))
        lock.release(reader)
        writer.join()
        late.join()
        #expect(order.withLock { $0 } == ["writer", "late reader"])
    }

    @Test func `Who stands in line comes in the order of the line, whoever waits first`() {
        let lock = RangeLock()
        let first = lock.enqueue(0..<10, .exclusive)
        let second = lock.enqueue(5..<15, .shared)
        let third = lock.enqueue(0..<20, .exclusive)
        let order = Monitor<[Int]>([])
        let threads = [third, second].map { ticket in
            let thread = BackgroundThread {
                lock.wait(for: ticket)
                order.withLock { $0.append(ticket) }
                lock.release(ticket)
            }
            #expect(thread.comesToWait())
            return thread
        }
        // The first in line waits for nobody, and what nobody waits for yet is free once its turn has come.
        lock.wait(for: first)
        let fourth = lock.enqueue(15..<16, .shared)
        lock.release(first)
        for thread in threads { thread.join() }
        lock.wait(for: fourth)
        lock.release(fourth)
        #expect(order.withLock { $0 } == [second, third])
    }

    @Test func `Under random use a writer is alone and readers are only with readers`() {
        let seed = UInt64.random(in: 0...UInt64.max)
        let lock = RangeLock()
        // For each cell: how many read it, and how many write it.
        let cells = Monitor((readers: [Int](repeating: 0, count: 32), writers: [Int](repeating: 0, count: 32)))
        let mistakes = Atomic<Int>(0)
        onThreads(4) { index in
            var random = SeededGenerator(seed: seed &+ UInt64(index))
            for _ in 0..<scaled(20_000) {
                let start = UInt64.random(in: 0..<32, using: &random)
                let range = start..<UInt64.random(in: start + 1...32, using: &random)
                let mode: RangeLock.Mode = Bool.random(using: &random) ? .shared : .exclusive
                let ticket = lock.acquire(range, mode)
                cells.withLock { cells in
                    for cell in range.map(Int.init) {
                        if mode == .shared { cells.readers[cell] += 1 } else { cells.writers[cell] += 1 }
                        let isRight = cells.writers[cell] == 0 || (cells.writers[cell] == 1 && cells.readers[cell] == 0)
                        if !isRight { mistakes.add(1, ordering: .relaxed) }
                    }
                }
                cells.withLock { cells in
                    for cell in range.map(Int.init) {
                        if mode == .shared { cells.readers[cell] -= 1 } else { cells.writers[cell] -= 1 }
                    }
                }
                lock.release(ticket)
            }
        }
        #expect(mistakes.load(ordering: .relaxed) == 0, "seed \(seed)")
    }
}
