import DeviceMapper
import DeviceMapperControl
import Foundation
import Testing
import VolumeLaws

/// What a test must not leave behind.
enum Leftovers {
    /// Records what there is of mapped devices, their nodes, and udev's semaphores.
    static func expectNone() throws {
        #expect(try KernelMapper.open().devices().map(\.name) == [])
        let nodes = try FileManager.default.contentsOfDirectory(atPath: "/dev/mapper").filter { $0 != "control" }
        #expect(nodes == [])
        #expect(UdevCookie.all() == [])
    }

    /// How many descriptors the process has open.
    static func descriptors() throws -> Int { try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count }
}
