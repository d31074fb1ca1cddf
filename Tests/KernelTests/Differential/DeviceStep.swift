import BlockIO
import DeviceMapper
import StorageUnits

/// One thing that is asked of a mapped device, so that tests make lists of them at random.
enum DeviceStep {
    case read(at: Int, count: Int)
    case write([UInt8], at: Int)
    /// A write that is durable on return, which for the kernel's `O_DSYNC` has a flush behind it.
    case durableWrite([UInt8], at: Int)
    case flush
    case discard(at: Int, count: Int)
    case writeZeroes(at: Int, count: Int)
    /// Words for the target at a sector.
    case message(String, sector: UInt64 = 0)
    case status
}

extension DifferentialBench {
    /// Makes the step on both sides.
    func perform(_ step: DeviceStep, on device: String) {
        switch step {
        case .read(let offset, let count): read(device, at: UInt64(offset), count: count)
        case .write(let bytes, let offset): write(device, at: UInt64(offset), bytes)
        case .durableWrite(let bytes, let offset):
            self.step("write \(bytes.count) bytes at \(offset) of \(device), durable, with a flush") { side in
                let target = try side.open(device)
                try target.write(bytes, at: UInt64(offset), flags: .forceUnitAccess)
                if side.ours != nil { try target.flush() }
                return "written"
            }
        case .flush: flush(device)
        case .discard(let offset, let count): discard(device, at: UInt64(offset), count: UInt64(count))
        case .writeZeroes(let offset, let count):
            self.step("write \(count) zeroes at \(offset) of \(device)") { side in
                try side.open(device).writeZeroes(at: UInt64(offset), count: UInt64(count), flags: [])
                return "written"
            }
        case .message(let text, let sector):
            self.step("tell sector \(sector) of \(device): \(text)") { side in
                let message = side.message(text.split(separator: " ").map(String.init))
                let answer = try side.mapper.send(message, to: .name(DeviceName(device)), at: Sectors(sector))
                return try answer.map { "answer: \(try side.common($0))" } ?? "taken"
            }
        case .status: status(device)
        }
    }
}
