import DeviceMapper
import Glibc
import Testing
import VolumeLaws

/// A mirror `m` of two legs and a log, each a mapped device of its own (`ma`, `mb`, `ml`) that can be made to fail: by the kernel, or in this process.
final class MirrorScene {
    /// Sectors of each member.
    static let sectors = 1024
    /// Sectors of a region: there are 16.
    static let region = 64
    static let members = ["ma", "mb", "ml"]

    private enum Side {
        case kernel(KernelMapper, [LoopDevice])
        case ours(UserspaceMapper)
    }
    private let side: Side
    private let files: [String]
    private let directory: GuestDirectory

    /// Members with these bytes, of which a mirror is made with that table: `<log>` without the device, and its options.
    init(isKernels: Bool, _ bytes: [[UInt8]]) throws {
        let directory = try GuestDirectory()
        let files = try bytes.enumerated().map { try directory.file("\($0)", $1) }
        self.directory = directory
        self.files = files
        if isKernels {
            side = .kernel(try KernelMapper.open(), try files.map { try LoopDevice($0) })
        } else {
            side = .ours(UserspaceMapper())
        }
        for name in Self.members { try create(name, try good(name)) }
    }

    /// What a table says of a log on the device and of the legs.
    static func table(_ sync: String = "", _ options: String = "") -> String {
        let log = sync.isEmpty ? "2 /dev/mapper/ml \(region)" : "3 /dev/mapper/ml \(region) \(sync)"
        return "0 \(sectors) mirror disk \(log) 2 /dev/mapper/ma 0 /dev/mapper/mb 0\(options)"
    }

    // MARK: devices

    private var mapper: any Mapper {
        switch side {
        case .kernel(let mapper, _): mapper
        case .ours(let mapper): mapper
        }
    }

    private func id(_ name: String) throws -> MappedDeviceID { .name(try DeviceName(name)) }

    private func lower(_ name: String) throws -> String {
        let index = try #require(Self.members.firstIndex(of: name))
        if case .kernel(_, let loops) = side { return loops[index].path }
        return files[index]
    }

    private func good(_ name: String) throws -> String { "0 \(Self.sectors) linear \(try lower(name)) 0" }

    func create(_ name: String, _ table: String) throws {
        _ = try mapper.create(try DeviceName(name), uuid: nil, access: .readWrite)
        try swap(name, table, flush: true)
    }

    func swap(_ name: String, _ table: String, flush: Bool = false) throws {
        _ = try mapper.load(try MappingTable(parsing: table), into: try id(name))
        if !flush { try suspend(name) }
        try resume(name)
    }

    func suspend(_ name: String, flush: Bool = false) throws { _ = try mapper.suspend(try id(name), flush: flush) }
    func resume(_ name: String) throws { _ = try mapper.resume(try id(name)) }

    /// Makes every request to a region of a member fail, or to all of it.
    func fail(_ name: String, region: Int? = nil) throws {
        guard let region else { return try swap(name, "0 \(Self.sectors) error") }
        let (start, end) = (region * Self.region, (region + 1) * Self.region)
        var lines = start == 0 ? [] : ["0 \(start) linear \(try lower(name)) 0"]
        lines.append("\(start) \(Self.region) error")
        if end < Self.sectors { lines.append("\(end) \(Self.sectors - end) linear \(try lower(name)) \(end)") }
        try swap(name, lines.joined(separator: "\n"))
    }

    func heal(_ name: String) throws { try swap(name, try good(name)) }

    /// Removes everything.
    func end() throws {
        for name in ["m"] + Self.members { try mapper.remove(try id(name), deferred: false) }
        if case .kernel(_, let loops) = side { for loop in loops { try loop.release() } }
    }

    /// What the members hold. Of devices that still serve, as far as it has come to the files.
    func bytes() throws -> [[UInt8]] { try files.map { try RawFile.bytes($0) } }

    // MARK: requests and questions

    /// The status without the numbers and names of devices: `16/16 AA A`.
    func status() throws -> String {
        let line = try #require(try mapper.status(of: try id("m"), in: .active).first)
        let status = try line.status(of: MirrorTarget.self)
        let letters = String(decoding: status.legs.map(\.health.rawValue), as: UTF8.self)
        let ratio = "\(status.regionsInSync.part)/\(status.regionsInSync.whole)"
        guard case .disk(_, let health) = status.log else { return "\(ratio) \(letters)" }
        return "\(ratio) \(letters) \(health)"
    }

    /// Waits until the status is one that `isReached` knows; generously, for the kernel has a thread of its own for it. Returns the last one.
    @discardableResult
    func wait(until isReached: (String) -> Bool) throws -> String {
        var last = try status()
        for _ in 0..<5000 {
            if isReached(last) { break }
            VolumeLaws.pause()
            last = try status()
        }
        return last
    }

    /// Something that sends requests to the mirror, until it is closed.
    func opened() throws -> Requests {
        switch side {
        case .kernel: Requests(file: try RawFile("/dev/mapper/m", O_RDWR | RawFile.direct), volume: nil)
        case .ours(let mapper): Requests(file: nil, volume: try mapper.open(try id("m")))
        }
    }

    /// Sends requests to a mirror, from any thread; it is closed when no other thread has any.
    final class Requests: @unchecked Sendable {  // a file is only a descriptor
        private var file: RawFile?
        private var volume: Volume?

        init(file: RawFile?, volume: Volume?) {
            self.file = file
            self.volume = volume
        }

        func close() throws {
            try volume?.close()
            (file, volume) = (nil, nil)
        }

        private func succeeds(_ body: () throws -> Void) -> Bool {
            do {
                try body()
                return true
            } catch { return false }
        }

        /// Whether a write succeeds.
        func write(_ bytes: [UInt8], sector: Int) -> Bool {
            succeeds {
                try file?.write(bytes, at: sector * 512)
                try volume?.write(bytes, at: UInt64(sector * 512))
            }
        }

        func flush() -> Bool {
            succeeds {
                try file?.synchronize()
                try volume?.flush()
            }
        }

        /// What is read; `nil` when that fails.
        func read(sector: Int, count: Int) -> [UInt8]? {
            if let file { return try? file.read(at: sector * 512, count: count * 512) }
            return try? volume?.read(at: UInt64(sector * 512), count: count * 512)
        }
    }
}
