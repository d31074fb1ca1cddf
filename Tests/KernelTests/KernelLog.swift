import Glibc
import VolumeLaws

/// What the kernel writes to its log while somebody listens: the only place where it says why it refuses a table.
final class KernelLog {
    private let descriptor: CInt

    /// Listens from now on.
    init() throws {
        descriptor = unsafe open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0, lseek(descriptor, 0, SEEK_END) >= 0 else { throw HostCommand.Failure("cannot read the kernel's log") }
    }

    deinit { close(descriptor) }

    /// What device mapper said of tables since the last call: `linear: Device lookup failed (-ENXIO)`.
    func reasons() -> [String] {
        var reasons: [String] = []
        var record = [UInt8](repeating: 0, count: 8192)
        while true {
            let count = unsafe read(descriptor, &record, record.count)
            if count < 0, errno == EPIPE { continue }  // records were overwritten before they were read
            guard count > 0 else { return reasons }
            // `level,number,time,flags;text`, and behind the first line what belongs to it
            let text = String(decoding: record[..<count].drop { $0 != UInt8(ascii: ";") }.dropFirst().prefix { $0 != 10 }, as: UTF8.self)
            let parts = text.split(separator: ": ", maxSplits: 3)
            if parts.count == 4, parts[0] == "device-mapper", parts[1] == "table" { reasons.append(String(parts[3])) }
        }
    }
}
