internal import BlockIO
internal import DeviceMapperTables
internal import Synchronization

/// The path of each region, which requests look up while messages change it.
@safe
final class RegionMap: @unchecked Sendable {  // the entries are atomic
    static let bytesPerRegion = MemoryLayout<Atomic<UInt16>>.stride
    static let largestPathCount = 1 << 16

    private let entries: UnsafeMutableBufferPointer<Atomic<UInt16>>
    private let pathCount: Int
    /// Held by a message: what it repeats is not to change meanwhile.
    private let changing = Monitor(false)

    /// At first the paths take turns.
    init(regionCount: Int, pathCount: Int) {
        self.pathCount = pathCount
        unsafe entries = .allocate(capacity: regionCount)
        for region in 0..<regionCount {
            unsafe entries.initializeElement(at: region, to: Atomic(UInt16(truncatingIfNeeded: region % pathCount)))
        }
    }

    deinit {
        unsafe entries.deinitialize()
        unsafe entries.deallocate()
    }

    /// The path of a region.
    subscript(_ region: Int) -> Int { unsafe Int(entries[region].load(ordering: .relaxed)) }

    /// Makes changes one after the other, once all of them are known to be good: one that the kernel would come to refuse keeps those
    /// before it from being made, too.
    func apply(_ mappings: [SwitchTarget.Message.Mapping]) throws(MappingError) {
        try changing.withLock { (_) throws(MappingError) in
            var region: UInt64 = 0
            for mapping in mappings { try check(mapping, &region) }
            region = 0
            for mapping in mappings { make(mapping, &region) }
        }
    }

    private func check(_ mapping: SwitchTarget.Message.Mapping, _ region: inout UInt64) throws(MappingError) {
        let regionCount = unsafe UInt64(entries.count)
        switch mapping {
        case .region(let number, let path):
            region = number
            try check(path: path, mapping)
        case .next(let path):
            region += 1
            try check(path: path, mapping)
        case .repeating(let cycle, let count):
            guard cycle <= region + 1 else {
                throw MappingError(.invalidMessage, message: "mapping \(mapping): only \(region + 1) regions lie before it")
            }
            guard count < regionCount, region + count < regionCount else {
                throw MappingError(.invalidMessage, message: "mapping \(mapping): there are \(regionCount) regions")
            }
            region += count
        }
        guard region < regionCount else {
            throw MappingError(.invalidMessage, message: "mapping \(mapping): there are \(regionCount) regions")
        }
    }

    private func check(path: UInt32, _ mapping: SwitchTarget.Message.Mapping) throws(MappingError) {
        guard path < pathCount else { throw MappingError(.invalidMessage, message: "mapping \(mapping): there are \(pathCount) paths") }
    }

    private func make(_ mapping: SwitchTarget.Message.Mapping, _ region: inout UInt64) {
        func set(_ path: Int) { unsafe entries[Int(region)].store(UInt16(truncatingIfNeeded: path), ordering: .relaxed) }
        switch mapping {
        case .region(let number, let path):
            region = number
            set(Int(path))
        case .next(let path):
            region += 1
            set(Int(path))
        case .repeating(let cycle, let count):
            for _ in 0..<count {
                region += 1
                set(self[Int(region - cycle)])
            }
        }
    }
}
