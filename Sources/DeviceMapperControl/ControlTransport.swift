package import DeviceMapperTables
package import SystemPackage

/// Carries requests to the control device: the kernel's, or one that tests made.
package protocol ControlTransport: Sendable {
    /// `ioctl(2)` on the control device: `bytes` is the request, and the answer afterwards, also after an error. Returns what the call does, which is
    /// more than 0 when nobody took a message; then there is no answer.
    func perform(_ command: ControlCommand, _ bytes: inout MutableRawSpan) throws(Errno) -> CInt
    /// Waits until something happened to any device since the last `DM_DEV_ARM_POLL`, or until the deadline; false when nothing did.
    func waitForEvent(until deadline: ContinuousClock.Instant?, wakeUp: WakeUp) throws(Errno) -> Bool
    /// Another control device of the same kernel: each has events of its own.
    func duplicate() throws(MappingError) -> any ControlTransport
}
