/// The flags that the kernel's `bio` of a request has, as a table of flakey names them: what a request of this process would come as if it were made
/// past the page cache (`O_DIRECT`). Numbers are those of `blk_types.h` of Linux 6.1 and 6.12.
///
/// A read has `REQ_SYNC`. A write has `REQ_OP_WRITE`, `REQ_SYNC` and `REQ_IDLE`, a durable one `REQ_FUA` as well, and one of zeroes no `REQ_IDLE`. No request of
/// a volume has any other, so that a mask with other bits is met by none; flushes and discards have no bytes that could be changed.
struct RequestFlags: OptionSet, Sendable {
    let rawValue: UInt32

    /// `REQ_OP_WRITE`, the lowest bit of the operation's number.
    static let write = RequestFlags(rawValue: 1 << 0)
    /// `REQ_SYNC`: somebody waits.
    static let synchronous = RequestFlags(rawValue: 1 << 11)
    /// `REQ_IDLE`: more is about to come.
    static let idle = RequestFlags(rawValue: 1 << 15)
    /// `REQ_FUA`: durable on return.
    static let forceUnitAccess = RequestFlags(rawValue: 1 << 17)
}
