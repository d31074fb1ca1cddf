import Foundation
import VolumeLaws

/// The CPUs that the calling thread may run on, and those that it starts. By a program: Swift does not see the C library's calls for it.
enum CPUAffinity {
    private static let taskset = HostCommand("taskset", package: "util-linux")

    /// Lets the thread run on one CPU alone, from 0.
    static func set(_ cpu: Int) throws { try set("\(cpu)") }

    /// Calls `body`, which may change them, and then lets the thread run anywhere.
    static func restoring(_ body: () throws -> Void) throws {
        defer { try? set("0-63") }
        try body()
    }

    private static func set(_ cpus: String) throws {
        let thread = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/thread-self").split(separator: "/").last ?? ""
        _ = try taskset.run("-c", "-p", cpus, String(thread))
    }
}
