import BlockIO
import DeviceMapper
import Glibc
import Testing
import VolumeLaws

/// One thing that is asked of a mapped device.
enum DeviceStep: CustomStringConvertible, Sendable {
    case read(at: Int, count: Int)
    case write([UInt8], at: Int)
    /// A write that is durable on return, which for the kernel's `O_DSYNC` has a flush behind it.
    case durableWrite([UInt8], at: Int)
    case flush
    case discard(at: Int, count: Int)
    case writeZeroes(at: Int, count: Int)
    case message(String, sector: UInt64 = 0)
    case status

    var description: String {
        switch self {
        case .read(let offset, let count): "read \(offset)+\(count)"
        case .write(let bytes, let offset): "write \(offset)+\(bytes.count)"
        case .durableWrite(let bytes, let offset): "durable write \(offset)+\(bytes.count)"
        case .flush: "flush"
        case .discard(let offset, let count): "discard \(offset)+\(count)"
        case .writeZeroes(let offset, let count): "write zeroes \(offset)+\(count)"
        case .message(let text, _): "message '\(text)'"
        case .status: "status"
        }
    }
}

/// What becomes of a step.
enum StepOutcome: Equatable, CustomStringConvertible, Sendable {
    case done
    case bytes([UInt8])
    /// The request failed as broken storage does: `EIO`.
    case inputOutputError
    /// The message was refused: `EINVAL`.
    case refused
    case text(String)
    /// Anything that no test expects.
    case unexpected(String)

    var description: String {
        switch self {
        case .done: "done"
        case .bytes(let bytes): "\(bytes.count) bytes"
        case .inputOutputError: "input/output error"
        case .refused: "refused"
        case .text(let text): "'\(text)'"
        case .unexpected(let text): "unexpected: \(text)"
        }
    }
}

/// A device that the same steps can be done with, whoever maps it.
protocol SteppedDevice: Sendable {
    func perform(_ step: DeviceStep) -> StepOutcome
}

/// A mapped device of the kernel, past its page cache: a request that a test makes is one that the target gets.
struct KernelSteppedDevice: SteppedDevice {
    private enum Request {
        /// `BLKDISCARD` and `BLKZEROOUT` of `linux/fs.h`.
        static let discard: UInt = 0x1277
        static let zero: UInt = 0x127f
    }
    private let name: String
    private let device: RawFile
    private let durable: RawFile

    init(_ name: String, at path: String) throws {
        self.name = name
        device = try RawFile(path, O_RDWR | RawFile.direct)
        durable = try RawFile(path, O_RDWR | RawFile.direct | O_DSYNC)
    }

    func perform(_ step: DeviceStep) -> StepOutcome {
        do {
            switch step {
            case .read(let offset, let count): return .bytes(try device.read(at: offset, count: count))
            case .write(let bytes, let offset): try device.write(bytes, at: offset)
            case .durableWrite(let bytes, let offset): try durable.write(bytes, at: offset)
            case .flush: try device.synchronize()
            case .discard(let offset, let count): try control(Request.discard, offset, count)
            case .writeZeroes(let offset, let count): try control(Request.zero, offset, count)
            case .message(let text, let sector): return try ControlDevice.send(text, to: name, sector: sector).map { .text($0) } ?? .done
            case .status:
                return .text(
                    try ControlDevice.status(of: name).map { String(decoding: $0.arguments, as: UTF8.self) }.joined(separator: "\n"))
            }
            return .done
        } catch {
            let text = "\(error)"
            if text.hasSuffix(": Input/output error") { return .inputOutputError }
            if case .message = step, text.hasSuffix(": Invalid argument") { return .refused }
            return .unexpected(text)
        }
    }

    private func control(_ request: UInt, _ offset: Int, _ count: Int) throws {
        var range: [UInt8] = []
        for number in [offset, count] { range += (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }
        try device.control(request, &range)
    }
}

/// A volume of this process.
struct VolumeSteppedDevice: SteppedDevice {
    let volume: Volume

    func perform(_ step: DeviceStep) -> StepOutcome {
        do {
            switch step {
            case .read(let offset, let count): return .bytes(try volume.read(at: UInt64(offset), count: count))
            case .write(let bytes, let offset): try volume.write(bytes, at: UInt64(offset))
            case .durableWrite(let bytes, let offset):
                try volume.write(bytes, at: UInt64(offset), flags: .forceUnitAccess)
                try volume.flush()
            case .flush: try volume.flush()
            case .discard(let offset, let count): try volume.discard(at: UInt64(offset), count: UInt64(count))
            case .writeZeroes(let offset, let count): try volume.writeZeroes(at: UInt64(offset), count: UInt64(count), flags: [])
            case .message(let text, let sector): return try volume.send(OpaqueMessage(text), at: Sectors(sector)).map { .text($0) } ?? .done
            case .status: return .text(try volume.status().map(\.text).joined(separator: "\n"))
            }
            return .done
        } catch let error as BlockIOError where error.code == .inputOutput {
            return .inputOutputError
        } catch let error as MappingError where error.code == .invalidMessage {
            return .refused
        } catch {
            return .unexpected("\(error)")
        }
    }
}

enum SteppedDevices {
    /// Does the same steps with the kernel's device and with ours, over files with the same bytes, and compares all that can be seen: what
    /// becomes of each step, and the bytes of all members at the end.
    static func compare(
        members: [Int], steps: [DeviceStep], _ comment: Comment, sourceLocation: SourceLocation = #_sourceLocation,
        environment: VolumeEnvironment = VolumeEnvironment(), table: ([String]) throws -> String
    ) throws {
        var random = SeededGenerator(seed: 1)
        let directory = try GuestDirectory()
        let before = members.map { random.bytes($0 * 512) }
        let kernels = try before.enumerated().map { try directory.file("kernel\($0)", $1) }
        let ours = try before.enumerated().map { try directory.file("ours\($0)", $1) }
        let outcomes = try KernelDevices.withLoops(kernels) { loops in
            try KernelDevices.withMapping(try MappingTable(parsing: try table(loops.map(\.path)))) { path -> [StepOutcome] in
                let device = try KernelSteppedDevice("test", at: path)
                return steps.map { step in
                    let outcome = device.perform(step)
                    guard case .status = step, case .text(var text) = outcome else { return outcome }
                    for (loop, our) in zip(loops, ours) { text = text.replacing("\(loop.number)", with: our) }
                    return .text(text)
                }
            }
        }
        let volume = try Volume(try MappingTable(parsing: try table(ours)), environment: environment)
        let device = VolumeSteppedDevice(volume: volume)
        for (index, step) in steps.enumerated() {
            let outcome = device.perform(step)
            if outcome != outcomes[index] {
                Issue.record(
                    "step \(index), \(step): \(outcome) instead of the kernel's \(outcomes[index]); \(comment)",
                    sourceLocation: sourceLocation)
                break
            }
        }
        try volume.close()
        for (our, kernel) in zip(ours, kernels) {
            #expect(difference(try RawFile.bytes(our), try RawFile.bytes(kernel)) == nil, comment, sourceLocation: sourceLocation)
        }
    }
}
