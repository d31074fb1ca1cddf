internal import ArgumentParser

/// `devmap log`: logs of log-writes.
struct Log: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Work with the log of a log-writes target: what was written to a device, when.",
        subcommands: [LogList.self, LogReplayCommand.self])
}
