import DeviceMapperControl
import DeviceMapperTables
import DmsetupFrontend
import StorageUnits
import SystemPackage
import Testing
import VolumeLaws

@Suite("what dmsetup's requests become")
struct KernelControlTests {
    @Test("tables and messages, which may have keys in them, are wiped by the kernel")
    func secureData() throws {
        let kernel = FakeKernel()
        let control = KernelControl(KernelMapper(kernel))
        for command in [KernelCommand.create, .reload, .resume, .info, .status, .table, .message] {
            var request = KernelRequest(command)
            request.name = "test"
            if command == .message { request.message = (0, "key set 00") }
            _ = try control.perform(request)
        }
        #expect(kernel.calls.map { $0.flags.contains(.secureData) } == [false, true, false, false, false, true, true])
    }

    @Test("a message that nobody takes is no failure, whatever error there was before")
    func messageToNobody() throws {
        let control = KernelControl(KernelMapper(FakeKernel(status: 2)))
        var request = KernelRequest(.message)
        request.name = "test"
        request.message = (0, "hello")
        let text = try control.perform(request).text
        #expect(text == nil)
    }

    @Test("a name that does not fit is an invalid argument")
    func longName() {
        let kernel = FakeKernel()
        var request = KernelRequest(.targetVersion)
        request.name = String(repeating: "n", count: 128)
        do throws(KernelFailure) {
            _ = try KernelControl(KernelMapper(kernel)).perform(request)
            Issue.record("no error")
        } catch {
            #expect(error.text == "Invalid argument")
        }
        #expect(kernel.calls.isEmpty)
    }
}
