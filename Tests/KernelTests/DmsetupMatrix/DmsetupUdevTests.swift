import Testing

extension InTheLab {
    /// Together with udev: where the lab runs udevd.
    struct DmsetupUdevTests {
        @Test("With udev, every command prints, complains and ends as the real dmsetup's does")
        func everyCommand() throws {
            _ = try UdevDaemonProcess()
            try DmsetupMatrix.compare(DmsetupMatrix.udev)
        }
    }
}
