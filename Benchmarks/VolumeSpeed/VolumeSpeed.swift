import BareLoops
import DeviceMapper
import Foundation

/// Reads and writes volumes and, in turn with them, does the same by hand with system calls and libgcrypt. Everything lies in the page cache.
/// Prints a line of tab-separated values for each combination; `scripts/bench` makes a table and a chart of them.
///
///     swift run -c release --package-path Benchmarks VolumeSpeed DIRECTORY [MIB]
@main
struct VolumeSpeed {
    static let rounds = 9
    static let chunk = 65536
    static let stripes = 4

    static func main() throws {
        guard CommandLine.arguments.count >= 2 else { throw Failure("usage: VolumeSpeed DIRECTORY [MIB]") }
        let bench = try Bench(
            directory: CommandLine.arguments[1], mebibytes: CommandLine.arguments.count > 2 ? Int(CommandLine.arguments[2]) ?? 0 : 128)
        show("target\toperation\trequest\tthreads\tvolume MiB/s\tby hand MiB/s\tratio\tvolume spread\tby hand spread\tcipher alone MiB/s")
        for subject in try bench.subjects() {
            for writes in [false, true] {
                for size in [4096, 131_072, 1 << 20] {
                    for threads in [1, 2] { try bench.compare(subject, writes: writes, size: size, threads: threads) }
                }
            }
        }
    }
}

/// Prints a line at once, also into a pipe.
func show(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// A volume, and how its work is done by hand.
struct Subject: Sendable {
    var name: String
    var volume: Volume
    var byHand: @Sendable (_ requests: bare_requests, _ memory: Memory) -> CInt
    /// The cipher's part of the work, without a file.
    var cipherAlone: (@Sendable (_ requests: bare_requests, _ memory: Memory) -> CInt)?
}

/// Memory of one thread.
final class Memory: @unchecked Sendable {
    static let size = 1 << 20
    let buffer = UnsafeMutableRawPointer.allocate(byteCount: Memory.size, alignment: 4096)
    let scratch = UnsafeMutableRawPointer.allocate(byteCount: 65536, alignment: 4096)

    init() {
        for place in stride(from: 0, to: Memory.size, by: 8) {
            buffer.storeBytes(of: UInt64.random(in: 0...UInt64.max), toByteOffset: place, as: UInt64.self)
        }
        scratch.initializeMemory(as: UInt8.self, repeating: 0, count: 65536)
    }

    deinit {
        buffer.deallocate()
        scratch.deallocate()
    }
}

struct Bench {
    let directory: String
    let total: Int
    private let memory = [Memory(), Memory()]
    private let workers = Workers(count: 2)
    private let clock = ContinuousClock()

    init(directory: String, mebibytes: Int) throws {
        guard mebibytes > 0, mebibytes % VolumeSpeed.stripes == 0 else { throw Failure("expected a size in MiB, a multiple of 4") }
        self.directory = directory
        total = mebibytes << 20
    }

    private func file(_ name: String, _ count: Int) throws -> (path: String, descriptor: CInt) {
        let path = "\(directory)/\(name)"
        let descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC, 0o600)
        guard descriptor >= 0 else { throw Failure("cannot make \(path)") }
        for place in stride(from: 0, to: count, by: Memory.size) {
            guard pwrite(descriptor, memory[0].buffer, Memory.size, off_t(place)) == Memory.size else {
                throw Failure("cannot fill \(path)")
            }
        }
        return (path, descriptor)
    }

    func subjects() throws -> [Subject] {
        let whole = try file("whole", total)
        let parts = try (0..<VolumeSpeed.stripes).map { try file("part\($0)", total / VolumeSpeed.stripes) }
        let key = (0..<64).map { _ in UInt8.random(in: 0...255) }
        let sectors = total / 512
        func volume(_ table: String) throws -> Volume {
            try Volume(try MappingTable(parsing: "0 \(sectors) \(table)"), opening: .files(.readWrite, locking: .none))
        }
        let descriptors = parts.map(\.descriptor)
        var subjects = [
            Subject(
                name: "linear", volume: try volume("linear \(whole.path) 0"),
                byHand: { requests, memory in withUnsafePointer(to: requests) { bare_linear($0, whole.descriptor, memory.buffer) } }),
            Subject(
                name: "striped, 4 files",
                volume: try volume("striped 4 \(VolumeSpeed.chunk / 512) " + parts.map { "\($0.path) 0" }.joined(separator: " ")),
                byHand: { requests, memory in
                    withUnsafePointer(to: requests) {
                        bare_striped($0, descriptors, CInt(descriptors.count), VolumeSpeed.chunk, memory.buffer)
                    }
                }),
        ]
        for sector in [512, 4096] {
            let hex = key.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            func crypt(_ file: CInt) -> @Sendable (bare_requests, Memory) -> CInt {
                { requests, memory in
                    withUnsafePointer(to: requests) { bare_crypt($0, file, key, key.count, sector, memory.buffer, memory.scratch) }
                }
            }
            subjects.append(
                Subject(
                    name: "crypt, sectors of \(sector)",
                    volume: try volume("crypt aes-xts-plain64 \(hex) 0 \(whole.path) 0 1 sector_size:\(sector)"),
                    byHand: crypt(whole.descriptor), cipherAlone: crypt(-1)))
        }
        return subjects
    }

    func compare(_ subject: Subject, writes: Bool, size: Int, threads: Int) throws {
        @Sendable func requests(_ thread: Int) -> bare_requests {
            bare_requests(size: size, total: UInt64(total), thread: CInt(thread), threads: CInt(threads), writes: writes ? 1 : 0)
        }
        func timed(_ body: @Sendable (_ thread: Int) -> Bool) throws -> Double {
            let failed = Flag()
            let time = clock.measure { workers.perform(threads) { if !body($0) { failed.set() } } }
            if failed.isSet { throw Failure("\(subject.name): a request failed") }
            let seconds = Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18
            return Double(total >> 20) / seconds
        }
        var ours: [Double] = []
        var theirs: [Double] = []
        var alone: [Double] = []
        // The first round warms up.
        for round in 0...VolumeSpeed.rounds {
            let volume = try timed { run(subject.volume, requests($0), memory[$0]) }
            let byHand = try timed { subject.byHand(requests($0), memory[$0]) == 0 }
            if round > 0, let cipher = subject.cipherAlone { alone.append(try timed { cipher(requests($0), memory[$0]) == 0 }) }
            if round > 0 {
                ours.append(volume)
                theirs.append(byHand)
            }
        }
        func text(_ number: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", number) }
        let ratio = median(zip(ours, theirs).map { $0 / $1 })
        show(
            [
                subject.name, writes ? "write" : "read", "\(size)", "\(threads)", text(median(ours), 0), text(median(theirs), 0),
                text(ratio, 2),
                text(spread(ours), 2), text(spread(theirs), 2), alone.isEmpty ? "" : text(median(alone), 0),
            ].joined(separator: "\t"))
    }

    private func run(_ volume: Volume, _ requests: bare_requests, _ memory: Memory) -> Bool {
        let step = UInt64(requests.size) * UInt64(requests.threads)
        var offset = UInt64(requests.size) * UInt64(requests.thread)
        var bytes = MutableRawSpan(_unsafeStart: memory.buffer, byteCount: requests.size)
        do {
            while offset < requests.total {
                if requests.writes != 0 {
                    try volume.write(bytes.bytes, at: offset)
                } else {
                    try volume.read(at: offset, into: &bytes)
                }
                offset += step
            }
            return true
        } catch {
            return false
        }
    }

    private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

    /// Half of the range in which the middle half of the rounds lie, as a part of the median.
    private func spread(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        return (sorted[sorted.count * 3 / 4] - sorted[sorted.count / 4]) / 2 / median(values)
    }
}

/// Something that happened on any thread.
final class Flag: Sendable {
    private let state = Monitor(false)
    var isSet: Bool { state.withLock { $0 } }
    func set() { state.withLock { $0 = true } }
}
