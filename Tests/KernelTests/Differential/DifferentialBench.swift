import DeviceMapper
import StorageUnits
import Testing
import VolumeLaws

/// The same steps on the kernel's mapper and on ours, with the same members below: whatever is told by one and not by the other is an issue.
///
///     try DifferentialBench.run(members: [bytes], seed: seed) { bench in
///         try bench.step("create") { side in ... what is to be equal, as text ... }
///     }
final class DifferentialBench {
    let kernel: MapperSide
    let ours: MapperSide
    /// Our side's clock; the kernel's is the machine's.
    let clock: ManualClock
    private let seed: UInt64
    private var steps: [String] = []

    private init(_ kernel: MapperSide, _ ours: MapperSide, _ clock: ManualClock, seed: UInt64) {
        self.kernel = kernel
        self.ours = ours
        self.clock = clock
        self.seed = seed
    }

    /// Lends a bench over members with these bytes, and compares the members when everything is removed.
    static func run(
        members: [[UInt8]], seed: UInt64, random: SeededGenerator? = nil, comparingMembers compare: Bool = true,
        _ body: (DifferentialBench) throws -> Void
    ) throws {
        let directory = try GuestDirectory()
        let kernelFiles = try members.enumerated().map { try directory.file("kernel\($0)", $1) }
        let ourFiles = try members.enumerated().map { try directory.file("ours\($0)", $1) }
        let clock = ManualClock()
        var environment = VolumeEnvironment()
        environment.clock = clock
        if let random {
            let generator = Monitor(random)
            environment.random = { generator.withLock { $0.next() } }
        }
        let ours = MapperSide(oursOver: ourFiles, environment: environment)
        var history = ""
        try KernelDevices.withLoops(kernelFiles) { loops in
            let theirs = try MapperSide(kernelOver: loops, files: kernelFiles)
            let bench = DifferentialBench(theirs, ours, clock, seed: seed)
            defer {
                for side in [theirs, ours] { do { try side.end() } catch { Issue.record(error, bench.comment) } }
            }
            try body(bench)
            history = bench.steps.joined(separator: "\n")
        }
        for index in members.indices where compare {
            #expect(
                difference(try RawFile.bytes(ourFiles[index]), try RawFile.bytes(kernelFiles[index])) == nil,
                "member \(index), ours instead of the kernel's; seed \(seed), after:\n\(history)")
        }
    }

    /// Seed and steps, for what is reported of a failure.
    var comment: Comment { Comment(rawValue: "seed \(seed), after:\n" + steps.suffix(40).joined(separator: "\n")) }

    /// Makes a step on the kernel's side, then on ours, and compares what they tell. What is thrown is told by its code.
    @discardableResult
    func step(_ what: String, _ body: (MapperSide) throws -> String) -> String {
        let (theirs, our) = (Self.outcome { try body(self.kernel) }, Self.outcome { try body(self.ours) })
        steps.append("\(what): \(theirs.text)")
        #expect(our.text == theirs.text, "\(comment.rawValue)\nthe kernel: \(theirs.detail)\nours: \(our.detail)")
        return theirs.text
    }

    private static func outcome(_ body: () throws -> String) -> (text: String, detail: String) {
        do {
            let text = try body()
            return (text, text)
        } catch let error as BlockIOError {
            return ("error \(error.code)", "\(error)")
        } catch let error as MappingError {
            // Why it refuses a table the kernel tells in its log, at best.
            let isRefusal = [.invalidTable, .deviceTooSmall, .deviceUnavailable, .readOnly, .unsupported].contains(error.code)
            return ("error \(isRefusal ? .invalidTable : error.code)", "\(error)")
        } catch {
            return ("error", "\(error)")
        }
    }

    // MARK: steps that every test makes

    /// Makes a device with a table that names members `m0` and so on, and puts it in force.
    func create(_ device: String, _ table: String, access: Access = .readWrite) {
        step("create \(device) with \(table)") { side in
            _ = try side.mapper.create(DeviceName(device), uuid: nil, access: access)
            return "made"
        }
        swap(device, table)
    }

    /// Loads another table and puts it in force.
    func swap(_ device: String, _ table: String) {
        step("load \(table) into \(device)") { side in
            let id = MappedDeviceID.name(try DeviceName(device))
            _ = try side.mapper.load(try side.table(table), into: id)
            _ = try side.mapper.resume(id)
            return "in force"
        }
    }

    func write(_ device: String, at offset: UInt64, _ bytes: [UInt8], flags: WriteFlags = []) {
        step("write \(bytes.count) bytes at \(offset) of \(device)\(flags.isEmpty ? "" : ", durable")") { side in
            try side.open(device).write(unsafe bytes.span.bytes, at: offset, flags: flags)
            return "written"
        }
    }

    func read(_ device: String, at offset: UInt64, count: Int) {
        step("read \(count) bytes at \(offset) of \(device)") { side in
            let bytes = try side.open(device).read(at: offset, count: count)
            return "bytes with sum \(bytes.reduce(into: 0xcbf2_9ce4_8422_2325 as UInt64) { $0 = ($0 ^ UInt64($1)) &* 0x100_0000_01b3 })"
        }
    }

    func flush(_ device: String) {
        step("flush \(device)") { side in
            try side.open(device).flush()
            return "flushed"
        }
    }

    func discard(_ device: String, at offset: UInt64, count: UInt64) {
        step("discard \(count) bytes at \(offset) of \(device)") { side in
            try side.open(device).discard(at: offset, count: count)
            return "discarded"
        }
    }

    func message(_ device: String, _ words: String...) {
        step("tell \(device): \(words.joined(separator: " "))") { side in
            do {
                let answer = try side.mapper.send(side.message(words), to: .name(DeviceName(device)), at: 0)
                return try answer.map { "answer: \(try side.common($0))" } ?? "taken"
            } catch let error as MappingError where error.code == .unsupported {
                // The kernel does not say that a target takes no messages at all.
                return "error \(MappingError.Code.invalidMessage)"
            }
        }
    }

    func status(_ device: String) { step("status of \(device)") { try $0.status(of: device) } }
}
