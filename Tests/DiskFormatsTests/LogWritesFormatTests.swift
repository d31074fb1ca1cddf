import BlockIO
import DiskFormats
import StorageUnits
import Testing
import VolumeLaws

@Suite struct LogWritesFormatTests {
    @Test("a superblock has its fields where the kernel has them")
    func superblockBytes() throws {
        let log = try SampleLog([], blocks: 4)
        #expect(hexadecimal(log.bytes[..<32]) == "72687377667 36a000100000000000000000000000000000000020000 00000000".filter { $0 != " " })
        #expect(log.bytes[28...].allSatisfy { $0 == 0 })
    }

    @Test("an entry has its fields where the kernel has them")
    func entryBytes() throws {
        let log = try SampleLog([LogWritesEntry(.forceUnitAccess, offset: 0x300 * 512, count: 1024), .mark("ab", blockSize: 512)])
        #expect(
            hexadecimal(log.bytes[512..<552])
                == "0003000000000000" + "0200000000000000" + "0200000000000000" + "0000000000000000" + "0000000000000000")
        #expect(
            hexadecimal(log.bytes[4 * 512..<4 * 512 + 40])
                == "0000000000000000" + "0000000000000000" + "0800000000000000" + "0200000000000000" + "6162000000000000")
        #expect(Array(log.bytes[1024..<2048]) == log.data[0])
    }

    @Test("what is written is read back", arguments: [512, 1024, 4096, 65536])
    func roundTrip(_ blockSize: Int) throws {
        let size = UInt64(blockSize)
        let entries = [
            LogWritesEntry(.mark), .mark("b", blockSize: blockSize), LogWritesEntry([], offset: 3 * size, count: 2 * size),
            LogWritesEntry(.flush), LogWritesEntry([.flush, .metadata], offset: 0, count: size),
            LogWritesEntry([.forceUnitAccess, .metadata], offset: size, count: size),
            LogWritesEntry(.discard, offset: (1 << 62), count: 1 << 40),
        ]
        let log = try SampleLog(entries, blockSize: blockSize, blocks: 20)
        let reader = try LogWritesReader(MemoryDevice(log.bytes, logicalBlockSize: 512))
        #expect(reader.superblock == LogWritesSuperblock(entryCount: 7, blockSize: blockSize))
        let items = try reader.rest()
        #expect(items.map(\.entry) == entries)
        #expect(items.map(\.number) == Array(0..<7))
        #expect(try items.map { try reader.data(of: $0) } == log.data)
        #expect(try reader.next() == nil)
    }

    @Test("random entries are decoded as they were encoded")
    func randomEntries() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        for _ in 0..<scaled(2000) {
            let blockSize = 512 << Int.random(in: 0...7, using: &random)
            var entry = LogWritesEntry(.flush)
            if Bool.random(using: &random) {
                entry = .mark(
                    String(decoding: random.bytes(.random(in: 0...600, using: &random)).map { $0 & 127 }, as: UTF8.self),
                    blockSize: blockSize)
            } else {
                let kinds: [LogWritesEntry.Flags] = [[], .forceUnitAccess, .discard, .metadata, [.flush, .forceUnitAccess], .flush]
                entry = LogWritesEntry(
                    kinds[.random(in: 0..<kinds.count, using: &random)],
                    offset: .random(in: 0...1 << 45, using: &random) * UInt64(blockSize),
                    count: .random(in: 1...1 << 40, using: &random) * UInt64(blockSize))
                if !entry.flags.contains(.discard), Bool.random(using: &random) {
                    entry.inlineCount = entry.count - .random(in: 0..<UInt64(blockSize), using: &random)
                }
            }
            let again = try AlignedBuffer(count: blockSize).withMutableBytes { bytes in
                entry.encode(into: &bytes, blockSize: blockSize)
                return try LogWritesEntry(decoding: bytes.bytes, blockSize: blockSize, at: 0)
            }
            #expect(again == entry, "seed \(seed)")
        }
    }

    @Test("an entry tells what it was")
    func descriptions() {
        #expect(LogWritesEntry([], offset: 512, count: 1024).description == "write 512+1024")
        #expect(LogWritesEntry([.forceUnitAccess, .metadata], offset: 0, count: 512).description == "write 0+512, fua, metadata")
        #expect(LogWritesEntry(.discard, offset: 0, count: 512).description == "discard 0+512")
        #expect(LogWritesEntry(.flush).description == "flush")
        #expect(LogWritesEntry.mark("a b", blockSize: 512).description == "mark a b")
    }

    @Test("of a mark as much is kept as the kernel keeps, and it is known by that")
    func longMarks() {
        let text = String(repeating: "x", count: 600)
        let mark = LogWritesEntry.mark(text, blockSize: 512)
        #expect(mark.text.count == 479)
        #expect(mark.isMark(text, blockSize: 512) && mark.isMark(text + "y", blockSize: 512))
        #expect(!mark.isMark("x", blockSize: 512) && !LogWritesEntry(.flush).isMark("", blockSize: 512))
    }

    // MARK: what is wrong

    @Test("a superblock that is none is refused with its place")
    func wrongSuperblocks() throws {
        let log = try SampleLog.ofEachKind().bytes
        func refused(_ change: (inout [UInt8]) -> Void) -> String? {
            var bytes = log
            change(&bytes)
            return refusal(of: bytes)?.description
        }
        #expect(refused { _ in } == nil)
        #expect(refused { $0[0] = 0 } == "byte 0: no log of log-writes: the magic number is missing")
        #expect(refused { $0[8] = 2 } == "byte 8: the log has version 2, known is 1")
        for size in [0, 1, 256, 513, 1536, 131072] {
            #expect(
                refused { $0.store(UInt64(size), at: 24) } == "byte 24: a block has 512 to 65536 bytes, a power of two, not \(size)")
        }
        #expect(refused { $0.store(20, at: 16) } == "byte 16: 20 entries do not fit into a log of 20 blocks")
        #expect(refused { $0.store(.max, at: 16) } == "byte 16: 18446744073709551615 entries do not fit into a log of 20 blocks")
        #expect(refusal(of: Array(log[..<100]))?.description == "byte 100: a log begins with a block of at least 512 bytes, here are 100")
        let short = #expect(throws: FormatError.self) { try LogWritesSuperblock(decoding: unsafe Array(log[..<27]).span.bytes) }
        #expect(short?.description == "byte 27: a log has a superblock of 28 bytes, here it ends after 27")
        let large = #expect(throws: FormatError.self) { try LogWritesReader(MemoryDevice(log + log, logicalBlockSize: 4096)) }
        #expect(
            large?.description == "byte 24: a block of the log has 512 bytes, which is no multiple of the device's logical block size, 4096"
        )
    }

    @Test("an entry that makes no sense is refused with its place")
    func wrongEntries() throws {
        let log = try SampleLog.ofEachKind().bytes
        // Where the entries are: a mark, a write of three blocks, a write of one, a flush.
        func refused(_ entry: Int, _ field: Int, _ value: UInt64) -> String? {
            var bytes = log
            bytes.store(value, at: entry * 512 + field * 8)
            return refusal(of: bytes)?.description
        }
        #expect(refused(1, 0, 1) == "byte 512: entry 0: a mark has neither blocks nor other flags")
        #expect(refused(1, 1, 1) == "byte 512: entry 0: a mark has neither blocks nor other flags")
        #expect(refused(1, 2, 9) == "byte 512: entry 0: a mark has neither blocks nor other flags")
        #expect(refused(1, 3, 481) == "byte 536: entry 0: a mark has up to 480 bytes of text, not 481")
        #expect(refused(2, 0, 1 << 55) == "byte 1024: entry 1: 3 blocks at 36028797018963968 are behind the largest byte")
        #expect(refused(2, 0, (1 << 55) - 2) == "byte 1024: entry 1: 3 blocks at 36028797018963966 are behind the largest byte")
        #expect(refused(2, 1, 1 << 56) == "byte 1024: entry 1: 72057594037927936 blocks at 2 are behind the largest byte")
        #expect(refused(2, 1, 0) == "byte 1032: entry 1: an entry without blocks is neither a flush nor a mark")
        #expect(
            refused(2, 1, 18) == "byte 1536: the log ends before the data of entry 1, which has 9216 bytes; there are 8704")
        #expect(refused(2, 2, 0x21) == "byte 1040: entry 1: flags 0x20 of an entry are not known")
        #expect(refused(2, 3, 1537) == "byte 1048: entry 1: 1537 bytes of data do not fill 3 blocks of 512")
        #expect(refused(2, 3, 1024) == "byte 1048: entry 1: 1024 bytes of data do not fill 3 blocks of 512")
        #expect(refused(2, 3, 1025) == nil)
        #expect(refused(9, 3, 512) == "byte 4632: entry 4: 512 bytes of data do not fill 16 blocks of 512")
        // One that was never written.
        var bytes = log
        bytes.replaceSubrange(1024..<1536, with: [UInt8](repeating: 0, count: 512))
        #expect(refusal(of: bytes)?.description == "byte 1032: entry 1: an entry without blocks is neither a flush nor a mark")
        let short = #expect(throws: FormatError.self) {
            try LogWritesEntry(decoding: unsafe Array(log[512..<1000]).span.bytes, blockSize: 512, at: 512)
        }
        #expect(short?.description == "byte 1000: an entry has a block of 512 bytes, the log ends after 488")
    }

    @Test("a log that ends early is refused wherever it ends, and nothing before is lost")
    func truncations() throws {
        let log = try SampleLog.ofEachKind()
        let places = try LogWritesReader(MemoryDevice(log.bytes)).rest().map { Int($0.place) }
        let end = try #require(places.last) + 512
        for count in 0..<end {
            let error = refusal(of: Array(log.bytes[..<count]))
            #expect(error != nil, "\(count) bytes")
            guard count / 512 > log.entries.count else { continue }
            let reader = try LogWritesReader(MemoryDevice(Array(log.bytes[..<count])))
            var found = 0
            #expect(throws: FormatError.self) { while try reader.next() != nil { found += 1 } }
            #expect(error?.code == .truncated)
            // As many as are there whole.
            #expect(found == zip(places, places.dropFirst() + [end]).count { $1 <= count }, "\(count) bytes")
        }
        #expect(refusal(of: Array(log.bytes[..<end])) == nil)
        #expect(
            refusal(of: Array(log.bytes[..<(places[7])]))?.description == "byte \(places[7]): the log ends before entry 7 of 8")
    }

    @Test("whatever one byte becomes, it is refused at a place, or read as entries that lie in the log")
    func corruptions() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        let log = try SampleLog.ofEachKind()
        let headers = try [0] + LogWritesReader(MemoryDevice(log.bytes)).rest().map { Int($0.place) }
        for header in headers {
            for place in header..<header + 40 {
                var bytes = log.bytes
                bytes[place] ^= UInt8.random(in: 1...255, using: &random)
                do throws(FormatError) {
                    let reader = try LogWritesReader(MemoryDevice(bytes))
                    for item in try reader.rest() {
                        #expect(item.place + 512 + item.entry.dataCount <= UInt64(bytes.count), "byte \(place), seed \(seed)")
                        if item.entry.dataCount > 0 { _ = try reader.data(of: item) }
                    }
                } catch {
                    #expect(error.offset <= UInt64(bytes.count) && !error.message.isEmpty, "byte \(place), seed \(seed)")
                }
            }
        }
    }

    @Test("a log that cannot be read says so with the entry")
    func unreadable() throws {
        let log = try SampleLog.ofEachKind()
        func refused(_ range: Range<UInt64>) -> FormatError? {
            let device = FaultyDevice(MemoryDevice(log.bytes), .init([.init([.read], range: range)]))
            do throws(FormatError) {
                let reader = try LogWritesReader(device)
                for item in try reader.rest() where item.entry.dataCount > 0 { _ = try reader.data(of: item) }
                return nil
            } catch {
                return error
            }
        }
        #expect(refused(0..<1)?.description == "byte 0: cannot read the superblock: made to fail")
        #expect(refused(1024..<1025)?.description == "byte 1024: cannot read entry 1: made to fail")
        let data = refused(1536..<1537)
        #expect(data?.description == "byte 1536: cannot read the data of entry 1: made to fail")
        #expect(data?.code == .inputOutput && data?.underlying?.code == .inputOutput)
    }

    // MARK: the writer

    @Test("the last block of a log stays unused, and behind one that does not fit nothing is written")
    func fullLog() throws {
        // Four blocks of data, so that a flush begins at block 6: a log of 8 has room for it, one of 7 has not.
        for blocks in [7, 8] {
            let device = MemoryDevice(size: ByteCount(UInt64(blocks * 512)))
            let writer = LogWritesWriter(device, blockSize: 512)
            #expect(try writer.append(LogWritesEntry([], offset: 0, count: 2048), [UInt8](repeating: 1, count: 2048)))
            #expect(try writer.append(LogWritesEntry(.flush), []) == (blocks == 8))
            #expect(writer.entryCount == (blocks == 8 ? 2 : 1))
            #expect(writer.end == 7 * 512 && writer.isFull == (blocks == 7))
            #expect(try !writer.append(LogWritesEntry(.flush), []))
            #expect(writer.isFull && writer.entryCount == (blocks == 8 ? 2 : 1))
        }
    }

    @Test("entries that were encoded before are written as far as they fit")
    func encoded() throws {
        let log = try SampleLog.ofEachKind()
        let image = Array(log.bytes[512..<14 * 512])
        for blocks in 2...16 {
            let one = MemoryDevice(size: ByteCount(UInt64(blocks * 512)))
            let other = MemoryDevice(size: ByteCount(UInt64(blocks * 512)))
            let first = LogWritesWriter(one, blockSize: 512)
            for (entry, data) in zip(log.entries, log.data) where try !first.append(entry, data) { break }
            let second = LogWritesWriter(other, blockSize: 512)
            #expect(try second.append(encoded: unsafe image.span.bytes, count: 8) == !first.isFull)
            #expect(second.entryCount == first.entryCount && second.end == first.end && second.isFull == first.isFull)
            #expect(difference(other.contents, one.contents) == nil, "\(blocks) blocks")
        }
    }
}
