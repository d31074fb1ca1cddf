import BlockIO
import StorageUnits
import Foundation
import Glibc
import SystemPackage
import Testing
import VolumeLaws

@Suite struct SmallFileTests {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func read(_ path: String, limit: Int) throws(BlockIOError) -> [UInt8] {
        let buffer = try SmallFile.read(path, limit: limit)
        return buffer.withBytes { bytes in bytes.indices.map { bytes[$0] } }
    }

    @Test(arguments: [0, 1, 65_535, 65_536, 65_537, 200_000])
    func `A file is read whole`(count: Int) throws {
        let path = try directory.file("key", SeededBytes.make(count))
        #expect(try read(path, limit: 1 << 20) == SeededBytes.make(count))
        #expect(try read(path, limit: count) == SeededBytes.make(count))
    }

    @Test(arguments: [1, 65_537, 200_000])
    func `A file with more bytes than the limit is refused`(count: Int) throws {
        let path = try directory.file("key", SeededBytes.make(count))
        #expect(
            failure { () throws(BlockIOError) in _ = try read(path, limit: count - 1) }
                == BlockIOError(.noMemory, message: "cannot read '\(path)': it has more than \(count - 1) bytes"))
    }

    @Test func `A file of the kernel, which says that it is empty, is read`() throws {
        #expect(try String(decoding: read("/proc/self/status", limit: 1 << 16), as: UTF8.self).hasPrefix("Name:"))
    }

    @Test func `A file that cannot be read is named`() throws {
        let path = directory("missing")
        #expect(
            failure { () throws(BlockIOError) in _ = try read(path, limit: 10) }
                == BlockIOError(.notFound, errno: .noSuchFileOrDirectory, message: "cannot read '\(path)': No such file or directory"))
        #expect(
            failure { () throws(BlockIOError) in _ = try read(directory.path, limit: 10) }
                == BlockIOError(.inputOutput, errno: .isDirectory, message: "cannot read '\(directory.path)': Is a directory"))
    }

    @Test func `No descriptor is left behind`() throws {
        let path = try directory.file("key", [1, 2, 3])
        _ = try read(path, limit: 3)
        _ = failure { () throws(BlockIOError) in _ = try read(path, limit: 2) }
        #expect(try openDescriptors(of: path) == 0)
    }

    @Test func `A dash is standard input`() async {
        await #expect(processExitsWith: .success) {
            var ends: [CInt] = [0, 0]
            try #require(unsafe pipe(&ends) == 0)
            try #require(dup2(ends[0], 0) == 0)
            try #require(unsafe write(ends[1], "secret", 6) == 6)
            close(ends[1])
            let text = try SmallFile.read("-", limit: 6)
            #expect(text.withBytes { bytes in String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self) } == "secret")
            // It is still open: the next to read finds its end, and not somebody else's file.
            #expect(try SmallFile.read("-", limit: 6).count == 0)
        }
        await #expect(processExitsWith: .success) {
            var ends: [CInt] = [0, 0]
            try #require(unsafe pipe(&ends) == 0)
            try #require(dup2(ends[0], 0) == 0)
            try #require(unsafe write(ends[1], "secret", 6) == 6)
            let error = failure { () throws(BlockIOError) in _ = try SmallFile.read("-", limit: 5) }
            #expect(error == BlockIOError(.noMemory, message: "cannot read 'standard input': it has more than 5 bytes"))
        }
    }
}
