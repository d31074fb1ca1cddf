import DeviceMapper
import Glibc
import VolumeLaws

/// A request to a device whose writes are logged, made of the kernel's device or of a volume. Places are in sectors.
enum LogRequest {
    case write(Int, [UInt8])
    /// Durable when it returns. The kernel flushes behind it, as for every file that was opened with `O_DSYNC`.
    case forcedWrite(Int, [UInt8])
    case discard(Int, count: Int)
    case zeroes(Int, count: Int)
    case flush
    case mark(String)

    /// Whether a replay up to here gives what the device holds now.
    var isStateKnown: Bool {
        switch self {
        case .flush, .forcedWrite, .mark: true
        case .write, .discard, .zeroes: false
        }
    }

    /// Requests after which states are known: marks come behind flushes, and forced writes overwrite nothing that no flush has reached.
    static func random(count: Int, sectors: Int, _ random: inout SeededGenerator) -> [LogRequest] {
        var requests: [LogRequest] = []
        var isFlushed = true
        while requests.count < count {
            let start = Int.random(in: 0..<sectors, using: &random)
            let length = Int.random(in: 1...min(16, sectors - start), using: &random)
            switch Int.random(in: 0..<12, using: &random) {
            case 0...5: requests.append(.write(start, random.bytes(length * 512)))
            // The kernel cuts a discard where the loop device's granularity, a page, says, before device mapper sees it.
            case 6: requests.append(.discard(start / 8 * 8, count: length))
            case 7: requests.append(.zeroes(start, count: length))
            case 8 where isFlushed: requests.append(.forcedWrite(start, random.bytes(length * 512)))
            case 9 where isFlushed: requests.append(.mark("mark \(requests.count)"))
            default: requests.append(.flush)
            }
            isFlushed = requests.last?.isStateKnown ?? true
        }
        return requests
    }

    func perform(on volume: Volume) throws {
        switch self {
        case .write(let start, let bytes): try volume.write(bytes, at: UInt64(start * 512))
        case .forcedWrite(let start, let bytes):
            try volume.write(bytes, at: UInt64(start * 512), flags: .forceUnitAccess)
            try volume.flush()
        case .discard(let start, let count): try volume.discard(at: UInt64(start * 512), count: UInt64(count * 512))
        case .zeroes(let start, let count): try volume.writeZeroes(at: UInt64(start * 512), count: UInt64(count * 512), flags: [])
        case .flush: try volume.flush()
        case .mark(let text): _ = try volume.send(LogWritesTarget.Message.mark(text))
        }
    }

    /// The kernel's device, past its page cache.
    struct Target {
        /// `BLKDISCARD` and `BLKZEROOUT` of `linux/fs.h`.
        private static let discard: UInt = 0x1277
        private static let zeroes: UInt = 0x127f

        let file: RawFile
        private let durable: RawFile

        init(_ path: String) throws {
            file = try RawFile(path, O_RDWR | RawFile.direct)
            durable = try RawFile(path, O_RDWR | RawFile.direct | O_DSYNC)
        }

        func perform(_ request: LogRequest) throws {
            switch request {
            case .write(let start, let bytes): try file.write(bytes, at: start * 512)
            case .forcedWrite(let start, let bytes): try durable.write(bytes, at: start * 512)
            case .discard(let start, let count): try control(Self.discard, start, count)
            case .zeroes(let start, let count): try control(Self.zeroes, start, count)
            case .flush: try file.synchronize()
            case .mark(let text): _ = try ControlDevice.send(LogWritesTarget.Message.mark(text).text(), to: "test")
            }
        }

        private func control(_ request: UInt, _ start: Int, _ count: Int) throws {
            var range = [UInt8](repeating: 0, count: 16)
            for (place, value) in [(0, start * 512), (8, count * 512)] {
                for byte in 0..<8 { range[place + byte] = UInt8(truncatingIfNeeded: value >> (8 * byte)) }
            }
            try file.control(request, &range)
        }
    }
}
