internal import CShims
internal import StorageUnits
internal import SystemPackage
#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// The Linux kernel's keyring, as far as a volume's key needs it.
enum KernelKeyring {
    struct Failure: Error {
        var message: String
    }

    /// The payload of a key of type `user`, found as the kernel finds it: in the thread's, the process's, then the session's keyring.
    static func readUserKey(_ description: String, limit: Int) throws(Failure) -> SecretBytes {
        #if os(Linux)
        let key = unsafe shim_request_key("user", description)
        guard key >= 0 else { throw Failure(message: "cannot find it: \(Errno(rawValue: errno))") }
        var payload = SecretBuffer()
        try payload.append(upTo: limit) { (room) throws(Failure) in
            let size = unsafe room.withUnsafeMutableBytes { unsafe shim_read_key(key, $0.baseAddress, $0.count) }
            guard size >= 0 else { throw Failure(message: "cannot read it: \(Errno(rawValue: errno))") }
            guard size <= limit else { throw Failure(message: "it has more than \(limit) bytes") }
            return size
        }
        return payload.withBytes { unsafe SecretBytes(copying: $0.bytes) }
        #else
        throw Failure(message: "there is none on this system: use a key file (:<bytes>:file:<path>)")
        #endif
    }
}
