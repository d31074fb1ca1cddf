import DeviceMapper
import DeviceMapperControl
import Glibc
import Testing
import VolumeLaws

extension InTheLab {
    /// Together with udev, and with one that does not do its part. Only where the lab runs udevd: `scripts/kernel-lab --udev`.
    struct UdevTests: Sendable {
        private let daemon: UdevDaemonProcess
        private let test: DeviceName
        private let table: MappingTable

        init() throws {
            daemon = try UdevDaemonProcess()
            test = try DeviceName("test")
            table = try MappingTable(parsing: "0 8 zero")
        }

        private func mapper(udevDeadline: Duration = .seconds(60)) throws -> KernelMapper {
            var options = KernelMapper.Options()
            options.udevDeadline = udevDeadline
            return try KernelMapper.open(options)
        }

        /// What `/dev/mapper/NAME` is itself.
        private func kind(_ name: String) -> mode_t {
            var status = stat()
            return unsafe lstat("/dev/mapper/\(name)", &status) == 0 ? status.st_mode & S_IFMT : 0
        }

        private func expectNothingLeft() throws {
            try daemon.settle()
            try Leftovers.expectNone()
        }

        @Test func udevMakesAndRemovesTheLinks() throws {
            let mapper = try mapper()
            let uuid = try DeviceUUID("TEST-udev")
            try mapper.createAndLoad(test, uuid: uuid, table: table)
            #expect(kind("test") == S_IFLNK)
            #expect(kind("../disk/by-id/dm-uuid-TEST-udev") == S_IFLNK)
            try mapper.rename(.name(test), to: try DeviceName("other"))
            #expect(kind("test") == 0 && kind("other") == S_IFLNK)
            try mapper.remove(.name(DeviceName("other")))
            #expect(kind("other") == 0)
            try expectNothingLeft()
        }

        @Test func withoutUdevTheNodeIsMadeHereAndUdevLeavesItAlone() throws {
            var options = KernelMapper.Options()
            options.udev = .never
            options.nodes = NodePermissions(mode: 0o640, owner: 1, group: 2)
            let mapper = try KernelMapper.open(options)
            try mapper.createAndLoad(test, table: table)
            try daemon.settle()
            var status = stat()
            #expect(unsafe lstat("/dev/mapper/test", &status) == 0)
            #expect(status.st_mode == S_IFBLK | 0o640 && status.st_uid == 1 && status.st_gid == 2)
            try mapper.remove(.name(test))
            try expectNothingLeft()
        }

        @Test func anUdevThatIsStoppedCostsTheDeadlineAndNothingElse() throws {
            let hasty = try mapper(udevDeadline: .milliseconds(300))
            daemon.stop()
            do {
                defer { daemon.goOn() }
                try hasty.createAndLoad(test, table: table)
                #expect(DeviceNodes.blockDevice(at: "/dev/mapper/test") == (try hasty.info(of: .name(test)).number))
                #expect(UdevCookie.all() == [])
            }
            try daemon.settle()
            try mapper().remove(.name(test))
            try expectNothingLeft()
        }

        @Test(.timeLimit(.minutes(10))) func anUdevThatIsKilledInTheMiddleIsDoneWithout() throws {
            let mapper = try mapper(udevDeadline: .seconds(2))
            daemon.stop()
            let made = BackgroundThread { [test, table] in _ = try? mapper.createAndLoad(test, table: table) }
            #expect(made.comesToWait())
            try daemon.kill()
            made.join()
            #expect(kind("test") == S_IFBLK)
            // Its socket is still there, and nobody listens.
            let other = try DeviceName("other")
            try mapper.createAndLoad(other, table: table)
            #expect(kind("other") == S_IFBLK)
            #expect(!mapper.usesUdev)
            try mapper.remove(.name(test))
            try mapper.remove(.name(other))
            try Leftovers.expectNone()
            try daemon.start()
            // The same mapper sees that another one listens.
            while !mapper.usesUdev { VolumeLaws.pause() }
            try expectNothingLeft()
        }

        @Test(.timeLimit(.minutes(10))) func anUdevThatIsKilledWhileNobodyLooksIsNotWaitedForLong() throws {
            let mapper = try mapper(udevDeadline: .seconds(3600))
            try mapper.createAndLoad(test, table: table)
            try daemon.kill()
            let other = try DeviceName("other")
            try mapper.createAndLoad(other, table: table)
            #expect(DeviceNodes.blockDevice(at: "/dev/mapper/other") != nil)
            try mapper.remove(.name(test))
            try mapper.remove(.name(other))
            try Leftovers.expectNone()
            try daemon.start()
            try expectNothingLeft()
        }

        @Test func whereThereAreNoSemaphoresTheDeviceIsMadeAllTheSame() throws {
            let limits = "/proc/sys/kernel/sem"
            let before = try HostCommand("cat", package: "coreutils").run(limits).bytes
            func set(_ value: [UInt8]) throws {
                let file = try RawFile(limits, O_WRONLY)
                try file.write(value)
            }
            try set(Array("32000 1024000000 500 0\n".utf8))
            defer { #expect(throws: Never.self) { try set(before) } }
            #expect(throws: (any Error).self) { try UdevCookie.make() }
            let mapper = try mapper()
            try mapper.createAndLoad(test, table: table)
            #expect(DeviceNodes.blockDevice(at: "/dev/mapper/test") != nil)
            try mapper.remove(.name(test))
            try expectNothingLeft()
        }

        /// Whose semaphores are not udev's: a container's.
        @Test func inAnotherNamespaceOfSemaphoresUdevIsNotWaitedFor() throws {
            let mapper = try mapper(udevDeadline: .seconds(3600))
            let kind = Monitor<mode_t>(0)
            let thread = BackgroundThread { [test, table] in
                guard Self.leaveSemaphores(), (try? mapper.createAndLoad(test, table: table)) != nil else { return }
                kind.withLock { $0 = self.kind("test") }
                try? mapper.remove(.name(test))
            }
            thread.join()
            #expect(kind.withLock { $0 } == S_IFBLK)
            try expectNothingLeft()
        }

        /// Gives the calling thread semaphores of its own: `unshare(CLONE_NEWIPC)`, which Swift's module of the C library lacks.
        private static func leaveSemaphores() -> Bool {
            guard let function = unsafe dlsym(nil, "unshare") else { return false }
            return unsafe unsafeBitCast(function, to: (@convention(c) (CInt) -> CInt).self)(0x0800_0000) == 0
        }

        @Test func whatAKilledProcessLeavesIsFound() throws {
            let mine = try UdevCookie.make()
            #expect(try mine.status().process == getpid())
            // One of a process that is gone, and one of libdevmapper's.
            let gone = try #require(UdevCookie(value: 0x0d4d_1234))
            let foreign = try #require(UdevCookie(value: 0x0d4d_4321))
            try HostCommand("/usr/bin/python3", package: "python3").run(
                "-c",
                """
                import ctypes, os
                libc = ctypes.CDLL(None)
                namespace = os.stat("/proc/self/ns/pid").st_ino % 32749
                for key, values in (0x0d4d1234, [1, 0x5dd, os.getpid() & 0x7fff, os.getpid() >> 15, namespace]), (0x0d4d4321, [1]):
                    set = libc.semget(key, len(values), 0o1600)
                    for index, value in enumerate(values):
                        assert libc.semctl(set, index, 16, ctypes.c_int(value)) == 0
                """)
            #expect(Set(UdevCookie.all()) == [mine, gone, foreign])
            // Whoever makes the next one.
            let next = try UdevCookie.make()
            #expect(Set(UdevCookie.all()) == [mine, foreign, next])
            try next.remove()
            try mine.remove()
            try foreign.remove()
            #expect(UdevCookie.all() == [])
        }

        @Test func whatAProcessLeavesThatWasKilledWhileItMadeACookieIsFound() throws {
            let unfinished = try #require(UdevCookie(value: 0x0d4d_1234))
            try HostCommand("/usr/bin/python3", package: "python3").run(
                "-c", "import ctypes; assert ctypes.CDLL(None).semget(0x0d4d1234, 5, 0o1600) >= 0")
            let status = try unfinished.status()
            #expect(status.hasNoValues && status.process == nil)
            // It may be in the making.
            UdevCookie.sweep(at: status.made + 10)
            #expect(UdevCookie.all() == [unfinished])
            UdevCookie.sweep(at: status.made + 11)
            #expect(UdevCookie.all() == [])
        }

        @Test func cookiesCountWhatUdevHasToDo() throws {
            let cookie = try UdevCookie.make()
            try cookie.increment()
            try cookie.decrement()
            #expect(try cookie.waitForZero(until: .now) == false)
            try HostCommand("dmsetup", package: "dmsetup").run("udevcomplete", String(cookie.value))
            #expect(try cookie.waitForZero(until: .now))
            #expect(try cookie.status().value == 0)
            try cookie.remove()
            #expect(try cookie.waitForZero(until: .now))
        }
    }
}
