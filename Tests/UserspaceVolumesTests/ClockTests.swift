import Testing
import UserspaceVolumes
import VolumeLaws

@Suite struct ClockTests {
    @Test func `A clock that is moved by hand wakes those whose time has come`() {
        let clock = ManualClock()
        #expect(clock.now == .zero)
        let never = Interruption()
        let early = BackgroundThread { clock.wait(until: .seconds(2), or: never) }
        let late = BackgroundThread { clock.wait(until: .seconds(5), or: never) }
        clock.waitForWaiters(2)
        clock.advance(by: .milliseconds(1999))
        #expect(clock.waiterCount == 2)
        clock.advance(by: .milliseconds(1))
        #expect(clock.waiterCount == 1)
        early.join()
        #expect(!late.hasEnded)
        clock.advance(by: .seconds(10))
        late.join()
        #expect(clock.now == .seconds(12))
        clock.wait(until: .seconds(12), or: never)
    }

    @Test(arguments: [true, false])
    func `An interruption ends a wait, and those that come, until it is cleared`(isManual: Bool) {
        let clock: any VolumeClock = isManual ? ManualClock() : SystemClock()
        let interruption = Interruption()
        let waiting = BackgroundThread { clock.wait(until: .seconds(1_000_000_000_000_000), or: interruption) }
        #expect(waiting.comesToWait())
        interruption.raise()
        waiting.join()
        #expect(interruption.isRaised)
        clock.wait(until: .seconds(1_000_000), or: interruption)
        interruption.clear()
        #expect(!interruption.isRaised)
        let again = BackgroundThread { clock.wait(until: .seconds(1_000_000), or: interruption) }
        #expect(again.comesToWait())
        interruption.raise()
        again.join()
    }

    @Test func `The system's clock goes on, and lets a thread wait`() {
        let clock = SystemClock()
        let beginning = clock.now
        #expect(beginning >= .zero)
        clock.wait(until: beginning + .milliseconds(2), or: Interruption())
        #expect(clock.now >= beginning + .milliseconds(2))
        clock.wait(until: beginning - .seconds(1), or: Interruption())
    }
}
