internal import BlockIO
internal import SystemPackage

extension BlockIOError {
    /// Whether another path may do what this one could not. What the storage itself has answered, it answers on every path.
    /// Source: the kernel's `blk_path_error`.
    var mayBeOfPath: Bool {
        switch code {
        case .unsupported, .noSpace, .requeued: return false
        default: break
        }
        switch errno {
        case nil: return true
        // A sector that cannot be read, and one whose checksum is wrong.
        case .noData, .illegalByteSequence: return false
        // EREMOTEIO, what the storage refuses to do, and EBADE, what another machine has reserved: Linux's numbers.
        case Errno(rawValue: 121), Errno(rawValue: 52): return false
        default: return true
        }
    }
}
