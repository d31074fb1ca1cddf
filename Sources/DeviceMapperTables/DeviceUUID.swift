/// The uuid of a mapped device: any 1 to 128 bytes, such as `LVM-...` or `CRYPT-LUKS2-...`. It need not be a UUID.
public struct DeviceUUID: Hashable, Sendable, CustomStringConvertible {
    /// The uuid.
    public let description: String

    /// Throws `invalidName` unless the kernel would take the uuid.
    public init(_ uuid: String) throws(MappingError) {
        guard (1...128).contains(uuid.utf8.count), !uuid.utf8.contains(0) else {
            throw MappingError(.invalidName, device: uuid, message: "a uuid has 1 to 128 bytes and no NUL character")
        }
        description = uuid
    }

    /// A uuid that the kernel gave, in which what is not UTF-8 is replaced.
    package init(ofKernel uuid: String) { description = uuid }
}
