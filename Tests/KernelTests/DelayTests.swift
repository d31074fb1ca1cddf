import BlockIO
import DeviceMapper
import Glibc
import Testing
import VolumeLaws

extension InTheLab {
    /// Where delayed requests go, what the status says while they wait, and what a suspension does to them.
    struct DelayTests {
        private static let sectors = 128

        @Test("Requests reach the devices of their kind", arguments: 0..<scaled(60))
        func randomSequences(_ seed: Int) throws {
            var random = SeededGenerator(seed: UInt64(seed))
            func delay() -> Int { Int.random(in: 0...3, using: &random) }
            let parts = Int.random(in: 1...3, using: &random)
            let paths = (0..<parts).map { _ in
                (member: Int.random(in: 0...2, using: &random), start: Int.random(in: 0...3, using: &random) * 8, delay())
            }
            let steps = (0..<40).map { _ in step(&random) }
            try SteppedDevices.compare(members: [160, 160, 160], steps: steps, "seed \(seed)") { names in
                "0 \(Self.sectors) delay " + paths.map { "\(names[$0.member]) \($0.start) \($0.2)" }.joined(separator: " ")
            }
        }

        private func step(_ random: inout SeededGenerator) -> DeviceStep {
            func range(_ unit: Int) -> (Int, Int) {
                let first = Int.random(in: 0..<Self.sectors * 512 / unit, using: &random)
                return (
                    first * unit, Int.random(in: 1...min(Self.sectors * 512 / unit - first, max(1, 16384 / unit)), using: &random) * unit
                )
            }
            switch Int.random(in: 0..<10, using: &random) {
            case 0...3:
                let (offset, count) = range(512)
                return .read(at: offset, count: count)
            case 4...6:
                let (offset, count) = range(512)
                return .write([UInt8](repeating: UInt8.random(in: 0...255, using: &random), count: count), at: offset)
            case 7:
                let (offset, count) = range(4096)
                return .discard(at: offset, count: count)
            case 8:
                let (offset, count) = range(512)
                return .writeZeroes(at: offset, count: count)
            default: return Bool.random(using: &random) ? .flush : .status
            }
        }

        /// Requests that wait for an hour, and are let go by a suspension (the kernel's) or by closing (ours), in the order in which they came.
        @Test func whatWaitsIsCountedAndLetGo() throws {
            let directory = try GuestDirectory()
            let before = (0..<3).map { [UInt8](repeating: UInt8($0), count: 65536) }
            let kernels = try before.enumerated().map { try directory.file("kernel\($0)", $1) }
            let ours = try before.enumerated().map { try directory.file("ours\($0)", $1) }
            func table(_ names: [String]) throws -> MappingTable {
                try MappingTable(parsing: "0 64 delay \(names[0]) 0 3600000 \(names[1]) 8 3600000 \(names[2]) 16 3600000")
            }
            /// Starts one after the other, each when the status shows the one before; returns what all statuses were.
            func statuses(_ device: some SteppedDevice & Sendable) -> (statuses: [StepOutcome], threads: [BackgroundThread]) {
                var statuses = [device.perform(.status)]
                let steps: [DeviceStep] = [
                    .write([UInt8](repeating: 7, count: 1024), at: 512), .read(at: 0, count: 512),
                    .write([UInt8](repeating: 8, count: 1024), at: 1024), .flush, .discard(at: 4096, count: 4096),
                    .read(at: 512, count: 512),
                    .write([UInt8](repeating: 9, count: 512), at: 1024),
                ]
                var threads: [BackgroundThread] = []
                for step in steps {
                    threads.append(BackgroundThread { _ = device.perform(step) })
                    while device.perform(.status) == statuses.last { VolumeLaws.pause() }
                    statuses.append(device.perform(.status))
                }
                return (statuses, threads)
            }
            var kernelStatuses: [StepOutcome] = []
            try KernelDevices.withLoops(kernels) { loops in
                try KernelDevices.withMapping(try table(loops.map(\.path))) { path in
                    let (found, threads) = statuses(try KernelSteppedDevice("test", at: path))
                    kernelStatuses = found
                    try KernelDevices.dmsetup.run("suspend", "--nolockfs", "test")
                    for thread in threads { thread.join() }
                    try KernelDevices.dmsetup.run("resume", "test")
                    #expect(try ControlDevice.status(of: "test").map { String(decoding: $0.arguments, as: UTF8.self) } == ["0 0 0"])
                }
            }
            let volume = try Volume(table(ours))
            let (found, threads) = statuses(VolumeSteppedDevice(volume: volume))
            #expect(found == kernelStatuses)
            #expect(found.last == .text("2 4 1"))
            try volume.close()
            for thread in threads { thread.join() }
            for (our, kernel) in zip(ours, kernels) { #expect(difference(try RawFile.bytes(our), try RawFile.bytes(kernel)) == nil) }
        }
    }
}
