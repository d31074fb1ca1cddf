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
            let table = "0 \(Self.sectors) delay " + paths.map { "m\($0.member) \($0.start) \($0.2)" }.joined(separator: " ")
            try DifferentialBench.run(members: (0..<3).map { _ in random.bytes(160 * 512) }, seed: UInt64(seed)) { bench in
                // Our clock goes on as soon as anybody waits for it.
                let isDone = Monitor(false)
                let hand = BackgroundThread { [clock = bench.clock] in
                    while !isDone.withLock({ $0 }) {
                        if clock.waiterCount > 0 { clock.advance(by: .milliseconds(10)) } else { VolumeLaws.pause() }
                    }
                }
                defer {
                    isDone.withLock { $0 = true }
                    hand.join()
                }
                bench.create("slow", table)
                for step in steps { bench.perform(step, on: "slow") }
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

        /// Requests that wait for an hour, and are let go by a suspension in the order in which they came.
        @Test func whatWaitsIsCountedAndLetGo() throws {
            let members = (0..<3).map { [UInt8](repeating: UInt8($0), count: 65536) }
            try DifferentialBench.run(members: members, seed: 0) { bench in
                bench.create("slow", "0 64 delay m0 0 3600000 m1 8 3600000 m2 16 3600000")
                let told = bench.step("requests that wait, and a suspension") { side in
                    let device = try side.open("slow")
                    var statuses = [try side.status(of: "slow")]
                    var threads: [BackgroundThread] = []
                    let outcomes = Monitor([String](repeating: "", count: 7))
                    for index in 0..<7 {
                        // Each begins when the status shows the one before.
                        threads.append(
                            BackgroundThread {
                                let outcome = Self.outcome(index, device)
                                outcomes.withLock { $0[index] = outcome }
                            })
                        while try side.status(of: "slow") == statuses.last { VolumeLaws.pause() }
                        statuses.append(try side.status(of: "slow"))
                    }
                    let id = MappedDeviceID.name(try DeviceName("slow"))
                    _ = try side.mapper.suspend(id, flush: true)
                    for thread in threads { thread.join() }
                    _ = try side.mapper.resume(id)
                    statuses.append(try side.status(of: "slow"))
                    return statuses.joined(separator: ", ") + "; " + outcomes.withLock(\.self).joined(separator: ", ")
                }
                // Reads come from the first device, and what was written is on the second.
                #expect(
                    told == "0 0 0, 0 1 0, 1 1 0, 1 2 0, 1 2 1, 1 3 1, 2 3 1, 2 4 1, 0 0 0; "
                        + "done, [0], done, done, done, [0], done")
            }
        }

        /// What becomes of a request: the bytes that were read, each once, or the error.
        private static func outcome(_ index: Int, _ device: any BlockDevice) -> String {
            do throws(BlockIOError) {
                switch index {
                case 0: try device.write([UInt8](repeating: 7, count: 1024), at: 512)
                case 1: return Set(try device.read(at: 0, count: 512)).sorted().description
                case 2: try device.write([UInt8](repeating: 8, count: 1024), at: 1024)
                case 3: try device.flush()
                case 4: try device.discard(at: 4096, count: 4096)
                case 5: return Set(try device.read(at: 512, count: 512)).sorted().description
                default: try device.write([UInt8](repeating: 9, count: 512), at: 1024)
                }
                return "done"
            } catch {
                return "error \(error.code)"
            }
        }
    }
}
