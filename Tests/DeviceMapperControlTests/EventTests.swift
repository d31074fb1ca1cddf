import BlockIO
import DeviceMapperControl
import DeviceMapperTables
import StorageUnits
import SystemPackage
import Testing
import VolumeLaws

/// Events of devices of a kernel that a test made.
@Suite struct EventTests {
    @Test("each iteration begins anew, however the one before ended", .timeLimit(.minutes(10)))
    func iterations() async throws {
        let eventNumber = Monitored<UInt32>(0)
        let kernel = FakeKernel { (call, bytes) throws(Errno) in
            guard call.command == .listDevices else { return }
            bytes.store(UInt32(4), at: 0)
            bytes.store(UInt32(47), at: 4)
            bytes.store(UInt32(340), at: 12)
            bytes.store(UInt32(312), at: 16)
            bytes.store(UInt64(0xfd00), at: 312)
            bytes.replaceSubrange(324..<325, with: "a".utf8)
            let number = eventNumber.value.withLock { number in
                number += 1
                return number
            }
            bytes.store(number, at: 328)
        }
        let events = KernelMapper(kernel).events()
        for _ in 0..<3 {
            var kinds: [DeviceEvent.Kind] = []
            for try await event in events {
                kinds.append(event.kind)
                break
            }
            #expect(kinds == [.changed])
        }
    }

    @Test("an iteration that cannot begin says why", .timeLimit(.minutes(10)))
    func noDescriptor() async {
        await #expect(throws: MappingError.self) { for try await _ in KernelMapper(LonelyKernel()).events() {} }
    }
}

/// A kernel whose control device nobody can open once more.
private struct LonelyKernel: ControlTransport {
    func perform(_ command: ControlCommand, _ bytes: inout MutableRawSpan) throws(Errno) -> CInt { 0 }
    func waitForEvent(until deadline: ContinuousClock.Instant?, wakeUp: WakeUp) throws(Errno) -> Bool { false }
    func duplicate() throws(MappingError) -> any ControlTransport { throw MappingError(.kernel, message: "too many open files") }
}
