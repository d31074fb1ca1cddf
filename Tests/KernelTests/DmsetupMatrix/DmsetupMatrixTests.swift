import Testing
import VolumeLaws

extension InTheLab {
    /// The commands of ``DmsetupMatrix``, by the real dmsetup and by ours.
    struct DmsetupMatrixTests {
        @Test("Every command prints, complains and ends as the real dmsetup's does")
        func everyCommand() throws {
            // Each start of a program takes the emulated machine a while.
            let isFull = scaled(100) == 100
            try DmsetupMatrix.compare(
                isFull ? DmsetupMatrix.scenes : [DmsetupMatrix.create, DmsetupMatrix.statusAndTable], environment: "DM_DISABLE_UDEV=1")
        }
    }
}
