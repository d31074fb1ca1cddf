import DeviceMapper
import Glibc
import Testing
import VolumeLaws

extension InTheLab {
    /// The same requests, messages and faults for the kernel's multipath and for ours, one after the other: what each answers, what is told of paths after each, and
    /// the bytes in the end.
    struct MultipathTests {
        /// Selectors, groups and what becomes of requests without a path. With historical-service-time no path is ever so much faster that it matters.
        static let tables = [
            "2 queue_mode bio 0 1 1 round-robin 0 3 1 path0 1 path1 1 path2 1",
            "2 queue_mode bio 0 3 2 round-robin 0 2 1 path0 1 path1 1 round-robin 0 1 1 path2 1 round-robin 0 1 0 path3",
            "3 queue_if_no_path queue_mode bio 0 2 1 queue-length 0 2 1 path0 1 path1 1 queue-length 0 2 0 path2 path3",
            "2 queue_mode bio 0 2 1 service-time 0 3 2 path0 1 10 path1 1 10 path2 1 0 service-time 0 1 0 path3",
            "2 queue_mode bio 0 2 1 historical-service-time 2 500 4294967295 3 1 path0 1 path1 1 path2 1 round-robin 0 1 1 path3 1",
            // Alone: a request that has failed over another group is made again on whichever CPU the kernel's worker has.
            "3 queue_if_no_path queue_mode bio 0 1 1 io-affinity 0 2 1 path0 2 path1 1",
            // A path may be in several groups.
            "3 queue_if_no_path queue_mode bio 0 2 1 round-robin 0 2 1 path0 1 path1 1 service-time 0 2 0 path1 path2",
        ]

        @Test(arguments: tables)
        func requestsMessagesAndFaultsComeOutTheSame(table: String) throws {
            let seed = UInt64.random(in: 0...UInt64.max)
            print("multipath, seed \(seed)")
            for round in 0..<scaled(10) { try compare(table, seed: seed &+ UInt64(round)) }
        }

        @Test func aDeviceWithoutPathsFailsEveryRequest() throws {
            try compare("2 queue_mode bio 0 0 0", seed: 1, steps: 10)
        }

        @Test func requestsOfCPUsWithoutAPathAreCounted() throws {
            try CPUAffinity.restoring {
                try withSides("2 queue_mode bio 0 1 1 io-affinity 0 1 1 path0 2", paths: 1, bytes: [UInt8](repeating: 0, count: 512 * 256))
                {
                    kernel, ours in
                    for (step, cpu) in [0, 1, 0, 0, 1].enumerated() {
                        try CPUAffinity.set(cpu)
                        #expect(kernel.request(.flush) == .done && ours.request(.flush) == .done)
                        #expect(try ours.status() == kernel.status(), "step \(step)")
                    }
                    #expect(try ours.status().groups.first?.paths.first?.words == ["3"])
                    try ours.end()
                    try kernel.end()
                }
            }
        }

        /// What is written over one is in its cache, where readers of the other do not find it.
        @Test func blockDevicesWithCachesOfTheirOwnAreNoPathsInUserSpace() throws {
            let directory = try GuestDirectory()
            let file = try directory.file("disk", [UInt8](repeating: 0, count: 64 * 512))
            try KernelDevices.withLoops([file, file]) { loops in
                func table(_ first: String, _ second: String) throws -> MappingTable {
                    try MappingTable(parsing: "0 64 multipath 0 0 2 1 round-robin 0 1 1 \(first) 1 round-robin 0 1 1 \(second) 1")
                }
                let (a, b) = (loops[0].path, loops[1].path)
                let error = #expect(throws: MappingError.self) { try Volume(table(a, b), opening: .files(.readOnly)) }
                #expect(error?.code == .unsupported && error?.message.hasPrefix("'\(a)' and '\(b)' are two block devices") == true)
                try Volume(table(a, a), opening: .files(.readOnly)).close()
            }
        }

        private func compare(_ table: String, seed: UInt64, steps: Int = 60) throws {
            var random = SeededGenerator(seed: seed)
            let paths = table.contains("path3") ? 4 : table.contains("path2") ? 3 : table.contains("path0") ? 2 : 0
            let bytes = random.bytes(Int(MultipathSide.sectors) * 512)
            let files = try withSides(table, paths: paths, bytes: bytes) { kernel, ours in
                var comparison = try MultipathComparison(kernel, ours, paths: paths, groups: paths == 0 ? 0 : 3, table: table)
                try CPUAffinity.restoring {
                    for step in 0..<steps {
                        if table.contains("io-affinity"), step % 20 == 0 { try CPUAffinity.set(step / 20 % 2) }
                        try comparison.step("seed \(seed), step \(step)", using: &random)
                    }
                }
                try comparison.end("seed \(seed), end")
            }
            #expect(difference(files.ours, files.kernel) == nil, "seed \(seed)")
        }

        /// Lends a device of each kind over files with these bytes, and returns what the files hold afterwards. The body ends both.
        @discardableResult
        private func withSides(
            _ table: String, paths: Int, bytes: [UInt8], _ body: (_ kernel: MultipathSide, _ ours: MultipathSide) throws -> Void
        ) throws -> (kernel: [UInt8], ours: [UInt8]) {
            let directory = try GuestDirectory()
            let files = try ["kernel", "ours"].map { try directory.file($0, bytes) }
            let mapper = try KernelMapper.open()
            try KernelDevices.withLoops([files[0]]) { loops in
                do {
                    let kernel = try MultipathSide.kernel(mapper, over: loops[0].path, paths: paths, table: table)
                    do {
                        try body(kernel, try MultipathSide.userspace(UserspaceMapper(), over: files[1], paths: paths, table: table))
                    } catch {
                        // No request is left waiting for ever.
                        try? kernel.resume()
                        _ = try? kernel.send("fail_if_no_path")
                        try? kernel.end()
                        throw error
                    }
                } catch {
                    // Those above first.
                    for device in try mapper.devices().reversed() + mapper.devices() { try? mapper.remove(.number(device.number)) }
                    throw error
                }
            }
            return (try RawFile.bytes(files[0]), try RawFile.bytes(files[1]))
        }
    }
}
