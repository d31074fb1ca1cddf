import BlockIO
import StorageUnits
import Testing
import VolumeLaws

@Suite struct MemoryDeviceTests {
    @Test(arguments: DeviceLaws.Law.allCases, [1, 512, 4096])
    func `Memory is a block device`(law: DeviceLaws.Law, blockSize: Int) throws {
        try DeviceLaws(blockSize: blockSize) { MemoryDevice(size: ByteCount($0), logicalBlockSize: blockSize) }.check(law)
    }

    @Test func `Memory is zero at first`() throws {
        let device = MemoryDevice(size: ByteCount(5000))
        #expect(device.contents == [UInt8](repeating: 0, count: 5000))
        #expect(try device.read(at: 4000, count: 1000) == [UInt8](repeating: 0, count: 1000))
    }

    @Test func `Memory holds a copy of the bytes it is made with`() throws {
        let device = MemoryDevice([1, 2, 3])
        #expect(device.size == ByteCount(3))
        try device.write([9], at: 1)
        #expect(device.contents == [1, 9, 3])
    }
}
