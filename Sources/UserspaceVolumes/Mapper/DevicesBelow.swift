internal import BlockIO
internal import DeviceMapperTables
internal import StorageUnits

/// The devices of a mapper that one table uses: each is open once, until the table ends.
final class DevicesBelow: Sendable {
    private let user: UInt32?
    private let registry: DeviceRegistry
    private let opened = Monitor<[UInt32: Volume]>([:])

    /// None yet, of a table for the device with that minor number, or of one that is no device.
    init(of user: UInt32?, _ registry: DeviceRegistry) {
        self.user = user
        self.registry = registry
    }

    /// Opens a device, or finds it opened.
    func open(_ id: MappedDeviceID, _ access: Access) throws(MappingError) -> OpenedDevice {
        // Looked up once: a name may come to mean another device in between.
        let device = try registry.device(id)
        let minor = device.minor
        if let volume = opened.withLock({ $0[minor] }) { return Self.opened(volume, minor) }
        let volume = try registry.open(device, access, for: user)
        opened.withLock { $0[minor] = volume }
        return Self.opened(volume, minor)
    }

    /// Closes all of them. A device whose removal was put off until nobody has it open ends now; what fails then is thrown.
    func close() throws(MappingError) {
        let volumes = opened.withLock { opened in
            defer { opened = [:] }
            return opened.values.map(\.self)
        }
        var failure: MappingError?
        for volume in volumes {
            do throws(MappingError) { try volume.close() } catch { failure = failure ?? error }
        }
        if let failure { throw failure }
    }

    private static func opened(_ volume: Volume, _ minor: UInt32) -> OpenedDevice {
        OpenedDevice(device: volume, identity: identity(of: minor))
    }

    /// What the device with that minor number is.
    static func identity(of minor: UInt32) -> DeviceIdentity { .mapped("\(MappedDevice.number(minor))") }
}
