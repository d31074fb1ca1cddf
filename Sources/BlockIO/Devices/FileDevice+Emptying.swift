package import SystemPackage

/// Files lose what they held only where no device of this process has them open. A lock keeps away only those who ask for it, and with
/// `Locking.none` nobody does.
extension FileDevice {
    /// How many devices of this process have a file open.
    private static let openCounts = Monitor<[DeviceIdentity: Int]>([:])

    static func noteOpening(of identity: DeviceIdentity) { openCounts.withLock { $0[identity, default: 0] += 1 } }

    static func noteClosing(of identity: DeviceIdentity) {
        openCounts.withLock { counts in
            let count = counts[identity] ?? 0
            counts[identity] = count > 1 ? count - 1 : nil
        }
    }

    /// Whether any device of this process has the file open.
    static func isOpen(_ identity: DeviceIdentity) -> Bool { openCounts.withLock { $0[identity] != nil } }

    /// Throws when a device of this process has the file open.
    static func expectNotOpen(_ status: OpenFile.Status, _ path: String) throws(BlockIOError) {
        if isOpen(identity(status)) { throw BlockIOError(.inUse, message: "cannot overwrite '\(path)': this process has it open") }
    }

    /// Makes an open regular file one of `size` bytes that reads as zeroes.
    static func replaceContents(of file: OpenFile, _ status: OpenFile.Status, size: UInt64, _ path: String) throws(BlockIOError) {
        try expectNotOpen(status, path)
        do throws(Errno) {
            // First, so that a size which the file cannot have costs nothing of what it holds.
            if size > status.size { try file.truncate(to: size) }
            try file.truncate(to: 0)
            try file.truncate(to: size)
        } catch {
            throw .system(error, "set the size of", path)
        }
    }

    /// Empties an open regular file, unless anybody has it open as a device: another process, or this one. A block device is refused;
    /// what is neither stays as it is.
    package static func empty(_ descriptor: FileDescriptor, path: String) throws(BlockIOError) {
        let file = OpenFile(descriptor: descriptor)
        let status: OpenFile.Status
        do throws(Errno) { status = try file.status() } catch { throw .system(error, "inspect", path) }
        switch status.kind {
        case .regularFile: break
        case .blockDevice: throw BlockIOError(.wrongFileType, message: "cannot overwrite '\(path)': it is a block device")
        case .directory, .other: return
        }
        try expectNotOpen(status, path)
        do throws(Errno) {
            try file.lockFile(exclusively: true)
            try file.truncate(to: 0)
        } catch .resourceTemporarilyUnavailable {
            throw BlockIOError(
                .inUse, errno: .resourceTemporarilyUnavailable, message: "cannot overwrite '\(path)': another process has it open")
        } catch {
            throw .system(error, "empty", path)
        }
    }
}
