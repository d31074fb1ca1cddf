package import SystemPackage

extension FileDevice {
    /// Empties an open regular file, unless anybody has it open as a device: another process, or this one. Other kinds of files stay as they are.
    package static func empty(_ descriptor: FileDescriptor, path: String) throws(BlockIOError) {
        let file = OpenFile(descriptor: descriptor)
        do throws(Errno) {
            guard try file.status().kind == .regularFile else { return }
            try file.lockFile(exclusively: true)
            try file.truncate(to: 0)
        } catch .resourceTemporarilyUnavailable {
            throw BlockIOError(
                .inUse, errno: .resourceTemporarilyUnavailable,
                message: "cannot empty '\(path)': it is open, as a part of the volume or in another process")
        } catch {
            throw .system(error, "empty", path)
        }
    }
}
