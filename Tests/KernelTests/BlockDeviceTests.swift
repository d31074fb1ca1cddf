import BlockIO
import DeviceMapper
import Glibc
import Testing
import VolumeLaws

extension InTheLab {
    /// Block devices below a volume, instead of files.
    struct BlockDeviceTests {
        /// Calls `body` with a loop device over a file of zeroes, and with a mapped device over such a one: the path, the size, the file.
        private func withDevices(_ body: (String, Int, String) throws -> Void) throws {
            let directory = try GuestDirectory()
            for name in ["loop", "mapped"] {
                let size = 1 << 20
                let file = try directory.file(name, [UInt8](repeating: 0, count: size))
                try KernelDevices.withLoops([file]) { loops in
                    if name == "loop" { return try body(loops[0].path, size, file) }
                    let table = try MappingTable(length: 1024, LinearTarget(device: .path(loops[0].path), start: 0))
                    try KernelDevices.withMapping(table) { path in try body(path, 1024 * 512, file) }
                }
            }
        }

        @Test func aBlockDeviceHasItsSizeAndItsNumber() throws {
            try withDevices { path, size, _ in
                let device = try FileDevice(path: path, access: .readOnly)
                #expect(device.size == ByteCount(UInt64(size)))
                guard case .blockDevice(let number) = device.identity else {
                    Issue.record("\(path) is \(device.identity)")
                    return
                }
                let sysfs = "/sys/class/block/\(path.dropFirst("/dev/".count))/dev"
                let text = try RawFile(sysfs, O_RDONLY).read(at: 0, count: number.description.utf8.count)
                #expect(String(decoding: text, as: UTF8.self) == number.description)
            }
        }

        @Test func anyBytesAreWrittenAndRead() throws {
            var random = SeededGenerator(seed: 1)
            try withDevices { path, size, file in
                var expected = [UInt8](repeating: 0, count: size)
                do {
                    let device = try FileDevice(path: path, access: .readWrite)
                    for flags in [[], .forceUnitAccess] as [WriteFlags] {
                        for _ in 0..<10 {
                            let offset = Int.random(in: 0..<size - 9000, using: &random)
                            let bytes = random.bytes(Int.random(in: 1...9000, using: &random))
                            try device.write(bytes, at: UInt64(offset), flags: flags)
                            expected.replaceSubrange(offset..<offset + bytes.count, with: bytes)
                        }
                    }
                    #expect(difference(try device.read(at: 0, count: size), expected) == nil)
                    try device.flush()
                    // What was flushed has left the cache of the device for the file below.
                    #expect(difference(Array(try RawFile.bytes(file)[..<size]), expected) == nil)
                }
            }
        }

        @Test func zeroesAreWritten() throws {
            try withDevices { path, size, file in
                for flags in [[], .mayUnmap, .forceUnitAccess] as [ZeroFlags] {
                    for (offset, count) in [(4096, 65536), (100, 5000), (512, 512)] {
                        let device = try FileDevice(path: path, access: .readWrite)
                        try device.write([UInt8](repeating: 7, count: size), at: 0)
                        try device.writeZeroes(at: UInt64(offset), count: UInt64(count), flags: flags)
                        try device.flush()
                        var expected = [UInt8](repeating: 7, count: size)
                        expected.replaceSubrange(offset..<offset + count, with: [UInt8](repeating: 0, count: count))
                        #expect(difference(try device.read(at: 0, count: size), expected) == nil, "\(count) bytes at \(offset), \(flags)")
                        #expect(difference(Array(try RawFile.bytes(file)[..<size]), expected) == nil)
                    }
                }
            }
        }

        @Test func discardedBlocksAreHolesInTheFileBelow() throws {
            try withDevices { path, size, file in
                let device = try FileDevice(path: path, access: .readWrite)
                try device.write([UInt8](repeating: 7, count: size), at: 0)
                try device.flush()
                try device.discard(at: 65536, count: 131072)
                try device.flush()
                let below = try FileDevice(path: file, access: .readOnly)
                #expect(try below.extent(at: 65536, limit: 131072) == Extent(.hole, count: 131072))
                #expect(try below.extent(at: 0, limit: 65536) == Extent(.data, count: 65536))
                #expect(try device.extent(at: 65536, limit: 131072).kind == .data, "a device does not tell where it has holes")
            }
        }

        /// A volume of files takes any range; on a device the ends of the range are not whole sectors.
        @Test func partsOfSectorsAreNotDiscarded() throws {
            try withDevices { path, size, _ in
                let table = try MappingTable(length: Sectors(UInt64(size / 512)), LinearTarget(device: .path(path)))
                let volume = try Volume(table)
                try volume.write([UInt8](repeating: 7, count: size), at: 0)
                try volume.discard(at: 100, count: 100_000)
                try volume.discard(at: 1, count: 510)
                // 100 to 100100 has no whole sector before 512 and behind 99840.
                #expect(try volume.read(at: 0, count: 512) == [UInt8](repeating: 7, count: 512))
                #expect(try volume.read(at: 99840, count: 512) == [UInt8](repeating: 7, count: 512))
                try volume.close()
            }
        }

        @Test func aDeviceIsOpenedByItsNumber() throws {
            try withDevices { path, size, _ in
                guard case .blockDevice(let number) = try FileDevice(path: path, access: .readOnly).identity else { return }
                let length = Sectors(UInt64(size / 512))
                let byNumber = try Volume(MappingTable(length: length, LinearTarget(device: .number(number))))
                try byNumber.write([1, 2, 3], at: 1000)
                try byNumber.close()
                let byPath = try Volume(MappingTable(length: length, LinearTarget(device: .path(path))))
                #expect(try byPath.read(at: 1000, count: 3) == [1, 2, 3])
            }
        }

        @Test func aNumberThatThereIsNotIsRefused() {
            let error = #expect(throws: MappingError.self) {
                try Volume(MappingTable(length: 8, LinearTarget(device: .number(DeviceNumber(major: 7, minor: 4242)))))
            }
            #expect(error?.code == .deviceUnavailable)
            #expect(error?.description == "line 1: there is no block device 7:4242 on this machine")
        }

        /// One device by its number and by its path is one device: opened once, not refused as in use by ourselves.
        @Test func twoNamesOfADeviceInATableAreOneDevice() throws {
            try withDevices { path, _, _ in
                guard case .blockDevice(let number) = try FileDevice(path: path, access: .readOnly).identity else { return }
                let volume = try Volume(MappingTable(parsing: "0 8 linear \(path) 0\n8 8 linear \(number) 8"))
                try volume.write([UInt8](repeating: 5, count: 8192), at: 0)
                try volume.close()
            }
        }

        @Test func aMountedDeviceIsNotWritten() throws {
            let directory = try GuestDirectory()
            let file = try directory.file("loop", [UInt8](repeating: 0, count: 8 << 20))
            try HostCommand("mkfs.ext4", package: "e2fsprogs").run("-q", "-F", file)
            try KernelDevices.withLoops([file]) { loops in
                let path = loops[0].path
                let place = directory("mount")
                try #require(unsafe mkdir(place, 0o700) == 0)
                try #require(unsafe mount(path, place, "ext4", 0, nil) == 0, "cannot mount: \(errno)")
                defer { #expect(unsafe umount(place) == 0) }
                expectInUse(path)
                _ = try FileDevice(path: path, access: .readOnly)  // reading is not refused
                let error = #expect(throws: MappingError.self) {
                    try Volume(MappingTable(length: 8, LinearTarget(device: .path(path))))
                }
                #expect(error?.code == .busy)
                #expect(error?.description == "line 1: cannot open for writing '\(path)': Device or resource busy")
            }
        }

        @Test func aDeviceBelowAMappingIsNotWritten() throws {
            let directory = try GuestDirectory()
            try KernelDevices.withLoops([try directory.file("loop", [UInt8](repeating: 0, count: 4096))]) { loops in
                let path = loops[0].path
                try KernelDevices.withMapping(MappingTable(length: 8, LinearTarget(device: .path(path)))) { _ in expectInUse(path) }
                _ = try FileDevice(path: path, access: .readWrite)
            }
        }

        /// The kernel, too, leaves a device alone that a volume writes.
        @Test func aDeviceThatAVolumeWritesIsNotMapped() throws {
            let directory = try GuestDirectory()
            try KernelDevices.withLoops([try directory.file("loop", [UInt8](repeating: 0, count: 4096))]) { loops in
                let path = loops[0].path
                let text = Array("0 8 linear \(path) 0".utf8)
                let volume = try Volume(MappingTable(length: 8, LinearTarget(device: .path(path))))
                #expect(try KernelDevices.refusal(of: text) != nil)
                try volume.close()
                #expect(try KernelDevices.refusal(of: text) == nil, "closing gives the device back")
            }
        }

        @Test func aSecondWriterIsRefused() throws {
            try withDevices { path, _, _ in
                let first = try FileDevice(path: path, access: .readWrite)
                expectInUse(path)
                let error = #expect(throws: BlockIOError.self) { try FileDevice(path: path, access: .readOnly) }
                #expect(error?.message == "cannot lock '\(path)' for reading: this process has it open for writing")
                try first.flush()
            }
            try withDevices { path, _, _ in
                let readers = [try FileDevice(path: path, access: .readOnly), try FileDevice(path: path, access: .readOnly)]
                let error = #expect(throws: BlockIOError.self) { try FileDevice(path: path, access: .readWrite) }
                #expect(error?.message == "cannot lock '\(path)' for writing: this process has it open")
                #expect(try readers[1].read(at: 0, count: 1) == [0])
            }
        }

        private func expectInUse(_ path: String, sourceLocation: SourceLocation = #_sourceLocation) {
            let error = #expect(throws: BlockIOError.self, sourceLocation: sourceLocation) {
                try FileDevice(path: path, access: .readWrite)
            }
            #expect(error?.code == .inUse, sourceLocation: sourceLocation)
            #expect(error?.message == "cannot open for writing '\(path)': Device or resource busy", sourceLocation: sourceLocation)
        }
    }
}
