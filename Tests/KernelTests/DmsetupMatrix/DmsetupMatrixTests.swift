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

    /// Together with udev: where the lab runs udevd.
    struct DmsetupUdevTests {
        @Test("With udev, every command prints, complains and ends as the real dmsetup's does")
        func everyCommand() throws {
            _ = try UdevDaemonProcess()
            try DmsetupMatrix.compare([DmsetupMatrix.udev])
        }
    }
}

extension DmsetupMatrix {
    /// Runs the commands of some scenes with both programs, and expects the same of both.
    static func compare(_ scenes: [Scene], environment: String = "") throws {
        let directory = try GuestDirectory()
        let disk = try directory.file("disk", [UInt8](repeating: 0, count: 4 << 20))
        try KernelDevices.withLoops([disk]) { loops in
            let results = try [DmsetupProgram.real, DmsetupProgram.ours].map { program in
                try DmsetupProgram(program, directory, loop: loops[0].path, environment: environment).results(of: scenes)
            }
            let commands = scenes.flatMap(\.commands)
            var equal = 0
            for (index, command) in commands.enumerated() {
                let (real, ours) = (results[0][index], results[1][index])
                if differences[command] != nil {
                    #expect(real != ours, "no difference any more: \(command)")
                } else {
                    #expect(real == ours, "\(command)")
                    if real == ours { equal += 1 }
                }
            }
            print("dmsetup: \(commands.count) commands, \(equal) equal")
        }
    }
}
