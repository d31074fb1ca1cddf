internal import ArgumentParser
internal import DeviceMapper

/// `devmap version`.
struct Version: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the versions of devmap and of the kernel's device mapper.",
        discussion: "'devmap target-versions' prints those of the targets.")

    @Flag(help: "Print JSON.") var json = false

    private struct Report: Encodable {
        var devmap, driver: String
    }

    func run() throws {
        // The one is known also where there is no other.
        if !json { try Terminal.print("devmap \(Devmap.version)\n") }
        let driver = try KernelMapper.open().version().description
        if json { return try Terminal.print(json: Report(devmap: Devmap.version, driver: driver)) }
        try Terminal.print("device mapper \(driver)\n")
    }
}
