import BlockIO
import Foundation
import StorageUnits
import SystemPackage
import Testing
import VolumeLaws

@Suite struct FileDeviceTests {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test(arguments: DeviceLaws.Law.allCases)
    func `A file is a block device`(law: DeviceLaws.Law) throws {
        let directory = directory
        try DeviceLaws { size in
            try FileDevice(path: try directory.file(UUID().uuidString, size: size), access: .readWrite)
        }.check(law)
    }

    @Test func `A file opened for reading refuses every change`() throws {
        let path = try directory.file("disk.img", [UInt8](repeating: 7, count: 10_000))
        try DeviceLaws.checkReadOnly(try FileDevice(path: path, access: .readOnly))
        #expect(try contents(of: path) == [UInt8](repeating: 7, count: 10_000))
    }

    @Test func `The device has the file's size and takes any request`() throws {
        let device = try FileDevice(path: try directory.file(size: 12_345), access: .readWrite)
        #expect(device.size == ByteCount(12_345))
        #expect(device.limits == BlockLimits(logicalBlockSize: 1, isReadOnly: false, canDiscard: true))
        #expect(device.path == directory("disk.img"))
    }

    @Test func `What is written is in the file, at the same place`() throws {
        let path = try directory.file("disk.img", [UInt8](repeating: 1, count: 10))
        let device = try FileDevice(path: path, access: .readWrite)
        try device.write([7, 8, 9], at: 4)
        #expect(try contents(of: path) == [1, 1, 1, 1, 7, 8, 9, 1, 1, 1])
        #expect(try device.read(at: 3, count: 5) == [1, 7, 8, 9, 1])
    }

    @Test func `Names of one file have one identity, and other files another`() throws {
        let path = try directory.file()
        let other = try directory.file("other.img")
        try FileManager.default.linkItem(atPath: path, toPath: directory("hard.img"))
        try FileManager.default.createSymbolicLink(atPath: directory("soft.img"), withDestinationPath: path)
        let identity = try FileDevice(path: path, access: .readOnly).identity
        #expect(try FileDevice(path: directory("hard.img"), access: .readOnly).identity == identity)
        #expect(try FileDevice(path: directory("soft.img"), access: .readOnly).identity == identity)
        #expect(try FileDevice.identity(of: directory("soft.img")) == identity)
        #expect(try FileDevice(path: other, access: .readOnly).identity != identity)
    }

    @Test func `The descriptor goes with the last reference`() throws {
        let path = try directory.file(size: 4096)
        var device: FileDevice? = try FileDevice(path: path, access: .readWrite)
        #expect(try openDescriptors(of: path) == 1)
        _ = try device?.read(at: 0, count: 1)
        let isClosed = try #require(device?.isClosed)
        #expect(!isClosed.withLock { $0 })
        device = nil
        #expect(isClosed.withLock { $0 })
        #expect(try openDescriptors(of: path) == 0)
    }

    // MARK: a file that shrinks

    @Test func `Reading behind the end of a file that was cut off tells where it ends now`() throws {
        let path = try directory.file("disk.img", SeededBytes.make(10_000))
        let device = try FileDevice(path: path, access: .readWrite)
        try truncate(path, to: 5000)
        let error = try #require(failure { () throws(BlockIOError) in _ = try device.read(at: 1000, count: 8000) })
        #expect(
            error
                == BlockIOError(
                    .endOfFile, offset: 5000, count: 4000,
                    message: "cannot read '\(path)': it ends at 5000, but had 10000 bytes when it was opened"))
        #expect(
            error.description
                == "cannot read '\(path)': it ends at 5000, but had 10000 bytes when it was opened (bytes 5000 to 8999)")
        #expect(try device.read(at: 1000, count: 4000) == Array(SeededBytes.make(10_000)[1000..<5000]))
    }

    @Test func `Pieces before the end of a file that was cut off are read`() throws {
        let path = try directory.file("disk.img", SeededBytes.make(10_000))
        let device = try FileDevice(path: path, access: .readWrite)
        try truncate(path, to: 5000)
        var bytes = [UInt8](repeating: 0, count: 8000)
        let error = failure { () throws(BlockIOError) in try device.read(at: 1000, into: &bytes, pieces: [4000..<7000, 0..<3000]) }
        #expect(error?.offset == 5000)
        #expect(error?.count == 2000)
        #expect(Array(bytes[4000..<7000]) == Array(SeededBytes.make(10_000)[1000..<4000]))
        #expect(Array(bytes[0..<1000]) == Array(SeededBytes.make(10_000)[4000..<5000]))
        #expect(bytes[1000..<4000].allSatisfy { $0 == 0 })
    }

    @Test func `Writing behind the end of a file that was cut off makes it longer again`() throws {
        let path = try directory.file(size: 10_000)
        let device = try FileDevice(path: path, access: .readWrite)
        try truncate(path, to: 0)
        try device.write([1, 2, 3], at: 9997)
        #expect(try contents(of: path).suffix(4) == [0, 1, 2, 3])
    }

    // MARK: what is stored

    @Test func `A sparse file's holes are known`() throws {
        let path = try directory.file(size: 4 << 20)
        let device = try FileDevice(path: path, access: .readWrite)
        #expect(try device.extent(at: 0, limit: 4 << 20) == Extent(.hole, count: 4 << 20))
        #expect(try device.extent(at: 1 << 20, limit: 3) == Extent(.hole, count: 3))
        try device.write([UInt8](repeating: 1, count: 1 << 20), at: 1 << 20)
        #expect(try device.extent(at: 0, limit: 4 << 20) == Extent(.hole, count: 1 << 20))
        #expect(try device.extent(at: 1 << 20, limit: 3 << 20) == Extent(.data, count: 1 << 20))
        #expect(try device.extent(at: 1 << 20, limit: 5000) == Extent(.data, count: 5000))
        #expect(try device.extent(at: (2 << 20) - 1, limit: 5000) == Extent(.data, count: 1))
        #expect(try device.extent(at: 2 << 20, limit: 2 << 20) == Extent(.hole, count: 2 << 20))
    }

    @Test func `A discard gives the storage back`() throws {
        let device = try FileDevice(path: try directory.file("disk.img", [UInt8](repeating: 1, count: 1 << 20)), access: .readWrite)
        try device.discard(at: 1 << 18, count: 1 << 19)
        #expect(try device.extent(at: 0, limit: 1 << 20) == Extent(.data, count: 1 << 18))
        #expect(try device.extent(at: 1 << 18, limit: 1 << 19) == Extent(.hole, count: 1 << 19))
        #expect(device.size == ByteCount(1 << 20))
        #expect(try contents(of: device.path).count == 1 << 20)
    }

    @Test func `Zeroes give the storage back only when they may`() throws {
        let path = try directory.file("disk.img", [UInt8](repeating: 1, count: 1 << 20))
        let device = try FileDevice(path: path, access: .readWrite)
        func allocated() throws -> Int {
            var status = stat()
            try #require(unsafe stat(path, &status) == 0)
            return Int(status.st_blocks) * 512
        }
        let before = try allocated()
        try device.writeZeroes(at: 0, count: 1 << 19, flags: [])
        #expect(try allocated() == before)
        try device.writeZeroes(at: 0, count: 1 << 19, flags: .mayUnmap)
        #expect(try allocated() <= before - (1 << 19))
        #expect(try contents(of: path) == [UInt8](repeating: 0, count: 1 << 19) + [UInt8](repeating: 1, count: 1 << 19))
    }
}

/// The same bytes for the same length.
enum SeededBytes {
    static func make(_ count: Int) -> [UInt8] {
        var generator = SeededGenerator(seed: 1)
        return generator.bytes(count)
    }
}
