import Glibc
import StorageUnits
import VolumeLaws

/// A file as a block device. Made by system calls, for a start of losetup takes the guest a third of a second.
struct LoopDevice {
    /// `LOOP_SET_FD`, `LOOP_CLR_FD` and `LOOP_CTL_GET_FREE` of `linux/loop.h`.
    private enum Request {
        static let setFile: UInt = 0x4c00
        static let clearFile: UInt = 0x4c01
        static let findFree: UInt = 0x4c82
    }
    /// `LOOP_MAJOR` of `linux/major.h`.
    private static let major: UInt32 = 7

    let path: String
    let number: DeviceNumber

    /// Makes the first free loop device one of `file`.
    init(_ file: String) throws {
        let index = try RawFile("/dev/loop-control", O_RDWR).control(Request.findFree)
        path = "/dev/loop\(index)"
        number = DeviceNumber(major: Self.major, minor: UInt32(index))
        try RawFile(path, O_RDWR).control(Request.setFile, about: RawFile(file, O_RDWR))
    }

    /// Lets go of the file. Everything that was written to the device is in it then.
    func release() throws {
        let device = try RawFile(path, O_RDWR)
        try device.synchronize()
        _ = try device.control(Request.clearFile)
    }
}
