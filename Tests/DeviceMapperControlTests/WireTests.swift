import DeviceMapperControl
import DeviceMapperTables
import Foundation
import StorageUnits
import SystemPackage
import Testing
import VolumeLaws

/// Requests and answers, byte by byte, against a control device that a test made.
@Suite struct WireTests {
    private func mapper(_ answer: @escaping FakeKernel.Answer = { (_, _) throws(Errno) in }) -> (KernelMapper, FakeKernel) {
        let kernel = FakeKernel(answer)
        var options = KernelMapper.Options()
        options.udev = .never
        return (KernelMapper(kernel, options, nodeDirectory: NSTemporaryDirectory()), kernel)
    }

    private func error(_ body: () throws -> Void) throws -> MappingError {
        do { try body() } catch let error as MappingError { return error }
        Issue.record("no error")
        throw MappingError(.kernel, message: "no error")
    }

    private let test: MappedDeviceID

    init() throws { test = .name(try DeviceName("test")) }

    // MARK: versions

    @Test func `A request asks for the lowest version of the interface that has what it needs`() throws {
        let (mapper, kernel) = mapper { (call, bytes) throws(Errno) in
            if call.command == .info { bytes.replaceSubrange(48..<52, with: "test".utf8) }
            bytes.store(ControlFlags.hasActiveTable.rawValue, at: 28)
        }
        _ = try mapper.version()
        _ = try mapper.info(of: test)
        _ = try? mapper.table(of: test, in: .inactive)
        _ = try? mapper.remove(test, deferred: true)
        _ = try mapper.targetVersions()
        _ = try mapper.targetVersion(of: "linear")
        _ = try mapper.perform(ControlRequest(.armPoll))
        let versions = kernel.calls.map { "\($0.command) \($0.number(at: 0)).\($0.number(at: 4)).\($0.number(at: 8))" }
        #expect(
            versions == [
                "version 4.0.0", "info 4.0.0", "tableStatus 4.20.0", "remove 4.27.0", "listVersions 4.1.0", "targetVersion 4.41.0",
                "armPoll 4.37.0",
            ])
    }

    @Test func `A kernel that is too old is told apart from a request that is wrong`() throws {
        let (mapper, _) = mapper { (_, bytes) throws(Errno) in
            bytes.store(UInt32(4), at: 0)
            bytes.store(UInt32(36), at: 4)
            throw .invalidArgument
        }
        let error = try error { _ = try mapper.perform(ControlRequest(.armPoll)) }
        #expect(error.code == .unsupported && error.errno == Errno.invalidArgument.rawValue)
        #expect(error.description == "DM_DEV_ARM_POLL: the kernel's device mapper has version 4.36.0, and this needs 4.37.0")
    }

    // MARK: requests

    @Test func `A device is named in one way only`() throws {
        let (mapper, kernel) = mapper()
        let number = DeviceNumber(major: 253, minor: 0x12345)
        for device in [test, .uuid(try DeviceUUID("u")), .number(number)] { _ = try? mapper.info(of: device) }
        #expect(kernel.calls.map { $0.text(at: 48) } == ["test", "", ""])
        #expect(kernel.calls.map { $0.text(at: 176) } == ["", "u", ""])
        #expect(kernel.calls.map { $0.number(at: 40, 8) } == [0, 0, 0x1230_fd45])
        #expect(DeviceNumber(encoded: 0x1230_fd45) == number)
    }

    @Test func `Names and uuids of the full length arrive whole`() throws {
        let (mapper, kernel) = mapper()
        let name = String(repeating: "n", count: 127)
        let uuid = String(repeating: "u", count: 128)
        _ = try? mapper.create(try DeviceName(name), uuid: try DeviceUUID(uuid), access: .readWrite)
        #expect(kernel.calls[0].text(at: 48) == name && kernel.calls[0].text(at: 176) == uuid)
        #expect(kernel.calls[0].bytes.count == 312)
    }

    @Test func `A name that does not fit is refused, and nothing of it sent`() throws {
        let (mapper, kernel) = mapper()
        let name = String(repeating: "n", count: 128)
        #expect(
            try error { _ = try mapper.targetVersion(of: name) }.description
                == "DM_GET_TARGET_VERSION: \(name): a name has up to 127 bytes, this one has 128")
        let uuid = try error {
            var request = ControlRequest(.info)
            request.uuid = name + "n"
            _ = try mapper.perform(request)
        }
        #expect(uuid.message == "a uuid has up to 128 bytes, this one has 129")
        #expect(try mapper.devices(namePrefix: name).isEmpty && mapper.devices(uuidPrefix: name + "n").isEmpty)
        #expect(kernel.calls.isEmpty)
    }

    @Test func `A table is loaded with each line at a multiple of eight bytes, and its keys are secure data`() throws {
        let (mapper, kernel) = mapper()
        let table = try MappingTable(
            parsing: "0 8 zero\n8 16 linear /dev/sda 5\n24 8 crypt aes-xts-plain64 \(String(repeating: "5a", count: 64)) 0 7:0 0")
        _ = try? mapper.load(table, into: test, access: .readOnly)
        let call = kernel.calls[0]
        #expect(call.command == .load && call.flags == [.secureData, .readOnly])
        #expect(call.number(at: 20) == 3 && call.number(at: 16) == 312 && call.number(at: 12) == UInt64(call.bytes.count))
        var place = 312
        var lines: [String] = []
        for _ in 0..<3 {
            lines.append(
                "\(call.number(at: place, 8)) \(call.number(at: place + 8, 8)) \(call.text(at: place + 24)) \(call.text(at: place + 40))")
            #expect(call.number(at: place + 20) % 8 == 0)
            place += Int(call.number(at: place + 20))
        }
        #expect(
            lines == ["0 8 zero ", "8 16 linear /dev/sda 5", "24 8 crypt aes-xts-plain64 \(String(repeating: "5a", count: 64)) 0 7:0 0"])
        #expect(place == call.bytes.count)
    }

    @Test func `A message has its sector and words, and is secure data`() throws {
        let (mapper, kernel) = mapper()
        #expect(try mapper.send(OpaqueMessage(["mark", "a b"]), to: test, at: 77) == nil)
        let call = kernel.calls[0]
        #expect(call.flags == .secureData && call.number(at: 312, 8) == 77 && call.text(at: 320) == #"mark a\ b"#)
    }

    @Test func `A new name, a uuid and a geometry follow the header`() throws {
        let (mapper, kernel) = mapper { (_, bytes) throws(Errno) in }
        try mapper.rename(test, to: try DeviceName("other"))
        try mapper.setUUID(try DeviceUUID("u-1"), of: test)
        try mapper.setGeometry(of: test, cylinders: 65535, heads: 255, sectorsPerTrack: 63, start: 8)
        #expect(kernel.calls.map { $0.text(at: 312) } == ["other", "u-1", "65535 255 63 8"])
        #expect(kernel.calls.map(\.flags) == [[], .uuid, []])
    }

    @Test func `Without udev a change tells it to leave the device alone`() throws {
        let (mapper, kernel) = mapper()
        _ = try? mapper.remove(test)
        #expect(kernel.calls[0].number(at: 32) == 0x43_0000)
    }

    // MARK: answers that grow

    @Test func `An answer that does not fit is asked for again, zeroed and with what the request had`() throws {
        let (mapper, kernel) = mapper { (call, bytes) throws(Errno) in
            // As the kernel does with secure data.
            for place in 312..<bytes.count { bytes[place] = 0 }
            if bytes.count < 200_000 {
                bytes.store(ControlFlags.bufferFull.rawValue, at: 28)
                for place in 400..<bytes.count { bytes[place] = 0xee }
            } else {
                bytes.store(ControlFlags.dataOut.rawValue, at: 28)
                bytes.replaceSubrange(312..<317, with: "reply".utf8)
            }
        }
        #expect(try mapper.send(OpaqueMessage(["hello"]), to: test, at: 3) == "reply")
        #expect(kernel.calls.count > 2)
        for call in kernel.calls {
            #expect(call.number(at: 312, 8) == 3 && call.text(at: 320) == "hello" && call.flags == .secureData)
            #expect(call.bytes[326...].allSatisfy { $0 == 0 })
            #expect(call.number(at: 12) == UInt64(call.bytes.count))
        }
    }

    @Test func `An answer without end has a limit`() throws {
        var options = KernelMapper.Options()
        options.replyLimit = ByteCount(1 << 20)
        let kernel = FakeKernel { (_, bytes) throws(Errno) in bytes.store(ControlFlags.bufferFull.rawValue, at: 28) }
        let error = try error { _ = try KernelMapper(kernel, options).devices() }
        #expect(error.description == "DM_LIST_DEVICES: the kernel's answer has more than \(options.replyLimit) bytes")
        #expect(kernel.calls.last?.bytes.count == 1 << 20)
    }

    // MARK: answers

    /// A list of three devices as a 4.47 kernel sends it, or one that says it has another version.
    private static func list(_ bytes: inout [UInt8], minor: UInt32 = 47) {
        bytes.store(UInt32(4), at: 0)
        bytes.store(minor, at: 4)
        bytes.store(UInt32(312), at: 16)
        var place = 312
        let devices: [(UInt64, String, UInt32, String?)] = [
            (0xfd00, "a", 5, nil), (0xfd01, "1234567", 0, "LVM-xyz"), (0x1230_fd45, "last one", 77, "u"),
        ]
        for (index, device) in devices.enumerated() {
            bytes.store(device.0, at: place)
            bytes.replaceSubrange(place + 12..<place + 12 + device.1.utf8.count, with: device.1.utf8)
            var end = (place + 12 + device.1.utf8.count + 1 + 7) & ~7
            bytes.store(device.2, at: end)
            bytes.store(UInt32(device.3 == nil ? 2 : 1), at: end + 4)
            end += 8
            if let uuid = device.3 {
                bytes.replaceSubrange(end..<end + uuid.utf8.count, with: uuid.utf8)
                end = (end + uuid.utf8.count + 1 + 7) & ~7
            }
            bytes.store(UInt32(index == 2 ? 0 : end - place), at: place + 8)
            place = end
        }
        bytes.store(UInt32(place), at: 12)
    }

    @Test func `A list of devices is read with event numbers and uuids`() throws {
        let (mapper, kernel) = mapper { (_, bytes) throws(Errno) in Self.list(&bytes) }
        #expect(
            try mapper.devices() == [
                ListedDevice(name: "a", number: DeviceNumber(major: 253, minor: 0), eventNumber: 5),
                ListedDevice(name: "1234567", number: DeviceNumber(major: 253, minor: 1), eventNumber: 0, uuid: "LVM-xyz"),
                ListedDevice(name: "last one", number: DeviceNumber(major: 253, minor: 0x12345), eventNumber: 77, uuid: "u"),
            ])
        // Also where the kernel knows nothing of prefixes.
        #expect(try mapper.devices(namePrefix: "l").map(\.name) == ["last one"])
        #expect(try mapper.devices(uuidPrefix: "LVM-").map(\.name) == ["1234567"])
        #expect(kernel.calls.map { $0.text(at: 48) } == ["", "l", ""] && kernel.calls.map { $0.text(at: 176) } == ["", "", "LVM-"])
    }

    @Test(arguments: [(UInt32(36), false, false), (37, true, false), (44, true, false), (45, true, true)])
    func `Event numbers are in lists from version 37 on, and uuids from 45 on`(
        _ minor: UInt32, _ hasEventNumbers: Bool, _ hasUUIDs: Bool
    ) throws {
        let (mapper, _) = mapper { (_, bytes) throws(Errno) in Self.list(&bytes, minor: minor) }
        let devices = try mapper.devices()
        #expect(devices.map(\.name) == ["a", "1234567", "last one"])
        let eventNumbers: [UInt32?] = hasEventNumbers ? [5, 0, 77] : [nil, nil, nil]
        #expect(devices.map(\.eventNumber) == eventNumbers)
        let uuids: [String?] = hasUUIDs ? [nil, "LVM-xyz", "u"] : [nil, nil, nil]
        #expect(devices.map(\.uuid) == uuids)
    }

    @Test func `Where lists have no uuids each device is asked for its own`() throws {
        let (mapper, kernel) = mapper { (call, bytes) throws(Errno) in
            guard call.command == .info else { return Self.list(&bytes, minor: 43) }
            bytes.replaceSubrange(48..<52, with: "some".utf8)
            switch call.number(at: 40, 8) {
            case 0xfd00: break
            case 0xfd01: bytes.replaceSubrange(176..<183, with: "LVM-xyz".utf8)
            // It went away since.
            default: throw .noSuchAddressOrDevice
            }
        }
        let device = ListedDevice(name: "1234567", number: DeviceNumber(major: 253, minor: 1), eventNumber: 0, uuid: "LVM-xyz")
        #expect(try mapper.devices(uuidPrefix: "LVM-") == [device])
        #expect(kernel.calls.map(\.command) == [.listDevices, .info, .info, .info])
        #expect(try mapper.devices(uuidPrefix: "CRYPT-") == [])
        #expect(try mapper.devices(namePrefix: "1", uuidPrefix: "LVM-") == [device])
        #expect(kernel.calls.suffix(2).map(\.command) == [.listDevices, .info])
        // Who looks for no uuid gets what the list has.
        #expect(try mapper.devices(namePrefix: "1").allSatisfy { $0.uuid == nil })
    }

    @Test func `Prefixes are compared byte by byte, as the kernel does`() throws {
        // An 'e' with a combining accent is one character, and begins with an 'e' all the same.
        let name = "e\u{301}"
        let (mapper, _) = mapper { (_, bytes) throws(Errno) in
            bytes.store(UInt32(4), at: 0)
            bytes.store(UInt32(47), at: 4)
            bytes.store(UInt32(344), at: 12)
            bytes.store(UInt32(312), at: 16)
            bytes.store(UInt64(0xfd00), at: 312)
            bytes.replaceSubrange(324..<324 + name.utf8.count, with: name.utf8)
            bytes.store(UInt32(1), at: 332)
            bytes.replaceSubrange(336..<336 + name.utf8.count, with: name.utf8)
        }
        for prefix in ["e", name] {
            #expect(try mapper.devices(namePrefix: prefix).map(\.name) == [name])
            #expect(try mapper.devices(uuidPrefix: prefix).map(\.name) == [name])
        }
        // The same character in other bytes.
        #expect(try mapper.devices(namePrefix: "\u{e9}") == [])
    }

    @Test func `An empty list is empty`() throws {
        let (mapper, _) = mapper { (_, bytes) throws(Errno) in
            bytes.store(UInt32(312), at: 16)
            bytes.store(UInt32(328), at: 12)
        }
        #expect(try mapper.devices() == [])
    }

    @Test func `A list that ends anywhere is an error or shorter, and never more`() throws {
        for end in 312..<440 {
            let (mapper, _) = mapper { (_, bytes) throws(Errno) in
                Self.list(&bytes)
                bytes.store(UInt32(end), at: 12)
            }
            do throws(MappingError) {
                let devices = try mapper.devices()
                #expect(devices.count <= 3)
            } catch {
                #expect(error.message == "the kernel's answer makes no sense: a list of devices that ends too early")
            }
        }
    }

    @Test func `Answers with bytes changed at random are read or refused, in bounded time`() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        let random = Monitored(SeededGenerator(seed: seed))
        for _ in 0..<scaled(20_000) {
            let (mapper, _) = mapper { (call, bytes) throws(Errno) in
                if bytes.count > 460 { Self.list(&bytes) }
                bytes.store(ControlFlags.hasActiveTable.rawValue | ControlFlags.dataOut.rawValue, at: 28)
                bytes.store(UInt32(3), at: 20)
                for _ in 0..<random.next(in: 1...8) {
                    bytes[random.next(in: 12...min(460, bytes.count - 1))] = UInt8(random.next(in: 0...255))
                }
                if bytes[28...31].contains(1) { bytes[29] &= 0xfe }  // no BUFFER_FULL
            }
            _ = try? mapper.devices()
            _ = try? mapper.table(of: test)
            _ = try? mapper.status(of: test)
            _ = try? mapper.dependencies(of: test)
            _ = try? mapper.targetVersions()
            _ = try? mapper.send(OpaqueMessage(["x"]), to: test)
            _ = try? mapper.info(of: test)
        }
    }

    @Test func `A table is read from lines of which each says where the next one is`() throws {
        let (mapper, _) = mapper { (_, bytes) throws(Errno) in
            bytes.store(ControlFlags.hasActiveTable.rawValue, at: 28)
            bytes.store(UInt32(312), at: 16)
            bytes.store(UInt32(2), at: 20)
            bytes.replaceSubrange(48..<52, with: "test".utf8)
            bytes.store(UInt64(0), at: 312)
            bytes.store(UInt64(8), at: 320)
            bytes.store(UInt32(56), at: 332)
            bytes.replaceSubrange(336..<342, with: "linear".utf8)
            bytes.replaceSubrange(352..<357, with: "8:0 5".utf8)
            bytes.store(UInt64(8), at: 368)
            bytes.store(UInt64(4), at: 376)
            bytes.store(UInt32(120), at: 388)
            bytes.replaceSubrange(392..<397, with: "crypt".utf8)
            bytes.replaceSubrange(408..<449, with: #"aes-xts-plain64 :64:logon:a\b:c 0 8:16 77"#.utf8)
            bytes.store(UInt32(500), at: 12)
        }
        let table = try mapper.table(of: test)
        #expect(table.lines.map(\.description) == ["0 8 linear 8:0 5", #"8 4 crypt aes-xts-plain64 :64:logon:a\\b:c 0 8:16 77"#])
        #expect(try mapper.status(of: test).map(\.text) == ["8:0 5", #"aes-xts-plain64 :64:logon:a\b:c 0 8:16 77"#])
    }

    @Test(arguments: [Array("control".utf8), [UInt8](repeating: 0xff, count: 127)])
    func `A device is known whatever its name is`(_ name: [UInt8]) throws {
        let (mapper, _) = mapper { (_, bytes) throws(Errno) in
            bytes.replaceSubrange(48..<48 + name.count, with: name)
            bytes.replaceSubrange(176..<176 + name.count, with: name)
        }
        let info = try mapper.info(of: .number(DeviceNumber(major: 253, minor: 0)))
        #expect(info.name.description == String(decoding: name, as: UTF8.self) && info.uuid?.description == info.name.description)
    }

    @Test func `No node takes the place of the control device`() throws {
        let (mapper, _) = mapper { (_, bytes) throws(Errno) in bytes.replaceSubrange(48..<55, with: "control".utf8) }
        let error = try error { _ = try mapper.resume(.number(DeviceNumber(major: 253, minor: 0))) }
        #expect(error.code == .deviceUnavailable && error.errno == Errno.fileExists.rawValue)
    }

    @Test func `A slot without a table is told`() throws {
        let (mapper, _) = mapper { (_, bytes) throws(Errno) in bytes.replaceSubrange(48..<52, with: "test".utf8) }
        #expect(try error { _ = try mapper.table(of: test) }.description == "DM_TABLE_STATUS: test: the device has no active table")
        #expect(
            try error { _ = try mapper.dependencies(of: test, in: .inactive) }.description
                == "DM_TABLE_DEPS: test: the device has no inactive table")
    }

    // MARK: errors

    @Test(arguments: [
        (Errno.noSuchAddressOrDevice, "info", MappingError.Code.notFound, "DM_DEV_STATUS: test: there is no such device"),
        (.noSuchAddressOrDevice, "message", .notFound, "DM_TARGET_MSG: test: there is no such device, or it has no target there"),
        (.noSuchAddressOrDevice, "create", .exists, "DM_DEV_CREATE: test: the minor number is taken, or the kernel has no memory left"),
        (.resourceBusy, "create", .exists, "DM_DEV_CREATE: test: a device of that name, uuid or number exists"),
        (.resourceBusy, "info", .busy, "DM_DEV_STATUS: test: the device is in use"),
        (.resourceBusy, "load", .busy, "DM_TABLE_LOAD: test: a device of the table is in use"),
        (
            .permissionDenied, "info", .permissionDenied,
            "DM_DEV_STATUS: test: not permitted: device mapper needs root rights (CAP_SYS_ADMIN)"
        ),
        (.notPermitted, "info", .permissionDenied, "DM_DEV_STATUS: test: not permitted: device mapper needs root rights (CAP_SYS_ADMIN)"),
        (.noMemory, "info", .outOfMemory, "DM_DEV_STATUS: test: the kernel has no memory left"),
        (.invalidArgument, "message", .invalidMessage, "DM_TARGET_MSG: test: the target refuses the message"),
        (.invalidArgument, "info", .kernel, "DM_DEV_STATUS: test: Invalid argument"),
        (.inappropriateIOCTLForDevice, "info", .unsupported, "DM_DEV_STATUS: test: the kernel's device mapper does not know this command"),
        (.ioError, "info", .kernel, "DM_DEV_STATUS: test: Input/output error"),
    ])
    func `What the kernel's error numbers mean`(_ errno: Errno, _ command: String, _ code: MappingError.Code, _ text: String) throws {
        let (mapper, _) = mapper { (_, _) throws(Errno) in throw errno }
        let error = try error {
            switch command {
            case "create": _ = try mapper.create(try DeviceName("test"), uuid: nil, access: .readWrite)
            case "message": _ = try mapper.send(OpaqueMessage(["x"]), to: test)
            case "load": _ = try mapper.load(try MappingTable(parsing: "0 8 zero"), into: test, access: .readWrite)
            default: _ = try mapper.info(of: test)
            }
        }
        #expect(error.code == code && error.description == text && error.errno == errno.rawValue)
    }

    @Test func `What nobody takes is an error of its own`() throws {
        let mapper = KernelMapper(FakeKernel(status: 2))
        let message = try error { _ = try mapper.send(OpaqueMessage(["x"]), to: test) }
        #expect(message.code == .notFound && message.description == "DM_TARGET_MSG: test: the device has no active table")
        let info = try error { _ = try mapper.info(of: test) }
        #expect(info.code == .kernel && info.description == "DM_DEV_STATUS: test: the kernel returns 2, and says nothing else")
    }

    @Test func `An interrupted suspend is repeated`() throws {
        let interruptions = Monitored(2)
        let (mapper, kernel) = mapper { (_, bytes) throws(Errno) in
            if interruptions.countDown() { throw .interrupted }
            bytes.replaceSubrange(48..<52, with: "test".utf8)
        }
        _ = try mapper.suspend(test, flush: false, freezesFileSystem: false)
        #expect(kernel.calls.count == 3)
        #expect(kernel.calls.allSatisfy { $0.flags == [.suspend, .noFlush, .skipFreeze] })
    }

    // MARK: waiting

    @Test func `A deadline may be as far away as a duration can tell`() {
        #expect(KernelTransport.milliseconds(.zero) == 1)
        #expect(KernelTransport.milliseconds(.milliseconds(1500)) == 1501)
        #expect(KernelTransport.milliseconds(.seconds(2_147_483)) == 2_147_483_001)
        #expect(KernelTransport.milliseconds(.milliseconds(Int64(Int32.max))) == .max)
        #expect(KernelTransport.milliseconds(.seconds(Int64.max)) == .max)
        #expect(KernelTransport.milliseconds(.seconds(Int64.max) + .seconds(Int64.max)) == .max)
    }

    // MARK: steps

    /// What a device is made with, in order.
    private static let steps: [ControlCommand] = [.create, .load, .suspend]

    @Test(arguments: steps) func `When a step of making a device fails it is removed`(_ failing: ControlCommand) throws {
        let (mapper, kernel) = mapper { (call, bytes) throws(Errno) in
            bytes.replaceSubrange(48..<52, with: "test".utf8)
            bytes.store(UInt64(0xfd07), at: 40)
            if call.command == failing { throw .ioError }
        }
        let error = try error { try mapper.createAndLoad(try DeviceName("test"), table: try MappingTable(parsing: "0 8 zero")) }
        #expect(error.errno == Errno.ioError.rawValue && error.command == failing.name && error.device == "test")
        let made = kernel.calls.map(\.command).filter { Self.steps.contains($0) || $0 == .remove }
        let index = try #require(Self.steps.firstIndex(of: failing))
        #expect(made == Array(Self.steps[...index]) + (failing == .create ? [] : [.remove]))
        if let last = kernel.calls.last, last.command == .remove { #expect(last.number(at: 40, 8) == 0xfd07) }
    }
}
