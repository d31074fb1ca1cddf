import BlockIO
import StorageUnits
import Testing
import VolumeLaws

@Suite struct ReadOnlyDeviceTests {
    @Test(arguments: [1, 512])
    func `A device made read-only refuses every change`(blockSize: Int) throws {
        let base = MemoryDevice(SeededBytes.make(8192), logicalBlockSize: blockSize)
        try DeviceLaws.checkReadOnly(ReadOnlyDevice(base), blockSize: blockSize)
        #expect(base.contents == SeededBytes.make(8192))
    }

    @Test func `The refusal names the bytes`() throws {
        let device = ReadOnlyDevice(MemoryDevice(size: ByteCount(4096)))
        let error = failure { () throws(BlockIOError) in try device.write([1, 2, 3], at: 100) }
        #expect(error?.description == "the device is read-only (bytes 100 to 102)")
    }

    @Test func `Reads go to the base as they come`() throws {
        let base = RecordingDevice(MemoryDevice(SeededBytes.make(8192), logicalBlockSize: 512))
        let device = ReadOnlyDevice(base)
        #expect(device.size == base.size)
        #expect(device.limits.logicalBlockSize == 512)
        #expect(try device.read(at: 512, count: 1024) == Array(SeededBytes.make(8192)[512..<1536]))
        var bytes = [UInt8](repeating: 0, count: 1024)
        try device.read(at: 0, into: &bytes, pieces: [512..<1024, 0..<512])
        #expect(Array(bytes[512...] + bytes[..<512]) == Array(SeededBytes.make(8192)[..<1024]))
        #expect(try device.extent(at: 1, limit: 5) == Extent(.data, count: 5))
        try device.flush()
        #expect(base.calls.map(\.description) == ["read 512+1024", "read 0+1024 in 2 pieces", "extent 1+5"])
    }
}
