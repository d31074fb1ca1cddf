public import BlockIO
public import DeviceMapperTables
public import Logging
public import StorageUnits
internal import SystemPackage

/// What volumes take from outside, beside their devices.
public struct VolumeEnvironment: Sendable {
    /// Takes what nobody can be told otherwise.
    public var logger = Logger(label: "volume") { _ in SwiftLogNoOpLogHandler() }
    /// Threads for work that falls into parts.
    public var workers: Workers
    /// How much memory a volume may use for caches, which its lines share.
    public var memoryBudget = ByteCount.mebibytes(32)
    /// Tells time.
    public var clock: any VolumeClock = SystemClock()
    /// Gives random numbers, from any thread.
    public var random: @Sendable () -> UInt64 = {
        var generator = SystemRandomNumberGenerator()
        return generator.next()
    }

    /// No log, as many threads as there are processors, 32 MiB for caches, the system's clock and random numbers.
    public init(workers: Workers = Workers()) { self.workers = workers }
}

/// What an engine is made with: its line, and everything from outside that it may use.
public struct EngineContext: Sendable {
    /// The line's number in the table, from 1, for errors.
    public let line: Int
    /// Where the line begins in the table.
    public let start: Sectors
    /// The line's length.
    public let length: Sectors
    /// Opens devices.
    public let opener: DeviceOpener
    /// Whether the volume is written.
    public let access: Access
    /// What the volume takes from outside.
    let environment: VolumeEnvironment
    /// Wakes whoever waits for an event of the device.
    public let raiseEvent: @Sendable () -> Void
    /// What the lines of a volume share.
    public let shared: SharedResources

    /// Tells time.
    public var clock: any VolumeClock { environment.clock }
    /// Gives random numbers, from any thread.
    public var random: @Sendable () -> UInt64 { environment.random }
    /// Takes what nobody can be told otherwise.
    public var logger: Logger { environment.logger }
    /// Threads for work that falls into parts.
    public var workers: Workers { environment.workers }
    /// How much memory the volume may use for caches, which its lines share.
    public var memoryBudget: ByteCount { environment.memoryBudget }

    /// Takes memory for as long as the volume is open from what it may use, which its lines share. Throws `outOfMemory` when that much is not left; `what`
    /// says what it is for.
    func takeMemory(_ count: UInt64, for what: @autoclosure () -> String) throws(MappingError) {
        guard shared.memory.take(count) else {
            throw error(.outOfMemory, "\(what()) are more than the memory for caches holds, \(memoryBudget) bytes")
        }
    }

    /// Takes as much, or half of what is left: so that there is some for every line, however many there are.
    func takeMemory(upTo count: UInt64) -> UInt64 { shared.memory.take(upTo: count) }

    /// The part of a device that a line maps to.
    public struct Part: Sendable {
        /// The device.
        public let device: any BlockDevice
        /// Where the part begins, in bytes.
        public let start: UInt64
        /// How long it is, in bytes.
        public let count: UInt64
    }

    /// Opens a device for the line's access, and makes sure that it holds the sectors from `start` on: `length` of them, the line's own
    /// without. Errors name the line and the device.
    public func open(_ reference: DeviceReference, start: Sectors, length: Sectors? = nil) throws(MappingError) -> Part {
        let length = length ?? self.length
        do throws(MappingError) {
            let device = try opener.open(reference, access: access).device
            guard let end = start.adding(length), let bytes = end.bytes, let first = start.bytes else {
                throw MappingError(.deviceTooSmall, device: reference.description, message: "the line ends behind the largest sector")
            }
            guard bytes <= device.size else { throw .tooSmall(reference, device, needed: bytes) }
            let block = UInt64(device.limits.logicalBlockSize)
            guard first.count % block == 0, bytes.count % block == 0 else {
                throw MappingError(
                    .invalidTable, device: reference.description,
                    message: "the line's start and length on the device are no multiples of its logical block size, \(block) bytes")
            }
            shared.note(SharedResources.Need(line: line, reference: reference, device: device, end: bytes))
            return Part(device: device, start: first.count, count: bytes.count - first.count)
        } catch {
            throw error.inLine(line)
        }
    }

    /// An error about the line.
    public func error(_ code: MappingError.Code, _ message: String, underlying: (any Error)? = nil) -> MappingError {
        MappingError(code, line: line, message: message, underlying: underlying)
    }
}

/// Things that lines of one volume have in common, made once: ciphers with the same key, scratch memory.
public final class SharedResources: Sendable {
    /// What is left of the memory that the volume may use for caches.
    struct Memory: Sendable {
        private let left: Monitor<UInt64>
        init(_ count: ByteCount) { left = Monitor(count.count) }

        func take(_ count: UInt64) -> Bool {
            left.withLock { left in
                guard count <= left else { return false }
                left -= count
                return true
            }
        }

        func giveBack(_ count: UInt64) { left.withLock { $0 += count } }

        func take(upTo count: UInt64) -> UInt64 {
            left.withLock { left in
                let taken = min(count, left / 2)
                left -= taken
                return taken
            }
        }
    }
    let memory: Memory

    private struct Key: Hashable, @unchecked Sendable {  // made from Sendable keys alone
        let value: AnyHashable
        init(_ value: some Hashable & Sendable) { self.value = AnyHashable(value) }
    }
    private let resources = Monitor<[Key: any AnyObject & Sendable]>([:])

    /// How much of a device a line was opened with.
    struct Need: Sendable {
        let line: Int
        let reference: DeviceReference
        let device: any BlockDevice
        let end: ByteCount
    }
    private let needs = Monitor<[Need]>([])

    init(memory: ByteCount) { self.memory = Memory(memory) }

    func note(_ need: Need) { needs.withLock { $0.append(need) } }

    /// Throws unless every device still is as long as the lines need: one of a mapper may have got a shorter table since it was opened.
    func checkSizes() throws(MappingError) {
        for need in needs.withLock(\.self) where need.end > need.device.size {
            throw MappingError.tooSmall(need.reference, need.device, needed: need.end).inLine(need.line)
        }
    }

    /// The resource of that key, made by `make` when it is asked for first. Equal keys are asked for one type.
    public func resource<Resource: AnyObject & Sendable>(
        for key: some Hashable & Sendable, make: () throws(MappingError) -> Resource
    ) throws(MappingError) -> Resource {
        let key = Key(key)
        if let found = resources.withLock({ $0[key] }) as? Resource { return found }
        let made = try make()
        resources.withLock { $0[key] = made }
        return made
    }
}

extension MappingError {
    fileprivate static func tooSmall(_ reference: DeviceReference, _ device: any BlockDevice, needed: ByteCount) -> MappingError {
        MappingError(
            .deviceTooSmall, device: reference.description,
            message: "the device has \(Sectors(wholeSectorsIn: device.size)) sectors, the line needs \(Sectors(wholeSectorsIn: needed))")
    }

    /// The same error, about that line.
    func inLine(_ line: Int) -> MappingError {
        var error = self
        error.line = line
        return error
    }

    /// A failed request as a failure of the mapping.
    init(_ error: BlockIOError, _ code: MappingError.Code = .inputOutput, device: String? = nil) {
        self.init(code, device: device, errno: error.errno?.rawValue, message: error.description, underlying: error)
    }
}
