public import StorageUnits
internal import SystemPackage

/// Files that are read whole: tables, keys, what the kernel tells under /sys.
public enum SmallFile {
    /// The bytes of the file at `path`, or of standard input for `-`. They may be secrets: the buffer is wiped when it goes. Throws
    /// `noMemory` when there are more than `limit`.
    public static func read(_ path: String, limit: Int) throws(BlockIOError) -> SecretBuffer {
        var buffer = SecretBuffer()
        let name = path == "-" ? "standard input" : path
        let isStandardInput = path == "-"
        do {
            let file = isStandardInput ? .standardInput : try FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec)
            defer { if !isStandardInput { try? file.close() } }
            while true {
                let before = buffer.count
                try buffer.append(upTo: 1 << 16) { (room) throws(Errno) in try readOnce(file, &room) }
                if buffer.count == before { return buffer }
                if buffer.count > limit {
                    throw BlockIOError(.noMemory, message: "cannot read '\(name)': it has more than \(limit) bytes")
                }
            }
        } catch let error as BlockIOError {
            throw error
        } catch let error as Errno {
            throw .system(error, "read", name)
        } catch {
            throw BlockIOError(.inputOutput, message: "cannot read '\(name)': \(error)")
        }
    }

    private static func readOnce(_ file: FileDescriptor, _ room: inout MutableRawSpan) throws(Errno) -> Int {
        let result: Result<Int, Errno> = unsafe room.withUnsafeMutableBytes { bytes in
            do {
                return .success(unsafe try file.read(into: bytes))
            } catch {
                return .failure(error as? Errno ?? .ioError)
            }
        }
        return try result.get()
    }
}
