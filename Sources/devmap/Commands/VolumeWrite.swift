internal import ArgumentParser
internal import DeviceMapper

/// `devmap volume write`.
struct VolumeWrite: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "write", abstract: "Write a file or standard input to a range of the volume.",
        discussion:
            "Returns when the bytes are on disk. An input that would not fit is refused before anything is written, where its size is known."
    )

    @OptionGroup var source: TableOptions
    @OptionGroup var opening: OpenOptions
    @OptionGroup var messages: MessageOptions
    @Option(help: "Where to begin, in bytes or with a unit.") var offset = ByteCount.zero
    @Option(help: "The file to read; standard input without, or for -.", completion: .file()) var input = "-"

    func validate() throws { try opening.expectOneStandardInput(source.readsStandardInput, input == "-") }

    func run() throws {
        let file = try ByteStream.reading(input)
        let volume = try opening.open(source, .readWrite)
        try messages.send(to: volume, source.name)
        do throws(BlockIOError) {
            try volume.checkRange(at: offset.count, count: file.size ?? 0)
        } catch {
            throw CommandFailure("nothing was written: \(error)")
        }
        let buffer = AlignedBuffer(count: DeviceCopy.pieceSize)
        var done: UInt64 = 0
        do throws(CommandFailure) {
            while true {
                let piece = try buffer.withMutableBytes { (bytes) throws(CommandFailure) in try file.fill(&bytes) }
                if piece == 0 { break }
                do throws(BlockIOError) {
                    try buffer.withBytes { (bytes) throws(BlockIOError) in
                        try volume.write(bytes.extracting(0..<piece), at: offset.count + done, flags: [])
                    }
                } catch {
                    throw CommandFailure("\(error)")
                }
                done += UInt64(piece)
            }
        } catch {
            throw volume.closing(after: CommandFailure("\(error.message); the first \(done) bytes were written"))
        }
        // A request of its own, as the log of a device below may tell later: closing is none.
        do throws(BlockIOError) { try volume.flush() } catch {
            throw volume.closing(after: CommandFailure("what was written may be lost: \(error)"))
        }
        try volume.closeOrFail()
    }
}
