import DeviceMapper
import DevmapperLoop
import Foundation

/// Makes and removes a mapped device over and over with ``KernelMapper``, with libdevmapper, and with a dmsetup for each step, in turn, in one process.
/// For the kernel lab: `scripts/bench control`.
@main
struct ControlSpeed {
    static let rounds = 9
    static let cycles = 40

    static func main() throws {
        let mapper = try KernelMapper.open()
        let name = try DeviceName("speed")
        let table = try MappingTable(length: 2048, ZeroTarget())
        let sides: [(name: String, cycles: Int, body: () throws -> Void)] = [
            (
                "KernelMapper", cycles,
                {
                    try mapper.createAndLoad(name, table: table)
                    try mapper.remove(.name(name))
                }
            ),
            (
                "libdevmapper", cycles,
                { guard devmapper_cycle("speed", 2048, "zero", "") == 0 else { throw Failure("libdevmapper failed") } }
            ),
            (
                "dmsetup", 2,
                {
                    for arguments in [
                        ["create", "speed", "--notable"], ["load", "speed", "--table", "0 2048 zero"], ["resume", "speed"],
                        ["remove", "speed"],
                    ] { try run("/usr/sbin/dmsetup", arguments) }
                }
            ),
        ]
        var times = [[Double]](repeating: [], count: sides.count)
        for round in 0...rounds {
            var sums = [Duration](repeating: .zero, count: sides.count)
            // In turn, for the emulated machine is slower at times.
            for cycle in 0..<cycles {
                for index in cycle % 2 == 0 ? Array(sides.indices) : sides.indices.reversed() where cycle < sides[index].cycles {
                    sums[index] += try ContinuousClock().measure { try sides[index].body() }
                }
            }
            // The first round warms up.
            guard round > 0 else { continue }
            for index in sides.indices { times[index].append(sums[index] / .seconds(1)) }
        }
        print("create, load, resume and remove a device, in the lab, medians of \(rounds) rounds:")
        for (index, side) in sides.enumerated() {
            let sorted = times[index].sorted()
            let ratios = zip(times[1], times[index]).map { $0 / Double(cycles) / ($1 / Double(side.cycles)) }.sorted()
            print(
                String(
                    format: "%@: %.2f ms, %.2f (%.2f to %.2f) times as fast as libdevmapper", side.name,
                    1000 * sorted[rounds / 2] / Double(side.cycles), ratios[rounds / 2], ratios[0], ratios[rounds - 1]))
        }
    }

    static func run(_ program: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure("\(program) \(arguments) failed") }
    }
}

struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
