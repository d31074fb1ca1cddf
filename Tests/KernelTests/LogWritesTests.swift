import DeviceMapper
import Glibc
import Testing
import VolumeLaws

extension InTheLab {
    /// The kernel's log of some requests, and ours of the same, are the same bytes; and both give the states that the device had.
    struct LogWritesTests {
        /// The size of the device, in bytes.
        static let size = 128 * 512

        @Test(
            "Random requests leave the same log, replayed to each flush and mark it gives what the device held", arguments: 0..<scaled(100))
        func randomRequests(seed: Int) throws {
            var random = SeededGenerator(seed: UInt64(seed))
            let requests = LogRequest.random(count: 60, sectors: Self.size / 512, &random)
            try compare(requests, "seed \(seed)")
        }

        /// What overwrites a write that no flush has reached, and is itself durable at once, stands before it in the log: there the kernel's log, and so
        /// ours, replays to what the device never held.
        @Test("A forced write stands before what no flush has reached, in both logs")
        func forcedWriteOverUnflushed() throws {
            let one = [UInt8](repeating: 1, count: 1024)
            let two = [UInt8](repeating: 2, count: 512)
            let requests: [LogRequest] = [.write(8, one), .forcedWrite(9, two), .mark("m"), .flush]
            let (kernel, device) = try compare(requests, "fixed", areStatesCompared: false)
            let copy = MemoryDevice(size: ByteCount(UInt64(Self.size)))
            try LogReplay(of: MemoryDevice(kernel), onto: copy).advance(to: .end)
            #expect(device[9 * 512] == 2 && copy.contents[9 * 512] == 1)
        }

        @Test("A log that is full ends in both at the same entry", arguments: 3..<24)
        func fullLogs(sectors: Int) throws {
            let bytes = [UInt8](repeating: 5, count: 2048)
            try compare(
                [
                    .write(0, bytes), .flush, .mark("m"), .write(10, bytes), .forcedWrite(20, Array(bytes[..<512])), .write(30, bytes),
                    .flush,
                ],
                "\(sectors) sectors", logSize: sectors * 512, areStatesCompared: false)
        }

        @Test("Long marks, and those with blanks, are cut alike")
        func marks() throws {
            try compare(
                [.mark(String(repeating: "x", count: 600)), .mark("a b"), .mark("ä" + String(repeating: "ö", count: 300))], "marks")
        }

        /// The kernel logs a write that failed; a log that fails is another matter, for the kernel writes it while it goes on.
        @Test("A write that fails is logged by both")
        func failedWrites() throws {
            let directory = try GuestDirectory()
            let zeroes = [UInt8](repeating: 0, count: Self.size)
            let bad = { (device: String) in
                try MappingTable(parsing: "0 50 linear \(device) 0\n50 10 error\n60 68 linear \(device) 60")
            }
            let logs = try ["kernel", "ours"].map { try directory.file("\($0)-log", [UInt8](repeating: 0, count: 1 << 17)) }
            let files = try ["kernel", "ours"].map { try directory.file($0, zeroes) }
            let bytes = [UInt8](repeating: 1, count: 10 * 512)
            try KernelDevices.withLoops([files[0], logs[0]]) { loops in
                try KernelDevices.withMapping(try bad(loops[0].path), name: "bad") { path in
                    try KernelDevices.withMapping(try Self.table(path, loops[1].path)) { path in
                        let device = try RawFile(path, O_RDWR | RawFile.direct)
                        try device.write(bytes, at: 0)
                        for place in [45, 52, 55] { #expect(throws: HostCommand.Failure.self) { try device.write(bytes, at: place * 512) } }
                        try device.synchronize()
                    }
                }
            }
            let below = try Volume(try bad(files[1]))
            let log = try FileDevice(path: logs[1], access: .readWrite)
            let volume = try Volume(try Self.table("bad", "log"), opening: .devices(["bad": below, "log": log]))
            try volume.write(bytes, at: 0)
            for place in [45, 52, 55] { #expect(throws: BlockIOError.self) { try volume.write(bytes, at: UInt64(place * 512)) } }
            try volume.flush()
            try volume.close()
            try below.close()
            #expect(difference(try RawFile.bytes(logs[1]), try RawFile.bytes(logs[0])) == nil)
        }

        static func table(_ device: String, _ log: String) throws -> MappingTable {
            try MappingTable(parsing: "0 \(size / 512) log-writes \(device) \(log)")
        }

        /// Makes the requests of the kernel's device and of a volume, and compares what both logged, and what the logs replay to.
        ///
        @discardableResult
        private func compare(
            _ requests: [LogRequest], _ name: String, logSize: Int = 1 << 20, areStatesCompared: Bool = true
        ) throws -> (log: [UInt8], device: [UInt8]) {
            let directory = try GuestDirectory()
            var random = SeededGenerator(seed: 7)
            let initial = random.bytes(Self.size)
            let empty = [UInt8](repeating: 0, count: logSize)
            let kernels = try [directory.file("kernel", initial), directory.file("kernel-log", empty)]
            let ours = try [directory.file("ours", initial), directory.file("ours-log", empty)]
            // After each flush and each mark, in their order.
            var states: [[UInt8]] = []
            let status = try KernelDevices.withLoops(kernels) { loops in
                try KernelDevices.withMapping(try Self.table(loops[0].path, loops[1].path)) { path in
                    let device = try LogRequest.Target(path)
                    for request in requests {
                        try device.perform(request)
                        if request.isStateKnown { states.append(try device.file.read(at: 0, count: Self.size)) }
                    }
                    return try Self.settledStatus(after: requests, logSize)
                }
            }
            let device = try RawFile.bytes(kernels[0])
            states.append(device)
            let volume = try Volume(try Self.table(ours[0], ours[1]))
            for request in requests { try request.perform(on: volume) }
            let ourStatus = try volume.status()[0].text
            #expect(ourStatus == status, "\(name)")
            try volume.close()
            let log = try RawFile.bytes(kernels[1])
            let difference = difference(try RawFile.bytes(ours[1]), log)
            let entries = try Self.firstDifference(ours[1], kernels[1])
            #expect(difference == nil, "our log, and the kernel's: \(name), \(entries)")
            #expect(VolumeLaws.difference(try RawFile.bytes(ours[0]), device) == nil, "our device, and the kernel's: \(name)")
            guard areStatesCompared else { return (log, device) }
            for path in [kernels[1], ours[1]] {
                let copy = MemoryDevice(initial)
                let replay = try LogReplay(of: try FileDevice(path: path, access: .readOnly), onto: copy)
                for (number, state) in states.enumerated() {
                    let item = try #require(try replay.advance(to: .next([.flush, .mark])), "\(name)")
                    #expect(
                        VolumeLaws.difference(copy.contents, state) == nil,
                        "state \(number), after entry \(item.number) of \(path): \(name)")
                    // The last state is the one at the end.
                    #expect((item.entry.mark == "dm-log-writes-end") == (number == states.count - 1), "state \(number): \(name)")
                }
                #expect(try replay.advance(to: .end) == nil && replay.nextEntry == replay.superblock.entryCount)
            }
            return (log, device)
        }

        /// The first entries that differ, for whoever reads of a failure.
        private static func firstDifference(_ ours: String, _ kernels: String) throws -> String {
            let lists = try [ours, kernels].map { path in
                guard let reader = try? LogWritesReader(try FileDevice(path: path, access: .readOnly)) else { return ["no log"] }
                var entries: [String] = []
                while let item = try reader.next() { entries.append(item.entry.description) }
                return entries
            }
            guard let index = (0..<min(lists[0].count, lists[1].count)).first(where: { lists[0][$0] != lists[1][$0] }) else {
                return "\(lists[0].count) entries, and \(lists[1].count)"
            }
            return "entry \(index) is \(lists[0][index]), and \(lists[1][index])"
        }

        /// The kernel's thread writes the log after the requests have returned: it is waited for, until it has logged what ours has at that point.
        private static func settledStatus(after requests: [LogRequest], _ logSize: Int) throws -> String {
            let model = try Volume(
                try table("a", "log"),
                opening: .devices([
                    "a": MemoryDevice(size: ByteCount(UInt64(size))), "log": MemoryDevice(size: ByteCount(UInt64(logSize))),
                ]))
            for request in requests { try request.perform(on: model) }
            let expected = try model.status()[0].text
            var found = ""
            for _ in 0..<5000 {
                found = String(decoding: try #require(try ControlDevice.status(of: "test").first).arguments, as: UTF8.self)
                if found == expected { break }
                VolumeLaws.pause()
            }
            return found
        }
    }
}
