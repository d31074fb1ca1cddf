import DeviceMapper
import Testing
import VolumeLaws

extension InTheLab {
    /// Both mappers log the same, in whatever order requests, marks, suspensions and tables come.
    struct LogWritesDifferenceTests {
        @Test("Whatever is done to a device whose writes are logged, both logs are the same", arguments: 0..<scaled(60))
        func anyOrder(_ number: Int) throws {
            let seed = UInt64(number)
            var random = SeededGenerator(seed: seed)
            let members = [random.bytes(128 * 512)] + (0..<2).map { _ in [UInt8](repeating: 0, count: 1 << 18) }
            try DifferentialBench.run(members: members, seed: seed) { bench in
                bench.create("d", "0 128 log-writes m0 m1")
                for _ in 0..<40 {
                    step(bench, &random)
                    look(bench)
                }
                // The next table ends the log of the one before; a log of its own begins.
                bench.swap("d", "0 128 log-writes m0 m2")
                for _ in 0..<10 { step(bench, &random) }
                look(bench)
            }
            try Leftovers.expectNone()
        }

        @Test("A line behind the table's first sector writes, and logs, the sectors of its device that have the same numbers")
        func lineBehindTheBeginning() throws {
            var random = SeededGenerator(seed: 1)
            let members = [random.bytes(128 * 512), [UInt8](repeating: 0, count: 1 << 18)]
            try DifferentialBench.run(members: members, seed: 1) { bench in
                bench.create("d", "0 16 linear m0 64\n16 48 log-writes m0 m1")
                for sector in [16, 20, 40, 62] as [UInt64] {
                    bench.write("d", at: sector * 512, random.bytes(1024))
                    bench.read("d", at: sector * 512, count: 1024)
                }
                bench.discard("d", at: 24 * 512, count: 4096)
                bench.flush("d")
                look(bench)
            }
        }

        private func step(_ bench: DifferentialBench, _ random: inout SeededGenerator) {
            let offset = UInt64.random(in: 0..<112, using: &random) * 512
            let bytes = random.bytes(512 * Int.random(in: 1...16, using: &random))
            switch Int.random(in: 0..<14, using: &random) {
            case 0...5: bench.write("d", at: offset, bytes)
            case 6: bench.read("d", at: offset, count: bytes.count)
            // Cut by the kernel where a page begins, before device mapper sees it.
            case 7: bench.discard("d", at: offset / 4096 * 4096, count: 4096)
            case 8: bench.message("d", "mark", "mark\(Int.random(in: 0..<1000, using: &random))")
            case 9: bench.message("d", "mark")
            case 10, 11:
                let flush = Bool.random(using: &random)
                bench.step("suspend and resume\(flush ? "" : ", without flush")") { side in
                    let id = MappedDeviceID.name(try DeviceName("d"))
                    _ = try side.mapper.suspend(id, flush: flush)
                    _ = try side.mapper.resume(id)
                    return "done"
                }
            default: bench.flush("d")
            }
        }

        /// The kernel's thread logs after a request has returned: it is waited for, until it has come as far as ours.
        private func look(_ bench: DifferentialBench) {
            let ours = try? bench.ours.status(of: "d")
            bench.step("status") { side in
                var status = try side.status(of: "d")
                for _ in 0..<5000 where status != ours {
                    VolumeLaws.pause()
                    status = try side.status(of: "d")
                }
                return status
            }
        }
    }
}
