import Glibc
import VolumeLaws

/// A directory in the guest's memory, removed with the last reference to the object.
final class GuestDirectory {
    let path: String

    init() throws {
        var template = Array("/run/kernel-tests.XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else { throw HostCommand.Failure("cannot make a directory in /run") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { _ = try? HostCommand("rm", package: "coreutils").run("-rf", path) }

    /// The path of a file in the directory.
    func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

    /// Makes a file with these bytes, and returns its path.
    func file(_ name: String, _ bytes: [UInt8]) throws -> String {
        try RawFile(self(name), O_RDWR | O_CREAT).write(bytes)
        return self(name)
    }
}
