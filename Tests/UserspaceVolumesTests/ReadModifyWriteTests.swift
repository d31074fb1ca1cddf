import BlockIO
import DeviceMapperTables
import Foundation
import StorageUnits
import Synchronization
import Testing
import UserspaceVolumes
import VolumeLaws

/// Requests to parts of blocks: each block is read, changed and written as a whole, and nobody comes between.
@Suite struct ReadModifyWriteTests {
    private let table: MappingTable

    init() throws { table = try MappingTable("0 32 crypt aes-cbc-plain64 \(Keys.cbc) 0 a 0 2 sector_size:4096 allow_discards") }

    /// A request that another one is to meet.
    enum Rival: CaseIterable, Sendable { case part, wholeSector, acrossSectors, zeroes, partOfZeroes, discard }

    @Test(arguments: Rival.allCases)
    func `A write of a part of a sector lets nobody at the sector until it is written`(rival: Rival) throws {
        let members = Members("a", sectors: 32)
        let pausing = PausingDevice(try #require(members.memory["a"]))
        let volume = try Volume(table, opening: .devices(["a": pausing]))
        try volume.write([UInt8](repeating: 1, count: 16_384), at: 0)

        // The first has read the sector and not yet written it...
        pausing.pause(after: .read)
        let first = BackgroundThread { try? volume.write([UInt8](repeating: 2, count: 100), at: 4096 + 1000) }
        pausing.waitUntilPaused()
        // ... when the second comes.
        let second = BackgroundThread {
            switch rival {
            case .part: try? volume.write([UInt8](repeating: 3, count: 100), at: 4096 + 1100)
            case .wholeSector: try? volume.write([UInt8](repeating: 3, count: 4096), at: 4096)
            case .acrossSectors: try? volume.write([UInt8](repeating: 3, count: 4096), at: 4096 + 1100)
            case .zeroes: try? volume.writeZeroes(at: 4096, count: 4096, flags: [])
            case .partOfZeroes: try? volume.writeZeroes(at: 4096 + 1100, count: 100, flags: [])
            case .discard: try? volume.discard(at: 4096, count: 4096)
            }
        }
        #expect(second.comesToWait(), "it did not wait")
        // Sectors beside it are free.
        try volume.write([9], at: 4095)
        try volume.write([9], at: 12_288)
        pausing.resume()
        first.join()
        second.join()

        var expected = [UInt8](repeating: 1, count: 16_384)
        func fill(_ range: Range<Int>, _ byte: UInt8) { for index in range { expected[index] = byte } }
        fill(4095..<4096, 9)
        fill(12_288..<12_289, 9)
        fill(5096..<5196, 2)
        switch rival {
        case .part: fill(5196..<5296, 3)
        case .wholeSector: fill(4096..<8192, 3)
        case .acrossSectors: fill(5196..<9292, 3)
        case .zeroes: fill(4096..<8192, 0)
        case .partOfZeroes: fill(5196..<5296, 0)
        case .discard: break
        }
        var found = try volume.read(at: 0, count: 16_384)
        if rival == .discard {
            found.replaceSubrange(4096..<8192, with: expected[4096..<8192])
            #expect(members.memory["a"]?.contents[4096..<8192].allSatisfy { $0 == 0 } == true, "the discard came last")
        }
        #expect(found == expected)
    }

    @Test func `A write of whole sectors lets no reader at them until they are written`() throws {
        let pausing = PausingDevice(MemoryDevice(size: ByteCount(16_384)))
        let volume = try Volume(table, opening: .devices(["a": pausing]))
        try volume.write([UInt8](repeating: 1, count: 16_384), at: 0)
        pausing.pause(after: .write)
        let writer = BackgroundThread { try? volume.write([UInt8](repeating: 2, count: 8192), at: 4096) }
        pausing.waitUntilPaused()
        let found = Monitor<[UInt8]>([])
        let readers = [(4000, 200), (8192, 4096), (12_000, 1000)].map { (offset, count) in
            BackgroundThread {
                let bytes = (try? volume.read(at: UInt64(offset), count: count)) ?? []
                found.withLock { $0 += Set(bytes).sorted() }
            }
        }
        for reader in readers { #expect(reader.comesToWait()) }
        #expect(try volume.read(at: 0, count: 4096) == [UInt8](repeating: 1, count: 4096))
        pausing.resume()
        writer.join()
        for reader in readers { reader.join() }
        #expect(found.withLock { $0.sorted() } == [1, 1, 2, 2, 2])
    }

    @Test func `Readers of a sector do not wait for each other`() throws {
        let pausing = PausingDevice(MemoryDevice(size: ByteCount(16_384)))
        let volume = try Volume(table, opening: .devices(["a": pausing]))
        pausing.pause(after: .read)
        let reader = BackgroundThread { _ = try? volume.read(at: 100, count: 100) }
        pausing.waitUntilPaused()
        _ = try volume.read(at: 150, count: 100)
        _ = try volume.read(at: 0, count: 4096)
        pausing.resume()
        reader.join()
    }

    @Test func `Two blocks of different lines are not taken for one`() throws {
        // Each line counts its blocks from its own start, yet what is locked are bytes of the volume.
        let table = try MappingTable(
            "0 8 crypt aes-cbc-plain64 \(Keys.cbc) 0 a 0 1 sector_size:4096",
            "8 8 crypt aes-cbc-plain64 \(Keys.cbc) 0 a 8 1 sector_size:4096")
        let pausing = PausingDevice(MemoryDevice(size: ByteCount(8192)))
        let volume = try Volume(table, opening: .devices(["a": pausing]))
        pausing.pause(after: .read)
        let first = BackgroundThread { try? volume.write([1], at: 10) }
        pausing.waitUntilPaused()
        try volume.write([2], at: 4096 + 10)
        pausing.resume()
        first.join()
        #expect(try volume.read(at: 10, count: 1) + volume.read(at: 4106, count: 1) == [1, 2])
    }

    @Test func `Neighbours in one sector never lose a write, and readers never see half of one`() throws {
        let volume = try Volume(table, opening: Members("a", sectors: 32).opener { YieldingDevice($0) })
        try volume.write([UInt8](repeating: 0, count: 16_384), at: 0)
        // Three ranges that share sectors: two within one, and one that begins in it and ends in the next.
        let ranges = [1000..<1500, 1500..<1501, 3900..<4300]
        let mistakes = Monitor<[String]>([])
        let writersLeft = Monitor(ranges.count)
        onThreads(ranges.count + 2) { index in
            func note(_ text: String) { mistakes.withLock { $0.append(text) } }
            do throws(BlockIOError) {
                guard index < ranges.count else {
                    while writersLeft.withLock({ $0 }) > 0 {
                        let bytes = try volume.read(at: 0, count: 4096)
                        for range in ranges {
                            let part = range.clamped(to: 0..<4096)
                            if Set(bytes[part]).count != 1 { note("a reader sees \(Set(bytes[part]).sorted()) in \(part)") }
                        }
                        if bytes[0] != 0 || bytes[1501] != 0 || bytes[999] != 0 { note("a reader sees garbage") }
                    }
                    return
                }
                let range = ranges[index]
                for round in 1...scaled(5000) {
                    let new = [UInt8](repeating: UInt8(truncatingIfNeeded: round), count: range.count)
                    try volume.write(new, at: UInt64(range.lowerBound))
                    if try volume.read(at: UInt64(range.lowerBound), count: range.count) != new {
                        note("round \(round) of \(range) was lost")
                    }
                }
            } catch {
                note("\(error)")
            }
            writersLeft.withLock { $0 -= 1 }
        }
        #expect(mistakes.withLock { $0.prefix(5) } == [])
    }

    @Test func `A block is as large as the largest of what is below`() throws {
        // A device with blocks of 4096 bytes below sectors of 512: eight sectors are one block.
        let members = Members("a", sectors: 32, blockSize: 4096)
        let recording = RecordingDevice(try #require(members.memory["a"]))
        let volume = try Volume(try MappingTable("0 32 crypt aes-xts-plain64 \(Keys.xts) 0 a 0"), opening: .devices(["a": recording]))
        try volume.write([UInt8](repeating: 1, count: 512), at: 512)
        #expect(recording.calls.map(\.description) == ["read 0+4096", "write 0+4096"])
    }
}

/// A device over another whose next request of a kind stops when it is done, until it is told to go on.
final class PausingDevice: BlockDevice {
    private struct State: Sendable {
        var armed: RequestKind?
        var isPaused = false
    }
    private let base: any BlockDevice
    private let state = Monitor(State())

    init(_ base: any BlockDevice) { self.base = base }

    /// The next request of the kind stops.
    func pause(after kind: RequestKind) { state.withLock { $0.armed = kind } }
    /// Waits until it has.
    func waitUntilPaused() { state.wait { $0.isPaused ? () : nil } }
    /// Lets it go on.
    func resume() { state.withLock { $0.isPaused = false } }

    private func stop(after kind: RequestKind) {
        let stops = state.withLock { state -> Bool in
            guard state.armed == kind else { return false }
            state.armed = nil
            state.isPaused = true
            return true
        }
        if stops { state.wait { $0.isPaused ? nil : () } }
    }

    var size: ByteCount { base.size }
    var limits: BlockLimits { base.limits }
    func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(BlockIOError) {
        try base.read(at: offset, into: &buffer)
        stop(after: .read)
    }
    func write(_ bytes: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        try base.write(bytes, at: offset, flags: flags)
        stop(after: .write)
    }
    func flush() throws(BlockIOError) { try base.flush() }
    func discard(at offset: UInt64, count: UInt64) throws(BlockIOError) { try base.discard(at: offset, count: count) }
}

/// A device over another that lets other threads go first, so that they come between what should be done at once.
private final class YieldingDevice: BlockDevice {
    private let base: any BlockDevice
    init(_ base: any BlockDevice) { self.base = base }
    var size: ByteCount { base.size }
    var limits: BlockLimits { base.limits }
    func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(BlockIOError) {
        try base.read(at: offset, into: &buffer)
        sched_yield()
    }
    func write(_ bytes: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        try base.write(bytes, at: offset, flags: flags)
        sched_yield()
    }
    func flush() throws(BlockIOError) { try base.flush() }
    func discard(at offset: UInt64, count: UInt64) throws(BlockIOError) { try base.discard(at: offset, count: count) }
}
