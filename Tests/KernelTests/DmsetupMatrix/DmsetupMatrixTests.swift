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

        @Test("Groups of regions of statistics are those of the real dmsetup")
        func statisticsGroups() throws {
            var scene = DmsetupMatrix.statisticsGroups
            if scaled(100) < 100 { scene.commands.removeSubrange(32...) }
            try DmsetupMatrix.compare([scene], environment: "DM_DISABLE_UDEV=1")
        }
    }
}
