internal import CShims
public import DeviceMapperTables
internal import SystemPackage
#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

extension KernelMapper {
    /// `DM_MPATH_PROBE_PATHS`, `_IO(0xfd, 18)`: asked of the device itself, without a structure.
    private static let probeRequest: UInt = 0xfd12

    /// Lets a multipath device try each path of the group in use, so that those that fail are known to have failed. Linux 6.16 and newer.
    ///
    /// Throws `inputOutput` when no path works, `busy` when the device is suspended, and `unsupported` for an older kernel and for devices that are not
    /// multipath. The corresponding command is `DM_MPATH_PROBE_PATHS`.
    public func probePaths(of device: MappedDeviceID) throws(MappingError) {
        let info = try info(of: device)
        let path = nodes.path(info.name.description)
        func failure(_ code: MappingError.Code, _ error: Errno, _ message: String) -> MappingError {
            MappingError(
                code, device: info.name.description, command: "DM_MPATH_PROBE_PATHS", errno: error.rawValue, message: message)
        }
        let descriptor: FileDescriptor
        do { descriptor = try unsafe FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .nonBlocking]) } catch {
            let error = (error as? Errno) ?? .ioError
            throw failure(.deviceUnavailable, error, "cannot open '\(path)': \(error)")
        }
        defer { try? descriptor.close() }
        guard shim_control(descriptor.rawValue, Self.probeRequest, nil) != 0 else { return }
        let error = Errno(rawValue: errno)
        switch error {
        case .socketNotConnected: throw failure(.inputOutput, error, "no path works")
        case .resourceTemporarilyUnavailable: throw failure(.busy, error, "the device is suspended")
        case .inappropriateIOCTLForDevice, .invalidArgument:
            throw failure(.unsupported, error, "the device is not multipath, or the kernel is older than Linux 6.16")
        default: throw failure(.kernel, error, "\(error)")
        }
    }
}
