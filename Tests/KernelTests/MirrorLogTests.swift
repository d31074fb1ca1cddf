import BlockIO
import DeviceMapper
import Testing
import VolumeLaws

extension InTheLab {
    /// Mirrors with a log on a device: the kernel's and ours, each with what the other left, and both with the same faults.
    struct MirrorLogTests {
        private func members(_ random: inout SeededGenerator) -> [[UInt8]] {
            (0..<3).map { _ in random.bytes(MirrorScene.sectors * 512) }
        }

        /// Waits until the mirror tells that status.
        private func wait(_ scene: MirrorScene, _ status: String) throws { #expect(try scene.wait { $0 == status } == status) }

        /// The bytes of the log that have a meaning, and those of the block where it ends.
        private func log(_ bytes: [[UInt8]]) -> ArraySlice<UInt8> { bytes[2][..<1536] }

        /// Waits until a write is under way to the mirror of which the second leg has nothing yet: a crash happens then. Returns what is on the members.
        private func crash(isKernels: Bool, _ before: [[UInt8]], _ patch: [UInt8]) throws -> [[UInt8]] {
            let scene = try MirrorScene(isKernels: isKernels, before)
            try scene.create("m", MirrorScene.table())
            try wait(scene, "16/16 AA A")
            try scene.suspend("m")
            try scene.resume("m")
            try scene.suspend("mb")
            let requests = try scene.opened()
            // Into regions 4 and 5.
            let writer = BackgroundThread { #expect(requests.write(patch, sector: 300)) }
            while try scene.bytes()[2][1024..<1026] != [0xcf, 0xff] || scene.bytes()[0][300 * 512..<300 * 512 + patch.count] != patch[...] {
                VolumeLaws.pause()
            }
            let bytes = try scene.bytes()
            #expect(bytes[1][300 * 512..<300 * 512 + patch.count] != patch[...])
            try scene.resume("mb")
            writer.join()
            try requests.close()
            try scene.end()
            return bytes
        }

        private func recovered(isKernels: Bool, _ bytes: [[UInt8]]) throws -> [[UInt8]] {
            let scene = try MirrorScene(isKernels: isKernels, bytes)
            try scene.create("m", MirrorScene.table())
            try wait(scene, "16/16 AA A")
            try scene.end()
            return try scene.bytes()
        }

        @Test(arguments: [true, false])
        func whatACrashLeftIsCopiedAlike(isKernels: Bool) throws {
            var random = SeededGenerator(seed: isKernels ? 1 : 2)
            let left = try crash(isKernels: isKernels, members(&random), random.bytes(60 * 512))
            let (kernels, ours) = (try recovered(isKernels: true, left), try recovered(isKernels: false, left))
            #expect(difference(ours[0], left[0]) == nil)
            for index in 0..<3 { #expect(difference(ours[index], kernels[index]) == nil, "member \(index)") }
            #expect(ours[0] == ours[1])
            #expect(ours[2][1024..<1032] == [0xff, 0xff, 0, 0, 0, 0, 0, 0])
        }

        /// Logs as they may be found: what each copies then, and makes of the log.
        @Test(arguments: ["", "sync", "nosync"])
        func aLogSaysTheSameToBoth(sync: String) throws {
            var random = SeededGenerator(seed: 3)
            for (version, count) in [(2, 16), (1, 16), (2, 5), (2, 300), (3, 16), (0, 16)] as [(UInt8, UInt16)] {
                var before = members(&random)
                let header: [UInt8] = [0x72, 0x52, 0x69, 0x4d, version, 0, 0, 0, UInt8(count & 255), UInt8(count >> 8)]
                before[2].replaceSubrange(0..<16, with: header + [UInt8](repeating: 0, count: 6))
                var found: [(String, [[UInt8]])] = []
                for isKernels in [true, false] {
                    let scene = try MirrorScene(isKernels: isKernels, before)
                    try scene.create("m", MirrorScene.table(sync))
                    try wait(scene, "16/16 AA \(sync.isEmpty && version % 3 == 0 ? "D" : "A")")
                    let status = try scene.status()
                    try scene.end()
                    found.append((status, try scene.bytes()))
                }
                #expect(found[0].0 == found[1].0, "version \(version), \(count) regions")
                for index in 0..<3 {
                    #expect(
                        difference(found[1].1[index], found[0].1[index]) == nil, "version \(version), \(count) regions, member \(index)")
                }
            }
        }

        /// The same requests to both, while regions of the legs fail and heal.
        @Test(arguments: ["", " 2 handle_errors keep_log"])
        func legsThatFailAreToldAlike(options: String) throws {
            let seed = UInt64.random(in: 0...UInt64.max)
            print("seed \(seed)")
            var random = SeededGenerator(seed: seed)
            let before = members(&random)
            let scenes = try [true, false].map { try MirrorScene(isKernels: $0, before) }
            for scene in scenes {
                try scene.create("m", MirrorScene.table("", options))
                try wait(scene, "16/16 AA A")
            }
            let requests = try scenes.map { try $0.opened() }
            var steps: [String] = []
            func both(_ step: String, _ body: (Int) throws -> String) throws {
                steps.append(step)
                let results = try [0, 1].map(body)
                #expect(results[0] == results[1], "seed \(seed): \(steps.joined(separator: ", "))")
                let status = try scenes[1].status()
                #expect(try scenes[0].wait { $0 == status } == status, "seed \(seed): \(steps.joined(separator: ", "))")
            }
            for _ in 0..<scaled(60) {
                // Within a region: of more, the kernel's threads decide which comes first.
                let first = Int.random(in: 0..<MirrorScene.region, using: &random)
                let sector = Int.random(in: 0..<16, using: &random) * MirrorScene.region + first
                let count = Int.random(in: 1...MirrorScene.region - first, using: &random)
                let leg = Bool.random(using: &random) ? "ma" : "mb"
                switch Int.random(in: 0..<10, using: &random) {
                case 0...3:
                    let bytes = random.bytes(count * 512)
                    try both("write \(sector)+\(count)") { "\(requests[$0].write(bytes, sector: sector))" }
                case 4...6:
                    try both("read \(sector)+\(count)") {
                        requests[$0].read(sector: sector, count: count).map { "\($0.hashValue)" } ?? "fails"
                    }
                case 7: try both("flush") { "\(requests[$0].flush())" }
                case 8:
                    let region = Int.random(in: 0..<16, using: &random)
                    for scene in scenes { try scene.fail(leg, region: region) }
                    try both("fail \(leg) \(region)") { _ in "" }
                default:
                    let isNewTable = Bool.random(using: &random)
                    for scene in scenes {
                        try scene.heal("ma")
                        try scene.heal("mb")
                        if isNewTable {
                            try scene.swap("m", MirrorScene.table("", options))
                        } else {
                            try scene.suspend("m")
                            try scene.resume("m")
                        }
                        try scene.wait { $0.hasPrefix("16/16") }
                    }
                    try both(isNewTable ? "new table" : "resume") { _ in "" }
                }
            }
            for scene in scenes { try scene.suspend("m", flush: false) }
            let logs = try scenes.map { log(try $0.bytes()) }
            #expect(logs[0] == logs[1], "seed \(seed): \(steps.joined(separator: ", "))")
            for (scene, requests) in zip(scenes, requests) {
                try scene.heal("ma")
                try scene.heal("mb")
                try scene.resume("m")
                try scene.wait { $0.hasPrefix("16/16") }
                try requests.close()
                try scene.end()
            }
            let bytes = try scenes.map { try $0.bytes() }
            for index in 0..<2 { #expect(difference(bytes[1][index], bytes[0][index]) == nil, "seed \(seed), leg \(index)") }
        }

        /// A log that fails between writes, and a table that replaces it.
        @Test(arguments: ["", " 1 handle_errors", " 2 handle_errors keep_log"])
        func aLogThatFailsIsToldAlike(options: String) throws {
            var random = SeededGenerator(seed: 4)
            let before = members(&random)
            let bytes = random.bytes(512)
            var found: [[String]] = []
            for isKernels in [true, false] {
                let scene = try MirrorScene(isKernels: isKernels, before)
                try scene.create("m", MirrorScene.table("nosync", options))
                let requests = try scene.opened()
                var told: [String] = []
                func tell(_ step: String) throws { told.append("\(step): \(try scene.status())") }
                try tell("write \(requests.write(bytes, sector: 10))")
                // The kernel marks the region clean by itself.
                while isKernels, try scene.bytes()[2][1024] != 0xff { VolumeLaws.pause() }
                try scene.fail("ml")
                if options.hasPrefix(" 1") {
                    let outcome = Monitor("")
                    let writer = BackgroundThread { outcome.withLock { $0 = "\(requests.write(bytes, sector: 200))" } }
                    while try !scene.status().hasSuffix("D") { VolumeLaws.pause() }
                    try tell("held \(!writer.hasEnded)")
                    try scene.suspend("m")
                    try scene.heal("ml")
                    try scene.swap("m", MirrorScene.table("nosync", options))
                    writer.join()
                    try tell("write \(outcome.withLock { $0 })")
                } else {
                    try tell("write \(requests.write(bytes, sector: 200))")
                    try tell("flush \(requests.flush())")
                    try tell("read \(requests.read(sector: 200, count: 1) == bytes)")
                    try scene.heal("ml")
                    try tell("write \(requests.write(bytes, sector: 200))")
                }
                try scene.suspend("m")
                told.append("\(try scene.bytes()[2][1024..<1032])")
                try scene.resume("m")
                try requests.close()
                try scene.end()
                found.append(told)
            }
            #expect(found[1] == found[0])
            #expect(found[0].count > 3)
        }

        /// Writes, reads and flushes that wait while a leg fails, and what becomes of them.
        @Test func requestsThatAreHeldAreToldAlike() throws {
            var random = SeededGenerator(seed: 5)
            let before = members(&random)
            let bytes = random.bytes(1024)
            var found: [[String]] = []
            for isKernels in [true, false] {
                let scene = try MirrorScene(isKernels: isKernels, before)
                try scene.create("m", MirrorScene.table("", " 1 handle_errors"))
                try wait(scene, "16/16 AA A")
                let requests = try scene.opened()
                var told: [String] = []
                func tell(_ step: String) throws { told.append("\(step): \(try scene.status())") }
                for flush in [false, true] {
                    try scene.fail("ma", region: 3)
                    let outcome = Monitor("")
                    let writer = BackgroundThread { outcome.withLock { $0 = "\(requests.write(bytes, sector: 255))" } }
                    while try !scene.status().contains("15/16") { VolumeLaws.pause() }
                    try tell("held \(!writer.hasEnded)")
                    try tell("read \(requests.read(sector: 255, count: 2) == bytes)")
                    try tell("write \(requests.write(bytes, sector: 500))")
                    try scene.heal("ma")
                    try scene.suspend("m", flush: flush)
                    if flush { writer.join() }
                    told.append("\(Array(try scene.bytes()[2][1024..<1026]))")
                    try scene.resume("m")
                    writer.join()
                    try wait(scene, "16/16 AA A")
                    try tell("write \(outcome.withLock { $0 })")
                }
                try requests.close()
                try scene.end()
                found.append(told)
            }
            #expect(found[1] == found[0])
            #expect(found[0].contains("write true: 16/16 AA A") && found[0].contains("write false: 16/16 AA A"))
        }
    }
}
