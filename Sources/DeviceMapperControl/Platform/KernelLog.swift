internal import SystemPackage
#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// What the kernel writes to its log while a table is loaded: the only place where it says why it refuses one. Reading it may need `CAP_SYSLOG`.
struct KernelLog: ~Copyable {
    private let descriptor: FileDescriptor

    /// Listens from now on; `nil` where the log cannot be read.
    init?() {
        guard let descriptor = unsafe try? FileDescriptor.open("/dev/kmsg", .readOnly, options: [.closeOnExec, .nonBlocking]) else {
            return nil
        }
        guard (try? descriptor.seek(offset: 0, from: .end)) != nil else {
            try? descriptor.close()
            return nil
        }
        self.descriptor = descriptor
    }

    deinit { try? descriptor.close() }

    /// What device mapper has said of tables since, of a device where it says which: `linear: Device lookup failed`.
    func reason(about device: String) -> String? {
        var found: String?
        var record = [UInt8](repeating: 0, count: 8192)
        // Somebody may write faster than this reads.
        for _ in 0..<1000 {
            let count: Int
            do {
                count = try unsafe record.withUnsafeMutableBytes { unsafe try descriptor.read(into: $0) }
            } catch Errno.brokenPipe {
                continue  // records were overwritten before they were read
            } catch {
                break
            }
            guard count > 0 else { break }
            if let reason = Self.reason(String(decoding: record[..<count], as: UTF8.self), device) { found = reason }
        }
        return found
    }

    /// The reason in a record: `level,number,time,flags;device-mapper: table: 253:0: linear: Device lookup failed`, and behind the first line what
    /// belongs to it. Older kernels leave the device's number out.
    static func reason(_ record: String, _ device: String) -> String? {
        guard let text = record.split(separator: ";", maxSplits: 1).last?.split(separator: "\n").first else { return nil }
        var parts = text.split(separator: ": ", maxSplits: 2)
        guard parts.count == 3, parts[0] == "device-mapper", parts[1] == "table" || parts[1] == "ioctl" else { return nil }
        let rest = parts.removeLast().split(separator: ": ", maxSplits: 1)
        guard rest.count == 2, rest[0].contains(":") else { return parts[1] == "table" ? rest.joined(separator: ": ") : nil }
        return rest[0] == device ? String(rest[1]) : nil
    }
}
