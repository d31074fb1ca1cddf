/// The kernel's device mapper, or what a test takes for it.
package protocol KernelCalls: AnyObject {
    func perform(_ request: borrowing KernelRequest) throws(KernelFailure) -> KernelReply
}

/// A call that the kernel refused.
package struct KernelFailure: Error {
    /// The error of the system: `errno`.
    package var number: Int32
    /// What the C library calls it.
    package var text: String

    package init(number: Int32, text: String) {
        self.number = number
        self.text = text
    }
}

/// Why there is no device mapper to call, in dmsetup's words.
package struct KernelAbsence: Error {
    package var messages: [String]

    package init(messages: [String]) { self.messages = messages }
}
