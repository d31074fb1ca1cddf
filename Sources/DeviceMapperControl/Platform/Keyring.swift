internal import CShims
public import DeviceMapperTables
public import StorageUnits
internal import SystemPackage
#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// A keyring of the Linux kernel, where keys lie that a table names `:<bytes>:<logon|user>:<description>` instead of having them in it.
///
/// The kernel looks for such a key when the table is loaded, in the thread's, the process's, then the session's keyring of who loads it; afterwards
/// the key may go. Source: `keyrings(7)`.
public struct Keyring: Hashable, Sendable {
    private let serial: Int

    /// The calling thread's, gone with it. Not for code that changes threads, as Swift's tasks do.
    public static let thread = Keyring(serial: -1)
    /// The process's, gone with it.
    public static let process = Keyring(serial: -2)
    /// The login session's.
    public static let session = Keyring(serial: -3)
    /// The user's.
    public static let user = Keyring(serial: -4)
    /// The session's that a user has without one of his own.
    public static let userSession = Keyring(serial: -5)

    /// Who may read a key again.
    public enum KeyType: String, Hashable, Sendable {
        /// The kernel alone. The description begins with a name of the program's own and a colon: `cryptsetup:volume`.
        case logon
        /// Its owner, too.
        case user
    }

    private init(serial: Int) { self.serial = serial }

    /// Puts a key into the keyring, in place of one with the same type and description there. 1 to 32767 bytes.
    ///
    /// Throws `invalidKey` for an empty key, and for a `logon` description without a colon; `kernel` when the user's quota is used up, and
    /// `unsupported` where there is no keyring.
    public func add(_ type: KeyType, _ description: String, _ key: SecretBytes) throws(MappingError) -> KernelKey {
        #if os(Linux)
        guard (1...32767).contains(key.count) else {
            throw MappingError(
                .invalidKey, device: description, message: "a key of the kernel's keyring has 1 to 32767 bytes, not \(key.count)")
        }
        guard type != .logon || (description.first != ":" && description.contains(":")) else {
            throw MappingError(
                .invalidKey, device: description,
                message: "the description of a logon key begins with a word and a colon, as in 'disk:root'")
        }
        let added = key.withBytes { bytes in
            unsafe bytes.withUnsafeBytes { unsafe shim_add_key(type.rawValue, description, $0.baseAddress, $0.count, serial) }
        }
        return KernelKey(serial: Int32(truncatingIfNeeded: try KernelKey.check(added, "add", description)))
        #else
        throw KernelKey.unsupported
        #endif
    }

    /// Looks for a key in the keyring and those that are in it; throws `notFound` when there is none.
    public func find(_ type: KeyType, _ description: String) throws(MappingError) -> KernelKey {
        #if os(Linux)
        let found = unsafe shim_search_key(serial, type.rawValue, description)
        return KernelKey(serial: Int32(truncatingIfNeeded: try KernelKey.check(found, "find", description)))
        #else
        throw KernelKey.unsupported
        #endif
    }

    /// Takes a key out of the keyring; it is gone when no other has it.
    public func unlink(_ key: KernelKey) throws(MappingError) {
        #if os(Linux)
        try KernelKey.check(shim_unlink_key(Int(key.serial), serial), "unlink", "\(key.serial)")
        #else
        throw KernelKey.unsupported
        #endif
    }
}

/// A key of the kernel's, by its number.
public struct KernelKey: Hashable, Sendable {
    /// The number, by which `keyctl(1)` knows it too.
    public let serial: Int32

    /// The bytes of a key of type `user`, up to 32767. Throws `permissionDenied` for one of type `logon`.
    public func read() throws(MappingError) -> SecretBytes {
        #if os(Linux)
        var payload = SecretBuffer()
        try payload.append(upTo: 32767) { (room) throws(MappingError) in
            try Self.check(
                unsafe room.withUnsafeMutableBytes { unsafe shim_read_key(Int(serial), $0.baseAddress, $0.count) }, "read", "\(serial)")
        }
        return payload.withBytes { unsafe SecretBytes(copying: $0.bytes) }
        #else
        throw Self.unsupported
        #endif
    }

    /// Makes the key useless, wherever it is linked.
    public func revoke() throws(MappingError) {
        #if os(Linux)
        try Self.check(shim_revoke_key(Int(serial)), "revoke", "\(serial)")
        #else
        throw Self.unsupported
        #endif
    }

    #if os(Linux)
    @discardableResult
    fileprivate static func check(_ result: Int, _ action: String, _ key: String) throws(MappingError) -> Int {
        guard result < 0 else { return result }
        let error = Errno(rawValue: errno)
        let code: MappingError.Code
        switch error.rawValue {
        case ENOKEY, EKEYREVOKED, EKEYEXPIRED: code = .notFound
        case EACCES, EPERM, EOPNOTSUPP: code = .permissionDenied
        case ENOSYS: code = .unsupported
        case ENOMEM: code = .outOfMemory
        default: code = .kernel
        }
        throw MappingError(code, device: key, errno: error.rawValue, message: "cannot \(action) the key in the kernel's keyring: \(error)")
    }
    #else
    fileprivate static var unsupported: MappingError {
        MappingError(.unsupported, message: "this system has no kernel keyring: only Linux has")
    }
    #endif
}
