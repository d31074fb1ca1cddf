/// The name of a mapped device: 1 to 127 bytes without `/`, and none of `control`, `.` and `..` (the kernel's `check_name`).
public struct DeviceName: Hashable, Sendable, CustomStringConvertible {
    /// The name.
    public let description: String

    /// Throws `invalidName` unless the kernel would take the name.
    public init(_ name: String) throws(MappingError) {
        guard (1...127).contains(name.utf8.count) else {
            throw MappingError(.invalidName, device: name, message: "a name has 1 to 127 bytes, this one has \(name.utf8.count)")
        }
        guard !name.utf8.contains(where: { $0 == UInt8(ascii: "/") || $0 == 0 }) else {
            throw MappingError(.invalidName, device: name, message: "a name has no '/' and no NUL character")
        }
        guard name != "control", name != ".", name != ".." else {
            throw MappingError(.invalidName, device: name, message: "'\(name)' is no name for a device")
        }
        description = name
    }

    /// A name that the kernel gave: older ones take some that newer ones do not, and what is not UTF-8 in it is replaced.
    package init(ofKernel name: String) { description = name }
}
