import VolumeLaws

/// Computations that are made a second time, by a program in another language with another library of ciphers.
struct PythonOracle {
    // Not whatever `python3` is in PATH: the system's has the library.
    private static let python = HostCommand("/usr/bin/python3", package: "python3, with python3-cryptography")

    /// The program. It reads `header`, a list of lines, and `data`, all the bytes behind it, and writes bytes with `answer`.
    let program: String

    /// What the program answers.
    func answer(_ lines: [String], _ data: [UInt8]) throws -> [UInt8] {
        let header = Array((lines.joined(separator: "\n") + "\n\n").utf8)
        return try Self.python.run(["-c", Self.prologue + program], input: header + data).bytes
    }

    private static let prologue = """
        import sys
        header = []
        while (line := sys.stdin.buffer.readline().strip()):
            header.append(line.decode().split())
        data = memoryview(sys.stdin.buffer.read())
        answer = sys.stdout.buffer.write

        """
}
