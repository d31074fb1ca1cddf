internal import ArgumentParser

/// `devmap volume`: a table run in this process.
struct Volume: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Work with the volume that a table describes, in this process.",
        subcommands: [VolumeInfo.self, VolumeRead.self, VolumeWrite.self, VolumeCopy.self, VolumeStatus.self, VolumeMessage.self])
}
