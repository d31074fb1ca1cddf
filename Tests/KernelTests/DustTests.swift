import DeviceMapper
import Glibc
import Testing
import VolumeLaws

extension InTheLab {
    /// Bad blocks: what becomes of requests to them, and what the device says of them.
    struct DustTests {
        private static let sectors = 256
        /// Behind the largest start, which is 16 blocks of 8 KiB, lies a whole line.
        private static let deviceSectors = 512

        /// Does the same steps with the kernel's device and with ours, over members with the same bytes.
        private func compare(_ table: String, _ steps: [DeviceStep], seed: UInt64 = 0) throws {
            var random = SeededGenerator(seed: 1)
            try DifferentialBench.run(members: [random.bytes(Self.deviceSectors * 512)], seed: seed) { bench in
                bench.create("worn", table)
                for step in steps { bench.perform(step, on: "worn") }
            }
        }

        @Test func aRequestAcrossBadBlocksLeavesTheOthersWritten() throws {
            let bytes = (0..<16384).map { UInt8(truncatingIfNeeded: $0 / 512 + 100) }
            try compare(
                "0 256 dust m0 8 1024",
                [
                    .message("addbadblock 5 1"), .message("addbadblock 7"), .message("addbadblock 9 2"), .message("enable"), .status,
                    .read(at: 0, count: 1024), .read(at: 0, count: 8192), .write(bytes, at: 0), .message("listbadblocks"),
                    .read(at: 2048, count: 1024), .read(at: 3072, count: 1024), .read(at: 4096, count: 2048), .write(bytes, at: 512),
                    .message("listbadblocks"), .write(bytes, at: 512), .message("listbadblocks"), .read(at: 0, count: 16384),
                ])
        }

        @Test func aFlushAndADiscardMeetOneBlock() throws {
            for start in [0, 8, 16, 24] {
                try compare(
                    "0 256 dust m0 \(start) 4096",
                    [
                        .message("enable"), .message("addbadblock \(start / 8) 1"), .flush, .flush, .message("listbadblocks"),
                        .message("addbadblock \(start / 8)"), .flush, .message("listbadblocks"), .message("addbadblock \(start / 8 + 1)"),
                        .discard(at: 0, count: 16384), .message("listbadblocks"), .discard(at: 4096, count: 8192),
                        .message("listbadblocks"),
                        .message("addbadblock \(start / 8 + 1) 1"), .discard(at: 4096, count: 8192), .discard(at: 4096, count: 8192),
                        .message("countbadblocks"),
                    ])
            }
        }

        @Test func aFlushOfALineFurtherBackMeetsAnotherBlock() throws {
            for (start, begin) in [(0, 8), (16, 8), (24, 8), (40, 8), (16, 16)] {
                func message(_ text: String) -> DeviceStep { .message(text, sector: UInt64(begin)) }
                let blocks = (0...6).map { message("addbadblock \($0) \($0 % 2)") }
                try compare(
                    "0 \(begin) linear m0 0\n\(begin) 128 dust m0 \(start) 4096",
                    [message("enable")] + blocks + [.flush, message("listbadblocks"), .flush, message("listbadblocks")])
            }
        }

        /// More than the first answer of the kernel has room for, which is 16 KiB.
        @Test func aLongListIsAnsweredWhole() throws {
            try DifferentialBench.run(members: [[UInt8](repeating: 0, count: 5000 * 512)], seed: 0) { bench in
                bench.create("worn", "0 5000 dust m0 0 512")
                bench.step("tell worn of 3500 bad blocks") { side in
                    let id = MappedDeviceID.name(try DeviceName("worn"))
                    for block in 1500..<5000 as Range<UInt64> { _ = try side.mapper.send(DustMessage.addBadBlock(block), to: id, at: 0) }
                    return try side.mapper.send(DustMessage.listBadBlocks, to: id, at: 0) ?? ""
                }
            }
        }

        @Test("A random sequence of requests and messages ends alike", arguments: 0..<scaled(60))
        func randomSequences(_ seed: Int) throws {
            var random = SeededGenerator(seed: UInt64(seed))
            let size = [512, 1024, 4096, 8192].randomElement(using: &random) ?? 512
            let start =
                Bool.random(using: &random) ? Int.random(in: 0...16, using: &random) * size / 512 : Int.random(in: 0...64, using: &random)
            let steps = (0..<120).map { _ in step(size, start, &random) }
            try compare("0 \(Self.sectors) dust m0 \(start) \(size)", steps, seed: UInt64(seed))
        }

        private func step(_ size: Int, _ start: Int, _ random: inout SeededGenerator) -> DeviceStep {
            let blocks = Self.sectors * 512 / size
            let block = (start * 512 / size) + Int.random(in: 0..<blocks, using: &random)
            func range(_ unit: Int) -> (Int, Int) {
                let first = Int.random(in: 0..<Self.sectors * 512 / unit, using: &random)
                let most = min(Self.sectors * 512 / unit - first, max(1, 6 * size / unit))
                return (first * unit, Int.random(in: 1...most, using: &random) * unit)
            }
            switch Int.random(in: 0..<24, using: &random) {
            case 0...5:
                let (offset, count) = range(512)
                return .read(at: offset, count: count)
            case 6...9:
                let (offset, count) = range(512)
                return .write([UInt8](repeating: UInt8.random(in: 0...255, using: &random), count: count), at: offset)
            case 10:
                let (offset, count) = range(512)
                return .durableWrite([UInt8](repeating: UInt8.random(in: 0...255, using: &random), count: count), at: offset)
            case 11:
                let (offset, count) = range(4096)
                return .discard(at: offset, count: count)
            case 12:
                let (offset, count) = range(512)
                return .writeZeroes(at: offset, count: count)
            case 13: return .flush
            case 14...18:
                return .message(
                    "addbadblock \(block)" + (["", "", " 0", " 1", " 2", " 255", " 256"].randomElement(using: &random) ?? ""))
            case 19: return .message("removebadblock \(block)")
            case 20: return .message("queryblock \(block)")
            case 21: return .message(["listbadblocks", "countbadblocks", "ListBadBlocks"].randomElement(using: &random) ?? "")
            case 22: return .status
            default:
                return .message(
                    [
                        "enable", "enable", "enable", "enable", "disable", "quiet", "clearbadblocks", "addbadblock", "queryblock x",
                        "removebadblock 1000", "addbadblock 401", "queryblock 400", "nothing", "enable 1", "addbadblock 1 2 3",
                    ].randomElement(using: &random) ?? "")
            }
        }
    }
}
