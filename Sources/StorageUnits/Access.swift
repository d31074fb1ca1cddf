/// What a device is opened or created for.
public enum Access: Hashable, Sendable {
    /// Reading only. The kernel's `DM_READONLY_FLAG`.
    case readOnly
    /// Reading and writing.
    case readWrite
}
