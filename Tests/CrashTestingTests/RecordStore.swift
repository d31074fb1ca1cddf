import BlockIO
import StorageUnits

/// A store of records of 4096 bytes, one after the other, with a count in its first sector: what a crash test is for.
///
/// A record is stored once its bytes are durable, then the count, then the count is durable.
struct RecordStore {
    /// What it does, or forgets to do.
    enum Care: CaseIterable {
        case right
        /// The count may be durable before the record is.
        case noFlushBeforeTheCount
        /// The record may be promised before the count is durable.
        case noFlushBehindTheCount
        /// As it should be, with the count written durably instead of a flush.
        case forcedCount
        /// A forced write of the count makes nothing else durable.
        case forcedCountAlone
    }

    let disk: any BlockDevice
    let care: Care
    static let recordSize = 4096

    static func record(_ number: Int) -> [UInt8] { [UInt8](repeating: UInt8(number + 1), count: recordSize) }

    func store(_ number: Int) throws(BlockIOError) {
        try disk.write(Self.record(number), at: UInt64(512 + number * Self.recordSize))
        let count = [UInt8(number + 1)] + [UInt8](repeating: 0, count: 511)
        switch care {
        case .right, .noFlushBehindTheCount, .noFlushBeforeTheCount:
            if care != .noFlushBeforeTheCount { try disk.flush() }
            try disk.write(count, at: 0)
            if care != .noFlushBehindTheCount { try disk.flush() }
        case .forcedCount, .forcedCountAlone:
            if care == .forcedCount { try disk.flush() }
            try disk.write(count, at: 0, flags: .forceUnitAccess)
        }
    }

    struct Lost: Error, CustomStringConvertible {
        var description: String
    }

    /// What is wrong with a disk that is found after a crash, when records up to `promised` were promised.
    static func check(_ disk: any BlockDevice, promised: Int) throws {
        let count = Int(try disk.read(at: 0, count: 1)[0])
        guard count >= promised else { throw Lost(description: "\(count) of \(promised) records are left") }
        for number in 0..<count {
            let bytes = try disk.read(at: UInt64(512 + number * recordSize), count: recordSize)
            guard bytes == record(number) else { throw Lost(description: "record \(number) of \(count) is not whole") }
        }
    }
}
