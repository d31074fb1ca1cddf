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

    /// A device, what has its number afterwards, and whether that is another device.
    private static let successors: [(ListedDevice, ListedDevice, Bool)] = {
        func device(_ name: String, _ eventNumber: UInt32, _ uuid: String? = nil) -> ListedDevice {
            ListedDevice(name: name, number: DeviceNumber(major: 253, minor: 0), eventNumber: eventNumber, uuid: uuid)
        }
        return [
            (device("a", 5), device("b", 1), true), (device("a", 5), device("a", 0), true),
            (device("a", 5, "u"), device("a", 7, "v"), true), (device("a", 5, "u"), device("b", 6), true),
            (device("a", 5), device("b", 5), false), (device("a", 5), device("a", 6), false),
            (device("a", 5), device("a", 5, "u"), false), (device("a", 5, "u"), device("b", 6, "u"), false),
        ]
    }()

    @Test(
        "a number that another device has now is told as one that went and one that came", .timeLimit(.minutes(10)),
        arguments: successors)
    func successor(_ before: ListedDevice, _ after: ListedDevice, _ isAnother: Bool) async throws {
        let lists = Monitored(1)
        let kernel = FakeKernel { (call, bytes) throws(Errno) in
            guard call.command == .listDevices else { return }
            let device = lists.countDown() ? before : after
            bytes.store(UInt32(4), at: 0)
            bytes.store(UInt32(47), at: 4)
            bytes.store(UInt32(400), at: 12)
            bytes.store(UInt32(312), at: 16)
            bytes.store(device.number.encoded, at: 312)
            bytes.replaceSubrange(324..<325, with: device.name.utf8)
            bytes.store(device.eventNumber ?? 0, at: 328)
            guard let uuid = device.uuid else { return }
            bytes.store(UInt32(1), at: 332)
            bytes.replaceSubrange(336..<337, with: uuid.utf8)
        }
        let expected =
            isAnother
            ? [DeviceEvent(kind: .removed, device: before), DeviceEvent(kind: .added, device: after)]
            : [DeviceEvent(kind: .changed, device: after)]
        var events: [DeviceEvent] = []
        for try await event in KernelMapper(kernel).events() {
            events.append(event)
            if events.count == expected.count || event != expected[events.count - 1] { break }
        }
        #expect(events == expected)
    }

    @Test("an iteration that cannot begin says why", .timeLimit(.minutes(10)))
    func noDescriptor() async {
        let error = await #expect(throws: MappingError.self) { for try await _ in KernelMapper(LonelyKernel()).events() {} }
        #expect(error?.description == "too many open files")
    }
}

/// A kernel whose control device nobody can open once more.
private struct LonelyKernel: ControlTransport {
    func perform(_ command: ControlCommand, _ bytes: inout MutableRawSpan) throws(Errno) -> CInt { 0 }
    func waitForEvent(until deadline: ContinuousClock.Instant?, wakeUp: WakeUp) throws(Errno) -> Bool { false }
    func duplicate() throws(MappingError) -> any ControlTransport { throw MappingError(.kernel, message: "too many open files") }
}
