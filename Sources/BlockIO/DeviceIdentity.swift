public import StorageUnits

/// What a device is, whatever name it was opened by: two names of one device have the same identity.
public enum DeviceIdentity: Hashable, Sendable {
    /// A regular file.
    case file(device: UInt64, inode: UInt64)
    /// A block device.
    case blockDevice(DeviceNumber)
    /// A device made by a mapper of this process, by its name.
    case mapped(String)
    /// An object that the program handed in.
    case object(ObjectIdentifier)
}
