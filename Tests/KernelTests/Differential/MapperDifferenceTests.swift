import DeviceMapper
import Foundation
import StorageUnits
import Testing
import VolumeLaws

extension InTheLab {
    /// Both mappers do the same with devices: whatever is made, loaded, suspended, resumed, renamed, opened and removed, in whatever order.
    struct MapperDifferenceTests {
        private let names = ["a", "b", "c"]

        @Test("Whatever is done to devices, both mappers know the same of them", arguments: 0..<scaled(80))
        func anyOrder(_ number: Int) throws {
            let seed = UInt64(number)
            var random = SeededGenerator(seed: seed)
            let members = (0..<2).map { _ in random.bytes(256 * 512) }
            // A device may be resumed, or get another name, while its removal waits for its last user: then it has a node, which nobody
            // takes away when it goes.
            var left: Set<String> = []
            try DifferentialBench.run(members: members, seed: seed) { bench in
                for _ in 0..<60 {
                    step(bench, &random, &left)
                    if Int.random(in: 0..<3, using: &random) == 0 { look(bench) }
                }
                look(bench)
                // In the end all are resumed.
                left.formUnion(names.filter { goes($0, bench) })
            }
            for name in left { try? FileManager.default.removeItem(atPath: "/dev/mapper/\(name)") }
            try Leftovers.expectNone()
        }

        /// Whether the kernel's device goes with its last user.
        private func goes(_ device: String, _ bench: DifferentialBench) -> Bool {
            guard let id = try? MappedDeviceID.name(DeviceName(device)) else { return false }
            return (try? bench.kernel.mapper.info(of: id))?.isRemovalDeferred ?? false
        }

        private func step(_ bench: DifferentialBench, _ random: inout SeededGenerator, _ left: inout Set<String>) {
            let device = names.randomElement(using: &random) ?? "a"
            let other = names.randomElement(using: &random) ?? "b"
            func id() throws -> MappedDeviceID { .name(try DeviceName(device)) }
            switch Int.random(in: 0..<20, using: &random) {
            case 0, 1:
                let uuid = Bool.random(using: &random) ? "U-\(other)" : nil
                bench.step("create \(device) \(uuid ?? "")") { side in
                    text(try side.mapper.create(DeviceName(device), uuid: uuid.map { try DeviceUUID($0) }, access: .readWrite))
                }
            case 2...6:
                let table = randomTable(besides: device, bench, &random)
                bench.step("load \(table) into \(device)") { side in text(try side.mapper.load(try side.table(table), into: id())) }
            case 7: bench.step("clear \(device)") { side in text(try side.mapper.clear(id())) }
            case 8:
                let flush = Bool.random(using: &random)
                bench.step("suspend \(device)\(flush ? "" : " without flush")") { side in text(try side.mapper.suspend(id(), flush: flush))
                }
            case 9...13:
                if goes(device, bench) { left.insert(device) }
                bench.step("resume \(device)") { side in text(try side.mapper.resume(id())) }
            case 14:
                if goes(device, bench) { left.insert(other) }
                bench.step("rename \(device) to \(other)") { side in
                    try side.mapper.rename(id(), to: DeviceName(other))
                    return "renamed"
                }
            case 15:
                let deferred = Bool.random(using: &random)
                bench.step("remove \(device)\(deferred ? " later" : "")") { side in
                    try side.mapper.remove(id(), deferred: deferred)
                    return "removed"
                }
            case 16: bench.message(device, "@cancel_deferred_remove")
            case 17: bench.message(device, "anything")
            default: request(bench, device, &random)
            }
        }

        /// A request, unless it would wait for ever.
        private func request(_ bench: DifferentialBench, _ device: String, _ random: inout SeededGenerator) {
            guard let ours = bench.ours.ours, isServed(device, by: ours) else { return }
            let offset = UInt64.random(in: 0..<64, using: &random) * 512
            let bytes = random.bytes(512 * Int.random(in: 1...8, using: &random))
            switch Int.random(in: 0..<3, using: &random) {
            // Within a line: of a write that fails in one, what lies in the next is written by the kernel, and is not here. Neither promises anything.
            case 0: bench.write(device, at: offset / 4096 * 4096, bytes)
            case 1: bench.read(device, at: offset, count: bytes.count)
            default: bench.flush(device)
            }
            // Held open it could not be removed, which is tested too.
            if Bool.random(using: &random) { for side in [bench.kernel, bench.ours] { side.close(device) } }
        }

        private func isServed(_ device: String, by mapper: UserspaceMapper) -> Bool {
            guard let id = try? MappedDeviceID.name(DeviceName(device)), let info = try? mapper.info(of: id), info.hasActiveTable,
                !info.isSuspended
            else { return false }
            let below = (try? mapper.dependencies(of: id)) ?? []
            return below.allSatisfy { reference in
                guard case .path(let path) = reference, path.hasPrefix("/dev/mapper/") else { return true }
                return isServed(String(path.dropFirst("/dev/mapper/".count)), by: mapper)
            }
        }

        /// A table over members and over devices whose names come later, so that none leads back. All are long enough for what lies on them: the kernel looks at
        /// that when the first table is loaded, and later only when one is resumed, and does not look at devices without a table.
        private func randomTable(besides device: String, _ bench: DifferentialBench, _ random: inout SeededGenerator) -> String {
            let least = 96
            var lines: [String] = []
            var start = 0
            let below =
                ["m0", "m1"]
                + names.filter { name in
                    guard name > device, let id = try? MappedDeviceID.name(DeviceName(name)) else { return false }
                    return (try? bench.ours.mapper.info(of: id))?.hasActiveTable ?? true
                }.map { "/dev/mapper/\($0)" }
            while start < least {
                let length = Int.random(in: 1...8, using: &random) * 8
                let target =
                    switch Int.random(in: 0..<8, using: &random) {
                    case 0: "zero"
                    case 1: "error"
                    case 2: "striped 2 4 m0 \(Int.random(in: 0..<10, using: &random) * 8) m1 0"
                    default:
                        "linear \(below.randomElement(using: &random) ?? "m0") \(Int.random(in: 0...(least - length) / 8, using: &random) * 8)"
                    }
                lines.append("\(start) \(length) \(target)")
                start += length
            }
            return lines.joined(separator: "\n")
        }

        /// What both sides tell of each device.
        private func look(_ bench: DifferentialBench) {
            for device in names {
                func id() throws -> MappedDeviceID { .name(try DeviceName(device)) }
                bench.step("info of \(device)") { side in text(try side.mapper.info(of: id())) }
                for slot in [TableSlot.active, .inactive] {
                    bench.step("\(slot) table of \(device)") { side in
                        try side.common(try side.mapper.table(of: id(), in: slot).description.replacing("\n", with: " "))
                    }
                    bench.step("\(slot) status of \(device)") { side in
                        try side.mapper.status(of: id(), in: slot).map { try side.common("\($0)") }.joined(separator: "; ")
                    }
                    bench.step("\(slot) dependencies of \(device)") { side in
                        try side.mapper.dependencies(of: id(), in: slot).map { try side.common("\($0)") }.sorted().joined(separator: " ")
                    }
                }
            }
        }

        /// What is known of a device, but for its number.
        private func text(_ info: MappedDeviceInfo) -> String {
            """
            \(info.name) \(info.uuid.map(\.description) ?? "-") \(info.access)\(info.isSuspended ? " suspended" : "")\(info.hasActiveTable ? " active" : "")\
            \(info.hasInactiveTable ? " inactive" : "") open \(info.openCount) targets \(info.targetCount) events \(info.eventNumber)\
            \(info.isRemovalDeferred ? " goes" : "")
            """
        }
    }
}
