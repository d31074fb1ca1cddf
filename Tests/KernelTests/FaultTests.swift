import DeviceMapper
import DeviceMapperControl
import Foundation
import Testing
import VolumeLaws

extension InTheLab {
    /// What is killed, suspended, or in the way.
    struct FaultTests {
        private let mapper: KernelMapper
        private let test: DeviceName
        private let strace = HostCommand("strace", package: "strace")
        private let devmap = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().appending(path: "devmap")
            .path

        init() throws {
            mapper = try KernelMapper.open()
            test = try DeviceName("test")
        }

        /// The system calls that change anything.
        private static let calls =
            "ioctl,semget,semctl,semop,semtimedop,mknod,mknodat,chown,fchownat,chmod,fchmodat,rename,renameat,renameat2"

        /// Runs devmap, and kills it as it is about to make a system call: the `number`th of those that change anything. False when there are not as
        /// many.
        private func killed(at number: Int, _ arguments: [String]) throws -> Bool {
            let output = try strace.attempt(
                ["-f", "-o", "/dev/null", "-e", "trace=\(Self.calls)", "-e", "inject=\(Self.calls):signal=KILL:when=\(number)", devmap]
                    + arguments)
            guard output.status == 0 || output.status == 128 + 9 else {
                throw HostCommand.Failure("devmap failed before it was killed: \(output.status) \(output.errors)")
            }
            return output.status != 0
        }

        @Test func whoeverIsKilledWhileMakingADeviceMayBeginAgain() throws {
            let table = "0 64 zero"
            var number = 1
            while try killed(at: number, ["create", "test", "--table", table]) {
                let outcome = try mapper.ensure(DeviceDefinition(name: test, table: try MappingTable(parsing: table)))
                let path = "/dev/mapper/test"
                let info = try mapper.info(of: .name(test))
                #expect(info.hasActiveTable && !info.isSuspended && !info.hasInactiveTable, "\(number): \(outcome)")
                #expect(DeviceNodes.blockDevice(at: path) == info.number, "\(number): \(outcome)")
                try mapper.remove(.name(test))
                UdevCookie.sweep(at: UdevCookie.now + 11)
                try Leftovers.expectNone()
                number += 1
            }
            #expect(number > 4)
            try mapper.remove(.name(test))
            try Leftovers.expectNone()
        }

        @Test func whoeverIsKilledWhileRemovingADeviceMayBeginAgain() throws {
            var number = 1
            let table = try MappingTable(parsing: "0 64 zero")
            try mapper.createAndLoad(test, table: table)
            while try killed(at: number, ["remove", "test"]) {
                do throws(MappingError) { try mapper.remove(.name(test)) } catch { #expect(error.code == .notFound) }
                // A node may be left, which the next device of that name replaces.
                try mapper.createAndLoad(test, table: table)
                #expect(DeviceNodes.blockDevice(at: "/dev/mapper/test") == (try mapper.info(of: .name(test)).number))
                number += 1
            }
            #expect(number > 1)
            UdevCookie.sweep(at: UdevCookie.now + 11)
            try Leftovers.expectNone()
        }

        @Test func aSuspendedDeviceBelowHoldsNobodyUp() throws {
            let below = try DeviceName("below")
            try mapper.createAndLoad(below, table: try MappingTable(parsing: "0 64 zero"))
            _ = try mapper.suspend(.name(below))
            var options = KernelMapper.Options()
            options.udevDeadline = .seconds(1)  // udev reads what it finds, and that waits
            let hasty = try KernelMapper.open(options)
            try hasty.createAndLoad(test, table: try MappingTable(parsing: "0 64 linear /dev/mapper/below 0"))
            #expect(try hasty.devices().count == 2)
            #expect(try hasty.status(of: .name(test)).map(\.description) == ["0 64 linear"])
            #expect(try hasty.table(of: .name(test)).lines.count == 1)
            _ = try mapper.resume(.name(below))
            #expect(try mapper.removeStack(.name(test)) == ["test", "below"])
            try Leftovers.expectNone()
        }

        @Test func keysAreSecureDataWhereverTheyGo() throws {
            let directory = try GuestDirectory()
            try KernelDevices.withLoops([try directory.file("disk", [UInt8](repeating: 0, count: 65536))]) { loops in
                let table = "0 128 crypt aes-xts-plain64 \(String(repeating: "5a", count: 64)) 0 \(loops[0].path) 0"
                let trace = directory("trace")
                for arguments in [["create", "test", "-"], ["table", "test"], ["remove", "test"]] {
                    try strace.run(["-f", "-v", "-A", "-o", trace, "-e", "trace=ioctl", devmap] + arguments, input: Array(table.utf8))
                }
                try strace.run(
                    ["-f", "-v", "-A", "-o", trace, "-e", "trace=ioctl", devmap, "dmsetup", "create", "test"], input: Array(table.utf8))
                for arguments in [["table", "--showkeys", "test"], ["message", "test", "0", "x"], ["remove", "test"]] {
                    _ = try strace.attempt(["-f", "-v", "-A", "-o", trace, "-e", "trace=ioctl", devmap, "dmsetup"] + arguments)
                }
                #expect(try mapper.devices().isEmpty)
                let calls = try String(contentsOfFile: trace, encoding: .utf8).split(separator: "\n").filter {
                    $0.contains("DM_TABLE_LOAD") || $0.contains("DM_TABLE_STATUS") || $0.contains("DM_TARGET_MSG")
                }
                #expect(calls.count == 5)
                for call in calls { #expect(call.contains("DM_SECURE_DATA_FLAG"), "\(call)") }
            }
        }
    }
}
