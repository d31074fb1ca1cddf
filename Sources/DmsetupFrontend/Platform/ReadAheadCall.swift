internal import CShims
#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The calls for how far a device reads ahead, in sectors.
enum ReadAheadCall {
    struct Failure: Error {
        /// Whether the device could not even be opened.
        var isOpening: Bool
        var text: String
    }

    /// `BLKRASET` and `BLKRAGET` of `linux/fs.h`.
    private static let setRequest: UInt = 0x1262
    private static let getRequest: UInt = 0x1263

    static func get(_ path: String) throws(Failure) -> UInt32 {
        var sectors = 0
        let error = try withDevice(path) { device in unsafe ioctl(device, getRequest, &sectors) == 0 ? 0 : errno }
        if error != 0 { throw Failure(isOpening: false, text: System.errorText(error)) }
        return UInt32(truncatingIfNeeded: sectors)
    }

    static func set(_ path: String, _ sectors: UInt32) throws(Failure) {
        let error = try withDevice(path) { device in
            unsafe shim_control(device, setRequest, UnsafeMutableRawPointer(bitPattern: UInt(sectors))) == 0 ? 0 : errno
        }
        if error != 0 { throw Failure(isOpening: false, text: System.errorText(error)) }
    }

    private static func withDevice(_ path: String, _ body: (CInt) -> CInt) throws(Failure) -> CInt {
        let device = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard device >= 0 else { throw Failure(isOpening: true, text: System.errorText(errno)) }
        defer { close(device) }
        return body(device)
    }
}
