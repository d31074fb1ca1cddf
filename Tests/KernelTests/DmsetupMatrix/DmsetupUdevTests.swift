import Testing
import VolumeLaws

extension InTheLab {
    /// Together with udev: where the lab runs udevd.
    struct DmsetupUdevTests {
        @Test("With udev, every command prints, complains and ends as the real dmsetup's does")
        func everyCommand() throws {
            _ = try UdevDaemonProcess()
            // Udev takes its time over each device: the first scene is enough, but for a full count of random tests.
            let isFull = scaled(100) == 100
            try DmsetupMatrix.compare(isFull ? DmsetupMatrix.udev : [DmsetupMatrix.udev[0]])
        }
    }
}
