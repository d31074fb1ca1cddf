internal import DeviceMapper
internal import SystemPackage

/// A file or standard stream that is read or written from its beginning to its end.
struct ByteStream {
    private let descriptor: FileDescriptor
    private let name: String
    private let isStandard: Bool
    /// How many bytes there are to read, where that is known.
    let size: UInt64?

    static func reading(_ path: String) throws(CommandFailure) -> ByteStream {
        if path == "-" { return ByteStream(descriptor: .standardInput, name: "standard input", isStandard: true, size: nil) }
        let descriptor = try calling("open", path) { try FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec) }
        let end = try? descriptor.seek(offset: 0, from: .end)
        if end != nil { _ = try calling("read", path) { try descriptor.seek(offset: 0, from: .start) } }
        return ByteStream(descriptor: descriptor, name: path, isStandard: false, size: end.map { UInt64($0) })
    }

    /// In place of what a file held, unless a volume or another process has it open as a device. A block device is refused.
    static func creating(_ path: String) throws(CommandFailure) -> ByteStream {
        if path == "-" { return ByteStream(descriptor: .standardOutput, name: "standard output", isStandard: true, size: nil) }
        let descriptor = try calling("create", path) {
            try FileDescriptor.open(
                FilePath(path), .writeOnly, options: [.create, .closeOnExec], permissions: [.ownerReadWrite, .groupRead, .otherRead])
        }
        do throws(BlockIOError) { try FileDevice.empty(descriptor, path: path) } catch {
            try? descriptor.close()
            throw CommandFailure("\(error)" + (error.code == .wrongFileType ? "; 'devmap volume copy' writes those" : ""))
        }
        return ByteStream(descriptor: descriptor, name: path, isStandard: false, size: nil)
    }

    /// Reads until the buffer is full or the stream ends, and returns the number of bytes.
    func fill(_ buffer: inout MutableRawSpan) throws(CommandFailure) -> Int {
        try unsafe buffer.withUnsafeMutableBytes { bytes in
            Result { () throws(CommandFailure) in
                try Self.calling("read", name) {
                    var done = 0
                    while done < bytes.count {
                        let count = unsafe try descriptor.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[done...]))
                        if count == 0 { break }
                        done += count
                    }
                    return done
                }
            }
        }.get()
    }

    func write(_ bytes: RawSpan) throws(CommandFailure) {
        _ = try unsafe bytes.withUnsafeBytes { bytes in
            Result { () throws(CommandFailure) in try Self.calling("write", name) { unsafe try descriptor.writeAll(bytes) } }
        }.get()
    }

    /// Closes a file, and tells what the system only then tells.
    func close() throws(CommandFailure) {
        if !isStandard { try Self.calling("close", name) { try descriptor.close() } }
    }

    private static func calling<Value>(_ action: String, _ name: String, _ call: () throws -> Value) throws(CommandFailure) -> Value {
        do { return try call() } catch { throw CommandFailure("cannot \(action) '\(name)': \(error)") }
    }
}
