public import BlockIO
public import DeviceMapperTables
public import StorageUnits

/// Finds the devices that a table names.
///
/// Within one opener a device is opened once, whatever and however many names lead to it: two lines on one file share the descriptor and its
/// lock. A device is closed when the last engine that uses it goes.
public struct DeviceOpener: Sendable {
    /// What the volume is opened for.
    public let access: Access
    private let find: @Sendable (DeviceReference, Access) throws(MappingError) -> OpenedDevice
    /// What a device is, where opening it would leave something behind.
    private let identify: (@Sendable (DeviceReference) throws(MappingError) -> DeviceIdentity)?

    /// Files and block devices of this machine. Paths are looked up as they stand; `major:minor` is looked up in /sys (Linux).
    ///
    /// With `locking` enforced, a file that another process has open against it is refused: see `FileDevice.Locking`.
    public static func files(_ access: Access, locking: FileDevice.Locking = .enforced) -> DeviceOpener {
        let files = OpenedFiles(locking: locking)
        return DeviceOpener(access: access) { (reference, access) throws(MappingError) in try files.open(reference, access) }
    }

    /// Devices of the program, by what the table calls them.
    public static func devices(_ devices: [DeviceReference: any BlockDevice], access: Access = .readWrite) -> DeviceOpener {
        DeviceOpener(access: access) { (reference, _) throws(MappingError) in
            guard let device = devices[reference] else {
                throw MappingError(.deviceUnavailable, device: reference.description, message: "there is no such device")
            }
            return OpenedDevice(device: device, identity: .object(ObjectIdentifier(device)))
        }
    }

    /// An opener of the program's own. `find` returns the same object for the same device each time.
    public init(
        access: Access, find: @escaping @Sendable (DeviceReference, Access) throws(MappingError) -> OpenedDevice
    ) {
        self.access = access
        self.find = find
        identify = nil
    }

    /// An opener of devices that stay open with what opens them, so that another way is needed to tell what a device is.
    init(
        access: Access, find: @escaping @Sendable (DeviceReference, Access) throws(MappingError) -> OpenedDevice,
        identify: @escaping @Sendable (DeviceReference) throws(MappingError) -> DeviceIdentity
    ) {
        self.access = access
        self.find = find
        self.identify = identify
    }

    /// What a device is. It is not open afterwards, unless it was before. Throws what opening it throws, if anything.
    func identity(of reference: DeviceReference) throws(MappingError) -> DeviceIdentity {
        if let identify { return try identify(reference) }
        return try find(reference, .readOnly).identity
    }

    /// Opens a device. Throws `deviceUnavailable`, `permissionDenied`, `busy`, or `readOnly` when it cannot be written but should be.
    public func open(_ reference: DeviceReference, access: Access) throws(MappingError) -> OpenedDevice {
        let opened = try find(reference, access)
        if access == .readWrite, opened.device.limits.isReadOnly {
            throw MappingError(.readOnly, device: reference.description, message: "the device is read-only")
        }
        return opened
    }
}

/// A device as an opener found it.
public struct OpenedDevice: Sendable {
    /// The device.
    public let device: any BlockDevice
    /// What it is, whatever it is called.
    public let identity: DeviceIdentity
    /// Its engine, where it is itself a mapped device of this process.
    public let engine: (any TargetEngine)?

    /// A device with its identity.
    public init(device: any BlockDevice, identity: DeviceIdentity, engine: (any TargetEngine)? = nil) {
        self.device = device
        self.identity = identity
        self.engine = engine
    }
}

/// The files that an opener has open, for as long as anybody uses them.
private final class OpenedFiles: Sendable {
    private struct Opened: Sendable {
        weak var device: FileDevice?
        let isClosed: Monitor<Bool>

        init(_ device: FileDevice) {
            self.device = device
            isClosed = device.isClosed
        }
    }

    private let locking: FileDevice.Locking
    private let opened = Monitor<[DeviceIdentity: Opened]>([:])

    init(locking: FileDevice.Locking) { self.locking = locking }

    func open(_ reference: DeviceReference, _ access: Access) throws(MappingError) -> OpenedDevice {
        // One at a time: two lines that name one file must find one object. The closure of a lock returns what went wrong as a value.
        let result: Result<FileDevice, MappingError> = opened.withLock { opened in
            do throws(BlockIOError) {
                return .success(try open(reference, access, &opened))
            } catch {
                let code: MappingError.Code =
                    switch error.code {
                    case .inUse: .busy
                    case .permissionDenied: .permissionDenied
                    case .readOnly: .readOnly
                    default: .deviceUnavailable
                    }
                return .failure(MappingError(error, code))
            }
        }
        let device = try result.get()
        return OpenedDevice(device: device, identity: device.identity)
    }

    private func open(
        _ reference: DeviceReference, _ access: Access, _ opened: inout [DeviceIdentity: Opened]
    ) throws(BlockIOError) -> FileDevice {
        while true {
            let path = try Self.path(of: reference)
            // A path may lead elsewhere each time: only what it leads to now tells whether that is open.
            let identity = try FileDevice.identity(of: path)
            if let known = opened[identity] {
                if let device = known.device { return device }
                // The last reference has gone, but the lock may still be there.
                known.isClosed.wait { $0 ? () : nil }
                opened[identity] = nil
            }
            // In between the path may come to lead elsewhere, to a file that is open already.
            if let device = try FileDevice.open(identity, path: path, access: access, locking: locking) {
                if opened.count == opened.capacity {
                    // Before there is room for more: those that are closed are nobody's.
                    opened = opened.filter { !$1.isClosed.withLock { $0 } }
                }
                opened[identity] = Opened(device)
                return device
            }
        }
    }

    private static func path(of reference: DeviceReference) throws(BlockIOError) -> String {
        switch reference {
        case .path(let path): return path
        case .number(let number):
            // DEVNAME is the node's name below /dev.
            if let uevent = try? SmallFile.read("/sys/dev/block/\(number)/uevent", limit: 1 << 16) {
                let text = uevent.withBytes { bytes in String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self) }
                if let line = text.split(separator: "\n").first(where: { $0.hasPrefix("DEVNAME=") }) {
                    let path = "/dev/" + line.dropFirst("DEVNAME=".count)
                    if try FileDevice.identity(of: path) == .blockDevice(number) { return path }
                }
            }
            throw BlockIOError(.notFound, message: "there is no block device \(number) on this machine")
        }
    }
}
