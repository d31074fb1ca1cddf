public import BlockIO
public import DiskFormats

/// What a crash left.
public struct CrashState: Sendable {
    /// When it was, and what survived.
    public let point: CrashPoint
    /// The last entry of the log before the crash.
    public let lastEntry: LogWritesEntry
    /// The marks that the workload had put before the crash, in their order.
    public let marks: [String]
    /// The device as it is found after the crash. It can be written, by a recovery say: no other state sees that.
    public let device: any BlockDevice

    /// Writes the device to a file, or to a block device that is no shorter, for a checker that is another program. What the file held
    /// before is lost; holes stay holes.
    public func copy(to path: String) throws(BlockIOError) {
        let copy = try DeviceCopy(from: device, creating: path)
        do throws(DeviceCopy.Failure) { try copy.run(workers: Workers(count: 1)) } catch { throw error.error }
    }
}
