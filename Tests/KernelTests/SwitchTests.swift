import DeviceMapper
import Glibc
import Testing
import VolumeLaws

extension InTheLab {
    /// Where messages lead the regions of a switch.
    struct SwitchTests {
        @Test(arguments: [
            "0:1", ":2 3:0 :1", "0:2 :1 R2,e", "f:0", "5:1 R1,4 a:2 R3,4", "0:0 R1,f", "3:2 r2,3", "SET 0:1",
            // These are refused.
            "10:0", "0:3", "f:1 :1", "R2,1", "R1,10", "0", "x:1", ":",
        ])
        func messagesMeanTheSame(mappings: String) throws {
            let directory = try GuestDirectory()
            let files = try (0..<3).map { try directory.file("\($0)", [UInt8](repeating: UInt8($0), count: 125 * 512)) }
            func table(_ names: [String]) throws -> MappingTable {
                try MappingTable(parsing: "0 125 switch 3 8 0 \(names[0]) 0 \(names[1]) 0 \(names[2]) 0")
            }
            let message =
                mappings.hasPrefix("SET") ? "SET_REGION_MAPPINGS" + mappings.dropFirst(3) : "set_region_mappings " + mappings
            var kernels: [UInt8] = []
            var isTaken = true
            try KernelDevices.withLoops(files) { loops in
                try KernelDevices.withMapping(try table(loops.map(\.path))) { path in
                    do { _ = try ControlDevice.send(message, to: "test") } catch { isTaken = false }
                    let device = try RawFile(path, O_RDONLY | RawFile.direct)
                    kernels = try device.read(at: 0, count: 125 * 512)
                }
            }
            let volume = try Volume(table(files), opening: .files(.readOnly))
            do {
                _ = try volume.send(OpaqueMessage(message))
                #expect(isTaken)
                #expect(difference(try volume.read(at: 0, count: 125 * 512), kernels) == nil)
            } catch let error as MappingError {
                #expect(!isTaken, "\(error)")
            }
        }
    }
}
