import BlockIO
import Foundation
import Glibc
import StorageUnits
import SystemPackage
import Testing
import VolumeLaws

/// What the system may do to a transfer, and seldom does.
@Suite struct FileTransferTests {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// Pieces of a buffer in an order of their own, with memory between them, and where the buffer ends.
    private func pieces(_ count: Int, _ random: inout SeededGenerator) -> (pieces: [Range<Int>], end: Int) {
        var pieces = [Range<Int>](repeating: 0..<0, count: count)
        var end = 0
        for index in pieces.indices.shuffled(using: &random) {
            end += Int.random(in: 0...3, using: &random)
            let length = Int.random(in: 1...9, using: &random)
            pieces[index] = end..<end + length
            end += length
        }
        return (pieces, end)
    }

    @Test(arguments: [1, 2, 31, 32, 33, 1023, 1024, 1025, 3000])
    func `Transfers that stop anywhere, and are interrupted, go on where they stopped`(count: Int) throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        let path = try directory.file(size: 40_000)
        let device = try FileDevice(path: path, access: .readWrite)
        for _ in 0..<scaled(30) {
            let (pieces, end) = pieces(count, &random)
            let bytes = random.bytes(end)
            let offset = UInt64.random(in: 0...5000, using: &random)
            var calls = 0
            let stopping = { (call: SystemCall) -> SystemCall.Answer in
                calls += 1
                switch UInt.random(in: 0..<4, using: &random) {
                case 0: return .fail(.interrupted)
                case 1: return call.transfer(atMost: 1)
                default: return call.transfer(atMost: Int.random(in: 1...call.byteCount, using: &random))
                }
            }
            try SystemCall.intercept([.write], answer: stopping) { try device.write(bytes, pieces: pieces, at: offset) }
            let expected = pieces.flatMap { bytes[$0] }
            let written = Array(try contents(of: path)[Int(offset)..<Int(offset) + expected.count])
            try #require(written == expected, "seed \(seed)")

            let before = random.bytes(end)
            let after = try SystemCall.intercept([.read], answer: stopping) {
                var after = before
                try device.read(at: offset, into: &after, pieces: pieces)
                return after
            }
            var filled = before
            for piece in pieces { filled.replaceSubrange(piece, with: bytes[piece]) }
            try #require(after == filled, "seed \(seed)")
            try #require(calls >= 2, "the calls were not seen")
        }
    }

    @Test(arguments: [(1, [1]), (32, [32]), (33, [33]), (1024, [1024]), (1025, [1024, 1]), (2500, [1024, 1024, 452])])
    func `A transfer in pieces is as few system calls as there can be`(count: Int, calls: [Int]) throws {
        let device = try FileDevice(path: try directory.file(size: 4096), access: .readWrite)
        let pieces = (0..<count).map { $0..<$0 + 1 }
        let bytes = SeededBytes.make(count)
        var vectors: [Int] = []
        try SystemCall.intercept(
            [.read, .write],
            answer: { call in
                vectors.append(call.pieceCount)
                return .carryOut
            }
        ) {
            try device.write(bytes, pieces: pieces, at: 100)
            var read = [UInt8](repeating: 0, count: count)
            try device.read(at: 100, into: &read, pieces: pieces)
            #expect(read == bytes)
        }
        #expect(vectors == calls + calls)
    }

    @Test func `A write that fails halfway tells from where on nothing is sure`() throws {
        let path = try directory.file(size: 10_000)
        let device = try FileDevice(path: path, access: .readWrite)
        let bytes = SeededBytes.make(5000)
        var calls = 0
        let error = try SystemCall.intercept(
            [.write],
            answer: { call in
                calls += 1
                return calls == 1 ? call.transfer(atMost: 3000) : .fail(.ioError)
            }
        ) {
            failure { () throws(BlockIOError) in try device.write(bytes, pieces: [2000..<5000, 0..<2000], at: 1000) }
        }
        #expect(
            error
                == BlockIOError(
                    .inputOutput, offset: 4000, count: 2000, errno: .ioError, message: "cannot write '\(path)': Input/output error"))
        #expect(error?.description == "cannot write '\(path)': Input/output error (bytes 4000 to 5999)")
        #expect(try contents(of: path)[1000..<4000] == bytes[2000..<5000])
        #expect(try contents(of: path)[4000...].allSatisfy { $0 == 0 })
    }

    @Test(arguments: [
        (Errno.noSpace, BlockIOError.Code.noSpace), (.diskQuotaExceeded, .noSpace), (.fileTooLarge, .noSpace), (.noMemory, .noMemory),
        (.ioError, .inputOutput),
    ])
    func `What the system says of a transfer is passed on`(errno: Errno, code: BlockIOError.Code) throws {
        let path = try directory.file(size: 10_000)
        let device = try FileDevice(path: path, access: .readWrite)
        let (read, written) = try SystemCall.intercept([.read, .write], answer: { _ in .fail(errno) }) {
            (
                failure { () throws(BlockIOError) in _ = try device.read(at: 50, count: 100) },
                failure { () throws(BlockIOError) in try device.write([1, 2, 3], at: 9997) }
            )
        }
        #expect(read == BlockIOError(code, offset: 50, count: 100, errno: errno, message: "cannot read '\(path)': \(errno)"))
        #expect(written == BlockIOError(code, offset: 9997, count: 3, errno: errno, message: "cannot write '\(path)': \(errno)"))
    }

    @Test func `A full disk tells from where on nothing is sure`() async throws {
        let path = try directory.file(size: 10_000)
        // A limit on the size of files stops a write as a full disk does. It is the process's: this needs one of its own.
        await #expect(processExitsWith: .success) { [path = path as String] in
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: 4000, rlim_max: 4000)
            try #require(unsafe setrlimit(CInt(RLIMIT_FSIZE.rawValue), &limit) == 0)
            let device = try FileDevice(path: path, access: .readWrite)
            let bytes = [UInt8](repeating: 9, count: 2500)
            let error = failure { () throws(BlockIOError) in try device.write(bytes, pieces: [0..<700, 700..<2500], at: 3000) }
            #expect(
                error
                    == BlockIOError(
                        .noSpace, offset: 4000, count: 1500, errno: .fileTooLarge, message: "cannot write '\(path)': File too large"))
            let zeroes = failure { () throws(BlockIOError) in try device.writeZeroes(at: 3500, count: 3000, flags: []) }
            // The file system may have its own way to write zeroes, which the limit does not stop.
            if let zeroes { #expect(zeroes.offset == 4000 && zeroes.count == 2500) }
        }
        #expect(try contents(of: path)[3000..<3500].allSatisfy { $0 == 9 })
    }

    // MARK: durability

    /// The names of the system calls that `body` makes, with what each pwritev2 is told.
    private func calls(
        _ answer: @escaping (SystemCall) -> SystemCall.Answer = { _ in .carryOut }, of body: @escaping @Sendable () throws -> Void
    ) throws -> [String] {
        var calls: [String] = []
        try SystemCall.intercept(
            [.write, .pwritev2, .fdatasync, .fallocate],
            answer: { call in
                calls.append(call.name == .pwritev2 ? "pwritev2 flags \(call.arguments[5])" : "\(call.name)")
                return answer(call)
            }, while: body)
        return calls
    }

    @Test func `A flush reaches the disk once for all writes before it`() throws {
        let device = try FileDevice(path: try directory.file(size: 4096), access: .readWrite)
        #expect(
            try calls {
                try device.write([1], at: 0)
                try device.write([2], at: 1)
                try device.flush()
                try device.flush()
            } == ["write", "write", "fdatasync"])
        #expect(try calls { try device.flush() } == [])
        #expect(
            try calls {
                try device.discard(at: 0, count: 1024)
                try device.flush()
                try device.writeZeroes(at: 0, count: 1024, flags: [])
                try device.flush()
                try device.flush()
            } == ["fallocate", "fdatasync", "fallocate", "fdatasync"])
    }

    @Test func `The first flush reaches the disk, for what was written before the file was opened`() throws {
        let path = try directory.file(size: 4096)
        try FileDevice(path: path, access: .readWrite).write([1], at: 0)
        let device = try FileDevice(path: path, access: .readWrite)
        #expect(
            try calls {
                try device.flush()
                try device.flush()
            } == ["fdatasync"])
        let made = try FileDevice.create(path: directory("made.img"), size: ByteCount(4096))
        #expect(try calls { try made.flush() } == ["fdatasync"])
        // Who only reads has nothing to make durable.
        let reader = try FileDevice(path: try directory.file("other.img", size: 4096), access: .readOnly)
        #expect(try calls { try reader.flush() } == [])
    }

    @Test func `A failed write is flushed too, for a part of it may be written`() throws {
        let device = try FileDevice(path: try directory.file(size: 4096), access: .readWrite)
        let made = try calls({ $0.name == .write ? .fail(.ioError) : .carryOut }) {
            #expect(failure { () throws(BlockIOError) in try device.write([1], at: 0) } != nil)
            try device.flush()
        }
        #expect(made == ["write", "fdatasync"])
    }

    @Test func `A durable write is one system call, and needs no flush`() throws {
        let device = try FileDevice(path: try directory.file(size: 4096), access: .readWrite)
        let writeThrough = 2  // RWF_DSYNC
        try device.flush()
        #expect(
            try calls {
                try device.write([1, 2], pieces: [0..<1, 1..<2], at: 0, flags: .forceUnitAccess)
                try device.flush()
            } == ["pwritev2 flags \(writeThrough)"])
    }

    @Test(arguments: [Errno.notSupported, .notSupportedOnSocket])
    func `Where the system has no durable writes, a flush follows`(errno: Errno) throws {
        let path = try directory.file(size: 4096)
        let device = try FileDevice(path: path, access: .readWrite)
        var writes = 0
        let made = try calls({ call in
            if call.name == .pwritev2 { return .fail(errno) }
            writes += 1
            // The rest of the request does not try again what is not there.
            return call.name == .write && writes == 1 ? call.transfer(atMost: 1) : .carryOut
        }) {
            try device.write([1, 2, 3], at: 0, flags: .forceUnitAccess)
            try device.flush()
        }
        #expect(made == ["pwritev2 flags 2", "write", "write", "fdatasync"])
        #expect(try contents(of: path).prefix(4) == [1, 2, 3, 0])
    }

    @Test func `A durable write whose flush fails tells which bytes are not sure`() throws {
        let path = try directory.file(size: 4096)
        let device = try FileDevice(path: path, access: .readWrite)
        let error = try SystemCall.intercept(
            [.pwritev2, .fdatasync], answer: { $0.name == .pwritev2 ? .fail(.notSupported) : .fail(.ioError) }
        ) {
            failure { () throws(BlockIOError) in try device.write([1, 2, 3], at: 100, flags: .forceUnitAccess) }
        }
        #expect(error?.description == "cannot flush '\(path)': Input/output error (bytes 100 to 102)")
        let other = try FileDevice(path: try directory.file("other.img", size: 4096), access: .readWrite)
        let zeroes = try SystemCall.intercept([.fdatasync], answer: { _ in .fail(.ioError) }) {
            failure { () throws(BlockIOError) in try other.writeZeroes(at: 100, count: 50, flags: .forceUnitAccess) }
        }
        #expect(zeroes?.description == "cannot flush '\(other.path)': Input/output error (bytes 100 to 149)")
    }

    @Test(arguments: [(Errno.ioError, true), (.noSpace, true), (.fileTooLarge, false)])
    func `After a durable write that was told of lost pages no flush succeeds`(errno: Errno, isAboutLostPages: Bool) throws {
        let path = try directory.file(size: 4096)
        let device = try FileDevice(path: path, access: .readWrite)
        try SystemCall.intercept([.pwritev2, .fdatasync], answer: { $0.name == .pwritev2 ? .fail(errno) : .carryOut }) {
            try device.write([1], at: 0)
            #expect(failure { () throws(BlockIOError) in try device.write([2], at: 100, flags: .forceUnitAccess) }?.errno == errno)
            for _ in 0..<2 {
                #expect(failure { () throws(BlockIOError) in try device.flush() }?.errno == (isAboutLostPages ? errno : nil))
            }
        }
    }

    @Test func `A flush beside a durable write that is told of lost pages does not succeed`() throws {
        let device = try FileDevice(path: try directory.file(size: 4096), access: .readWrite)
        try device.write([1], at: 0)
        let flushed = Monitor<BackgroundThread?>(nil)
        let flushFailed = Monitor<Bool?>(nil)
        let error = try SystemCall.intercept(
            [.pwritev2],
            answer: { _ in
                let thread = BackgroundThread {
                    let error = failure { () throws(BlockIOError) in try device.flush() }
                    flushFailed.withLock { $0 = error != nil }
                }
                // The system has told the write, and says to the flush that all is well.
                #expect(thread.comesToWait())
                flushed.withLock { $0 = thread }
                return .fail(.ioError)
            }
        ) {
            failure { () throws(BlockIOError) in try device.write([2], at: 100, flags: .forceUnitAccess) }
        }
        #expect(error?.errno == .ioError)
        flushed.withLock { $0 }?.join()
        #expect(flushFailed.withLock { $0 } == true)
    }

    @Test func `Durable zeroes are flushed`() throws {
        let device = try FileDevice(path: try directory.file(size: 4096), access: .readWrite)
        #expect(try calls { try device.writeZeroes(at: 0, count: 100, flags: .forceUnitAccess) } == ["fallocate", "fdatasync"])
        #expect(try calls { try device.writeZeroes(at: 0, count: 100, flags: .mayUnmap) } == ["fallocate"])
    }

    @Test func `After one failed flush every flush fails`() throws {
        let path = try directory.file(size: 4096)
        let device = try FileDevice(path: path, access: .readWrite)
        var flushes = 0
        let errors = try SystemCall.intercept(
            [.fdatasync],
            answer: { _ in
                flushes += 1
                // As the system does: it tells once, and has forgotten which pages were lost.
                return flushes == 1 ? .fail(.ioError) : .carryOut
            }
        ) {
            try device.write([1], at: 0)
            var errors = [failure { () throws(BlockIOError) in try device.flush() }]
            errors.append(failure { () throws(BlockIOError) in try device.flush() })
            try device.write([2], at: 0)
            errors.append(failure { () throws(BlockIOError) in try device.flush() })
            return errors
        }
        let expected = BlockIOError(.inputOutput, errno: .ioError, message: "cannot flush '\(path)': Input/output error")
        #expect(errors == [expected, expected, expected])
        #expect(errors[0]?.description == "cannot flush '\(path)': Input/output error")
    }

    @Test func `A flush beside one that fails does not succeed`() throws {
        // The system tells of lost writes once: to whichever flush comes first. The other one's writes are lost as well.
        let device = try FileDevice(path: try directory.file(size: 4096), access: .readWrite)
        try device.write([1], at: 0)
        let second = Monitor<BackgroundThread?>(nil)
        let secondFailed = Monitor<Bool?>(nil)
        let error = try SystemCall.intercept(
            [.fdatasync],
            answer: { _ in
                let thread = BackgroundThread {
                    let error = failure { () throws(BlockIOError) in try device.flush() }
                    secondFailed.withLock { $0 = error != nil }
                }
                _ = thread.comesToWait()
                second.withLock { $0 = thread }
                return .fail(.ioError)
            }
        ) {
            failure { () throws(BlockIOError) in try device.flush() }
        }
        second.withLock { $0 }?.join()
        #expect(error != nil)
        #expect(secondFailed.wait { $0 })
    }

    // MARK: file systems that can do little

    @Test func `Zeroes are written where they cannot be had otherwise`() throws {
        for errno in [Errno.notSupported, .notSupportedOnSocket, .invalidArgument, .noSpace] {
            let path = try directory.file("disk.img", [UInt8](repeating: 7, count: 3 << 20))
            let device = try FileDevice(path: path, access: .readWrite)
            for flags in [ZeroFlags(), .mayUnmap] {
                try device.write([UInt8](repeating: 7, count: 3 << 20), at: 0)
                try SystemCall.intercept([.fallocate], answer: { _ in .fail(errno) }) {
                    try device.writeZeroes(at: 100, count: 2_500_000, flags: flags)
                }
                let found = try contents(of: path)
                #expect(found[..<100].allSatisfy { $0 == 7 })
                #expect(found[100..<2_500_100].allSatisfy { $0 == 0 })
                #expect(found[2_500_100...].allSatisfy { $0 == 7 })
            }
        }
    }

    @Test func `Zeroes that cannot be written to their end tell from where on`() throws {
        let path = try directory.file(size: 4 << 20)
        let device = try FileDevice(path: path, access: .readWrite)
        var writes = 0
        let error = try SystemCall.intercept(
            [.fallocate, .write],
            answer: { call in
                if call.name == .fallocate { return .fail(.notSupportedOnSocket) }
                writes += 1
                return writes < 3 ? .carryOut : .fail(.noSpace)
            }
        ) {
            failure { () throws(BlockIOError) in try device.writeZeroes(at: 10, count: 3_500_000, flags: []) }
        }
        let from = 10 + 2 * UInt64(ZeroBytes.count)
        #expect(
            error
                == BlockIOError(
                    .noSpace, offset: from, count: 3_500_010 - from, errno: .noSpace,
                    message: "cannot write '\(path)': No space left on device"))
    }

    @Test func `A discard that the file system cannot do is refused`() throws {
        let path = try directory.file(size: 4096)
        let device = try FileDevice(path: path, access: .readWrite)
        let error = try SystemCall.intercept([.fallocate], answer: { _ in .fail(.notSupportedOnSocket) }) {
            failure { () throws(BlockIOError) in try device.discard(at: 512, count: 1024) }
        }
        #expect(
            error
                == BlockIOError(
                    .unsupported, offset: 512, count: 1024, errno: .notSupportedOnSocket,
                    message: "cannot discard in '\(path)': \(Errno.notSupportedOnSocket)"))
    }

    @Test func `Where holes cannot be found everything is data`() throws {
        let device = try FileDevice(path: try directory.file(size: 1 << 20), access: .readWrite)
        let extent = try SystemCall.intercept([.lseek], answer: { _ in .fail(.invalidArgument) }) {
            try device.extent(at: 100, limit: 5000)
        }
        #expect(extent == Extent(.data, count: 5000))
    }

    @Test func `A hole that is filled between two looks at it is data`() throws {
        let path = try directory.file(size: 1 << 20)
        let device = try FileDevice(path: path, access: .readWrite)
        // SEEK_DATA says that data begins here, and then SEEK_HOLE that a hole does.
        let extent = try SystemCall.intercept([.lseek], answer: { .result(Int($0.arguments[1])) }) {
            try device.extent(at: 100, limit: 5000)
        }
        #expect(extent == Extent(.data, count: 5000))
    }
}
