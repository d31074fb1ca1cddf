import Foundation

/// A directory for one test, removed with the object.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "volume-tests-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// A path in the directory.
    func callAsFunction(_ name: String) -> String { path + "/" + name }

    /// A file with these bytes.
    func file(_ name: String = "disk.img", _ bytes: [UInt8] = []) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: self(name)))
        return self(name)
    }

    /// Another name for a file: a hard link.
    func link(_ name: String, as other: String) throws { try FileManager.default.linkItem(atPath: self(name), toPath: self(other)) }

    /// A symbolic link to a file.
    func symbolicLink(_ name: String, as other: String) throws {
        try FileManager.default.createSymbolicLink(atPath: self(other), withDestinationPath: self(name))
    }

    /// A file of zeroes, of which nothing is stored.
    func file(_ name: String = "disk.img", size: UInt64) throws -> String {
        let path = try file(name)
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try handle.truncate(atOffset: size)
        try handle.close()
        return path
    }
}

/// The bytes of a file.
func contents(of path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }

/// Makes a file shorter or longer.
func truncate(_ path: String, to size: UInt64) throws {
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try handle.truncate(atOffset: size)
    try handle.close()
}

/// How many descriptors of this process lead to a file.
func openDescriptors(of path: String) throws -> Int {
    let directory = "/proc/self/fd"
    return try FileManager.default.contentsOfDirectory(atPath: directory).count {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: directory + "/" + $0)) == path
    }
}
