import Testing

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
