import DeviceMapper
import Glibc
import Testing
import VolumeLaws

extension InTheLab {
    /// What a mirror copies, which leg it reads, and what it tells of legs that fail.
    struct MirrorTests {
        private func status() throws -> MirrorTarget.Status {
            let line = try #require(try ControlDevice.status(of: "test").first)
            var words = try ArgumentReader(String(decoding: line.arguments, as: UTF8.self))
            return try MirrorTarget.Status(parsing: &words)
        }

        private func status(_ volume: Volume) throws -> MirrorTarget.Status {
            try #require(try volume.status().first).status(of: MirrorTarget.self)
        }

        @Test(arguments: ["core 1 64", "core 2 16 sync"])
        func regionsThatDifferAreCopied(log: String) throws {
            var random = SeededGenerator(seed: 9)
            let directory = try GuestDirectory()
            let before = [random.bytes(1000 * 512), random.bytes(1016 * 512)]
            let patch = random.bytes(3000)
            func table(_ names: [String]) throws -> MappingTable {
                try MappingTable(parsing: "0 1000 mirror \(log) 2 \(names[0]) 0 \(names[1]) 16 1 handle_errors")
            }
            let kernels = try before.enumerated().map { try directory.file("kernel\($0)", $1) }
            try KernelDevices.withLoops(kernels) { loops in
                try KernelDevices.withMapping(try table(loops.map(\.path))) { path in
                    let device = try RawFile(path, O_RDWR)
                    try device.write(patch, at: 300_000)
                    try device.synchronize()
                    while try !status().isInSync { VolumeLaws.pause() }
                    #expect(try status().legs.map(\.health) == [.alive, .alive])
                }
            }
            let ours = try before.enumerated().map { try directory.file("ours\($0)", $1) }
            let volume = try Volume(table(ours))
            try volume.write(patch, at: 300_000)
            while try !status(volume).isInSync { VolumeLaws.pause() }
            #expect(try status(volume).regionsInSync.whole == (log.contains("64") ? 16 : 63))
            try volume.close()
            for (kernel, our) in zip(kernels, ours) {
                #expect(difference(try RawFile.bytes(our), try RawFile.bytes(kernel)) == nil)
            }
        }

        /// A first leg with sectors that fail: a read of one, or a write.
        @Test(arguments: [false, true])
        func aLegThatFailsIsTold(isWrite: Bool) throws {
            var random = SeededGenerator(seed: 10)
            let directory = try GuestDirectory()
            let before = random.bytes(256 * 512)
            let bytes = random.bytes(512)
            func bad(_ device: String) throws -> MappingTable {
                try MappingTable(parsing: "0 100 linear \(device) 0\n100 3 error\n103 153 linear \(device) 103")
            }
            func mirror(_ bad: String, _ good: String) throws -> MappingTable {
                try MappingTable(parsing: "0 256 mirror core 2 32 nosync 2 \(bad) 0 \(good) 0")
            }
            let files = try (0..<4).map { try directory.file("\($0)", before) }
            let kernels = try KernelDevices.withLoops(Array(files[..<2])) { loops in
                try KernelDevices.withMapping(try bad(loops[0].path), name: "bad") { bad in
                    try KernelDevices.withMapping(try mirror(bad, loops[1].path)) { path in
                        let device = try RawFile(path, O_RDWR | RawFile.direct)
                        if isWrite {
                            try device.write(bytes, at: 101 * 512)
                        } else {
                            #expect(try device.read(at: 101 * 512, count: 512) == Array(before[101 * 512..<102 * 512]))
                        }
                        #expect(try device.read(at: 0, count: 512) == Array(before[..<512]))
                        return try status()
                    }
                }
            }
            let below = try Volume(bad(files[2]))
            let good = try FileDevice(path: files[3], access: .readWrite)
            let volume = try Volume(mirror("bad", "good"), opening: .devices(["bad": below, "good": good]))
            if isWrite {
                try volume.write(bytes, at: 101 * 512)
            } else {
                #expect(try volume.read(at: 101 * 512, count: 512) == Array(before[101 * 512..<102 * 512]))
            }
            let ours = try status(volume)
            #expect(ours.legs.map(\.health) == kernels.legs.map(\.health))
            #expect(ours.regionsInSync == kernels.regionsInSync)
            #expect(ours.legs[0].health == (isWrite ? .writeFailed : .readFailed))
            try volume.close()
            try below.close()
            #expect(difference(try RawFile.bytes(files[2]), try RawFile.bytes(files[0])) == nil)
            #expect(difference(try RawFile.bytes(files[3]), try RawFile.bytes(files[1])) == nil)
        }
    }
}
