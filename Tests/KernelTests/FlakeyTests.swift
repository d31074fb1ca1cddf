import BlockIO
import DeviceMapper
import Glibc
import Testing
import VolumeLaws

extension InTheLab {
    /// What a flakey line does while it is up, and while it is down. The kernel's has an hour for either; ours has a clock that stands.
    struct FlakeyTests {
        private static let sectors = 128

        /// Whether the running kernel knows `error_reads` and `random_*`: Linux 6.5 and newer. It is asked, too, so that no test passes with
        /// nothing done for a mistake here.
        private static var isNew: Bool {
            get throws {
                let isNew = CaseBench.kernel >= (6, 5)
                let directory = try GuestDirectory()
                let refusal = try KernelDevices.withLoops([try directory.file("probe", [UInt8](repeating: 0, count: 4096))]) { loops in
                    try KernelDevices.refusal(of: Array("0 8 flakey \(loops[0].path) 0 1 1 1 error_reads".utf8))
                }
                #expect((refusal == nil) == isNew, "\(refusal ?? "error_reads is taken")")
                return isNew
            }
        }

        private func compare(_ options: String, _ steps: [DeviceStep], seed: UInt64 = 0) throws {
            var random = SeededGenerator(seed: 1)
            try DifferentialBench.run(members: [random.bytes(160 * 512)], seed: seed) { bench in
                bench.create("frail", "0 \(Self.sectors) flakey m0 8 \(options)")
                for step in steps { bench.perform(step, on: "frail") }
            }
        }

        /// Options that every kernel has.
        private static let options = [
            "3600 0", "0 3600", "0 3600 1 drop_writes", "0 3600 1 error_writes", "3600 1 1 drop_writes",
            "0 3600 5 corrupt_bio_byte 1 w 255 0", "0 3600 5 corrupt_bio_byte 700 w 1 0", "0 3600 5 corrupt_bio_byte 5000 w 2 0",
            "0 3600 5 corrupt_bio_byte 3 w 255 1", "0 3600 5 corrupt_bio_byte 3 w 255 2048", "0 3600 5 corrupt_bio_byte 3 w 255 32768",
            "0 3600 5 corrupt_bio_byte 3 w 255 131072", "0 3600 5 corrupt_bio_byte 3 w 255 34817",
            "0 3600 5 corrupt_bio_byte 3 w 255 165889",
            "0 3600 5 corrupt_bio_byte 3 w 255 4096", "0 3600 5 corrupt_bio_byte 3 w 255 262144", "0 3600 5 corrupt_bio_byte 3 w 255 2",
            "3600 1 5 corrupt_bio_byte 3 w 255 0",
        ]
        private static let newOptions = [
            "0 3600 1 error_reads", "0 3600 2 error_reads drop_writes", "0 3600 2 error_reads error_writes",
            "0 3600 6 error_reads corrupt_bio_byte 600 w 255 0", "3600 1 4 random_read_corrupt 1000000000 random_write_corrupt 1000000000",
        ]

        @Test("A random sequence of requests ends alike", arguments: options.indices)
        func randomSequences(_ index: Int) throws {
            for round in 0..<scaled(10) { try sequence(Self.options[index], seed: UInt64(index * 100 + round)) }
        }

        @Test("A random sequence of requests ends alike with options of newer kernels", arguments: newOptions.indices)
        func newRandomSequences(_ index: Int) throws {
            guard try Self.isNew else { return }
            for round in 0..<scaled(10) { try sequence(Self.newOptions[index], seed: UInt64(index * 100 + round)) }
        }

        private func sequence(_ options: String, seed: UInt64) throws {
            var random = SeededGenerator(seed: seed)
            try compare(options, (0..<60).map { _ in step(&random) }, seed: seed)
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
                return .write([UInt8](repeating: UInt8.random(in: 0...250, using: &random), count: count), at: offset)
            case 7:
                let (offset, count) = range(512)
                return .durableWrite([UInt8](repeating: UInt8.random(in: 0...250, using: &random), count: count), at: offset)
            case 8:
                let (offset, count) = range(4096)
                return .discard(at: offset, count: count)
            default: return Bool.random(using: &random) ? .flush : .status
            }
        }

        /// Kernels differ in whether they change bytes of reads at all: some that say so do not (the fix is of Linux 6.15, and of later 6.12 and 6.1).
        @Test func readsAreChangedAsInKernelsThatDo() throws {
            for flags in [0, 1, 2048, 131_072] {
                let options = "0 3600 5 corrupt_bio_byte 700 r 77 \(flags)"
                let directory = try GuestDirectory()
                let file = try directory.file("probe", [UInt8](repeating: 1, count: 8192))
                let found = try KernelDevices.withLoops([file]) { loops in
                    try KernelDevices.withMapping(
                        try MappingTable(parsing: "0 16 flakey \(loops[0].path) 0 0 3600 5 corrupt_bio_byte 700 r 77 0")
                    ) { try RawFile($0, O_RDONLY | RawFile.direct).read(at: 0, count: 1024)[699] }
                }
                #expect(found == 1 || found == 77)
                print("corrupt_bio_byte of reads: the kernel \(found == 77 ? "changes them" : "leaves them as they are")")
                guard found == 77 else { continue }
                try compare(
                    options,
                    [
                        .read(at: 0, count: 512), .read(at: 0, count: 1024), .read(at: 512, count: 8192),
                        .write([UInt8](repeating: 9, count: 2048), at: 0),
                    ])
            }
        }

        @Test func zeroesAreChangedAsInNewKernels() throws {
            for flags in [0, 1, 2048, 32768] {
                for fault in ["", " 1 drop_writes", " 1 error_writes", " 5 corrupt_bio_byte 5000 w 255 \(flags)"] {
                    // Linux 6.1 does not change zeroes.
                    if fault.contains("corrupt"), try !Self.isNew { continue }
                    try compare(
                        "0 3600" + fault,
                        [.writeZeroes(at: 512, count: 2048), .writeZeroes(at: 4096, count: 12_288), .read(at: 0, count: 16_384)])
                }
            }
        }

        /// The kernel's own chance: within bounds of seven standard deviations.
        @Test func asManyRequestsAreChangedAsTheChanceSays() throws {
            guard try Self.isNew else { return }
            let zeroes = [UInt8](repeating: 0, count: 4096)
            try DifferentialBench.run(
                members: [zeroes], seed: 1, random: SeededGenerator(seed: 1), comparingMembers: false
            ) { bench in
                bench.create("frail", "0 8 flakey m0 0 0 3600 2 random_write_corrupt 500000000")
                for side in [bench.kernel, bench.ours] {
                    let device = try side.open("frail")
                    var changed = 0
                    for _ in 0..<1000 {
                        try device.write(Array(zeroes[..<512]), at: 0)
                        if try side.memberBytes(0) != zeroes { changed += 1 }
                    }
                    // Of 1000 * 1/2 * 255/256.
                    #expect((387...609).contains(changed), "\(side.name): \(changed)")
                }
            }
        }

        /// Ten seconds up, and two down. The kernel's go on by themselves, while it is asked; ours have gone when the kernel's have.
        @Test func bothTakeTurns() throws {
            try DifferentialBench.run(members: [[UInt8](repeating: 0, count: 4096)], seed: 1) { bench in
                bench.create("frail", "0 8 flakey m0 0 10 2")
                func isUp(_ side: MapperSide) throws -> Bool {
                    let device = try side.open("frail")
                    return (try? device.read(at: 0, count: 512)) != nil
                }
                bench.step("read at first") { side in try isUp(side) ? "up" : "down" }
                for (isNow, interval) in [(false, 10), (true, 2)] {
                    // Whoever waits for ever runs into the lab's limit.
                    while try isUp(bench.kernel) != isNow { VolumeLaws.pause() }
                    #expect(try isUp(bench.ours) != isNow)
                    bench.clock.advance(by: .seconds(interval))
                    #expect(try isUp(bench.ours) == isNow)
                }
            }
        }
    }
}
