/// What dmsetup asks of udev: whether it runs, and the semaphores with which it tells that it is done.
package protocol UdevCalls: AnyObject {
    /// Whether udevd runs.
    var isRunning: Bool { get }
    /// Whether the kernel has semaphores.
    var hasSemaphores: Bool { get }
    /// Makes a cookie, whose semaphore has the value 1. Who owns one waits for it before the end.
    func createCookie(owned: Bool) throws(UdevFailure) -> UInt32
    /// Finds a cookie's semaphore.
    func semaphore(of cookie: UInt32) throws(UdevFailure) -> Int32
    func increment(_ cookie: UInt32) throws(UdevFailure)
    /// Never waits: with a value of 0 the state is wrong.
    func decrement(_ cookie: UInt32) throws(UdevFailure)
    /// Waits until the value is 0, or the semaphore is gone.
    func waitForZero(_ cookie: UInt32) throws(UdevFailure)
    func destroy(_ cookie: UInt32) throws(UdevFailure)
    /// All semaphores of cookies.
    func cookies() throws(UdevFailure) -> [UdevSemaphore]
}

/// An error of a call for semaphores.
package struct UdevFailure: Error {
    package enum Kind {
        case absent, denied, wrongState, other
    }

    package var kind: Kind
    package var text: String

    package init(_ kind: Kind, text: String) {
        self.kind = kind
        self.text = text
    }
}

/// The semaphore of a cookie.
package struct UdevSemaphore {
    package var identifier: Int32
    /// The cookie: the semaphore's key.
    package var cookie: UInt32
    /// One more than the changes that udev has not completed; without the one when somebody waits.
    package var value: Int32
    /// When it was last used and changed, in seconds since 1970.
    package var operationTime: Int64
    package var changeTime: Int64

    package init(identifier: Int32, cookie: UInt32, value: Int32, operationTime: Int64, changeTime: Int64) {
        self.identifier = identifier
        self.cookie = cookie
        self.value = value
        self.operationTime = operationTime
        self.changeTime = changeTime
    }
}
