import BlockIO
import DiskFormats
import Testing
import VolumeLaws

/// The bytes of a mirror's log.
@Suite struct MirrorLogTests {
    /// The log in a buffer of its own, with other bytes where it has none.
    private func encode(_ log: MirrorLog, fill: UInt8 = 0xa5) -> [UInt8] {
        let buffer = AlignedBuffer(count: MirrorLog.byteCount(regionCount: log.regionCount))
        return buffer.withMutableBytes { bytes in
            for offset in 0..<bytes.byteCount { bytes.storeBytes(of: fill, toByteOffset: offset, as: UInt8.self) }
            log.encodeHeader(into: &bytes)
            log.encodeBits(in: 0..<bytes.byteCount, into: &bytes)
            return (0..<bytes.byteCount).map { bytes.bytes.byte(at: $0) }
        }
    }

    private func decode(_ bytes: [UInt8], regionCount: Int) -> Result<MirrorLog, FormatError> {
        let buffer = AlignedBuffer(count: bytes.count)
        buffer.withMutableBytes { room in
            for (offset, byte) in bytes.enumerated() { room.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self) }
        }
        return buffer.withBytes { bytes in
            do throws(FormatError) { return .success(try MirrorLog(decoding: bytes, regionCount: regionCount)) } catch {
                return .failure(error)
            }
        }
    }

    private func failure(_ result: Result<MirrorLog, FormatError>) -> FormatError? {
        if case .failure(let error) = result { error } else { nil }
    }

    private func random(_ regionCount: Int, _ random: inout SeededGenerator) -> MirrorLog {
        var log = MirrorLog(regionCount: regionCount, isClean: false)
        for region in 0..<regionCount { log[isClean: region] = Bool.random(using: &random) }
        return log
    }

    private static let counts = [1, 2, 7, 8, 63, 64, 65, 127, 128, 1000]

    @Test func `The layout is the kernel's`() {
        var log = MirrorLog(regionCount: 16, isClean: true)
        log[isClean: 1] = false
        log[isClean: 8] = false
        let bytes = encode(log)
        #expect(bytes.count == 1032)
        #expect(bytes[..<16] == [0x72, 0x52, 0x69, 0x4d, 2, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0])
        #expect(bytes[16..<1024].allSatisfy { $0 == 0xa5 }, "what is between header and bits stays")
        #expect(bytes[1024...] == [0xfd, 0xfe, 0, 0, 0, 0, 0, 0])
        #expect(MirrorLog.byteOffset(ofRegion: 0) == 1024)
        #expect(MirrorLog.byteOffset(ofRegion: 17) == 1026)
    }

    @Test(arguments: counts) func `What is written is read`(count: Int) {
        let seed = UInt64(count)
        var generator = SeededGenerator(seed: seed)
        for log in [random(count, &generator), MirrorLog(regionCount: count, isClean: true), MirrorLog(regionCount: count, isClean: false)]
        {
            #expect(decode(encode(log), regionCount: count) == .success(log))
            #expect((0..<count).allSatisfy { log[word: $0 / 64] >> UInt64($0 % 64) & 1 == (log[isClean: $0] ? 1 : 0) })
            #expect(log.wordCount == (count + 63) / 64)
        }
        #expect(MirrorLog(regionCount: count, isClean: true)[word: (count - 1) / 64].nonzeroBitCount == (count - 1) % 64 + 1)
    }

    @Test func `Version 1 is read as version 2`() {
        let log = MirrorLog(regionCount: 100, isClean: true)
        var bytes = encode(log)
        bytes[4] = 1
        #expect(decode(bytes, regionCount: 100) == .success(log))
    }

    @Test(arguments: counts, counts)
    func `Regions that a log knows nothing of are dirty, and of too many the first count`(logged: Int, count: Int) throws {
        var generator = SeededGenerator(seed: UInt64(logged * 1000 + count))
        let log = random(logged, &generator)
        var bytes = encode(log)
        // Behind a log there is something else: its bits are no regions'.
        while bytes.count < MirrorLog.byteCount(regionCount: count) { bytes.append(0xff) }
        let found = try decode(bytes, regionCount: count).get()
        #expect(found.regionCount == count)
        for region in 0..<count { #expect(found[isClean: region] == (region < logged && log[isClean: region])) }
        #expect((0..<found.wordCount).reduce(0) { $0 + found[word: $1].nonzeroBitCount } == (0..<count).count { found[isClean: $0] })
    }

    @Test func `Any number of regions that a header names is taken`() throws {
        var bytes = encode(MirrorLog(regionCount: 10, isClean: true))
        for index in 8..<16 { bytes[index] = 0xff }
        #expect(try decode(bytes, regionCount: 10).get() == MirrorLog(regionCount: 10, isClean: true))
        for index in 8..<16 { bytes[index] = 0 }
        #expect(try decode(bytes, regionCount: 10).get() == MirrorLog(regionCount: 10, isClean: false))
    }

    @Test func `Every truncation is refused`() {
        let bytes = encode(MirrorLog(regionCount: 100, isClean: true))
        for count in 0..<bytes.count {
            let error = failure(decode(Array(bytes[..<count]), regionCount: 100))
            #expect(error?.code == .truncated)
            #expect(error?.offset == UInt64(count))
            #expect(
                error?.description
                    == "byte \(count): the log of a mirror of 100 regions has 1040 bytes, here it ends after \(count)")
        }
    }

    @Test func `A byte that changes is refused, or changes the regions that it stands for`() throws {
        var generator = SeededGenerator(seed: 5)
        let log = random(100, &generator)
        let bytes = encode(log)
        for place in bytes.indices {
            var changed = bytes
            changed[place] ^= UInt8.random(in: 1...255, using: &generator)
            let result = decode(changed, regionCount: 100)
            switch place {
            case 0..<4: #expect(failure(result)?.description == "byte 0: no log of a mirror: the magic number is missing")
            case 4..<8:
                if changed[4] == 1, place == 4 { continue }
                let version = changed[4..<8].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
                #expect(failure(result)?.description == "byte 4: the log has version \(version), known are 1 and 2")
            case 8..<1024:
                let found = try result.get()
                let count = changed[8..<16].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
                #expect((0..<100).allSatisfy { found[isClean: $0] == (UInt64($0) < count && log[isClean: $0]) })
            default:
                let found = try result.get()
                let first = (place - 1024) * 8
                #expect((0..<100).filter { found[isClean: $0] != log[isClean: $0] }.allSatisfy { (first..<first + 8).contains($0) })
            }
        }
    }

    @Test func `Only the bits of a range are written`() {
        let log = MirrorLog(regionCount: 1000, isClean: true)
        let buffer = AlignedBuffer(count: 4096)
        buffer.withMutableBytes { bytes in
            log.encodeBits(in: 512..<1040, into: &bytes)
            log.encodeBits(in: 1048..<1056, into: &bytes)
            log.encodeBits(in: 2048..<4096, into: &bytes)
            log.encodeRegionCount(into: &bytes)
        }
        buffer.withBytes { bytes in
            let set = (0..<4096).filter { bytes.byte(at: $0) == 0xff }
            #expect(set == Array(1024..<1040) + Array(1048..<1056))
            #expect((0..<16).map { bytes.byte(at: $0) } == [0, 0, 0, 0, 0, 0, 0, 0, 0xe8, 3, 0, 0, 0, 0, 0, 0])
        }
    }
}

extension RawSpan {
    fileprivate func byte(at offset: Int) -> UInt8 { unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self) }
}
