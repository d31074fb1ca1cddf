import DeviceMapper
import Foundation
import Testing
import VolumeLaws

/// A multipath device `mp` over mapped devices `path0`, `path1` ... that all lead to one device: the kernel's, or this process's. What it answers is in words that
/// are the same for both.
struct MultipathSide {
    /// What a request is answered.
    enum Answer: Equatable, Sendable {
        case bytes([UInt8])
        case done
        case failed(String)
    }

    /// A request.
    enum Request: Sendable {
        case read(at: Int, count: Int)
        case write([UInt8], at: Int)
        case discard(at: Int, count: Int)
        case writeZeroes(at: Int, count: Int)
        case flush

        /// What the device answers.
        fileprivate func answer(of device: any BlockDevice) -> Answer {
            do throws(BlockIOError) {
                switch self {
                case .read(let offset, let count): return .bytes(try device.read(at: UInt64(offset), count: count))
                case .write(let bytes, let offset): try device.write(bytes, at: UInt64(offset))
                case .discard(let offset, let count): try device.discard(at: UInt64(offset), count: UInt64(count))
                case .writeZeroes(let offset, let count): try device.writeZeroes(at: UInt64(offset), count: UInt64(count), flags: [])
                case .flush: try device.flush()
                }
                return .done
            } catch {
                return .failed(error.code == .inputOutput ? "input/output" : "\(error)")
            }
        }
    }

    /// Carries out a request.
    let request: @Sendable (Request) -> Answer
    /// Waits until a thread's request waits for a path.
    let waitUntilQueued: (BackgroundThread) throws -> Void
    /// Sends a message, in which `pathN` is the device of that name, and tells how it is refused; `nil` if it is taken.
    let send: (String) throws -> String?
    /// The status, with the devices as `pathN`, and without what depends on time.
    let status: () throws -> MultipathTarget.Status
    /// Lets requests to these sectors of a path fail; to none with an empty range.
    let fail: (_ path: Int, _ sectors: Range<UInt64>) throws -> Void
    let suspend: (_ flush: Bool) throws -> Void
    let resume: () throws -> Void
    /// The number of events so far.
    let eventNumber: () throws -> UInt32
    /// Waits until there were more events than that, and tells whether there were.
    let hasEvent: (_ after: UInt32) throws -> Bool
    /// Removes all devices.
    let end: () throws -> Void
}

extension MultipathSide {
    static let sectors: UInt64 = 256

    /// The kernel's, over a block device.
    static func kernel(_ mapper: KernelMapper, over base: String, paths: Int, table: String) throws -> MultipathSide {
        let number = try build(mapper, base, paths, table)
        let device = OpenDevice(try KernelBlockDevice("/dev/mapper/mp"))
        return side(
            mapper, base, paths,
            waitUntilQueued: { _ in
                // How many reads and writes are under way.
                let path = "/sys/dev/block/\(number)/inflight"
                while try !String(contentsOfFile: path, encoding: .utf8).contains(where: { ("1"..."9").contains($0) }) {
                    VolumeLaws.pause()
                }
            },
            request: { device.answer(to: $0) },
            close: { device.close() })
    }

    /// This process's, over a file.
    static func userspace(_ mapper: UserspaceMapper, over base: String, paths: Int, table: String) throws -> MultipathSide {
        _ = try build(mapper, base, paths, table)
        let volume = try mapper.open(.name(try DeviceName("mp")))
        return side(
            mapper, base, paths, waitUntilQueued: { #expect($0.comesToWait()) },
            request: { $0.answer(of: volume) },
            close: { try volume.close() })
    }

    private static func build(_ mapper: some Mapper, _ base: String, _ paths: Int, _ table: String) throws -> DeviceNumber {
        func make(_ name: String, _ table: MappingTable) throws -> DeviceNumber {
            let name = try DeviceName(name)
            _ = try mapper.create(name, uuid: nil, access: .readWrite)
            _ = try mapper.load(table, into: .name(name))
            return try mapper.resume(.name(name)).number
        }
        for path in 0..<paths { _ = try make("path\(path)", try pathTable(base, failing: 0..<0)) }
        return try make("mp", try MappingTable(parsing: "0 \(sectors) multipath " + named(table)))
    }

    private static func named(_ text: String) -> String {
        text.split(separator: " ").map { $0.hasPrefix("path") ? "/dev/mapper/\($0)" : String($0) }.joined(separator: " ")
    }

    private static func pathTable(_ base: String, failing: Range<UInt64>) throws -> MappingTable {
        var lines: [String] = []
        if failing.lowerBound > 0 { lines.append("0 \(failing.lowerBound) linear \(base) 0") }
        if !failing.isEmpty { lines.append("\(failing.lowerBound) \(failing.count) error") }
        if failing.upperBound < sectors {
            lines.append("\(failing.upperBound) \(sectors - failing.upperBound) linear \(base) \(failing.upperBound)")
        }
        return try MappingTable(parsing: lines.joined(separator: "\n"))
    }

    private static func side(
        _ mapper: some Mapper, _ base: String, _ paths: Int, waitUntilQueued: @escaping (BackgroundThread) throws -> Void,
        request: @escaping @Sendable (Request) -> Answer, close: @escaping () throws -> Void
    ) -> MultipathSide {
        func device(_ name: String) throws -> MappedDeviceID { .name(try DeviceName(name)) }
        func refusal(_ body: () throws -> Void) throws -> String? {
            do { try body() } catch let error as MappingError {
                // The kernel has numbers for what is wrong: EINVAL, EBUSY, and for a device that is none, which, depends.
                return error.code == .invalidMessage ? "invalid" : error.code == .busy ? "busy" : "no device"
            }
            return nil
        }
        return MultipathSide(
            request: request, waitUntilQueued: waitUntilQueued,
            send: { message in
                try refusal {
                    _ = try mapper.send(OpaqueMessage(named(message.replacing("base", with: base))), to: try device("mp"), at: .zero)
                }
            },
            status: {
                var names: [DeviceReference: DeviceReference] = [:]
                for path in 0..<paths {
                    let name = "path\(path)"
                    names[.number(try mapper.info(of: try device(name)).number)] = .path(name)
                    names[.path("/dev/mapper/\(name)")] = .path(name)
                }
                let line = try #require(try mapper.status(of: try device("mp"), in: .active).first)
                var status = try StatusLine(range: line.range, typeName: line.typeName, text: line.text).status(of: MultipathTarget.self)
                for group in status.groups.indices {
                    for path in status.groups[group].paths.indices {
                        status.groups[group].paths[path].device = names[status.groups[group].paths[path].device] ?? "?"
                        // Service times, and when they are forgotten.
                        if status.groups[group].selectorWords.count == 2 { status.groups[group].paths[path].words = [] }
                    }
                }
                return status
            },
            fail: { path, sectors in
                let path = try device("path\(path)")
                _ = try mapper.load(try pathTable(base, failing: sectors), into: path)
                _ = try mapper.resume(path)
            },
            suspend: { _ = try mapper.suspend(try device("mp"), flush: $0) },
            resume: { _ = try mapper.resume(try device("mp")) },
            eventNumber: { try mapper.info(of: try device("mp")).eventNumber },
            hasEvent: { try mapper.waitForEvent(of: try device("mp"), after: $0, until: .now + .seconds(20)) != nil },
            end: {
                try close()
                try mapper.remove(try device("mp"), deferred: false)
                for path in 0..<paths { try mapper.remove(try device("path\(path)"), deferred: false) }
            })
    }
}

/// A device that several threads use, until it is closed: by then no request is under way.
private final class OpenDevice: Sendable {
    private let device: Monitor<(any BlockDevice)?>

    init(_ device: any BlockDevice) { self.device = Monitor(device) }

    func answer(to request: MultipathSide.Request) -> MultipathSide.Answer {
        device.withLock { $0 }.map { request.answer(of: $0) } ?? .failed("the device is closed")
    }

    func close() { device.withLock { $0 = nil } }
}
