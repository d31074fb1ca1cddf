import BlockIO
import StorageUnits
import Testing
import VolumeLaws

@Suite struct MonitorTests {
    @Test func `One thread at a time sees the state`() {
        let monitor = Monitor(0)
        onThreads(4) { _ in
            for _ in 0..<scaled(100_000) { monitor.withLock { $0 += 1 } }
        }
        #expect(monitor.withLock { $0 } == 4 * scaled(100_000))
    }

    @Test func `A wait ends with the change that it is for, and not before`() {
        let monitor = Monitor(0)
        let thread = BackgroundThread { monitor.wait { $0 == 3 ? () : nil } }
        for value in 1...2 {
            #expect(thread.comesToWait())
            monitor.withLock { $0 = value }
        }
        #expect(thread.comesToWait())
        monitor.withLock { $0 = 3 }
        thread.join()
    }

    @Test func `All who wait for a change see it`() {
        let monitor = Monitor(false)
        let threads = (0..<5).map { _ in BackgroundThread { monitor.wait { $0 ? () : nil } } }
        for thread in threads { #expect(thread.comesToWait()) }
        monitor.withLock { $0 = true }
        for thread in threads { thread.join() }
    }

    @Test func `A failure passes through, and the lock is free afterwards`() {
        struct Failure: Error, Equatable {}
        let monitor = Monitor(1)
        func fail() throws(Failure) {
            try monitor.withLock { (value) throws(Failure) in
                value = 2
                throw Failure()
            }
        }
        #expect(throws: Failure()) { try fail() }
        #expect(monitor.withLock { $0 } == 2)
    }
}
