/// A udev cookie on the command line: flags for the udev rules in the upper 16 bits, the number of a semaphore in the lower ones.
enum DmsetupCookie {
    /// The flags of a cookie.
    static let flagsMask: UInt32 = 0xffff_0000
    /// What the key of a cookie's semaphore has in the upper 16 bits, `DM_COOKIE_MAGIC`.
    static let magic: UInt32 = 0x0d4d

    /// Reads a cookie: any number of C but 0.
    static func value(_ text: String, _ warn: (String) -> Void) -> UInt32? {
        guard let number = CNumber.whole(text, radix: 0), number != 0, number <= UInt64(UInt32.max) else {
            warn("Incorrect cookie value.")
            return nil
        }
        return UInt32(number)
    }
}
