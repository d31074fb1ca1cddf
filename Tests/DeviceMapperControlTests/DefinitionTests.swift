import BlockIO
import DeviceMapperControl
import DeviceMapperTables
import StorageUnits
import SystemPackage
import Testing
import VolumeLaws

/// What is done in several steps, when one of them fails.
@Suite struct DefinitionTests {
    private let test: DeviceName
    private let table: MappingTable

    init() throws {
        test = try DeviceName("test")
        table = try MappingTable(parsing: "0 8 zero")
    }

    private func mapper(_ answer: @escaping FakeKernel.Answer) -> (KernelMapper, FakeKernel) {
        let kernel = FakeKernel(answer)
        var options = KernelMapper.Options()
        options.udev = .never
        options.busyDeadline = .zero
        // Nodes of devices that are not there are nothing for /dev.
        return (KernelMapper(kernel, options, nodeDirectory: "/tmp/device-mapper-tests"), kernel)
    }

    /// A kernel with a device that has both tables, of which the second cannot be put in force: as Linux does it, the device is suspended
    /// then. So often it refuses to resume.
    private func kernelThatRefuses(_ isSuspended: Monitored<Bool>, times: Int = 1) -> (KernelMapper, FakeKernel) {
        let refusals = Monitored(times)
        return mapper { (call, bytes) throws(Errno) in
            bytes.replaceSubrange(48..<52, with: "test".utf8)
            bytes.store(UInt64(0xfd07), at: 40)
            if call.command == .suspend {
                let isRefused = refusals.countDown()
                isSuspended.value.withLock { $0 = isRefused }
                if isRefused { throw .invalidArgument }
            }
            var flags: ControlFlags = [.hasActiveTable, .hasInactiveTable]
            if isSuspended.value.withLock({ $0 }) { flags.insert(.suspend) }
            bytes.store(flags.rawValue, at: 28)
        }
    }

    @Test(arguments: [true, false])
    func `A device whose new table cannot be put in force goes on with the old one`(_ ensures: Bool) throws {
        let isSuspended = Monitored(false)
        let (mapper, kernel) = kernelThatRefuses(isSuspended)
        let error = #expect(throws: MappingError.self) {
            if ensures {
                try mapper.ensure(DeviceDefinition(name: test, table: table))
            } else {
                try mapper.replaceTable(of: .name(test), with: table)
            }
        }
        #expect(error?.code == .invalidTable && error?.command == "DM_DEV_SUSPEND")
        #expect(!isSuspended.value.withLock { $0 })
        #expect(kernel.calls.map(\.command).filter { $0 != .info } == [.load, .suspend, .clear, .suspend])
    }

    @Test func `A device that was suspended before stays so when its new table cannot be put in force`() throws {
        let isSuspended = Monitored(true)
        let (mapper, kernel) = kernelThatRefuses(isSuspended)
        #expect(throws: MappingError.self) { try mapper.replaceTable(of: .name(test), with: table) }
        #expect(isSuspended.value.withLock { $0 })
        #expect(kernel.calls.map(\.command).filter { $0 != .info } == [.load, .suspend, .clear])
    }

    @Test(arguments: [true, false])
    func `A resume that fails leaves a device as it was, running or suspended`(_ wasSuspended: Bool) throws {
        let isSuspended = Monitored(wasSuspended)
        let (mapper, kernel) = kernelThatRefuses(isSuspended)
        let error = #expect(throws: MappingError.self) { _ = try mapper.resume(.name(test)) }
        #expect(error?.code == .invalidTable && error?.command == "DM_DEV_SUSPEND" && error?.message == "the kernel refuses the table")
        #expect(isSuspended.value.withLock { $0 } == wasSuspended)
        #expect(kernel.calls.filter { $0.command == .suspend }.count == (wasSuspended ? 1 : 2))
    }

    @Test func `A device that stays suspended after a resume that failed is told`() throws {
        let (mapper, _) = kernelThatRefuses(Monitored(false), times: 2)
        let error = #expect(throws: MappingError.self) { _ = try mapper.resume(.name(test)) }
        #expect(error?.message == "the kernel refuses the table; the device stays suspended: the kernel refuses the table")
    }

    @Test func `A device that is made is asked nothing`() throws {
        let (mapper, kernel) = mapper { (_, bytes) throws(Errno) in
            bytes.replaceSubrange(48..<52, with: "test".utf8)
            bytes.store(UInt64(0xfd07), at: 40)
        }
        // Where nodes cannot be made, the device is removed again.
        _ = try? mapper.createAndLoad(test, table: table)
        #expect(kernel.calls.map(\.command).filter { $0 != .remove } == [.create, .load, .suspend])
    }

    @Test func `A device that could not be made complete, nor be removed, is told`() throws {
        let (mapper, _) = mapper { (call, bytes) throws(Errno) in
            bytes.replaceSubrange(48..<52, with: "test".utf8)
            if call.command == .suspend { throw .ioError }
            if call.command == .remove { throw .resourceBusy }
        }
        let error = #expect(throws: MappingError.self) { try mapper.createAndLoad(test, table: table) }
        #expect(
            error?.description
                == "DM_DEV_SUSPEND: test: Input/output error; 'test' is left, since removing it failed: the device is in use")
    }

    @Test func `A device that is gone before it could be removed is not left`() throws {
        let (mapper, _) = mapper { (call, bytes) throws(Errno) in
            bytes.replaceSubrange(48..<52, with: "test".utf8)
            if call.command == .suspend { throw .ioError }
            if call.command == .remove { throw .noSuchAddressOrDevice }
        }
        let error = #expect(throws: MappingError.self) { try mapper.createAndLoad(test, table: table) }
        #expect(error?.description == "DM_DEV_SUSPEND: test: Input/output error")
    }

    @Test func `Where udev runs, no node lies in the way of the link of a device that is as it should be`() throws {
        let kernel = FakeKernel { (call, bytes) throws(Errno) in
            bytes.replaceSubrange(48..<52, with: "test".utf8)
            bytes.store(UInt64(0xfd07), at: 40)
            bytes.store(ControlFlags.hasActiveTable.rawValue, at: 28)
            guard call.command == .tableStatus else { return }
            bytes.store(UInt32(400), at: 12)
            bytes.store(UInt32(312), at: 16)
            bytes.store(UInt32(1), at: 20)
            bytes.store(UInt64(8), at: 320)
            bytes.store(UInt32(48), at: 332)
            bytes.replaceSubrange(336..<340, with: "zero".utf8)
        }
        let directory = "/tmp/device-mapper-tests-\(UInt64.random(in: 0...UInt64.max))"
        let file = UdevDaemon.SocketFile(device: 1, inode: 2, seconds: 3, nanoseconds: 4)
        let udev = UdevSurroundings(isDisabled: { false }, socketFile: { file }, isRunning: { true })
        let mapper = KernelMapper(kernel, nodeDirectory: directory, udev: udev)
        guard case .unchanged = try mapper.ensure(DeviceDefinition(name: test, table: table)) else {
            Issue.record("the device was changed")
            return
        }
        #expect(DeviceNodes.kind(at: directory) == nil)
    }

    @Test func `What of a stack is gone is told, also when something below cannot be removed`() throws {
        let (mapper, _) = mapper { (call, bytes) throws(Errno) in
            let isTop = call.number(at: 40, 8) == 0xfd00
            if call.command == .remove, !isTop { throw .ioError }
            bytes.replaceSubrange(48..<51, with: (isTop ? "top" : "low").utf8)
            bytes.store(ControlFlags.hasActiveTable.rawValue, at: 28)
            guard call.command == .dependencies, isTop else { return }
            bytes.store(UInt32(328), at: 12)
            bytes.store(UInt32(312), at: 16)
            bytes.store(UInt32(1), at: 312)
            bytes.store(UInt64(0xfd01), at: 320)
        }
        var removed: [String] = []
        let error = #expect(throws: MappingError.self) {
            try mapper.removeStack(.number(DeviceNumber(major: 253, minor: 0))) { removed.append($0) }
        }
        #expect(error?.errno == Errno.ioError.rawValue && removed == ["top"])
    }
}
