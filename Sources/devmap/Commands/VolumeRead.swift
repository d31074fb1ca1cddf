internal import ArgumentParser
internal import DeviceMapper
internal import SystemPackage

/// `devmap volume read`.
struct VolumeRead: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "read", abstract: "Write a range of the volume's bytes to a file or to standard output.")

    @OptionGroup var source: TableOptions
    @OptionGroup var opening: OpenOptions
    @OptionGroup var messages: MessageOptions
    @Option(help: "Where to begin, in bytes or with a unit.") var offset = ByteCount.zero
    @Option(help: "How much to read; up to the end without.") var length: ByteCount?
    @Option(help: "The file to write, in place of what it held; standard output without, or for -.", completion: .file()) var output = "-"

    func validate() throws { try opening.expectOneStandardInput(source.readsStandardInput) }

    func run() throws {
        if output == "-", Terminal.outputIsTerminal {
            throw CommandFailure("not writing a volume's bytes to a terminal: name a file with --output, or use a pipe")
        }
        let volume = try opening.open(source, .readOnly)
        try messages.send(to: volume, source.name)
        guard offset <= volume.size else {
            throw CommandFailure("--offset \(offset) is behind the end of the volume, which has \(volume.size) bytes")
        }
        let count = length?.count ?? volume.size.count - offset.count
        do throws(BlockIOError) { try volume.checkRange(at: offset.count, count: count) } catch { throw CommandFailure("\(error)") }

        let file = try ByteStream.creating(output)
        let buffer = AlignedBuffer(count: Int(min(count, UInt64(DeviceCopy.pieceSize))))
        var done: UInt64 = 0
        do throws(CommandFailure) {
            while done < count {
                let piece = Int(min(UInt64(buffer.count), count - done))
                try buffer.withMutableBytes { (bytes) throws(CommandFailure) in
                    var part = bytes.part(0..<piece)
                    do throws(BlockIOError) { try volume.read(at: offset.count + done, into: &part) } catch {
                        throw CommandFailure("\(error)")
                    }
                    try file.write(part.bytes)
                }
                done += UInt64(piece)
            }
            try file.close()
        } catch {
            throw CommandFailure("\(error.message); \(done) of \(count) bytes were read")
        }
    }
}
