import DeviceMapper
import DeviceMapperControl
import Glibc
import Testing
import VolumeLaws

extension InTheLab {
    /// The kernel's device mapper, driven by the package alone.
    struct KernelMapperTests {
        private let mapper: KernelMapper
        private let test: DeviceName

        init() throws {
            mapper = try KernelMapper.open()
            test = try DeviceName("test")
        }

        private func table(_ text: String) throws -> MappingTable { try MappingTable(parsing: text) }

        private func error(_ body: () throws -> Void) throws -> MappingError {
            do { try body() } catch let error as MappingError { return error }
            throw HostCommand.Failure("no error")
        }

        /// Removes what a test leaves, and finds nothing of it afterwards: no device, no node, no semaphore.
        private func leavingNothing(_ body: () throws -> Void) throws {
            defer {
                for device in (try? mapper.devices()) ?? [] { try? mapper.remove(.number(device.number)) }
                #expect(throws: Never.self) { try Leftovers.expectNone() }
            }
            try body()
        }

        @Test func theKernelTellsItsVersions() throws {
            #expect(try mapper.version() >= DriverVersion(4, 47))
            #expect(try mapper.targetVersion(of: "linear")?.major == 1)
            #expect(try mapper.targetVersion(of: "no-such-target") == nil)
            #expect(try mapper.targetVersions().contains { $0.typeName == "linear" })
        }

        @Test func aDeviceLivesFromCreateToRemove() throws {
            try leavingNothing {
                let uuid = try DeviceUUID("TEST-1234")
                let created = try mapper.create(test, uuid: uuid, access: .readWrite)
                #expect(created.name == test && created.uuid == uuid && !created.hasActiveTable && !created.hasInactiveTable)
                #expect(try mapper.devices().map(\.name) == ["test"])
                #expect(try mapper.devices().first?.uuid == "TEST-1234")
                #expect(try mapper.devices(namePrefix: "te").count == 1 && mapper.devices(namePrefix: "x").isEmpty)
                #expect(try mapper.devices(uuidPrefix: "TEST-").count == 1 && mapper.devices(uuidPrefix: "LVM-").isEmpty)
                #expect(try mapper.info(of: .uuid(uuid)).number == created.number)
                let message = try error { _ = try mapper.send(OpaqueMessage(["x"]), to: .name(test)) }
                #expect(message.code == .invalidMessage)
                #expect(try mapper.info(of: .number(created.number)).name == test)

                #expect(try mapper.load(table("0 100 zero\n100 28 error"), into: .name(test)).hasInactiveTable)
                #expect(try mapper.table(of: .name(test), in: .inactive) == table("0 100 zero\n100 28 error"))
                #expect(try mapper.clear(.name(test)).hasInactiveTable == false)
                _ = try mapper.load(table("0 128 zero"), into: .name(test))
                let resumed = try mapper.resume(.name(test))
                #expect(resumed.hasActiveTable && !resumed.isSuspended && resumed.targetCount == 1)
                #expect(try RawFile("/dev/mapper/test", O_RDONLY).read(at: 0, count: 512) == [UInt8](repeating: 0, count: 512))
                #expect(try mapper.status(of: .name(test)).map(\.description) == ["0 128 zero"])
                #expect(try mapper.suspend(.name(test)).isSuspended)
                #expect(try mapper.suspend(.name(test), flush: false, freezesFileSystem: false).isSuspended)
                #expect(try mapper.resume(.name(test)).isSuspended == false)

                let other = try DeviceName("my disk#2")
                try mapper.rename(.name(test), to: other)
                #expect(try mapper.info(of: .uuid(uuid)).name == other)
                #expect(unsafe access("/dev/mapper/test", F_OK) != 0)
                try mapper.setGeometry(of: .name(other), cylinders: 4, heads: 2, sectorsPerTrack: 16, start: 0)
                try mapper.remove(.name(other))
                #expect(try mapper.devices().isEmpty)
            }
        }

        @Test func aDeviceWithoutUUIDGetsOneForGood() throws {
            try leavingNothing {
                _ = try mapper.create(test, uuid: nil, access: .readWrite)
                let uuid = try DeviceUUID("later")
                try mapper.setUUID(uuid, of: .number(try mapper.info(of: .name(test)).number))
                #expect(try mapper.info(of: .name(test)).uuid == uuid)
                // The kernel itself takes only names here.
                try mapper.rename(.uuid(uuid), to: try DeviceName("other"))
                try mapper.rename(.number(try mapper.info(of: .uuid(uuid)).number), to: test)
                #expect(try error { try mapper.setUUID(try DeviceUUID("again"), of: .name(test)) }.code == .kernel)
            }
        }

        @Test func aMinorNumberMayBeChosen() throws {
            try leavingNothing {
                #expect(try mapper.create(test, minor: 70_000).number.minor == 70_000)
                let error = try error { _ = try mapper.create(try DeviceName("other"), minor: 70_000) }
                #expect(error.code == .exists)
                #expect(error.description == "DM_DEV_CREATE: other: the minor number is taken, or the kernel has no memory left")
            }
        }

        @Test func readOnlyDevicesStaySo() throws {
            try leavingNothing {
                try mapper.createAndLoad(test, access: .readOnly, table: table("0 8 zero"))
                #expect(try mapper.info(of: .name(test)).access == .readOnly)
                #expect(throws: HostCommand.Failure.self) { try RawFile("/dev/mapper/test", O_RDWR).write([1]) }
            }
        }

        @Test func nothingIsLeftOfADeviceWhoseTableIsRefused() throws {
            try leavingNothing {
                let missing = try error { try mapper.createAndLoad(test, table: try table("0 8 linear /dev/nowhere 0")) }
                #expect(missing.line == 1 && missing.device == "test" && missing.message == "there is no '/dev/nowhere'", "\(missing)")
                #expect(missing.kernelReason?.hasPrefix("linear: Device lookup failed") == true)
                #expect(try mapper.devices().isEmpty)
                let unknown = try error { try mapper.createAndLoad(test, table: try table("0 8 zero\n8 8 no-such a b")) }
                #expect(unknown.code == .unsupported && unknown.line == 2)
                #expect(unknown.message == "the kernel has no target 'no-such', and no module dm-no-such that can be loaded")
                let file = try GuestDirectory()
                let image = try file.file("image", [UInt8](repeating: 0, count: 4096))
                let noDevice = try error { try mapper.createAndLoad(test, table: try table("0 8 linear \(image) 0")) }
                #expect(noDevice.message == "'\(image)' is a file, and the kernel maps block devices: losetup(8) makes one of a file")
                #expect(try mapper.devices().isEmpty)
            }
        }

        @Test func theKernelsReasonIsTold() throws {
            try leavingNothing {
                let directory = try GuestDirectory()
                try KernelDevices.withLoops([try directory.file("disk", [UInt8](repeating: 0, count: 8192))]) { loops in
                    let long = try error { try mapper.createAndLoad(test, table: try table("0 16 linear \(loops[0].path) 16")) }
                    #expect(long.code == .invalidTable && long.errno == EINVAL, "\(long.code): \(long)")
                    #expect(long.description.hasPrefix("DM_TABLE_LOAD: test: the kernel refuses the table ("))
                    #expect(long.kernelReason?.isEmpty == false, "\(long)")
                }
            }
        }

        @Test func keyFilesAndServersAreRefusedWithTheReason() throws {
            try leavingNothing {
                let file = try error {
                    try mapper.createAndLoad(test, table: try table("0 8 crypt aes-xts-plain64 :64:file:/key 0 /dev/loop0 0"))
                }
                #expect(
                    file.description
                        == "line 1: test: crypt: the kernel reads no key files; put the key into its keyring, or the key itself into the table"
                )
                let server = try error { try mapper.createAndLoad(test, table: try table("0 8 linear nbd://host/disk 0")) }
                #expect(server.message == "the kernel maps block devices, and no addresses of servers")
            }
        }

        @Test func ensureDoesWhatIsMissing() throws {
            try leavingNothing {
                let directory = try GuestDirectory()
                try KernelDevices.withLoops([try directory.file("disk", [UInt8](repeating: 7, count: 65536))]) { loops in
                    var device = DeviceDefinition(name: test, table: try table("0 64 linear \(loops[0].path) 0"))
                    guard case .created = try mapper.ensure(device) else { throw HostCommand.Failure("not created") }
                    guard case .unchanged = try mapper.ensure(device) else { throw HostCommand.Failure("changed") }
                    _ = try mapper.suspend(.name(test))
                    guard case .resumed = try mapper.ensure(device) else { throw HostCommand.Failure("not resumed") }
                    device.table = try table("0 32 linear \(loops[0].path) 0\n32 32 zero")
                    guard case .replaced(let replaced) = try mapper.ensure(device) else { throw HostCommand.Failure("not replaced") }
                    #expect(replaced.targetCount == 2)
                    guard case .unchanged = try mapper.ensure(device) else { throw HostCommand.Failure("changed") }

                    let inForce = try mapper.table(of: .name(test))
                    device.table = try table("0 64 linear \(loops[0].path) 1000")
                    let refused = try error { try mapper.ensure(device) }
                    #expect(refused.code == .invalidTable, "\(refused.code): \(refused)")
                    #expect(try mapper.table(of: .name(test)) == inForce)
                    let info = try mapper.info(of: .name(test))
                    #expect(!info.hasInactiveTable && !info.isSuspended)
                    device.uuid = try DeviceUUID("other")
                    #expect(
                        try error { try mapper.ensure(device) }.description
                            == "test: there is a device of that name with another uuid, none")
                    try mapper.remove(.name(test))
                }
            }
        }

        @Test func aDeviceWhoseLoadedTableIsRefusedStaysAsItWas() throws {
            try leavingNothing {
                let directory = try GuestDirectory()
                try KernelDevices.withLoops([try directory.file("disk", [UInt8](repeating: 7, count: 65536))]) { loops in
                    try mapper.createAndLoad(test, table: try table("0 64 linear \(loops[0].path) 0"))
                    let inForce = try mapper.table(of: .name(test))
                    // Too long for its device, which is only seen when it is put in force.
                    let long = try table("0 64 linear \(loops[0].path) 1000")
                    func refused() throws -> MappedDeviceInfo {
                        _ = try mapper.load(long, into: .name(test))
                        let refusal = try error { _ = try mapper.resume(.name(test)) }
                        #expect(refusal.code == .invalidTable && refusal.command == "DM_DEV_SUSPEND", "\(refusal)")
                        #expect(try mapper.table(of: .name(test)) == inForce)
                        let info = try mapper.info(of: .name(test))
                        #expect(!info.hasInactiveTable)
                        return info
                    }
                    // Whoever reads from a suspended device waits.
                    try #require(try !refused().isSuspended)
                    #expect(try RawFile("/dev/mapper/test", O_RDONLY).read(at: 0, count: 512) == [UInt8](repeating: 7, count: 512))
                    _ = try mapper.suspend(.name(test))
                    #expect(try refused().isSuspended)
                    #expect(try mapper.resume(.name(test)).isSuspended == false)
                    try mapper.remove(.name(test))
                }
            }
        }

        @Test func aDeviceOfATableThatIsInUseIsTold() throws {
            try leavingNothing {
                let directory = try GuestDirectory()
                try KernelDevices.withLoops([try directory.file("disk", [UInt8](repeating: 0, count: 65536))]) { loops in
                    // Opened for itself alone, as by a mount.
                    let user = try RawFile(loops[0].path, O_RDONLY | O_EXCL)
                    let busy = try error { try mapper.createAndLoad(test, table: try table("0 8 linear \(loops[0].path) 0")) }
                    #expect(busy.code == .busy && busy.message == "a device of the table is in use", "\(busy)")
                    withExtendedLifetime(user) {}
                }
            }
        }

        @Test func whoHasADeviceOpenKeepsIt() throws {
            try leavingNothing {
                try mapper.createAndLoad(test, table: table("0 8 zero"))
                do {
                    let user = try RawFile("/dev/mapper/test", O_RDONLY)
                    #expect(try mapper.info(of: .name(test)).openCount == 1)
                    let busy = try error { try mapper.remove(.name(test), until: .now) }
                    #expect(busy.code == .busy && busy.description == "DM_DEV_REMOVE: test: the device is in use")
                    try mapper.remove(.name(test), deferred: true)
                    #expect(try mapper.info(of: .name(test)).isRemovalDeferred)
                    try mapper.cancelDeferredRemoval(of: .name(test))
                    #expect(try mapper.info(of: .name(test)).isRemovalDeferred == false)
                    // There is none any more, as with devices in user space.
                    try mapper.cancelDeferredRemoval(of: .name(test))
                    try mapper.remove(.name(test), deferred: true)
                    _ = try user.read(at: 0, count: 512)
                }
                while try !mapper.devices().isEmpty { VolumeLaws.pause() }
            }
        }

        @Test func noNodeIsLeftOfWhatIsRemovedLater() throws {
            try leavingNothing {
                try mapper.createAndLoad(test, table: table("0 8 zero"))
                var status = stat()
                var isLink = false
                do {
                    let user = try RawFile("/dev/mapper/test", O_RDONLY)
                    try mapper.removeAll(deferred: true)
                    #expect(try mapper.info(of: .name(test)).isRemovalDeferred)
                    let isThere = unsafe lstat("/dev/mapper/test", &status) == 0
                    isLink = isThere && status.st_mode & S_IFMT == S_IFLNK
                    // Udev's link goes with the device; nobody would take a node away.
                    #expect(!isThere || isLink)
                    _ = try user.read(at: 0, count: 512)
                }
                while try !mapper.devices().isEmpty { VolumeLaws.pause() }
                while isLink, unsafe lstat("/dev/mapper/test", &status) == 0 { VolumeLaws.pause() }
            }
        }

        @Test func aNodeThatManyMakeAtTheSameTimeIsThereForAll() throws {
            let directory = try GuestDirectory()
            // Where no directory is, as in the guest's root before anything was mapped.
            let nodes = DeviceNodes(directory: directory("mapper"))
            let number = DeviceNumber(major: 253, minor: 77)
            let failures = Monitor(0)
            for _ in 0..<scaled(1000) {
                onThreads(8) { _ in if (try? nodes.make("test", number)) == nil { failures.withLock { $0 += 1 } } }
                #expect(DeviceNodes.blockDevice(at: nodes.path("test")) == number)
                try nodes.remove("test")
            }
            #expect(failures.withLock { $0 } == 0)
            #expect(try HostCommand("ls", package: "coreutils").run("-A", directory("mapper")).text == "")
        }

        @Test func aDeviceThatIsLetGoOfInTimeIsRemoved() throws {
            try leavingNothing {
                try mapper.createAndLoad(test, table: table("0 8 zero"))
                let user = try RawFile("/dev/mapper/test", O_RDONLY)
                let thread = BackgroundThread { [mapper, test] in try? mapper.remove(.name(test), until: .now + .seconds(60)) }
                while try mapper.devices().isEmpty { VolumeLaws.pause() }
                withExtendedLifetime(user) {}
                _ = consume user
                thread.join()
                #expect(try mapper.devices().isEmpty)
            }
        }

        @Test func aStackIsRemovedFromTheTop() throws {
            try leavingNothing {
                let directory = try GuestDirectory()
                try KernelDevices.withLoops([try directory.file("disk", [UInt8](repeating: 0, count: 65536))]) { loops in
                    func make(_ name: String, on below: [String]) throws {
                        var start = 0
                        var text = ""
                        for path in below {
                            text += "\(start) 16 linear \(path) 0\n"
                            start += 16
                        }
                        try mapper.createAndLoad(try DeviceName(name), table: try table(text))
                    }
                    try make("a", on: [loops[0].path])
                    try make("b", on: [loops[0].path])
                    try make("c", on: ["/dev/mapper/a", "/dev/mapper/b"])
                    try make("d", on: ["/dev/mapper/c", "/dev/mapper/b"])
                    try make("other", on: ["/dev/mapper/b"])
                    #expect(try mapper.dependencies(of: .name(DeviceName("a"))) == [.number(loops[0].number)])
                    #expect(try mapper.removeStack(.name(DeviceName("d"))) == ["d", "c", "a"])
                    #expect(Set(try mapper.devices().map(\.name)) == ["b", "other"])
                    try mapper.removeAll()
                    #expect(try mapper.devices().map(\.name) == [])
                }
            }
        }

        @Test func aTableOfTenThousandLinesIsLoadedAndReadBack() throws {
            try leavingNothing {
                let lines = (0..<10_000).map { "\($0 * 8) 8 \($0 % 2 == 0 ? "zero" : "error")" }
                let table = try table(lines.joined(separator: "\n"))
                try mapper.createAndLoad(test, table: table)
                #expect(try mapper.table(of: .name(test)) == table)
                #expect(try mapper.status(of: .name(test)).count == 10_000)
            }
        }

        @Test func aThousandDevicesAreListed() throws {
            try leavingNothing {
                let names = try (0..<1000).map { try DeviceName("device-\($0)-" + String(repeating: "x", count: 90)) }
                for name in names { _ = try mapper.create(name, uuid: try DeviceUUID("uuid-\(name)"), access: .readWrite) }
                let listed = try mapper.devices()
                #expect(Set(listed.map(\.name)) == Set(names.map(\.description)))
                #expect(listed.allSatisfy { $0.uuid == "uuid-\($0.name)" })
                try mapper.removeAll()
                #expect(try mapper.devices() == [])
            }
        }

        @Test func oneOfTwoThatMakeTheSameDeviceFails() throws {
            try leavingNothing {
                for _ in 0..<20 {
                    let outcomes = Monitor<[MappingError.Code?]>([])
                    let table = try table("0 8 zero")
                    onThreads(2) { _ in
                        do throws(MappingError) {
                            try mapper.createAndLoad(test, table: table)
                            outcomes.withLock { $0.append(nil) }
                        } catch {
                            outcomes.withLock { $0.append(error.code) }
                        }
                    }
                    let codes = outcomes.withLock { $0 }
                    #expect(codes.contains(nil) && codes.contains(.exists), "\(codes)")
                    #expect(try mapper.info(of: .name(test)).hasActiveTable)
                    try mapper.remove(.name(test))
                }
            }
        }

        // MARK: what a kernel can do

        /// A capability, and a table of the target that uses it.
        private static let capabilities: [(TargetCapability, String)] = [
            (.cryptDiscards, "crypt aes-xts-plain64 $K 0 $D 0 1 allow_discards"),
            (.cryptProcessorChoice, "crypt aes-xts-plain64 $K 0 $D 0 1 same_cpu_crypt"),
            (.cryptLargeSectors, "crypt aes-xts-plain64 $K 0 $D 0 2 sector_size:4096 iv_large_sectors"),
            (.cryptWithoutWorkqueues, "crypt aes-xts-plain64 $K 0 $D 0 1 no_read_workqueue"),
            (.cryptHighPriority, "crypt aes-xts-plain64 $K 0 $D 0 1 high_priority"),
            (.integrityBitmap, "integrity $D 0 4 B 1 internal_hash:crc32c"),
            (.integrityFixPadding, "integrity $D 0 4 D 2 internal_hash:crc32c fix_padding"),
            (.integrityDiscards, "integrity $D 0 4 D 2 internal_hash:crc32c allow_discards"),
            (.integrityResetRecalculate, "integrity $D 0 4 D 2 internal_hash:crc32c reset_recalculate"),
            (TargetCapability("zero", since: DriverVersion(99, 0)), "zero surplus"),
            (TargetCapability("no-such", since: DriverVersion(0, 0)), "no-such"),
        ]

        @Test func whatTheKernelSupportsItLoads() throws {
            try leavingNothing {
                let directory = try GuestDirectory()
                try KernelDevices.withLoops([try directory.file("disk", [UInt8](repeating: 0, count: 8 << 20))]) { loops in
                    for (capability, line) in Self.capabilities {
                        let text =
                            "0 8192 " + line.replacing("$K", with: String(repeating: "5a", count: 64)).replacing("$D", with: loops[0].path)
                        let refusal = try KernelDevices.refusal(of: Array(text.utf8))
                        #expect(try mapper.supports(capability) == (refusal == nil), "\(line): \(refusal ?? "taken")")
                    }
                }
            }
        }

        @Test func pathsAreProbedWhereTheKernelCan() throws {
            try leavingNothing {
                try mapper.createAndLoad(test, table: table("0 8 zero"))
                let error = try error { try mapper.probePaths(of: .name(test)) }
                #expect(error.code == .unsupported)
                #expect(
                    error.description
                        == "DM_MPATH_PROBE_PATHS: test: the device is not multipath, or the kernel is older than Linux 6.16")
                try mapper.remove(.name(test))
            }
        }

        // MARK: events

        @Test func anEventEndsAWait() throws {
            try leavingNothing {
                try mapper.createAndLoad(test, table: table("0 8 zero"))
                let number = try mapper.info(of: .name(test)).eventNumber
                #expect(try mapper.waitForEvent(of: .name(test), after: number, until: .now) == nil)
                // Something happened already.
                #expect(try mapper.waitForEvent(of: .name(test), after: number &- 1)?.eventNumber == number)
            }
        }

        @Test func eventsOfManyDevicesTakeThreeDescriptors() async throws {
            let descriptors = try Leftovers.descriptors()
            try await follow(try (0..<20).map { try DeviceName("device\($0)") }, descriptors)
            // The thread may still be about to end.
            while try Leftovers.descriptors() != descriptors { VolumeLaws.pause() }
            try Leftovers.expectNone()
        }

        /// Makes and removes devices, and follows what is told of them.
        private func follow(_ names: [DeviceName], _ descriptors: Int) async throws {
            var iterator = mapper.events().makeAsyncIterator()
            for name in names { try mapper.createAndLoad(name, table: try table("0 8 zero")) }
            var added: Set<String> = []
            while added.count < names.count, let event = try await iterator.next() {
                if event.kind == .added { added.insert(event.device.name) }
            }
            #expect(added == Set(names.map(\.description)))
            #expect(try Leftovers.descriptors() == descriptors + 3)
            for name in names { try mapper.remove(.name(name)) }
            var removed: Set<String> = []
            while removed.count < names.count, let event = try await iterator.next() {
                if event.kind == .removed { removed.insert(event.device.name) }
            }
            #expect(removed == added)
            #expect(try Leftovers.descriptors() == descriptors + 3)
        }

        @Test func eventsEndWhenTheTaskIsCancelled() async throws {
            let mapper = mapper
            let descriptors = try Leftovers.descriptors()
            let task = Task {
                var count = 0
                for try await _ in mapper.events() { count += 1 }
                return count
            }
            task.cancel()
            #expect(try await task.value == 0)
            while try Leftovers.descriptors() != descriptors { VolumeLaws.pause() }
        }

        // MARK: keys

        @Test func aTableFindsItsKeyInTheKeyring() throws {
            try leavingNothing {
                let directory = try GuestDirectory()
                var random = SeededGenerator(seed: 5)
                let bytes = random.bytes(64)
                try KernelDevices.withLoops([try directory.file("disk", [UInt8](repeating: 0, count: 65536))]) { loops in
                    let key = try Keyring.thread.add(.logon, "test:volume", SecretBytes(copying: unsafe bytes.span.bytes))
                    try mapper.createAndLoad(
                        test, table: try table("0 128 crypt aes-xts-plain64 :64:logon:test:volume 0 \(loops[0].path) 0"))
                    try Keyring.thread.unlink(key)
                    #expect(throws: MappingError.self) { try Keyring.thread.find(.logon, "test:volume") }
                    try RawFile("/dev/mapper/test", O_RDWR).write(bytes)
                    #expect(try mapper.table(of: .name(test)).lines[0].arguments().hasPrefix("aes-xts-plain64 :64:logon:test:volume 0 "))
                    try mapper.remove(.name(test))
                }
                let hex = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
                let volume = try Volume(table("0 128 crypt aes-xts-plain64 \(hex) 0 \(directory("disk")) 0"))
                #expect(try volume.read(at: 0, count: 64) == bytes)
                try volume.close()
            }
        }

        @Test func keysAreReadRevokedAndUnlinked() throws {
            let key = try Keyring.process.add(.user, "test", SecretBytes(copying: unsafe [1, 2, 3].span.bytes))
            #expect(try Keyring.process.find(.user, "test") == key)
            #expect(try key.read() == SecretBytes(copying: unsafe [1, 2, 3].span.bytes))
            try key.revoke()
            #expect(try error { _ = try key.read() }.code == .notFound)
            try Keyring.process.unlink(key)
            let secret = try Keyring.process.add(.logon, "test:1", SecretBytes(copying: unsafe [1, 2, 3].span.bytes))
            #expect(try error { _ = try secret.read() }.code == .permissionDenied)
            try Keyring.process.unlink(secret)
            #expect(
                try error { _ = try Keyring.process.add(.logon, "test", SecretBytes(copying: unsafe [1].span.bytes)) }.message
                    == "the description of a logon key begins with a word and a colon, as in 'disk:root'")
        }
    }
}
